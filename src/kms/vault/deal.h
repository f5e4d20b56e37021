#ifndef KMS_VAULT_DEAL_H
#define KMS_VAULT_DEAL_H

#include "kms/vault/group.h"

/*
 * The recovery key is made, dealt out to the agents, and forgotten.
 *
 * A scalar d and a polynomial f of degree T-1 with f(0) = d are drawn at random; agent i, from 1,
 * gets the share f(i) (Shamir, "How to share a secret", CACM 1979), and everybody the commitments
 * C_j = a_j·G to the coefficients, C_0 = d·G being the recovery key's public half (Feldman, FOCS
 * 1987). T shares give d, T-1 tell nothing about it; anyone can reckon the public share
 * Y_i = f(i)·G = sum of i^j·C_j, and so whether a share, or a result made with it, is right.
 *
 * docs/escrow.md holds the protocol step by step.
 */
enum {
    VAULT_QUORUM_MIN = 2,
    VAULT_PUBLIC_MAX = 4 + VAULT_AGENTS_MAX * VAULT_POINT_MAX, /* bytes, encoded */
};

/* What everybody may know of one dealing. */
struct vault_public {
    enum vault_curve curve;
    unsigned quorum;                                  /* T: 2 to count */
    unsigned count;                                   /* N, agents: up to VAULT_AGENTS_MAX */
    struct vault_point commitments[VAULT_AGENTS_MAX]; /* T of them; the first is the public key */
};

static inline struct span vault_public_key(const struct vault_public *public)
{
    return vault_point_span(&public->commitments[0]);
}

/*
 * Makes a recovery key and deals it: shares[i - 1] is agent i's, 32 or 48 bytes. The scalar and
 * the polynomial are wiped before this returns.
 *
 * FAULT_LIMIT     not 2 <= quorum <= count <= VAULT_AGENTS_MAX
 * FAULT_SYNTAX    no such curve
 * FAULT_RESOURCE  memory, randomness
 */
MUST_USE enum fault vault_deal(enum vault_curve curve, unsigned quorum, unsigned count,
                               struct vault_public *out, struct secret shares[], struct why *why);

/*
 * The same with a given polynomial: `coefficients` are `quorum` scalars one behind the other. For
 * resharing, and for the vectors of docs/escrow.md. FAULT_SYNTAX also where one is 0 or not below
 * n.
 */
MUST_USE enum fault vault_deal_polynomial(enum vault_curve curve, unsigned quorum, unsigned count,
                                          const struct secret *coefficients,
                                          struct vault_public *out, struct secret shares[],
                                          struct why *why);

/* As bytes for a store: version 1, curve, T, N, one byte each; the commitments, compressed. */
void vault_public_encode(const struct vault_public *public, struct buffer *out);

/*
 * Reads exactly that; each commitment is checked to be a point of the curve.
 * FAULT_SYNTAX where it is anything else, FAULT_RESOURCE memory.
 */
MUST_USE enum fault vault_public_decode(struct span bytes, struct vault_public *out,
                                        struct why *why);

/* Adds the public key's SubjectPublicKeyInfo, DER, named curve, uncompressed (RFC 5480). */
MUST_USE enum fault vault_public_spki(const struct vault_public *public, struct buffer *out,
                                      struct why *why);

/*
 * A dealing made ready for many acts, of one thread: the points decoded, public shares kept once
 * they were needed.
 *
 * FAULT_SYNTAX    a number out of its bounds, or a commitment that is no point of the curve
 * FAULT_RESOURCE  memory
 */
struct vault;
MUST_USE enum fault vault_open(const struct vault_public *public, struct vault **out,
                               struct why *why);
void vault_close(struct vault *vault);

struct group *vault_group(struct vault *vault);
const struct vault_public *vault_public(const struct vault *vault); /* lives as long as the vault */

/*
 * Whether `share` is agent `index`'s: share·G = Y_index, and not 0.
 * FAULT_DENIED    it is not, or there is no such agent
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault vault_share_fits(struct vault *vault, unsigned index,
                                     const struct secret *share, struct why *why);

/* Y_index. FAULT_ABSENT: no such agent, or Y is infinity, as in no honest dealing; FAULT_RESOURCE.
 */
MUST_USE enum fault vault_public_share(struct vault *vault, unsigned index, struct vault_point *out,
                                       struct why *why);

/* For the files of this room. */

/* FAULT_LIMIT: not 2 <= quorum <= count <= VAULT_AGENTS_MAX. */
MUST_USE enum fault vault_numbers_check(unsigned quorum, unsigned count, struct why *why);

/* Y_index as a point that the vault keeps; NULL: no such agent, or memory. */
const struct point *vault_share_point(struct vault *vault, unsigned index);

/*
 * Deals by the polynomial of these coefficients, `quorum` of them. Within a frame of the group's;
 * faults as of vault_deal().
 */
MUST_USE enum fault vault_deal_scalars(struct group *group, struct scalar *const coefficients[],
                                       unsigned quorum, unsigned count, struct vault_public *out,
                                       struct secret shares[], struct why *why);

#endif
