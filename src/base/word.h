#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * Eight bytes at a time, where vectors would be too much: one load on any processor, whichever
 * way round it keeps its bytes.
 */

/* The eight bytes at `at`, the first one lowest. */
static inline uint64_t word_at(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return le64toh(word);
}

/* Eight times the byte `b`. */
static inline uint64_t word_of(uint8_t b) { return b * (uint64_t)0x0101010101010101; }

/* True when one of the eight bytes is zero (Hacker's Delight, 6-1). */
static inline bool word_has_zero(uint64_t word)
{
    return ((word - word_of(0x01)) & ~word & word_of(0x80)) != 0;
}

/* True when all eight bytes are decimal digits: 3x, with nothing past 9. */
static inline bool word_is_digits(uint64_t word)
{
    uint64_t digits = word ^ word_of('0');

    return ((digits | (digits + word_of(0x76))) & word_of(0x80)) == 0;
}

/*
 * The numbers of two digits that eight digits make, the first in bits 0 to 15, and so on. Only
 * for what word_is_digits() says is digits.
 */
static inline uint64_t word_pairs(uint64_t word)
{
    uint64_t digits = word ^ word_of('0');

    return (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ff;
}

#endif
