#include "kms/vault/group.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

enum {
    SCALARS = VAULT_AGENTS_MAX + 32,
    POINTS = 16,
    FRAMES = 8,
};

struct scalar {
    BIGNUM *n;
};

struct point {
    EC_POINT *at;
};

struct frame {
    size_t scalars, points; /* taken when it began */
};

struct group {
    enum vault_curve curve;
    EC_GROUP *ec;
    BN_CTX *scratch;
    const BIGNUM *order;
    bool failed;
    size_t depth, scalars_taken, points_taken;
    struct frame frames[FRAMES];
    struct scalar scalars[SCALARS];
    struct point points[POINTS];
};

size_t vault_scalar_size(enum vault_curve curve)
{
    return curve == VAULT_P256 ? 32 : curve == VAULT_P384 ? 48 : 0;
}

size_t vault_point_size(enum vault_curve curve)
{
    size_t scalar = vault_scalar_size(curve);

    return scalar > 0 ? scalar + 1 : 0;
}

enum fault group_gave_out(struct why *why)
{
    return fault_at(FAULT_RESOURCE, 0, "out of memory, or of random numbers", why);
}

enum fault group_new(enum vault_curve curve, struct group **out, struct why *why)
{
    struct group *group;

    if (vault_scalar_size(curve) == 0) {
        return fault_at(FAULT_SYNTAX, 0, "a recovery key is on P-256 or P-384", why);
    }
    group = calloc(1, sizeof *group);
    if (group == NULL) {
        return group_gave_out(why);
    }
    group->curve = curve;
    group->ec =
        EC_GROUP_new_by_curve_name(curve == VAULT_P256 ? NID_X9_62_prime256v1 : NID_secp384r1);
    group->scratch = BN_CTX_secure_new();
    if (group->ec == NULL || group->scratch == NULL) {
        group_free(group);
        ERR_clear_error();
        return group_gave_out(why);
    }
    group->order = EC_GROUP_get0_order(group->ec);
    *out = group;
    return FAULT_NONE;
}

void group_free(struct group *group)
{
    if (group == NULL) {
        return;
    }
    for (size_t i = 0; i < SCALARS; i++) {
        BN_clear_free(group->scalars[i].n);
    }
    for (size_t i = 0; i < POINTS; i++) {
        EC_POINT_clear_free(group->points[i].at);
    }
    BN_CTX_free(group->scratch);
    EC_GROUP_free(group->ec);
    free(group);
}

bool group_ran_short(void)
{
    bool short_of_memory = false;
    unsigned long error;

    while ((error = ERR_get_error()) != 0) {
        short_of_memory |= ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
    }
    return short_of_memory;
}

enum vault_curve group_curve(const struct group *group) { return group->curve; }

/* Keeps that a step of libcrypto's went wrong. */
static void group_note(struct group *group, bool right)
{
    if (!right) {
        group->failed = true;
        ERR_clear_error();
    }
}

void group_begin(struct group *group)
{
    assert(group->depth < FRAMES);
    if (group->depth == 0) {
        group->failed = false;
    }
    group->frames[group->depth++] = (struct frame){group->scalars_taken, group->points_taken};
}

bool group_end(struct group *group)
{
    const struct frame *frame;

    assert(group->depth > 0);
    frame = &group->frames[--group->depth];
    while (group->scalars_taken > frame->scalars) {
        BN_clear(group->scalars[--group->scalars_taken].n);
    }
    while (group->points_taken > frame->points) {
        EC_POINT_clear_free(group->points[--group->points_taken].at);
        group->points[group->points_taken].at = NULL;
    }
    return !group->failed;
}

struct scalar *scalar_take(struct group *group)
{
    struct scalar *taken = &group->scalars[group->scalars_taken];

    assert(group->depth > 0 && group->scalars_taken < SCALARS);
    if (taken->n == NULL) {
        taken->n = BN_secure_new();
        if (taken->n == NULL) {
            group_note(group, false);
            return taken;
        }
        BN_set_flags(taken->n, BN_FLG_CONSTTIME);
    }
    group->scalars_taken++;
    return taken;
}

struct point *point_take(struct group *group)
{
    struct point *taken = &group->points[group->points_taken];

    assert(group->depth > 0 && group->points_taken < POINTS);
    taken->at = EC_POINT_new(group->ec);
    if (taken->at == NULL) {
        group_note(group, false);
        return taken;
    }
    group->points_taken++;
    return taken;
}

void scalar_set(struct group *group, struct scalar *out, unsigned n)
{
    if (!group->failed) {
        group_note(group, BN_set_word(out->n, n) == 1);
    }
}

void scalar_random(struct group *group, struct scalar *out)
{
    if (group->failed) {
        return;
    }
    do {
        group_note(group, BN_priv_rand_range(out->n, group->order) == 1);
    } while (!group->failed && BN_is_zero(out->n));
}

void scalar_nonce(struct group *group, struct scalar *out, const struct scalar *key,
                  struct span message)
{
    if (group->failed) {
        return;
    }
    do {
        group_note(group, BN_generate_dsa_nonce(out->n, group->order, key->n, message.at,
                                                message.len, group->scratch) == 1);
    } while (!group->failed && BN_is_zero(out->n));
}

void scalar_reduce(struct group *group, struct scalar *out, struct span bytes)
{
    if (!group->failed) {
        group_note(group, BN_bin2bn(bytes.at, (int)bytes.len, out->n) != NULL &&
                              BN_nnmod(out->n, out->n, group->order, group->scratch) == 1);
    }
}

bool scalar_decode(struct group *group, struct scalar *out, struct span bytes)
{
    if (group->failed || bytes.len != vault_scalar_size(group->curve)) {
        return false;
    }
    group_note(group, BN_bin2bn(bytes.at, (int)bytes.len, out->n) != NULL);
    return !group->failed && BN_ucmp(out->n, group->order) < 0;
}

void scalar_encode(struct group *group, const struct scalar *s, uint8_t *out)
{
    const int size = (int)vault_scalar_size(group->curve);

    if (!group->failed) {
        group_note(group, BN_bn2binpad(s->n, out, size) == size);
    }
}

bool scalar_is_zero(struct group *group, const struct scalar *s)
{
    return !group->failed && BN_is_zero(s->n);
}

void scalar_add(struct group *group, struct scalar *out, const struct scalar *a,
                const struct scalar *b)
{
    if (!group->failed) {
        group_note(group, BN_mod_add_quick(out->n, a->n, b->n, group->order) == 1);
    }
}

void scalar_multiply(struct group *group, struct scalar *out, const struct scalar *a,
                     const struct scalar *b)
{
    if (!group->failed) {
        group_note(group, BN_mod_mul(out->n, a->n, b->n, group->order, group->scratch) == 1);
    }
}

static void scalar_divide(struct group *group, struct scalar *out, const struct scalar *a,
                          struct scalar *b)
{
    if (!group->failed) {
        group_note(group, BN_mod_inverse(b->n, b->n, group->order, group->scratch) != NULL);
    }
    scalar_multiply(group, out, a, b);
}

void scalar_lagrange(struct group *group, struct scalar *out, const unsigned indexes[],
                     size_t count, size_t which)
{
    struct scalar *above, *below, *step;

    group_begin(group);
    above = scalar_take(group);
    below = scalar_take(group);
    step = scalar_take(group);
    scalar_set(group, above, 1);
    scalar_set(group, below, 1);
    for (size_t k = 0; k < count; k++) {
        if (k == which) {
            continue;
        }
        scalar_set(group, step, indexes[k]);
        scalar_multiply(group, above, above, step);
        if (!group->failed) {
            group_note(group, BN_sub_word(step->n, indexes[which]) == 1);
        }
        scalar_multiply(group, below, below, step); /* BN_mod_mul() makes it positive */
    }
    scalar_divide(group, out, above, below);
    (void)group_end(group);
}

void point_multiply(struct group *group, struct point *out, const struct scalar *k,
                    const struct point *p)
{
    /* One scalar at a time: for two together EC_POINT_mul() has code that is not constant-time. */
    if (!group->failed) {
        group_note(group, EC_POINT_mul(group->ec, out->at, p == NULL ? k->n : NULL,
                                       p == NULL ? NULL : p->at, p == NULL ? NULL : k->n,
                                       group->scratch) == 1);
    }
}

void point_add(struct group *group, struct point *out, const struct point *a, const struct point *b)
{
    if (!group->failed) {
        group_note(group, EC_POINT_add(group->ec, out->at, a->at, b->at, group->scratch) == 1);
    }
}

void point_subtract(struct group *group, struct point *out, const struct point *a,
                    const struct point *b)
{
    struct point *minus;

    group_begin(group);
    minus = point_take(group);
    point_copy(group, minus, b);
    if (!group->failed) {
        group_note(group, EC_POINT_invert(group->ec, minus->at, group->scratch) == 1);
    }
    point_add(group, out, a, minus);
    (void)group_end(group);
}

void point_copy(struct group *group, struct point *out, const struct point *p)
{
    if (!group->failed) {
        group_note(group, EC_POINT_copy(out->at, p->at) == 1);
    }
}

bool point_equal(struct group *group, const struct point *a, const struct point *b)
{
    int differ;

    if (group->failed) {
        return false;
    }
    differ = EC_POINT_cmp(group->ec, a->at, b->at, group->scratch);
    group_note(group, differ >= 0);
    return differ == 0;
}

/* SEC 1, 2.3.3: what the first octet says the others are; hybrid forms are not taken. */
static bool is_point_form(enum vault_curve curve, struct span bytes)
{
    const size_t size = vault_scalar_size(curve);

    if (bytes.len == size + 1) {
        return bytes.at[0] == POINT_CONVERSION_COMPRESSED ||
               bytes.at[0] == POINT_CONVERSION_COMPRESSED + 1;
    }
    return bytes.len == 2 * size + 1 && bytes.at[0] == POINT_CONVERSION_UNCOMPRESSED;
}

bool point_decode(struct group *group, struct point *out, struct span bytes)
{
    /* It checks that coordinates are below p, and the point on the curve. */
    bool right = !group->failed && is_point_form(group->curve, bytes) &&
                 EC_POINT_oct2point(group->ec, out->at, bytes.at, bytes.len, group->scratch) == 1;

    if (!right && group_ran_short()) {
        group->failed = true;
    }
    return right;
}

void point_encode(struct group *group, const struct point *p, struct vault_point *out)
{
    *out = (struct vault_point){.len = vault_point_size(group->curve)};
    if (group->failed || EC_POINT_is_at_infinity(group->ec, p->at)) {
        out->len = 0;
        return;
    }
    group_note(group, EC_POINT_point2oct(group->ec, p->at, POINT_CONVERSION_COMPRESSED, out->at,
                                         out->len, group->scratch) == out->len);
}

void point_encode_whole(struct group *group, const struct point *p, uint8_t *out)
{
    const size_t size = 2 * vault_scalar_size(group->curve) + 1;

    if (!group->failed) {
        group_note(group, EC_POINT_point2oct(group->ec, p->at, POINT_CONVERSION_UNCOMPRESSED, out,
                                             size, group->scratch) == size);
    }
}

void point_x(struct group *group, const struct point *p, uint8_t *out)
{
    struct scalar *x;

    group_begin(group);
    x = scalar_take(group);
    if (!group->failed) {
        group_note(group, EC_POINT_get_affine_coordinates(group->ec, p->at, x->n, NULL,
                                                          group->scratch) == 1);
    }
    scalar_encode(group, x, out);
    (void)group_end(group);
}

struct point *point_new(struct group *group)
{
    struct point *p = calloc(1, sizeof *p);

    if (p == NULL) {
        return NULL;
    }
    p->at = EC_POINT_new(group->ec);
    if (p->at == NULL) {
        ERR_clear_error();
        free(p);
        return NULL;
    }
    return p;
}

void point_free(struct point *p)
{
    if (p != NULL) {
        EC_POINT_clear_free(p->at);
        free(p);
    }
}
