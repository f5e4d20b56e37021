#include "base/base64.h"

#include "base/ascii.h"

/* One more than the digit's value; zero for every byte that is no digit (RFC 4648, table 1). */
static const uint8_t digit_plus_one[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

/* Four digits at once while all four are digits: the bulk of a value that is not folded. */
static size_t decode_quads(struct span text, size_t at, uint8_t **out)
{
    uint8_t *o = *out;

    while (text.len - at >= 4) {
        uint8_t a = digit_plus_one[text.at[at]];
        uint8_t b = digit_plus_one[text.at[at + 1]];
        uint8_t c = digit_plus_one[text.at[at + 2]];
        uint8_t d = digit_plus_one[text.at[at + 3]];

        if (a == 0 || b == 0 || c == 0 || d == 0) {
            break;
        }
        a--, b--, c--, d--;
        *o++ = (uint8_t)(a << 2 | b >> 4);
        *o++ = (uint8_t)(b << 4 | c >> 2);
        *o++ = (uint8_t)(c << 6 | d);
        at += 4;
    }
    *out = o;
    return at;
}

static enum fault finish(uint32_t bits, unsigned digits, unsigned padding, size_t at, uint8_t **out,
                         struct why *why)
{
    if (digits == 1 || (padding > 0 && digits + padding != 4)) {
        return fault_at(FAULT_SYNTAX, at, "RFC 4648: base64 ends within a group", why);
    }
    if ((digits == 2 && (bits & 0x0F) != 0) || (digits == 3 && (bits & 0x03) != 0)) {
        return fault_at(FAULT_SYNTAX, at, "RFC 4648: unused bits at the end are zero", why);
    }
    if (digits == 2) {
        *(*out)++ = (uint8_t)(bits >> 4);
    } else if (digits == 3) {
        *(*out)++ = (uint8_t)(bits >> 10);
        *(*out)++ = (uint8_t)(bits >> 2);
    }
    return FAULT_NONE;
}

enum fault base64_decode(struct span text, uint8_t *out, size_t *n, struct why *why)
{
    uint8_t *o = out;
    uint32_t bits = 0;
    unsigned digits = 0, padding = 0;

    for (size_t at = 0; at < text.len; at++) {
        uint8_t value;

        if (digits == 0 && padding == 0) {
            at = decode_quads(text, at, &o);
            if (at == text.len) {
                break;
            }
        }
        value = digit_plus_one[text.at[at]];
        if (value > 0 && padding == 0) {
            bits = bits << 6 | (uint32_t)(value - 1);
            digits++;
        } else if (text.at[at] == '=' && digits > 1) {
            padding++;
        } else if (!ascii_is_blank(text.at[at])) {
            return fault_at(FAULT_SYNTAX, at, "RFC 4648: not a base64 digit", why);
        }
        if (digits == 4) {
            *o++ = (uint8_t)(bits >> 16);
            *o++ = (uint8_t)(bits >> 8);
            *o++ = (uint8_t)bits;
            bits = 0;
            digits = 0;
        }
    }
    enum fault fault = finish(bits, digits, padding, text.len, &o, why);

    if (fault == FAULT_NONE) {
        *n = (size_t)(o - out);
    }
    return fault;
}
