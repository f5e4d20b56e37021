#ifndef TEST_LIBCRYPTO_CHANCE_H
#define TEST_LIBCRYPTO_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers that look random and are the same for the same seed (splitmix64). */
struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *c)
{
    uint64_t z = c->state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* One of 0 … n - 1. */
static inline size_t chance_below(struct chance *c, size_t n) { return chance_next(c) % n; }

/* True once in `n` times. */
static inline bool chance_once_in(struct chance *c, size_t n) { return chance_below(c, n) == 0; }

#endif
