#include "kms/vault/reshare.h"

enum fault reshare_split(struct vault *old, unsigned index, const struct secret *share,
                         unsigned quorum, unsigned count, struct reshare_part *out,
                         struct secret subshares[], struct why *why)
{
    struct scalar *coefficients[VAULT_AGENTS_MAX] = {NULL};
    struct group *group = vault_group(old);
    enum fault fault = vault_numbers_check(quorum, count, why);

    if (fault == FAULT_NONE) {
        fault = vault_share_fits(old, index, share, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    group_begin(group);
    for (unsigned k = 0; k < quorum; k++) {
        coefficients[k] = scalar_take(group);
        if (k > 0) {
            scalar_random(group, coefficients[k]);
        }
    }
    /* It fits, so it is a number below the order. */
    (void)scalar_decode(group, coefficients[0], secret_span(share));
    fault = vault_deal_scalars(group, coefficients, quorum, count, &out->dealing, subshares, why);
    if (fault == FAULT_NONE) {
        out->index = index;
    }
    (void)group_end(group);
    return fault;
}

/* Whether a part deals its agent's share: its first commitment is Y. */
static enum fault check_part(struct vault *old, const struct reshare_part *part, size_t place,
                             struct why *why)
{
    struct vault_point share;

    if (part->index < 1 || part->index > vault_public(old)->count) {
        return fault_at(FAULT_DENIED, place, "a part is of no agent of this escrow", why);
    }
    if (vault_public_share(old, part->index, &share, why) != FAULT_NONE) {
        return group_gave_out(why);
    }
    if (!span_equal(vault_public_key(&part->dealing), vault_point_span(&share))) {
        return fault_at(FAULT_DENIED, place, "a part does not deal its agent's share", why);
    }
    return FAULT_NONE;
}

/* Whether these are the parts of exactly T old agents, for one new dealing. */
static enum fault check_parts(struct vault *old, const struct reshare_part parts[], size_t count,
                              struct why *why)
{
    enum fault fault = FAULT_NONE;

    if (count != vault_public(old)->quorum) {
        return fault_at(FAULT_DENIED, count, "resharing takes exactly as many agents as the quorum",
                        why);
    }
    for (size_t p = 0; p < count && fault == FAULT_NONE; p++) {
        if (parts[p].dealing.curve != vault_public(old)->curve ||
            parts[p].dealing.quorum != parts[0].dealing.quorum ||
            parts[p].dealing.count != parts[0].dealing.count) {
            return fault_at(FAULT_SYNTAX, p, "the parts are not of one resharing", why);
        }
        for (size_t q = 0; q < p; q++) {
            if (parts[q].index == parts[p].index) {
                return fault_at(FAULT_DENIED, p, "a recovery agent counts once", why);
            }
        }
        fault = check_part(old, &parts[p], p, why);
    }
    return fault;
}

static void take_lambdas(struct group *group, const struct reshare_part parts[], size_t count,
                         struct scalar *lambdas[])
{
    unsigned indexes[VAULT_AGENTS_MAX];

    for (size_t p = 0; p < count; p++) {
        indexes[p] = parts[p].index;
    }
    for (size_t p = 0; p < count; p++) {
        lambdas[p] = scalar_take(group);
        scalar_lagrange(group, lambdas[p], indexes, count, p);
    }
}

/* The new commitment of degree k: the sum of lambda·C_k over the parts; false: one is no point. */
static bool sum_commitments(struct group *group, const struct reshare_part parts[],
                            struct scalar *const lambdas[], size_t count, unsigned k,
                            struct vault_point *out)
{
    struct point *sum, *step;
    bool right = true;

    group_begin(group);
    sum = point_take(group);
    step = point_take(group);
    for (size_t p = 0; p < count && right; p++) {
        right = point_decode(group, step, vault_point_span(&parts[p].dealing.commitments[k]));
        if (right) {
            point_multiply(group, p == 0 ? sum : step, lambdas[p], step);
        }
        if (right && p > 0) {
            point_add(group, sum, sum, step);
        }
    }
    if (right) {
        point_encode(group, sum, out);
    }
    return group_end(group) && right && out->len > 0;
}

enum fault reshare_public(struct vault *old, const struct reshare_part parts[], size_t count,
                          struct vault_public *out, struct why *why)
{
    struct group *group = vault_group(old);
    struct scalar *lambdas[VAULT_AGENTS_MAX];
    struct vault_public public;
    enum fault fault = check_parts(old, parts, count, why);
    bool right = true;

    if (fault != FAULT_NONE) {
        return fault;
    }
    public = (struct vault_public){.curve = parts[0].dealing.curve,
                                   .quorum = parts[0].dealing.quorum,
                                   .count = parts[0].dealing.count};
    fault = vault_numbers_check(public.quorum, public.count, why);
    if (fault != FAULT_NONE) {
        return fault_at(FAULT_SYNTAX, 0, why->rule, why);
    }
    group_begin(group);
    take_lambdas(group, parts, count, lambdas);
    for (unsigned k = 0; k < public.quorum && right; k++) {
        right = sum_commitments(group, parts, lambdas, count, k, &public.commitments[k]);
    }
    if (!group_end(group)) {
        return group_gave_out(why);
    }
    if (!right) {
        return fault_at(FAULT_SYNTAX, 0, "a commitment is no point of the curve", why);
    }
    *out = public;
    return FAULT_NONE;
}

/* Holds each subshare against its part. */
static enum fault check_subshares(const struct reshare_part parts[],
                                  const struct secret subshares[], size_t count, unsigned index,
                                  struct why *why)
{
    for (size_t p = 0; p < count; p++) {
        struct vault *dealing;
        enum fault fault = vault_open(&parts[p].dealing, &dealing, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
        fault = vault_share_fits(dealing, index, &subshares[p], why);
        vault_close(dealing);
        if (fault == FAULT_DENIED) {
            return fault_at(FAULT_DENIED, p, "a subshare does not fit its part", why);
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return FAULT_NONE;
}

/* f'(j), the sum of lambda·g(j) over the parts. */
static enum fault sum_subshares(struct group *group, const struct reshare_part parts[],
                                const struct secret subshares[], size_t count, struct secret *out,
                                struct why *why)
{
    struct scalar *lambdas[VAULT_AGENTS_MAX];
    struct scalar *sum, *step;
    enum fault fault = secret_new(vault_scalar_size(group_curve(group)), out, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    group_begin(group);
    take_lambdas(group, parts, count, lambdas);
    sum = scalar_take(group);
    step = scalar_take(group);
    scalar_set(group, sum, 0);
    for (size_t p = 0; p < count; p++) {
        (void)scalar_decode(group, step, secret_span(&subshares[p])); /* it fits, so it is one */
        scalar_multiply(group, step, step, lambdas[p]);
        scalar_add(group, sum, sum, step);
    }
    scalar_encode(group, sum, out->at);
    if (!group_end(group)) {
        secret_clear(out);
        return group_gave_out(why);
    }
    return FAULT_NONE;
}

enum fault reshare_share(struct vault *old, const struct reshare_part parts[],
                         const struct secret subshares[], size_t count, unsigned index,
                         struct secret *out, struct why *why)
{
    struct vault_public public;
    struct vault *renewed = NULL;
    struct secret share = {0};
    enum fault fault = reshare_public(old, parts, count, &public, why);

    if (fault == FAULT_NONE) {
        fault = check_subshares(parts, subshares, count, index, why);
    }
    if (fault == FAULT_NONE) {
        fault = vault_open(&public, &renewed, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = sum_subshares(vault_group(old), parts, subshares, count, &share, why);
    if (fault == FAULT_NONE) {
        fault = vault_share_fits(renewed, index, &share, why);
    }
    vault_close(renewed);
    if (fault != FAULT_NONE) {
        secret_clear(&share);
        return fault;
    }
    *out = secret_move(&share);
    return FAULT_NONE;
}
