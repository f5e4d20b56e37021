#ifndef BASE_COUNT_H
#define BASE_COUNT_H

#include "base/cursor.h"

/* How often `byte` occurs in `s`. */
static inline size_t count_byte(struct span s, uint8_t byte)
{
    size_t n = 0;

    /* Blocks that a byte-wide counter cannot overflow in: compilers turn them into SIMD. */
    while (s.len > 0) {
        size_t block = s.len < 255 ? s.len : 255;
        uint8_t hits = 0;

        for (size_t i = 0; i < block; i++) {
            hits = (uint8_t)(hits + (s.at[i] == byte));
        }
        n += hits;
        s = span_of(s.at + block, s.len - block);
    }
    return n;
}

#endif
