#include <string.h>

#include <immintrin.h>

#include "base/simd_levels.h"

#define WITH_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

enum { BLOCK = 32 };

static WITH_AVX2 inline __m256i load(const uint8_t *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* True in each byte that lies between two letters or digits of ASCII; bytes from 80 up do not. */
static WITH_AVX2 inline __m256i between(__m256i bytes, char least, char most)
{
    return _mm256_and_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8((char)(least - 1))),
                            _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(most + 1)), bytes));
}

WITH_AVX2 static size_t hex_blocks(const uint8_t *text, size_t len, uint8_t *out)
{
    size_t done = 0;

    for (; len - done >= BLOCK; done += BLOCK) {
        __m256i bytes = load(text + done);
        __m256i lower = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
        __m256i is_digit = between(bytes, '0', '9');
        __m256i is_letter = between(lower, 'a', 'f');
        __m256i values, pairs, packed;

        if (_mm256_movemask_epi8(_mm256_or_si256(is_digit, is_letter)) != -1) {
            break;
        }
        values = _mm256_add_epi8(_mm256_and_si256(bytes, _mm256_set1_epi8(0x0F)),
                                 _mm256_and_si256(is_letter, _mm256_set1_epi8(9)));
        pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0110));
        packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(pairs, pairs), 0xD8);
        _mm_storeu_si128((__m128i *)(void *)(out + done / 2), _mm256_castsi256_si128(packed));
    }
    return done;
}

/* Between blanks there are runs: each is copied with one store that may be too long. */
WITH_AVX2 static size_t squeeze_blocks(const uint8_t *text, size_t len, uint8_t *out, size_t *made)
{
    size_t done = 0, n = 0;

    for (; len - done >= (size_t)2 * BLOCK; done += BLOCK) {
        __m256i bytes = load(text + done);
        __m256i blank =
            _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n')),
                                            _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\r'))),
                            _mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(' ')),
                                            _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\t'))));
        uint32_t blanks = (uint32_t)_mm256_movemask_epi8(blank);
        size_t from = 0;

        while (blanks != 0) {
            size_t at = (size_t)__builtin_ctz(blanks);

            _mm256_storeu_si256((__m256i *)(void *)(out + n), load(text + done + from));
            n += at - from;
            from = at + 1;
            blanks &= blanks - 1;
        }
        _mm256_storeu_si256((__m256i *)(void *)(out + n), load(text + done + from));
        n += BLOCK - from;
    }
    *made = n;
    return done;
}

/* W. Muła and D. Lemire, "Faster Base64 Encoding and Decoding using AVX2 Instructions" (2018). */
WITH_AVX2 static size_t base64_blocks(const uint8_t *text, size_t len, uint8_t *out)
{
    const __m256i low_ranges =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                                  0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A));
    const __m256i high_ranges =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,
                                                  0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10));
    const __m256i shifts = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i pack = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
    const __m256i slash = _mm256_set1_epi8('/');
    size_t done = 0;

    for (; len - done >= BLOCK; done += BLOCK) {
        __m256i bytes = load(text + done);
        __m256i high = _mm256_and_si256(_mm256_srli_epi32(bytes, 4), slash);
        __m256i low = _mm256_and_si256(bytes, slash);
        __m256i shift, words;

        if (!_mm256_testz_si256(_mm256_shuffle_epi8(low_ranges, low),
                                _mm256_shuffle_epi8(high_ranges, high))) {
            break;
        }
        shift = _mm256_shuffle_epi8(shifts, _mm256_add_epi8(_mm256_cmpeq_epi8(bytes, slash), high));
        words = _mm256_madd_epi16(
            _mm256_maddubs_epi16(_mm256_add_epi8(bytes, shift), _mm256_set1_epi32(0x01400140)),
            _mm256_set1_epi32(0x00011000));
        words = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(words, pack),
                                            _mm256_setr_epi32(0, 1, 2, 4, 5, 6, -1, -1));
        _mm256_storeu_si256((__m256i *)(void *)(out + done / 4 * 3), words);
    }
    return done;
}

WITH_AVX2 static size_t folded_blocks(const uint8_t *text, size_t len, size_t *lines)
{
    size_t done = 0;

    for (; len - done > BLOCK; done += BLOCK) {
        __m256i is_end = _mm256_cmpeq_epi8(load(text + done), _mm256_set1_epi8('\n'));
        __m256i is_space = _mm256_cmpeq_epi8(load(text + done + 1), _mm256_set1_epi8(' '));

        if (_mm256_testc_si256(is_space, is_end) == 0) {
            break;
        }
        *lines += (size_t)__builtin_popcount((uint32_t)_mm256_movemask_epi8(is_end));
    }
    return done;
}

WITH_AVX2 static uint64_t line_ends(const uint8_t *text, size_t len, uint64_t *folds)
{
    uint64_t ends = 0, spaces = 0;

    if (len <= SIMD_BLOCK) {
        return simd_scalar()->line_ends(text, len, folds);
    }
    for (unsigned done = 0; done < SIMD_BLOCK; done += BLOCK) {
        __m256i is_end = _mm256_cmpeq_epi8(load(text + done), _mm256_set1_epi8('\n'));
        __m256i is_space = _mm256_cmpeq_epi8(load(text + done + 1), _mm256_set1_epi8(' '));

        ends |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_end) << done;
        spaces |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_space) << done;
    }
    *folds = ends & spaces;
    return ends & ~spaces;
}

WITH_AVX2 static uint64_t stops_of_block(const uint8_t *text, uint32_t marks)
{
    const __m256i first = _mm256_set1_epi8((char)marks);
    const __m256i second = _mm256_set1_epi8((char)(marks >> 8));
    const __m256i third = _mm256_set1_epi8((char)(marks >> 16));
    const __m256i fourth = _mm256_set1_epi8((char)(marks >> 24));
    uint64_t stops = 0;

    for (unsigned done = 0; done < SIMD_BLOCK; done += BLOCK) {
        __m256i bytes = load(text + done);
        __m256i hits = _mm256_or_si256(
            _mm256_or_si256(_mm256_cmpeq_epi8(bytes, first), _mm256_cmpeq_epi8(bytes, second)),
            _mm256_or_si256(_mm256_cmpeq_epi8(bytes, third), _mm256_cmpeq_epi8(bytes, fourth)));

        stops |= (uint64_t)(uint32_t)_mm256_movemask_epi8(hits) << done;
    }
    return stops;
}

WITH_AVX2 static uint64_t stops_of(const uint8_t *text, size_t len, uint32_t marks)
{
    uint8_t block[SIMD_BLOCK] = {0};

    if (len >= SIMD_BLOCK) {
        return stops_of_block(text, marks);
    }
    memcpy(block, text, len); /* the rest of a block that has one is not looked at */
    return stops_of_block(block, marks) & (((uint64_t)1 << len) - 1);
}

const struct simd *simd_avx2(void)
{
    static const struct simd level = {.name = "avx2",
                                      .hex_blocks = hex_blocks,
                                      .squeeze_blocks = squeeze_blocks,
                                      .base64_blocks = base64_blocks,
                                      .folded_blocks = folded_blocks,
                                      .line_ends = line_ends,
                                      .stops_of = stops_of};

    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") ? &level : NULL;
}
