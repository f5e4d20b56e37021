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

size_t hex_decode_run(struct span text, uint8_t *out)
{
    size_t i = simd_best()->hex_blocks(text.at, text.len, out);

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
