#include "base/simd_levels.h"

/* No block at all: the callers' own loops do the work, and are what the others must equal. */

static size_t no_hex(const uint8_t *text, size_t len, uint8_t *out)
{
    (void)text, (void)len, (void)out;
    return 0;
}

static size_t no_squeeze(const uint8_t *text, size_t len, uint8_t *out, size_t *made)
{
    (void)text, (void)len, (void)out;
    *made = 0;
    return 0;
}

static size_t no_fold(const uint8_t *text, size_t len, size_t *lines)
{
    (void)text, (void)len, (void)lines;
    return 0;
}

static uint64_t line_ends(const uint8_t *text, size_t len, uint64_t *folds)
{
    uint64_t ends = 0;

    *folds = 0;
    for (size_t i = 0; i < len && i < SIMD_BLOCK; i++) {
        if (text[i] == '\n' && i + 1 < len && text[i + 1] == ' ') {
            *folds |= (uint64_t)1 << i;
        } else if (text[i] == '\n') {
            ends |= (uint64_t)1 << i;
        }
    }
    return ends;
}

static uint64_t stops_of(const uint8_t *text, size_t len, uint32_t marks)
{
    uint64_t stops = 0;

    for (size_t i = 0; i < len && i < SIMD_BLOCK; i++) {
        const uint32_t differing = marks ^ text[i] * UINT32_C(0x01010101);
        const uint32_t is_zero = (differing - UINT32_C(0x01010101)) & ~differing;

        stops |= (uint64_t)((is_zero & UINT32_C(0x80808080)) != 0) << i;
    }
    return stops;
}

const struct simd *simd_scalar(void)
{
    static const struct simd level = {.name = "scalar",
                                      .hex_blocks = no_hex,
                                      .squeeze_blocks = no_squeeze,
                                      .base64_blocks = no_hex,
                                      .folded_blocks = no_fold,
                                      .line_ends = line_ends,
                                      .stops_of = stops_of};

    return &level;
}
