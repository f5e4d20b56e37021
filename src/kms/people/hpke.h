#ifndef KMS_PEOPLE_HPKE_H
#define KMS_PEOPLE_HPKE_H

#include "base/buffer.h"
#include "base/secret.h"

/*
 * Sealed boxes: bytes encrypted to somebody's public key, by HPKE (RFC 9180) in base mode, one
 * message each, with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.
 *
 *     the sender's ephemeral public key (32), the encrypted bytes, tag (16)
 *
 * `info` says what the box is for, a text of ours "keyroster <what> v1"; `aad` what it is bound to,
 * the digest of a transcript. Base mode says nothing of who sealed it: what must come from somebody
 * is signed as well.
 */
enum {
    HPKE_KEY_SIZE = 32, /* of public and private keys: X25519, RFC 7748 */
    HPKE_OVERHEAD = 32 + 16,
    HPKE_PLAIN_MAX = 1 << 20,
};

/* A new pair. FAULT_RESOURCE */
MUST_USE enum fault hpke_pair(uint8_t public[HPKE_KEY_SIZE], struct secret *private,
                              struct why *why);

/*
 * The public key of a private one.
 *
 * FAULT_SYNTAX    it is not HPKE_KEY_SIZE bytes
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault hpke_public(struct span private, uint8_t public[HPKE_KEY_SIZE],
                                struct why *why);

/*
 * Adds the box to `out`; nothing is added on failure.
 *
 * FAULT_DENIED    no such public key (one of the few with which everybody would have the secret)
 * FAULT_LIMIT     `plain` is longer than HPKE_PLAIN_MAX, or `out` is full
 * FAULT_RESOURCE  memory, randomness
 */
MUST_USE enum fault hpke_seal(const uint8_t public[HPKE_KEY_SIZE], struct span info,
                              struct span aad, struct span plain, struct buffer *out,
                              struct why *why);

/*
 * The same with the sender's private key given instead of a fresh one: for the test vectors alone.
 * Two boxes from one such key to one public key give away what is in them.
 */
MUST_USE enum fault hpke_seal_from(struct span ephemeral, const uint8_t public[HPKE_KEY_SIZE],
                                   struct span info, struct span aad, struct span plain,
                                   struct buffer *out, struct why *why);

/*
 * `private` is HPKE_KEY_SIZE bytes: secret_span() of what hpke_pair() gave.
 *
 * FAULT_SYNTAX    shorter than an empty box, or `private` is no private key
 * FAULT_LIMIT     longer than a box of HPKE_PLAIN_MAX
 * FAULT_DENIED    another key, another `info` or `aad`, or altered bytes: not to be told apart
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault hpke_open(struct span private, struct span info, struct span aad,
                              struct span sealed, struct secret *out, struct why *why);

#endif
