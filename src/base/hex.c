#include "base/hex.h"

#include "base/simd.h"

/* One more than the digit's value; zero for every byte that is no digit. */
static const uint8_t digit_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

size_t hex_run_length(struct span text)
{
    size_t n = 0;

    while (n < text.len && digit_plus_one[text.at[n]] != 0) {
        n++;
    }
    return n;
}

int hex_number(const uint8_t at[4])
{
    const unsigned a = digit_plus_one[at[0]], b = digit_plus_one[at[1]];
    const unsigned c = digit_plus_one[at[2]], d = digit_plus_one[at[3]];

    return a == 0 || b == 0 || c == 0 || d == 0
               ? -1
               : (int)((a - 1) << 12 | (b - 1) << 8 | (c - 1) << 4 | (d - 1));
}

/*
 * The last digits of an even number of them, in one block with such as have been decoded already,
 * since that is cheaper than one by one. Returns how many are decoded now.
 */
static size_t decode_last(const struct simd *simd, struct span text, size_t done, uint8_t *out)
{
    const size_t block = text.len - SIMD_BLOCK;

    return simd->hex_blocks(text.at + block, SIMD_BLOCK, out + block / 2) == SIMD_BLOCK ? text.len
                                                                                        : done;
}

size_t hex_decode_run(struct span text, uint8_t *out)
{
    const struct simd *simd = simd_best();
    size_t i = simd->hex_blocks(text.at, text.len, out);

    if (i > 0 && i < text.len && text.len - i < SIMD_BLOCK && text.len >= SIMD_BLOCK &&
        text.len % 2 == 0) {
        i = decode_last(simd, text, i, out);
    }
    while (i + 1 < text.len) {
        uint8_t high = digit_plus_one[text.at[i]];
        uint8_t low = digit_plus_one[text.at[i + 1]];

        if (high == 0 || low == 0) {
            break;
        }
        out[i / 2] = (uint8_t)((high - 1) << 4 | (low - 1));
        i += 2;
    }
    return i < text.len && digit_plus_one[text.at[i]] != 0 ? i + 1 : i;
}

void hex_text(struct span bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        *out++ = digits[bytes.at[i] >> 4];
        *out++ = digits[bytes.at[i] & 15];
    }
    *out = '\0';
}
