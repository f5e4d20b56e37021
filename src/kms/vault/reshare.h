#ifndef KMS_VAULT_RESHARE_H
#define KMS_VAULT_RESHARE_H

#include "kms/vault/deal.h"

/*
 * The same recovery key for other agents, or another quorum, without its ever being whole.
 *
 * Each of T old agents, the set S, deals his share f(i) out to the N' new ones as the recovery key
 * itself was dealt: by a polynomial g_i of degree T'-1 with g_i(0) = f(i). His commitments are
 * right when the first is Y_i. New agent j's share is the sum of lambda_i·g_i(j) over S, the new
 * commitments are the sums of lambda_i·C_(i,k): their first is the public key as before (Desmedt
 * and Jajodia, 1997). Old shares and new ones lie on different polynomials, and do not go together.
 */
struct reshare_part {
    unsigned index;              /* of the old agent */
    struct vault_public dealing; /* of his share: quorum T', count N', first commitment Y_index */
};

/*
 * Old agent `index` deals his share: subshares[j - 1] is for new agent j.
 *
 * FAULT_DENIED    `share` is not agent `index`'s
 * FAULT_LIMIT     not 2 <= quorum <= count <= VAULT_AGENTS_MAX
 * FAULT_RESOURCE  memory, randomness
 */
MUST_USE enum fault reshare_split(struct vault *old, unsigned index, const struct secret *share,
                                  unsigned quorum, unsigned count, struct reshare_part *out,
                                  struct secret subshares[], struct why *why);

/*
 * What all can reckon from the parts of T old agents: the new dealing. `count` is the number of
 * parts.
 *
 * FAULT_DENIED    a part does not deal the share of its agent (why.offset is its place), an agent
 *                 comes twice, or there are fewer than T parts, or more
 * FAULT_SYNTAX    parts differ in quorum or count, or hold what is no point
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault reshare_public(struct vault *old, const struct reshare_part parts[],
                                   size_t count, struct vault_public *out, struct why *why);

/*
 * New agent `index`'s share, from the parts and what each old agent sent him: subshares[p] belongs
 * to parts[p]. Each is held against its part, the share against the new dealing.
 *
 * FAULT_DENIED    a subshare does not fit its part (why.offset is its place), or as above
 * FAULT_SYNTAX, FAULT_RESOURCE as above
 */
MUST_USE enum fault reshare_share(struct vault *old, const struct reshare_part parts[],
                                  const struct secret subshares[], size_t count, unsigned index,
                                  struct secret *out, struct why *why);

#endif
