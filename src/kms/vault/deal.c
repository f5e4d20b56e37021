#include "kms/vault/deal.h"

#include <stdlib.h>

struct vault {
    struct vault_public public;
    struct group *group;
    struct point *commitments[VAULT_AGENTS_MAX];
    struct point *shares[VAULT_AGENTS_MAX]; /* public ones, NULL until they are needed */
};

enum fault vault_numbers_check(unsigned quorum, unsigned count, struct why *why)
{
    if (quorum < VAULT_QUORUM_MIN || quorum > count || count > VAULT_AGENTS_MAX) {
        return fault_at(FAULT_LIMIT, 0,
                        "a quorum is 2 to the number of agents, agents are up to 64", why);
    }
    return FAULT_NONE;
}

/* f(x) by Horner's rule. */
static void polynomial_at(struct group *group, struct scalar *const coefficients[], unsigned quorum,
                          unsigned x, struct scalar *out)
{
    struct scalar *at;

    group_begin(group);
    at = scalar_take(group);
    scalar_set(group, at, x);
    scalar_set(group, out, 0);
    for (unsigned j = quorum; j-- > 0;) {
        scalar_multiply(group, out, out, at);
        scalar_add(group, out, out, coefficients[j]);
    }
    (void)group_end(group);
}

static enum fault deal_share(struct group *group, struct scalar *const coefficients[],
                             unsigned quorum, unsigned index, struct secret *out, struct why *why)
{
    struct scalar *share;
    enum fault fault = secret_new(vault_scalar_size(group_curve(group)), out, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    group_begin(group);
    share = scalar_take(group);
    polynomial_at(group, coefficients, quorum, index, share);
    scalar_encode(group, share, out->at);
    if (!group_end(group)) {
        secret_clear(out);
        return group_gave_out(why);
    }
    return FAULT_NONE;
}

static void commit(struct group *group, struct scalar *const coefficients[], unsigned quorum,
                   struct vault_public *out)
{
    struct point *p;

    group_begin(group);
    p = point_take(group);
    for (unsigned j = 0; j < quorum; j++) {
        point_multiply(group, p, coefficients[j], NULL);
        point_encode(group, p, &out->commitments[j]);
    }
    (void)group_end(group);
}

enum fault vault_deal_scalars(struct group *group, struct scalar *const coefficients[],
                              unsigned quorum, unsigned count, struct vault_public *out,
                              struct secret shares[], struct why *why)
{
    struct vault_public public = {.curve = group_curve(group), .quorum = quorum, .count = count};
    enum fault fault = FAULT_NONE;
    unsigned done = 0;

    while (done < count && fault == FAULT_NONE) {
        fault = deal_share(group, coefficients, quorum, done + 1, &shares[done], why);
        done += fault == FAULT_NONE;
    }
    group_begin(group);
    commit(group, coefficients, quorum, &public);
    if (!group_end(group) && fault == FAULT_NONE) {
        fault = group_gave_out(why);
    }
    if (fault != FAULT_NONE) {
        while (done > 0) {
            secret_clear(&shares[--done]);
        }
        return fault;
    }
    *out = public;
    return FAULT_NONE;
}

enum fault vault_deal(enum vault_curve curve, unsigned quorum, unsigned count,
                      struct vault_public *out, struct secret shares[], struct why *why)
{
    struct scalar *coefficients[VAULT_AGENTS_MAX];
    struct group *group = NULL;
    enum fault fault = vault_numbers_check(quorum, count, why);

    if (fault == FAULT_NONE) {
        fault = group_new(curve, &group, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    group_begin(group);
    for (unsigned j = 0; j < quorum; j++) {
        coefficients[j] = scalar_take(group);
        scalar_random(group, coefficients[j]);
    }
    fault = vault_deal_scalars(group, coefficients, quorum, count, out, shares, why);
    (void)group_end(group);
    group_free(group);
    return fault;
}

static bool take_coefficients(struct group *group, const struct secret *bytes, unsigned quorum,
                              struct scalar *coefficients[])
{
    const size_t size = vault_scalar_size(group_curve(group));
    bool right = bytes->len == quorum * size;

    for (unsigned j = 0; j < quorum && right; j++) {
        coefficients[j] = scalar_take(group);
        right = scalar_decode(group, coefficients[j], span_of(bytes->at + j * size, size)) &&
                !scalar_is_zero(group, coefficients[j]);
    }
    return right;
}

enum fault vault_deal_polynomial(enum vault_curve curve, unsigned quorum, unsigned count,
                                 const struct secret *coefficients, struct vault_public *out,
                                 struct secret shares[], struct why *why)
{
    struct scalar *taken[VAULT_AGENTS_MAX];
    struct group *group = NULL;
    enum fault fault = vault_numbers_check(quorum, count, why);

    if (fault == FAULT_NONE) {
        fault = group_new(curve, &group, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    group_begin(group);
    if (take_coefficients(group, coefficients, quorum, taken)) {
        fault = vault_deal_scalars(group, taken, quorum, count, out, shares, why);
    } else {
        fault =
            fault_at(FAULT_SYNTAX, 0, "coefficients are numbers from 1 to the order less 1", why);
    }
    (void)group_end(group);
    group_free(group);
    return fault;
}

static enum fault decode_commitments(struct vault *vault, struct why *why)
{
    const struct vault_public *public = &vault->public;
    bool right = true;

    group_begin(vault->group);
    for (unsigned j = 0; j < public->quorum && right; j++) {
        vault->commitments[j] = point_new(vault->group);
        if (vault->commitments[j] == NULL) {
            (void)group_end(vault->group);
            return group_gave_out(why);
        }
        right = public->commitments[j].len == vault_point_size(public->curve) &&
                point_decode(vault->group, vault->commitments[j],
                             vault_point_span(&public->commitments[j]));
    }
    if (!group_end(vault->group)) {
        return group_gave_out(why);
    }
    return right ? FAULT_NONE
                 : fault_at(FAULT_SYNTAX, 0, "a commitment is no point of the curve", why);
}

enum fault vault_open(const struct vault_public *public, struct vault **out, struct why *why)
{
    struct vault *vault;
    enum fault fault = vault_numbers_check(public->quorum, public->count, why);

    if (fault != FAULT_NONE) {
        return fault_at(FAULT_SYNTAX, 0, why->rule, why);
    }
    vault = calloc(1, sizeof *vault);
    if (vault == NULL) {
        return group_gave_out(why);
    }
    vault->public = *public;
    fault = group_new(public->curve, &vault->group, why);
    if (fault == FAULT_NONE) {
        fault = decode_commitments(vault, why);
    }
    if (fault != FAULT_NONE) {
        vault_close(vault);
        return fault;
    }
    *out = vault;
    return FAULT_NONE;
}

void vault_close(struct vault *vault)
{
    if (vault == NULL) {
        return;
    }
    for (size_t i = 0; i < VAULT_AGENTS_MAX; i++) {
        point_free(vault->commitments[i]);
        point_free(vault->shares[i]);
    }
    group_free(vault->group);
    free(vault);
}

struct group *vault_group(struct vault *vault) { return vault->group; }

const struct vault_public *vault_public(const struct vault *vault) { return &vault->public; }

/* Y = sum of index^j·C_j, by Horner's rule. */
static void commitments_at(struct vault *vault, unsigned index, struct point *out)
{
    struct group *group = vault->group;
    struct scalar *at;

    group_begin(group);
    at = scalar_take(group);
    scalar_set(group, at, index);
    point_copy(group, out, vault->commitments[vault->public.quorum - 1]);
    for (unsigned j = vault->public.quorum - 1; j-- > 0;) {
        point_multiply(group, out, at, out);
        point_add(group, out, out, vault->commitments[j]);
    }
    (void)group_end(group);
}

const struct point *vault_share_point(struct vault *vault, unsigned index)
{
    struct point *share;

    if (index < 1 || index > vault->public.count) {
        return NULL;
    }
    if (vault->shares[index - 1] != NULL) {
        return vault->shares[index - 1];
    }
    share = point_new(vault->group);
    if (share == NULL) {
        return NULL;
    }
    group_begin(vault->group);
    commitments_at(vault, index, share);
    if (!group_end(vault->group)) {
        point_free(share);
        return NULL;
    }
    vault->shares[index - 1] = share;
    return share;
}

enum fault vault_share_fits(struct vault *vault, unsigned index, const struct secret *share,
                            struct why *why)
{
    struct group *group = vault->group;
    const struct point *expected = vault_share_point(vault, index);
    struct scalar *s;
    struct point *got;
    bool fits;

    if (expected == NULL) {
        return index >= 1 && index <= vault->public.count
                   ? group_gave_out(why)
                   : fault_at(FAULT_DENIED, 0, "there is no such recovery agent", why);
    }
    group_begin(group);
    s = scalar_take(group);
    got = point_take(group);
    fits = scalar_decode(group, s, secret_span(share)) && !scalar_is_zero(group, s);
    if (fits) {
        point_multiply(group, got, s, NULL);
        fits = point_equal(group, got, expected);
    }
    if (!group_end(group)) {
        return group_gave_out(why);
    }
    return fits ? FAULT_NONE
                : fault_at(FAULT_DENIED, 0, "the share is not this recovery agent's", why);
}

enum fault vault_public_share(struct vault *vault, unsigned index, struct vault_point *out,
                              struct why *why)
{
    const struct point *share = vault_share_point(vault, index);
    struct vault_point point;

    if (share == NULL) {
        return index >= 1 && index <= vault->public.count
                   ? group_gave_out(why)
                   : fault_at(FAULT_ABSENT, 0, "there is no such recovery agent", why);
    }
    group_begin(vault->group);
    point_encode(vault->group, share, &point);
    if (!group_end(vault->group)) {
        return group_gave_out(why);
    }
    if (point.len == 0) {
        return fault_at(FAULT_ABSENT, 0, "a public share is infinity: nobody has one", why);
    }
    *out = point;
    return FAULT_NONE;
}
