#ifndef TEST_LIBCRYPTO_MAKE_H
#define TEST_LIBCRYPTO_MAKE_H

#include <stddef.h>
#include <stdint.h>

#include "chance.h"

struct evp_pkey_st;

enum { MADE_MAX = 16 * 1024, MAKE_KEYS = 10 };

/* Keys of every kind, made once. */
struct maker {
    struct chance chance;
    struct evp_pkey_st *keys[MAKE_KEYS];
    size_t key_count;
};

void maker_init(struct maker *maker, uint64_t seed);
void maker_clear(struct maker *maker);

/*
 * Makes a certificate of random parts, some of them wrong in their contents, by libcrypto; its
 * signature is random bytes, since nobody checks it. Gives its length; 0 when libcrypto would
 * not write it, because a name has a string that is none.
 */
size_t maker_make(struct maker *maker, uint8_t out[MADE_MAX]);

/* Damages `len` bytes in place as a bad line or a bad mind would; gives the new length. */
size_t maker_damage(struct maker *maker, uint8_t out[MADE_MAX], size_t len);

#endif
