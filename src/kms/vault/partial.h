#ifndef KMS_VAULT_PARTIAL_H
#define KMS_VAULT_PARTIAL_H

#include "kms/vault/deal.h"

/*
 * One agent's part in opening one envelope.
 *
 * The envelope's key hangs on the x-coordinate of d·R, R being the point its maker drew for it.
 * Agent i gives D_i = f(i)·R, with a proof that log_R D_i = log_G Y_i (Chaum and Pedersen, CRYPTO
 * 1992, made non-interactive by a hash): with a nonce k, A = k·G and B = k·R, the challenge is
 *
 *     c = SHA-256(transcript "keyroster partial proof v1" {curve, public key, index, Y_i, R, D_i,
 * A, B, context})
 *
 * and the response z = k + c·f(i) mod n. Whoever checks it reckons A = z·G - c·Y_i and
 * B = z·R - c·D_i, and asks for the same c. The sum of lambda_i·D_i over T agents is d·R.
 *
 * T results of one envelope open it: they are secrets. They are kept and sent encrypted only.
 */
enum {
    PARTIAL_CHALLENGE = 32,
    PARTIAL_MAX = 3 + VAULT_POINT_MAX + PARTIAL_CHALLENGE + VAULT_SCALAR_MAX, /* encoded */
    PARTIAL_CONTEXT = 32,
};

struct partial {
    enum vault_curve curve;
    unsigned index;            /* of the agent, from 1 */
    struct vault_point result; /* D */
    uint8_t challenge[PARTIAL_CHALLENGE];
    uint8_t response[VAULT_SCALAR_MAX]; /* vault_scalar_size() bytes */
};

/*
 * What a proof is good for, and nothing else: `out` is
 * SHA-256(transcript "keyroster partial context v1" {request digest, serial, agent's name}).
 */
MUST_USE enum fault partial_context(struct span request, struct span serial, struct span agent,
                                    uint8_t out[PARTIAL_CONTEXT], struct why *why);

/*
 * Agent `index`'s result for the envelope whose point is `ephemeral` (SEC 1, compressed or not).
 *
 * FAULT_SYNTAX    `ephemeral` is no point of the curve, or infinity
 * FAULT_DENIED    `share` is not agent `index`'s
 * FAULT_RESOURCE  memory, randomness
 */
MUST_USE enum fault partial_make(struct vault *vault, unsigned index, const struct secret *share,
                                 struct span ephemeral, struct span context, struct partial *out,
                                 struct why *why);

/* The same with a given nonce, for the vectors of docs/escrow.md alone: one used twice tells the
 * share. */
MUST_USE enum fault partial_make_with_nonce(struct vault *vault, unsigned index,
                                            const struct secret *share, struct span ephemeral,
                                            struct span context, const struct secret *nonce,
                                            struct partial *out, struct why *why);

/* FAULT_SYNTAX as above; FAULT_DENIED: the proof does not hold; FAULT_RESOURCE. */
MUST_USE enum fault partial_check(struct vault *vault, struct span ephemeral, struct span context,
                                  const struct partial *partial, struct why *why);

/* Writes 100 (P-256) or 132 bytes: version 1, curve, index, a byte each; D, c, z. Returns how many.
 */
size_t partial_encode(const struct partial *partial, uint8_t out[PARTIAL_MAX]);
size_t partial_size(enum vault_curve curve);

/*
 * Reads exactly that. FAULT_SYNTAX where it is anything else, as a z that is not of its size. D is
 * looked at by partial_check() only.
 */
MUST_USE enum fault partial_decode(struct span bytes, struct partial *out, struct why *why);

void partial_clear(struct partial *partial);

/*
 * For the files of this room: partial_check() with R decoded; D is written to `result`, which has
 * a value worth using after FAULT_NONE only.
 */
MUST_USE enum fault partial_check_point(struct vault *vault, const struct point *ephemeral,
                                        struct span context, const struct partial *partial,
                                        struct point *result, struct why *why);

#endif
