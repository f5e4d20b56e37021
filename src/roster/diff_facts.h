#ifndef ROSTER_DIFF_FACTS_H
#define ROSTER_DIFF_FACTS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "cert/keyed.h"
#include "report/report.h"

/*
 * What has to be known of a mailbox to compare it with itself in another roster: digests, a few
 * words, and never a certificate. So rosters are compared in memory that their keys take.
 */

/* By what a mailbox is known, the best that its entry has. */
enum diff_known { DIFF_BY_NOTHING, DIFF_BY_NAME, DIFF_BY_ADDRESS, DIFF_BY_DN };

struct diff_identity {
    struct keyed_digest digest; /* of the kind, and the DN (dn_key.h), the address or the name */
    enum diff_known known;
};

struct diff_facts {
    struct diff_identity identity;
    struct keyed_digest address; /* the one to write to; none: it has none */
    uint64_t name;               /* what the mailbox is called */
    uint64_t addresses;          /* the set of them */
    uint64_t certificates;       /* the set of them, with how many values could not be read */
    uint64_t best;               /* the certificate that the standing speaks of */
    enum standing standing;
    bool name_told;    /* there is a name that is not its address, its DN or its line */
    bool address_told; /* `address` is called so by the source, not just the first of them */
};

/* One thread's means. */
struct diff_maker {
    struct keyed *keyed;
    struct buffer text;
};

/* FAULT_RESOURCE without memory. */
MUST_USE enum fault diff_maker_init(struct diff_maker *maker, const struct keyed_key *key);
void diff_maker_clear(struct diff_maker *maker);

/* By what the entry is known. FAULT_RESOURCE when it is too long, or without memory. */
MUST_USE enum fault diff_identify(struct diff_maker *maker, const struct entry *entry,
                                  struct diff_identity *out);

/*
 * The rest, in `out`, whose identity is known already. `*revoked` are the digests of the user's
 * certificates that a list revokes, in ascending order; they are taken from `kept`, the rest from
 * `arena`. FAULT_RESOURCE when an arena is exhausted.
 */
MUST_USE enum fault diff_facts_of(struct diff_maker *maker, const struct row *row,
                                  struct arena *arena, struct arena *kept, struct diff_facts *out,
                                  uint64_t **revoked, size_t *revoked_count);

/* True when both were made of the same mailbox, unchanged. */
bool diff_facts_equal(const struct diff_facts *a, const struct diff_facts *b);

#endif
