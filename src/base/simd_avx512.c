#include <immintrin.h>

#include "base/simd_levels.h"

/* AVX-512 with the byte permutations of VBMI and the compression of VBMI2 (Ice Lake, Zen 4). */
#define WITH_AVX512                                                                                \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt")))

enum { BLOCK = 64 };

/* What each byte of ASCII is worth as a digit: two registers. Not a digit: the highest bit. */
#define NO 0x80
/* clang-format off */
_Alignas(BLOCK) static const uint8_t hex_table[2 * BLOCK] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, NO, NO, NO, NO, NO, NO,
    NO, 10, 11, 12, 13, 14, 15, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, 10, 11, 12, 13, 14, 15, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};
_Alignas(BLOCK) static const uint8_t base64_table[2 * BLOCK] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
};
/* Of each 32-bit word the lower three bytes, most significant first. */
_Alignas(BLOCK) static const uint8_t packing[BLOCK] = {
    2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 18, 17, 16, 22, 21, 20, 26, 25, 24, 30, 29, 28,
    34, 33, 32, 38, 37, 36, 42, 41, 40, 46, 45, 44, 50, 49, 48, 54, 53, 52, 58, 57, 56, 62, 61, 60,
};
/* clang-format on */

WITH_AVX512 static size_t hex_blocks(const uint8_t *text, size_t len, uint8_t *out)
{
    const __m512i low = _mm512_loadu_si512(hex_table), high = _mm512_loadu_si512(hex_table + BLOCK);
    const __m512i weights =
        _mm512_set1_epi16(0x0110); /* 16 times the first digit, and the second */
    size_t done = 0;

    for (; len - done >= BLOCK; done += BLOCK) {
        __m512i bytes = _mm512_loadu_si512(text + done);
        __m512i values = _mm512_permutex2var_epi8(low, bytes, high);
        __m512i pairs;

        if (_mm512_movepi8_mask(_mm512_or_si512(values, bytes)) != 0) {
            break;
        }
        pairs = _mm512_maddubs_epi16(values, weights);
        _mm256_storeu_si256((__m256i *)(void *)(out + done / 2), _mm512_cvtepi16_epi8(pairs));
    }
    return done;
}

WITH_AVX512 static size_t squeeze_blocks(const uint8_t *text, size_t len, uint8_t *out,
                                         size_t *made)
{
    size_t done = 0, n = 0;

    for (; len - done >= BLOCK; done += BLOCK) {
        __m512i bytes = _mm512_loadu_si512(text + done);
        __mmask64 kept = ~(_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')) |
                           _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\r')) |
                           _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(' ')) |
                           _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\t')));

        _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi8(kept, bytes));
        n += (size_t)_mm_popcnt_u64(kept);
    }
    *made = n;
    return done;
}

/* W. Muła and D. Lemire, "Base64 encoding and decoding at almost the speed of a memory copy"
 * (2019). */
WITH_AVX512 static size_t base64_blocks(const uint8_t *text, size_t len, uint8_t *out)
{
    const __m512i low = _mm512_loadu_si512(base64_table);
    const __m512i high = _mm512_loadu_si512(base64_table + BLOCK);
    const __m512i pack = _mm512_loadu_si512(packing);
    size_t done = 0;

    for (; len - done >= BLOCK; done += BLOCK) {
        __m512i bytes = _mm512_loadu_si512(text + done);
        __m512i values = _mm512_permutex2var_epi8(low, bytes, high);
        __m512i pairs, words;

        if (_mm512_movepi8_mask(_mm512_or_si512(values, bytes)) != 0) {
            break;
        }
        pairs = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x01400140));
        words = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));
        _mm512_storeu_si512(out + done / 4 * 3, _mm512_permutexvar_epi8(pack, words));
    }
    return done;
}

WITH_AVX512 static size_t folded_blocks(const uint8_t *text, size_t len, size_t *lines)
{
    size_t done = 0;

    for (; len - done > BLOCK; done += BLOCK) {
        __m512i bytes = _mm512_loadu_si512(text + done);
        __m512i next = _mm512_loadu_si512(text + done + 1);
        __mmask64 ends = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n'));

        if (_mm512_mask_cmpneq_epi8_mask(ends, next, _mm512_set1_epi8(' ')) != 0) {
            break;
        }
        *lines += (size_t)_mm_popcnt_u64(ends);
    }
    return done;
}

WITH_AVX512 static uint64_t line_ends(const uint8_t *text, size_t len, uint64_t *folds)
{
    __mmask64 there = len >= BLOCK ? ~(__mmask64)0 : _bzhi_u64(~0ULL, (unsigned)len);
    __mmask64 behind = len > BLOCK ? ~(__mmask64)0 : there >> 1;
    __mmask64 ends = _mm512_mask_cmpeq_epi8_mask(there, _mm512_maskz_loadu_epi8(there, text),
                                                 _mm512_set1_epi8('\n'));
    __mmask64 spaces = _mm512_mask_cmpeq_epi8_mask(
        behind, _mm512_maskz_loadu_epi8(behind, text + 1), _mm512_set1_epi8(' '));

    *folds = ends & spaces;
    return ends & ~spaces;
}

WITH_AVX512 static uint64_t stops_of(const uint8_t *text, size_t len, uint32_t marks)
{
    __mmask64 there = len >= BLOCK ? ~(__mmask64)0 : _bzhi_u64(~0ULL, (unsigned)len);
    __m512i bytes = _mm512_maskz_loadu_epi8(there, text);

    return _mm512_mask_cmpeq_epi8_mask(there, bytes, _mm512_set1_epi8((char)marks)) |
           _mm512_mask_cmpeq_epi8_mask(there, bytes, _mm512_set1_epi8((char)(marks >> 8))) |
           _mm512_mask_cmpeq_epi8_mask(there, bytes, _mm512_set1_epi8((char)(marks >> 16))) |
           _mm512_mask_cmpeq_epi8_mask(there, bytes, _mm512_set1_epi8((char)(marks >> 24)));
}

const struct simd *simd_avx512(void)
{
    static const struct simd level = {.name = "avx512",
                                      .hex_blocks = hex_blocks,
                                      .squeeze_blocks = squeeze_blocks,
                                      .base64_blocks = base64_blocks,
                                      .folded_blocks = folded_blocks,
                                      .line_ends = line_ends,
                                      .stops_of = stops_of};

    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                   __builtin_cpu_supports("bmi2")
               ? &level
               : NULL;
}
