#ifndef CERT_KEYED_H
#define CERT_KEYED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * Short digests for looking things up: SipHash-2-4 of 128 bits, by libcrypto, under a key that is
 * chosen anew for each run. Whoever writes what is looked up knows no two texts with one digest,
 * nor any that fall into one place of a table. They mean nothing outside the run, and are no proof.
 */
enum { KEYED_KEY_SIZE = 16 };

struct keyed_key {
    uint8_t bytes[KEYED_KEY_SIZE];
};

/* {0} stands for none: no text is going to have it. */
struct keyed_digest {
    uint64_t words[2];
};

static inline bool keyed_equal(struct keyed_digest a, struct keyed_digest b)
{
    return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

static inline bool keyed_is_none(struct keyed_digest digest)
{
    return (digest.words[0] | digest.words[1]) == 0;
}

/* A key from the system's randomness. FAULT_RESOURCE when there is none. */
MUST_USE enum fault keyed_key_new(struct keyed_key *out);

/* One thread's use of a key. NULL without memory. */
struct keyed *keyed_new(const struct keyed_key *key);
void keyed_free(struct keyed *keyed);

/* The digest of `bytes` as a `kind` of thing: the same bytes as another kind have another one. */
struct keyed_digest keyed_digest_of(struct keyed *keyed, uint8_t kind, struct span bytes);

#endif
