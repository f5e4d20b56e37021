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
 *     point_encode(group, a, &out);
 *     ok = group_end(group);
 *
 * After the first failure (of memory, of randomness) every call does nothing, and bools are false;
 * group_end() tells. Scalars are in libcrypto's
 * secure memory where that is set up, are used by its constant-time code, and are wiped by
 * group_end(), as points are.
 */
enum vault_curve { VAULT_P256 = 1, VAULT_P384 = 2 };

enum {
    VAULT_AGENTS_MAX = 64,
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

/*
 * The numbers of a curve; 0 where there is none by that name. Bytes of a scalar: 32 or 48; of a
 * compressed point: 33 or 49.
 */
size_t vault_scalar_size(enum vault_curve curve);
size_t vault_point_size(enum vault_curve curve);

/* FAULT_SYNTAX no such curve; FAULT_RESOURCE memory. */
MUST_USE enum fault group_new(enum vault_curve curve, struct group **out, struct why *why);
void group_free(struct group *group);
enum vault_curve group_curve(const struct group *group);

/* FAULT_RESOURCE, in the words for what fails in this room without anybody's fault. */
MUST_USE enum fault group_gave_out(struct why *why);

/* Empties libcrypto's queue of errors; true where one of them was that memory is out. */
bool group_ran_short(void);

/* Frames may stand in each other; end() wipes and gives back what was taken since its begin(). */
void group_begin(struct group *group);
/* True: nothing failed since the outermost begin(). */
bool group_end(struct group *group);

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
/* False: not of the group's size, or not below n. */
bool scalar_decode(struct group *group, struct scalar *out, struct span bytes);
/* `out` has room for vault_scalar_size() bytes. */
void scalar_encode(struct group *group, const struct scalar *s, uint8_t *out);
bool scalar_is_zero(struct group *group, const struct scalar *s);
/* All modulo n; `out` may be one of the operands. */
void scalar_add(struct group *group, struct scalar *out, const struct scalar *a,
                const struct scalar *b);
void scalar_multiply(struct group *group, struct scalar *out, const struct scalar *a,
                     const struct scalar *b);
/*
 * The Lagrange coefficient at 0 of indexes[which]: the product of j / (j - i) over the other
 * indexes j. They differ, and are not 0.
 */
void scalar_lagrange(struct group *group, struct scalar *out, const unsigned indexes[],
                     size_t count, size_t which);

/* k·p, or k·G where p is NULL; by the code for secret k. `out` may be an operand here and below. */
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
/* Compressed; infinity has no such form, and gives an empty one. */
void point_encode(struct group *group, const struct point *p, struct vault_point *out);
/* Not compressed: 2 * vault_scalar_size() + 1 bytes. */
void point_encode_whole(struct group *group, const struct point *p, uint8_t *out);
/* The x-coordinate, vault_scalar_size() bytes: what ECDH shares (SEC 1, 3.3.1). */
void point_x(struct group *group, const struct point *p, uint8_t *out);

/* A point that is the caller's, for what is needed again and again; NULL: memory. */
struct point *point_new(struct group *group);
void point_free(struct point *p); /* wipes it */

#endif
