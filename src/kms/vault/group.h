#ifndef KMS_VAULT_GROUP_H
#define KMS_VAULT_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/secret.h"

/*
 * The groups of the recovery key: P-256 and P-384 (FIPS 186-4, D.1.2), whose cofactor is 1, so that
 * every point of the curve but infinity is of the prime order n. The arithmetic is libcrypto's.
 *
 * What follows `struct group` is for the files of this room, which read like the papers: scalars
 * and points are taken from the group, formulas are written line by line, and whether all of it
 * went right is asked once:
 *
 *     group_begin(group);
 *     struct scalar *k = scalar_take(group);
 *     struct point *a = point_take(group);
 *     scalar_random(group, k);
 *     point_multiply(group, a, k, NULL);
 *     ok = point_encode(group, a, &out);
 *     group_end(group);
 *
 * After the first failure every call does nothing; group_end() tells. Scalars are in libcrypto's
 * secure memory where that is set up, are used by its constant-time code, and are wiped by
 * group_end(), as points are.
 */
enum vault_curve { VAULT_P256 = 1, VAULT_P384 = 2 };

enum {
    VAULT_SCALAR_MAX = 48, /* bytes of an integer modulo n, big-endian, of P-384; 32 of P-256 */
    VAULT_POINT_MAX = 49,  /* bytes of a compressed point (SEC 1, 2.3.3) of P-384; 33 of P-256 */
};

/* A point as it is kept and sent: compressed, never infinity. */
struct vault_point {
    uint8_t at[VAULT_POINT_MAX];
    size_t len;
};

static inline struct span vault_point_span(const struct vault_point *p)
{
    return span_of(p->at, p->len);
}

/* A curve and what is needed to reckon on it. One thread's; hold it for many acts. */
struct group;
struct scalar; /* an integer modulo n */
struct point;  /* a point of the curve, or infinity */

/* FAULT_SYNTAX no such curve; FAULT_RESOURCE memory. */
MUST_USE enum fault group_new(enum vault_curve curve, struct group **out, struct why *why);
void group_free(struct group *group);

enum vault_curve group_curve(const struct group *group);
size_t group_scalar_size(const struct group *group); /* 32 or 48 */
size_t group_point_size(const struct group *group);  /* 33 or 49, compressed */

/* Frames may stand in each other; end() wipes what was taken since its begin(). */
void group_begin(struct group *group);
/* True: nothing failed since the outermost begin(). */
bool group_end(struct group *group);
/* Makes what follows, to the end of the outermost frame, a failure. */
void group_fail(struct group *group);

struct scalar *scalar_take(struct group *group);
struct point *point_take(struct group *group);

void scalar_set(struct group *group, struct scalar *out, unsigned n);
void scalar_random(struct group *group, struct scalar *out); /* 1..n-1, each as likely */
/*
 * A nonce in 1..n-1 of `key`, `message` and fresh randomness, hashed (BN_generate_dsa_nonce): as
 * good as random, and still good should the randomness be bad.
 */
void scalar_nonce(struct group *group, struct scalar *out, const struct scalar *key,
                  struct span message);
/* The big-endian number of `bytes`, modulo n. */
void scalar_reduce(struct group *group, struct scalar *out, struct span bytes);
/* False, and `*out` is as it was: not of the group's size, or not below n. */
bool scalar_decode(struct group *group, struct scalar *out, struct span bytes);
/* `out` has room for group_scalar_size(). */
void scalar_encode(struct group *group, const struct scalar *s, uint8_t *out);
void scalar_add(struct group *group, struct scalar *out, const struct scalar *a,
                const struct scalar *b);
void scalar_subtract(struct group *group, struct scalar *out, const struct scalar *a,
                     const struct scalar *b);
void scalar_multiply(struct group *group, struct scalar *out, const struct scalar *a,
                     const struct scalar *b);
/* The λ of `indexes[which]` at 0: the product of j / (j - i) over the other indexes j (public). */
void scalar_lagrange(struct group *group, struct scalar *out, const unsigned indexes[],
                     size_t count, size_t which);
bool scalar_is_zero(const struct scalar *s);

/* k·p, or k·G where p is NULL. */
void point_multiply(struct group *group, struct point *out, const struct scalar *k,
                    const struct point *p);
void point_add(struct group *group, struct point *out, const struct point *a,
               const struct point *b);
void point_subtract(struct group *group, struct point *out, const struct point *a,
                    const struct point *b);
void point_copy(struct group *group, struct point *out, const struct point *p);
bool point_equal(struct group *group, const struct point *a, const struct point *b);
/*
 * Reads a point that somebody gives: SEC 1, 2.3.4, compressed or not, on the curve, not infinity.
 * False where it is anything else.
 */
bool point_decode(struct group *group, struct point *out, struct span bytes);
/* False, and what follows fails, where it is infinity. */
bool point_encode(struct group *group, const struct point *p, struct vault_point *out);
/* The x-coordinate, group_scalar_size() bytes: what ECDH shares (SEC 1, 3.3.1). */
void point_x(struct group *group, const struct point *p, uint8_t *out);

/* A point that lives as long as the group, for what is needed again and again; NULL: memory. */
struct point *point_keep(struct group *group);

#endif
