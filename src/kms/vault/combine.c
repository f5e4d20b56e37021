#include "kms/vault/combine.h"

#include <stdlib.h>

struct combiner {
    struct vault *vault;
    struct point *ephemeral; /* R */
    bool started;
    size_t count;
    unsigned indexes[VAULT_AGENTS_MAX];
    struct point *results[VAULT_AGENTS_MAX]; /* as many as the quorum */
};

enum fault combiner_new(struct vault *vault, struct combiner **out, struct why *why)
{
    struct combiner *combiner = calloc(1, sizeof *combiner);
    bool right;

    if (combiner == NULL) {
        return group_gave_out(why);
    }
    combiner->vault = vault;
    combiner->ephemeral = point_new(vault_group(vault));
    right = combiner->ephemeral != NULL;
    for (unsigned i = 0; i < vault_public(vault)->quorum && right; i++) {
        combiner->results[i] = point_new(vault_group(vault));
        right = combiner->results[i] != NULL;
    }
    if (!right) {
        combiner_free(combiner);
        return group_gave_out(why);
    }
    *out = combiner;
    return FAULT_NONE;
}

void combiner_free(struct combiner *combiner)
{
    if (combiner == NULL) {
        return;
    }
    point_free(combiner->ephemeral);
    for (size_t i = 0; i < VAULT_AGENTS_MAX; i++) {
        point_free(combiner->results[i]);
    }
    free(combiner);
}

enum fault combiner_start(struct combiner *combiner, struct span ephemeral, struct why *why)
{
    struct group *group = vault_group(combiner->vault);

    group_begin(group);
    combiner->count = 0;
    combiner->started = point_decode(group, combiner->ephemeral, ephemeral);
    if (!group_end(group)) {
        combiner->started = false;
        return group_gave_out(why);
    }
    return combiner->started
               ? FAULT_NONE
               : fault_at(FAULT_SYNTAX, 0, "the envelope's point is not on the curve", why);
}

enum fault combiner_add(struct combiner *combiner, struct span context,
                        const struct partial *partial, struct why *why)
{
    enum fault fault;

    if (!combiner->started) {
        return fault_at(FAULT_DENIED, 0, "there is no envelope that results are for", why);
    }
    for (size_t i = 0; i < combiner->count; i++) {
        if (combiner->indexes[i] == partial->index) {
            return fault_at(FAULT_DENIED, 0, "a recovery agent counts once", why);
        }
    }
    if (combiner->count >= vault_public(combiner->vault)->quorum) {
        return fault_at(FAULT_LIMIT, 0, "the quorum is complete without it", why);
    }
    fault = partial_check_point(combiner->vault, combiner->ephemeral, context, partial,
                                combiner->results[combiner->count], why);
    if (fault == FAULT_NONE) {
        combiner->indexes[combiner->count++] = partial->index;
    }
    return fault;
}

/* d·R = sum of lambda_i·D_i. Within a frame. */
static void sum_up(struct combiner *combiner, struct point *sum)
{
    struct group *group = vault_group(combiner->vault);
    struct scalar *lambda = scalar_take(group);
    struct point *part = point_take(group);

    for (size_t i = 0; i < combiner->count; i++) {
        scalar_lagrange(group, lambda, combiner->indexes, combiner->count, i);
        point_multiply(group, i == 0 ? sum : part, lambda, combiner->results[i]);
        if (i > 0) {
            point_add(group, sum, sum, part);
        }
    }
}

enum fault combiner_finish(struct combiner *combiner, struct secret *out, struct why *why)
{
    struct group *group = vault_group(combiner->vault);
    struct secret x = {0};
    struct point *sum;
    enum fault fault;

    if (!combiner->started || combiner->count < vault_public(combiner->vault)->quorum) {
        return fault_at(FAULT_DENIED, 0, "fewer recovery agents than the quorum", why);
    }
    fault = secret_new(vault_scalar_size(group_curve(group)), &x, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    group_begin(group);
    sum = point_take(group);
    sum_up(combiner, sum);
    point_x(group, sum, x.at);
    if (!group_end(group)) {
        secret_clear(&x);
        return group_gave_out(why);
    }
    combiner->started = false;
    *out = secret_move(&x);
    return FAULT_NONE;
}
