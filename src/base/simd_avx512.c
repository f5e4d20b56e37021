#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#include "base/simd_levels.h"

/* AVX-512 with the byte permutations of VBMI and the compression of VBMI2 (Ice Lake, Zen 4). */
#define WITH_AVX512                                                                                \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt")))

enum { BLOCK = 64, NO_DIGIT = 0x80 };

/* A table of 128 bytes in two registers: what each byte of ASCII is worth as a digit. */
struct table {
    uint8_t bytes[128];
};

static struct table table_of(const char *digits, bool both_cases)
{
    struct table table;
    size_t count = strlen(digits);

    memset(table.bytes, NO_DIGIT, sizeof(table.bytes));
    for (size_t i = 0; i < count; i++) {
        table.bytes[(uint8_t)digits[i]] = (uint8_t)i;
        if (both_cases && digits[i] >= 'a') {
            table.bytes[(uint8_t)(digits[i] - ('a' - 'A'))] = (uint8_t)i;
        }
    }
    return table;
}

WITH_AVX512 static size_t hex_blocks(const uint8_t *text, size_t len, uint8_t *out)
{
    const __m512i nine = _mm512_set1_epi8(9), five = _mm512_set1_epi8(5);
    const __m512i weights =
        _mm512_set1_epi16(0x0110); /* 16 times the first digit, and the second */
    size_t done = 0;

    for (; len - done >= BLOCK; done += BLOCK) {
        __m512i bytes = _mm512_loadu_si512(text + done);
        __m512i digit = _mm512_sub_epi8(bytes, _mm512_set1_epi8('0'));
        __m512i letter =
            _mm512_sub_epi8(_mm512_or_si512(bytes, _mm512_set1_epi8(0x20)), _mm512_set1_epi8('a'));
        __mmask64 is_digit = _mm512_cmple_epu8_mask(digit, nine);
        __mmask64 is_letter = _mm512_cmple_epu8_mask(letter, five);
        __m512i values, pairs;

        if ((is_digit | is_letter) != ~(__mmask64)0) {
            break;
        }
        values = _mm512_mask_add_epi8(digit, is_letter, letter, _mm512_set1_epi8(10));
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
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const struct table table = table_of(digits, false);
    const __m512i low = _mm512_loadu_si512(table.bytes);
    const __m512i high = _mm512_loadu_si512(table.bytes + BLOCK);
    uint8_t order[BLOCK] = {0};
    __m512i pack;
    size_t done = 0;

    for (int i = 0; i < 48;
         i++) { /* of each 32-bit word the lower three bytes, most significant first */
        order[i] = (uint8_t)(i / 3 * 4 + 2 - i % 3);
    }
    pack = _mm512_loadu_si512(order);
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

WITH_AVX512 static size_t either_blocks(const uint8_t *text, size_t len, uint8_t a, uint8_t b)
{
    const __m512i first = _mm512_set1_epi8((char)a), second = _mm512_set1_epi8((char)b);
    size_t done = 0;

    while (done < len) {
        size_t left = len - done;
        __mmask64 there = left >= BLOCK ? ~(__mmask64)0 : _bzhi_u64(~0ULL, (unsigned)left);
        __m512i bytes = _mm512_maskz_loadu_epi8(there, text + done);
        __mmask64 hits = _mm512_mask_cmpeq_epi8_mask(there, bytes, first) |
                         _mm512_mask_cmpeq_epi8_mask(there, bytes, second);

        if (hits != 0) {
            return done + (size_t)_tzcnt_u64(hits);
        }
        done += left >= BLOCK ? BLOCK : left;
    }
    return done;
}

const struct simd *simd_avx512(void)
{
    static const struct simd level = {.name = "avx512",
                                      .hex_blocks = hex_blocks,
                                      .squeeze_blocks = squeeze_blocks,
                                      .base64_blocks = base64_blocks,
                                      .folded_blocks = folded_blocks,
                                      .either_blocks = either_blocks};

    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                   __builtin_cpu_supports("bmi2")
               ? &level
               : NULL;
}
