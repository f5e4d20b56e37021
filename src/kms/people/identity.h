#ifndef KMS_PEOPLE_IDENTITY_H
#define KMS_PEOPLE_IDENTITY_H

#include "kms/people/hpke.h"
#include "kms/people/lock.h"

/*
 * An administrator or agent as the server knows him: a pair of keys to sign with (Ed25519, RFC
 * 8032) and a pair that others seal to (X25519, kms/people/hpke.h). The public halves stand in the
 * store; the private halves are kept locked under his passphrase.
 */
enum { IDENTITY_KEY_SIZE = 32, IDENTITY_SIGNATURE_SIZE = 64 };

struct identity {
    uint8_t signing[IDENTITY_KEY_SIZE]; /* public */
    uint8_t sealing[HPKE_KEY_SIZE];     /* public */
    struct secret keys;                 /* the private halves, in this order */
};

/* FAULT_RESOURCE */
MUST_USE enum fault identity_make(struct identity *out, struct why *why);

/* Adds the locked private halves to `out`. Faults of lock_seal(). */
MUST_USE enum fault identity_lock(const struct identity *identity, const struct secret *passphrase,
                                  struct lock_cost cost, struct span context, struct buffer *out,
                                  struct why *why);

/*
 * The public halves are computed anew: the caller compares them with those that it has. Faults of
 * lock_open(), and FAULT_SYNTAX when something else was locked.
 */
MUST_USE enum fault identity_unlock(const struct secret *passphrase, struct span context,
                                    struct span locked, struct identity *out, struct why *why);

/* `message` is the digest of a transcript. FAULT_RESOURCE */
MUST_USE enum fault identity_sign(const struct identity *identity, struct span message,
                                  uint8_t signature[IDENTITY_SIGNATURE_SIZE], struct why *why);

/*
 * FAULT_DENIED    this is not a signature of that key on these bytes; or memory ran out in the
 * middle of verifying it, which libcrypto does not tell from that FAULT_RESOURCE  memory
 */
MUST_USE enum fault identity_verify(const uint8_t signing[IDENTITY_KEY_SIZE], struct span message,
                                    struct span signature, struct why *why);

/* Opens a box that was sealed to `identity->sealing`. Faults of hpke_open(). */
MUST_USE enum fault identity_open(const struct identity *identity, struct span info,
                                  struct span aad, struct span sealed, struct secret *out,
                                  struct why *why);

/* Wipes the private halves. */
void identity_clear(struct identity *identity);

#endif
