#include "base/base64.h"

#include "base/ascii.h"
#include "base/simd.h"

enum { PIECE = 4096 };

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

/* Digits of a group that is not complete; and whether padding has begun. */
struct group {
    uint32_t bits;
    unsigned digits, padding;
};

/* Four digits at once while all four are digits: the bulk of a value, where no vectors are. */
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

/* Goes on decoding with `text`; returns where a byte is that must not be there, or text.len. */
static size_t feed(struct group *group, struct span text, uint8_t **out)
{
    for (size_t at = 0; at < text.len; at++) {
        uint8_t value;

        if (group->digits == 0 && group->padding == 0) {
            at = decode_quads(text, at, out);
            if (at == text.len) {
                break;
            }
        }
        value = digit_plus_one[text.at[at]];
        if (value > 0 && group->padding == 0) {
            group->bits = group->bits << 6 | (uint32_t)(value - 1);
            group->digits++;
        } else if (text.at[at] == '=' && group->digits > 1) {
            group->padding++;
        } else if (!ascii_is_blank(text.at[at])) {
            return at;
        }
        if (group->digits == 4) {
            *(*out)++ = (uint8_t)(group->bits >> 16);
            *(*out)++ = (uint8_t)(group->bits >> 8);
            *(*out)++ = (uint8_t)group->bits;
            *group = (struct group){0};
        }
    }
    return text.len;
}

static enum fault finish(const struct group *group, size_t at, uint8_t **out, struct why *why)
{
    unsigned digits = group->digits;
    uint32_t bits = group->bits;

    if (digits == 1 || (group->padding > 0 && digits + group->padding != 4)) {
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

/* Digits on their way: squeezed, not decoded yet. */
struct squeezed {
    uint8_t digits[PIECE + SIMD_SLACK];
    size_t held;
};

/* Decodes whole blocks of what is held. */
static void decode_held(const struct simd *simd, struct squeezed *s, uint8_t **out)
{
    size_t used = simd->base64_blocks(s->digits, s->held, *out);

    *out += used / 4 * 3;
    s->held -= used;
    memmove(s->digits, s->digits + used, s->held);
}

/*
 * Decodes what is held, less than a block: its whole groups at once, filled up to a block, the
 * rest and the padding one by one. False where a byte is none of base64's.
 */
static bool decode_last(const struct simd *simd, struct squeezed *s, struct group *group,
                        uint8_t **out)
{
    size_t end = s->held, whole;
    uint8_t rest[SIMD_BLOCK];

    while (end > 0 && s->digits[end - 1] == '=') {
        end--;
    }
    whole = end - end % 4;
    memcpy(rest, s->digits + whole, s->held - whole);
    if (whole > 0) {
        memset(s->digits + whole, 'A', SIMD_BLOCK - whole);
        if (simd->base64_blocks(s->digits, SIMD_BLOCK, *out) != SIMD_BLOCK) {
            return false;
        }
        *out += whole / 4 * 3;
    }
    return feed(group, span_of(rest, s->held - whole), out) == s->held - whole;
}

/*
 * Decodes by vectors: pieces are squeezed into a small buffer, which stays in the nearest cache,
 * and decoded from there; the last bytes of the text are filled up with digits, which are taken
 * off again. Returns how much of `text` was taken, which is nothing where there are no vectors.
 */
static size_t decode_pieces(struct span text, struct group *group, uint8_t **out, bool *good)
{
    enum { TAIL = 2 * SIMD_BLOCK };
    const struct simd *simd = simd_best();
    struct squeezed s;
    size_t at = 0, taken, made;

    s.held = 0;
    do {
        struct span piece = span_upto(span_from(text, at), PIECE - s.held);

        taken = simd->squeeze_blocks(piece.at, piece.len, s.digits + s.held, &made);
        at += taken;
        s.held += made;
        decode_held(simd, &s, out);
    } while (taken > 0 && s.held < PIECE / 2);
    /* Where more is held than a block, a byte in it is none, and there is no room for the tail. */
    if (s.held < SIMD_BLOCK && text.len > at && text.len - at <= TAIL) {
        uint8_t tail[TAIL + SIMD_BLOCK];
        size_t len = text.len - at;

        memset(tail + len, 'A', sizeof(tail) - len);
        memcpy(tail, text.at + at, len);
        taken = simd->squeeze_blocks(tail, sizeof(tail), s.digits + s.held, &made);
        if (taken >= len) {
            at = text.len;
            s.held += made - (taken - len);
            decode_held(simd, &s, out);
        }
    }
    if (at == text.len && s.held < SIMD_BLOCK) {
        *good = decode_last(simd, &s, group, out);
    } else {
        *good = feed(group, span_of(s.digits, s.held), out) == s.held;
    }
    return at;
}

enum fault base64_decode(struct span text, uint8_t *out, size_t *n, struct why *why)
{
    struct group group = {0};
    uint8_t *o = out;
    bool good = true;
    size_t taken = decode_pieces(text, &group, &o, &good);
    struct span rest = span_from(text, taken);
    enum fault fault;

    if (!good || feed(&group, rest, &o) < rest.len) {
        /* Where the bad byte is, the plain way tells. */
        o = out;
        group = (struct group){0};
        return fault_at(FAULT_SYNTAX, feed(&group, text, &o), "RFC 4648: not a base64 digit", why);
    }
    fault = finish(&group, text.len, &o, why);
    if (fault == FAULT_NONE) {
        *n = (size_t)(o - out);
    }
    return fault;
}

void base64_add(struct buffer *out, struct span bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *o = bytes.len > 0 ? buffer_room(out, (bytes.len + 2) / 3 * 4) : NULL;

    if (o == NULL) {
        return;
    }
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t bits = (uint32_t)bytes.at[i] << 16;

        bits |= left > 1 ? (uint32_t)bytes.at[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)bytes.at[i + 2] : 0;
        *o++ = (uint8_t)digits[bits >> 18];
        *o++ = (uint8_t)digits[bits >> 12 & 63];
        *o++ = left > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=';
        *o++ = left > 2 ? (uint8_t)digits[bits & 63] : '=';
    }
    out->len += (bytes.len + 2) / 3 * 4;
}
