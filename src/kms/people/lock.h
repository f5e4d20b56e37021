#ifndef KMS_PEOPLE_LOCK_H
#define KMS_PEOPLE_LOCK_H

#include "base/buffer.h"
#include "base/secret.h"

/*
 * Bytes locked under a passphrase: AES-256-GCM (NIST SP 800-38D) under a key that Argon2id (RFC
 * 9106) makes of the passphrase and a random salt. The cost of that stands in the locked bytes, so
 * that it can be raised later; opening refuses one that is out of bounds before it pays it.
 *
 *     "KRL1", passes, memory_kib, lanes (4 bytes each, big-endian), salt (16), nonce (12),
 *     the encrypted bytes, tag (16)
 *
 * Everything before the encrypted bytes, and `context`, is authenticated. The context says whose
 * and what it is (the digest of a transcript, or a text of ours), so that locked bytes do not open
 * where they were not meant to be.
 */
struct lock_cost {
    uint32_t passes;
    uint32_t memory_kib; /* at least 8 for each lane */
    uint32_t lanes;      /* threads */
};

enum {
    LOCK_PASSES_MAX = 64,
    LOCK_MEMORY_KIB_MAX = 1 << 20,
    LOCK_LANES_MAX = 16,
    LOCK_PLAIN_MAX = 1 << 16,
    LOCK_OVERHEAD = 4 + 3 * 4 + 16 + 12 + 16, /* bytes longer than what was locked */
};

/* What RFC 9106, section 4, recommends second: 3 passes over 64 MiB in 4 lanes. */
static inline struct lock_cost lock_cost_usual(void)
{
    return (struct lock_cost){.passes = 3, .memory_kib = 1 << 16, .lanes = 4};
}

/*
 * Adds the locked form of `plain` to `out`; nothing is added on failure.
 *
 * FAULT_LIMIT     `plain` is longer than LOCK_PLAIN_MAX, a cost out of bounds, or `out` is full
 * FAULT_RESOURCE  memory, threads
 */
MUST_USE enum fault lock_seal(const struct secret *passphrase, struct lock_cost cost,
                              struct span context, struct span plain, struct buffer *out,
                              struct why *why);

/*
 * FAULT_SYNTAX    not something that was locked, or cut off
 * FAULT_LIMIT     longer than LOCK_PLAIN_MAX allows, or a cost out of bounds
 * FAULT_DENIED    another passphrase, another context, or altered bytes: not to be told apart
 * FAULT_RESOURCE  memory, threads
 */
MUST_USE enum fault lock_open(const struct secret *passphrase, struct span context,
                              struct span locked, struct secret *out, struct why *why);

#endif
