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

static size_t no_either(const uint8_t *text, size_t len, uint8_t a, uint8_t b)
{
    (void)text, (void)len, (void)a, (void)b;
    return 0;
}

const struct simd *simd_scalar(void)
{
    static const struct simd level = {.name = "scalar",
                                      .hex_blocks = no_hex,
                                      .squeeze_blocks = no_squeeze,
                                      .base64_blocks = no_hex,
                                      .folded_blocks = no_fold,
                                      .either_blocks = no_either};

    return &level;
}
