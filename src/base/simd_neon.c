#include <string.h>

#include <arm_neon.h>

#include "base/simd_levels.h"

/* Every processor of 64-bit ARM has these. */
enum { BLOCK = 16 };

/* What the bytes are worth as hexadecimal digits; `*valid` is FF where they are some. */
static inline uint8x16_t hex_values(uint8x16_t bytes, uint8x16_t *valid)
{
    uint8x16_t digit = vsubq_u8(bytes, vdupq_n_u8('0'));
    uint8x16_t letter = vsubq_u8(vorrq_u8(bytes, vdupq_n_u8(0x20)), vdupq_n_u8('a'));
    uint8x16_t is_digit = vcleq_u8(digit, vdupq_n_u8(9));
    uint8x16_t is_letter = vcleq_u8(letter, vdupq_n_u8(5));

    *valid = vorrq_u8(is_digit, is_letter);
    return vbslq_u8(is_digit, digit, vaddq_u8(letter, vdupq_n_u8(10)));
}

static size_t hex_blocks(const uint8_t *text, size_t len, uint8_t *out)
{
    size_t done = 0;

    for (; len - done >= (size_t)2 * BLOCK; done += (size_t)2 * BLOCK) {
        uint8x16x2_t bytes = vld2q_u8(text + done);
        uint8x16_t high_valid, low_valid;
        uint8x16_t high = hex_values(bytes.val[0], &high_valid);
        uint8x16_t low = hex_values(bytes.val[1], &low_valid);

        if (vminvq_u8(vandq_u8(high_valid, low_valid)) != 0xFF) {
            break;
        }
        vst1q_u8(out + done / 2, vorrq_u8(vshlq_n_u8(high, 4), low));
    }
    return done;
}

/* Four bits for each byte of a comparison, in the order of the bytes. */
static inline uint64_t nibbles(uint8x16_t mask)
{
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(mask), 4)), 0);
}

/* Between blanks there are runs: each is copied with one store that may be too long. */
static size_t squeeze_blocks(const uint8_t *text, size_t len, uint8_t *out, size_t *made)
{
    size_t done = 0, n = 0;

    for (; len - done >= (size_t)2 * BLOCK; done += BLOCK) {
        uint8x16_t bytes = vld1q_u8(text + done);
        uint8x16_t blank =
            vorrq_u8(vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('\n')), vceqq_u8(bytes, vdupq_n_u8('\r'))),
                     vorrq_u8(vceqq_u8(bytes, vdupq_n_u8(' ')), vceqq_u8(bytes, vdupq_n_u8('\t'))));
        uint64_t blanks = nibbles(blank) & 0x1111111111111111U;
        size_t from = 0;

        while (blanks != 0) {
            size_t at = (size_t)__builtin_ctzll(blanks) / 4;

            vst1q_u8(out + n, vld1q_u8(text + done + from));
            n += at - from;
            from = at + 1;
            blanks &= blanks - 1;
        }
        vst1q_u8(out + n, vld1q_u8(text + done + from));
        n += BLOCK - from;
    }
    *made = n;
    return done;
}

/* What the bytes are worth as base64 digits; FF where they are none. */
static inline uint8x16_t base64_values(uint8x16_t bytes)
{
    uint8x16_t upper = vsubq_u8(bytes, vdupq_n_u8('A'));
    uint8x16_t lower = vsubq_u8(bytes, vdupq_n_u8('a'));
    uint8x16_t digit = vsubq_u8(bytes, vdupq_n_u8('0'));
    uint8x16_t values = vdupq_n_u8(0xFF);

    values = vbslq_u8(vcleq_u8(upper, vdupq_n_u8(25)), upper, values);
    values = vbslq_u8(vcleq_u8(lower, vdupq_n_u8(25)), vaddq_u8(lower, vdupq_n_u8(26)), values);
    values = vbslq_u8(vcleq_u8(digit, vdupq_n_u8(9)), vaddq_u8(digit, vdupq_n_u8(52)), values);
    values = vbslq_u8(vceqq_u8(bytes, vdupq_n_u8('+')), vdupq_n_u8(62), values);
    return vbslq_u8(vceqq_u8(bytes, vdupq_n_u8('/')), vdupq_n_u8(63), values);
}

static size_t base64_blocks(const uint8_t *text, size_t len, uint8_t *out)
{
    size_t done = 0;

    for (; len - done >= (size_t)4 * BLOCK; done += (size_t)4 * BLOCK) {
        uint8x16x4_t bytes = vld4q_u8(text + done);
        uint8x16_t a = base64_values(bytes.val[0]), b = base64_values(bytes.val[1]);
        uint8x16_t c = base64_values(bytes.val[2]), d = base64_values(bytes.val[3]);
        uint8x16x3_t made;

        if (vmaxvq_u8(vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d))) > 63) {
            break;
        }
        made.val[0] = vorrq_u8(vshlq_n_u8(a, 2), vshrq_n_u8(b, 4));
        made.val[1] = vorrq_u8(vshlq_n_u8(b, 4), vshrq_n_u8(c, 2));
        made.val[2] = vorrq_u8(vshlq_n_u8(c, 6), d);
        vst3q_u8(out + done / 4 * 3, made);
    }
    return done;
}

static size_t folded_blocks(const uint8_t *text, size_t len, size_t *lines)
{
    size_t done = 0;

    for (; len - done > BLOCK; done += BLOCK) {
        uint8x16_t is_end = vceqq_u8(vld1q_u8(text + done), vdupq_n_u8('\n'));
        uint8x16_t is_space = vceqq_u8(vld1q_u8(text + done + 1), vdupq_n_u8(' '));

        if (vmaxvq_u8(vbicq_u8(is_end, is_space)) != 0) {
            break;
        }
        *lines += (size_t)__builtin_popcountll(nibbles(is_end)) / 4;
    }
    return done;
}

/* A bit for each byte of a comparison. */
static inline uint64_t bits_of(uint8x16_t mask)
{
    static const uint8_t weights[BLOCK] = {1, 2, 4, 8, 16, 32, 64, 128,
                                           1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t bits = vandq_u8(mask, vld1q_u8(weights));

    return (uint64_t)vaddv_u8(vget_low_u8(bits)) | (uint64_t)vaddv_u8(vget_high_u8(bits)) << 8;
}

static uint64_t line_ends(const uint8_t *text, size_t len, uint64_t *folds)
{
    uint64_t ends = 0, spaces = 0;

    if (len <= SIMD_BLOCK) {
        return simd_scalar()->line_ends(text, len, folds);
    }
    for (unsigned done = 0; done < SIMD_BLOCK; done += BLOCK) {
        ends |= bits_of(vceqq_u8(vld1q_u8(text + done), vdupq_n_u8('\n'))) << done;
        spaces |= bits_of(vceqq_u8(vld1q_u8(text + done + 1), vdupq_n_u8(' '))) << done;
    }
    *folds = ends & spaces;
    return ends & ~spaces;
}

static uint64_t stops_of(const uint8_t *text, size_t len, uint32_t marks)
{
    const uint8x16_t first = vdupq_n_u8((uint8_t)marks), second = vdupq_n_u8((uint8_t)(marks >> 8));
    const uint8x16_t third = vdupq_n_u8((uint8_t)(marks >> 16)),
                     fourth = vdupq_n_u8((uint8_t)(marks >> 24));
    uint64_t stops = 0;

    if (len < SIMD_BLOCK) { /* the rest of a block that has one is not looked at */
        uint8_t block[SIMD_BLOCK] = {0};

        memcpy(block, text, len);
        return stops_of(block, SIMD_BLOCK, marks) & (((uint64_t)1 << len) - 1);
    }
    for (unsigned done = 0; done < SIMD_BLOCK; done += BLOCK) {
        uint8x16_t bytes = vld1q_u8(text + done);

        stops |= bits_of(vorrq_u8(vorrq_u8(vceqq_u8(bytes, first), vceqq_u8(bytes, second)),
                                  vorrq_u8(vceqq_u8(bytes, third), vceqq_u8(bytes, fourth))))
                 << done;
    }
    return stops;
}

const struct simd *simd_neon(void)
{
    static const struct simd level = {.name = "neon",
                                      .hex_blocks = hex_blocks,
                                      .squeeze_blocks = squeeze_blocks,
                                      .base64_blocks = base64_blocks,
                                      .folded_blocks = folded_blocks,
                                      .line_ends = line_ends,
                                      .stops_of = stops_of};

    return &level;
}
