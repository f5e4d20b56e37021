#ifndef KMS_VAULT_COMBINE_H
#define KMS_VAULT_COMBINE_H

#include "kms/vault/partial.h"

/*
 * Partial results of one envelope, put together. What is added is checked first, so that nothing
 * unproven is ever combined. One thread's, and one envelope after the other:
 *
 *     combiner_start(c, R), combiner_add(c, context, partial) T times, combiner_finish(c, &x)
 */
struct combiner;

/* `vault` outlives it. FAULT_RESOURCE: memory. */
MUST_USE enum fault combiner_new(struct vault *vault, struct combiner **out, struct why *why);
void combiner_free(struct combiner *combiner);

/* Forgets what was added. FAULT_SYNTAX: no point of the curve; FAULT_RESOURCE. */
MUST_USE enum fault combiner_start(struct combiner *combiner, struct span ephemeral,
                                   struct why *why);

/*
 * FAULT_DENIED    the proof does not hold for this envelope, context and agent, or this agent's is
 *                 here already
 * FAULT_LIMIT     T are here already
 * FAULT_RESOURCE  memory
 * After any of them the others stand as they did.
 */
MUST_USE enum fault combiner_add(struct combiner *combiner, struct span context,
                                 const struct partial *partial, struct why *why);

/*
 * The x-coordinate of d·R, 32 or 48 bytes, what envelope_open() asks for; then it has to be started
 * again. FAULT_DENIED: fewer than T; FAULT_RESOURCE.
 */
MUST_USE enum fault combiner_finish(struct combiner *combiner, struct secret *out, struct why *why);

#endif
