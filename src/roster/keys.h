#ifndef ROSTER_KEYS_H
#define ROSTER_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict/verdict.h"

/*
 * The keys of all mailboxes, to find those that two of them share. It holds 32 bytes a key, for
 * as long as the roster runs: that is why it has to be asked for.
 */
struct keys;

enum { KEY_ID_SIZE = 16 };

/* The first bytes of the SHA-256 of a SubjectPublicKeyInfo: no two keys have the same. */
struct key_id {
    uint8_t bytes[KEY_ID_SIZE];
};

MUST_USE enum fault key_id_of(const struct cert *cert, struct key_id *out);

/* NULL without memory. */
struct keys *keys_new(void);
void keys_free(struct keys *keys);

/*
 * Notes that the mailbox with the number `mailbox` has the key. FAULT_RESOURCE without memory. Not
 * to be called from two threads at a time.
 */
MUST_USE enum fault keys_note(struct keys *keys, const struct key_id *id, uint64_t mailbox);

/* True when two mailboxes have the key. Safe from many threads once nothing is noted any more. */
bool keys_are_shared(const struct keys *keys, const struct key_id *id);

#endif
