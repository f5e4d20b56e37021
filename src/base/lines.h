#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "base/cursor.h"
#include "base/simd.h"

/*
 * A search for the end of a line that may be folded (RFC 2849: a line goes on in the next one when
 * that starts with a space). It remembers what it saw of 64 bytes at a time: lines are short as a
 * rule. {0} is its start; the bytes must stay as they are while it lives.
 */
struct lines_folded {
    const uint8_t *block; /* the 64 bytes that the bits tell of; NULL: none yet */
    uint64_t ends, folds; /* LFs without and with a space behind them */
};

/*
 * The index of the last LF of the line at the start of `text`, or text.len. `*folds` is how many
 * LFs before that one are followed by a space.
 */
MUST_USE size_t lines_folded_end(struct lines_folded *seen, struct span text, size_t *folds);

/*
 * A search for the next of four bytes, which remembers what it saw of 64 bytes at a time: where
 * fields are short, one look finds the ends of several.
 *
 *     struct lines_stops stops = lines_stops_of(',', '\n', '\0', '"');
 *     at = lines_next_stop(&stops, text, at);
 *
 * The bytes that it is asked about must stay as they are while it lives.
 */
struct lines_stops {
    const struct simd *simd;
    uint32_t marks;
    const uint8_t *block; /* the 64 bytes that `found` tells of; NULL: none yet */
    uint64_t found;
};

static inline struct lines_stops lines_stops_of(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct lines_stops){
        .simd = simd_best(), .marks = a | (uint32_t)b << 8 | (uint32_t)c << 16 | (uint32_t)d << 24};
}

/* Index of the first of the four bytes at or after `from`, or text.len. */
static inline size_t lines_next_stop(struct lines_stops *stops, struct span text, size_t from)
{
    while (from < text.len) {
        const uint8_t *at = text.at + from;
        size_t into = (size_t)((uintptr_t)at - (uintptr_t)stops->block);
        uint64_t found;

        if (into >= SIMD_BLOCK || stops->block == NULL) {
            stops->block = at;
            stops->found = stops->simd->stops_of(at, text.len - from, stops->marks);
            into = 0;
        }
        found = stops->found >> into;
        if (found != 0) {
            from += (size_t)__builtin_ctzll(found);
            return from < text.len ? from : text.len;
        }
        from += SIMD_BLOCK - into;
    }
    return text.len;
}

#endif
