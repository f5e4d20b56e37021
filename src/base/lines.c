#include "base/lines.h"

/* Bits from `n` on; `n` is less than 64. */
static uint64_t from_bit(uint64_t bits, size_t n) { return bits >> n << n; }

/* How many bits are below the lowest one of `mark`; all where it has none. There are few. */
static size_t count_below(uint64_t bits, uint64_t mark)
{
    size_t n = 0;

    for (bits &= (mark & -mark) - 1; bits != 0; bits &= bits - 1) {
        n++;
    }
    return n;
}

size_t lines_folded_end(struct lines_folded *seen, struct span text, size_t *folds)
{
    const struct simd *simd = simd_best();
    size_t at = 0;

    *folds = 0;
    while (at < text.len) {
        const uint8_t *here = text.at + at;
        size_t into = (size_t)((uintptr_t)here - (uintptr_t)seen->block);
        uint64_t ends;

        if (seen->block == NULL || into >= SIMD_BLOCK) {
            at += simd->folded_blocks(here, text.len - at, folds); /* a long line, or nothing */
            here = text.at + at;
            seen->block = here;
            seen->ends = simd->line_ends(here, text.len - at, &seen->folds);
            into = 0;
        }
        ends = from_bit(seen->ends, into);
        *folds += count_below(from_bit(seen->folds, into), ends);
        if (ends != 0) {
            return at - into + (size_t)__builtin_ctzll(ends);
        }
        at += SIMD_BLOCK - into;
    }
    return text.len;
}
