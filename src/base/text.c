#include "base/text.h"

#include "base/word.h"

enum { REPLACEMENT = 0xFFFD, CHARACTER_MAX = 0x10FFFF, ENCODED_MAX = 4 };

/* Windows-1252, the bytes 80 to 9F (Unicode consortium's CP1252.TXT); the rest is Latin-1. */
static const uint16_t cp1252_high[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

uint32_t text_of_ansi(uint8_t byte)
{
    return byte >= 0x80 && byte < 0xA0 ? cp1252_high[byte - 0x80] : byte;
}

static bool is_tail(uint8_t b) { return (b & 0xC0) == 0x80; }

/* Length of the character that starts at `s`, or 0 when none does (RFC 3629, section 4). */
static size_t sequence_length(struct span s)
{
    uint8_t a = s.at[0];
    uint8_t b = s.len > 1 ? s.at[1] : 0;

    if (a < 0x80) {
        return 1;
    }
    if (a >= 0xC2 && a <= 0xDF) {
        return is_tail(b) ? 2 : 0;
    }
    if (a >= 0xE0 && a <= 0xEF) {
        bool second = is_tail(b) && !(a == 0xE0 && b < 0xA0) && !(a == 0xED && b > 0x9F);

        return second && s.len > 2 && is_tail(s.at[2]) ? 3 : 0;
    }
    if (a >= 0xF0 && a <= 0xF4) {
        bool second = is_tail(b) && !(a == 0xF0 && b < 0x90) && !(a == 0xF4 && b > 0x8F);

        return second && s.len > 3 && is_tail(s.at[2]) && is_tail(s.at[3]) ? 4 : 0;
    }
    return 0;
}

bool text_is_ascii(struct span s)
{
    uint64_t seen = 0;
    size_t n = 0;

    for (; s.len - n >= 8; n += 8) {
        seen |= word_at(s.at + n);
    }
    for (; n < s.len; n++) {
        seen |= s.at[n];
    }
    return (seen & word_of(0x80)) == 0;
}

bool text_is_utf8(struct span s)
{
    while (s.len > 0) {
        size_t n = s.len >= 8 && (word_at(s.at) & word_of(0x80)) == 0 ? 8 : sequence_length(s);

        if (n == 0) {
            return false;
        }
        s = span_from(s, n);
    }
    return true;
}

uint32_t text_next(struct cursor *in)
{
    static const uint8_t lead_mask[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t n = sequence_length(in->rest);
    struct span seen = {0};
    uint32_t character;

    if (n == 0 || !cursor_take(in, n, &seen)) {
        (void)!cursor_take(in, 1, &seen);
        return REPLACEMENT;
    }
    character = seen.at[0] & lead_mask[n];
    for (size_t i = 1; i < n; i++) {
        character = character << 6 | (seen.at[i] & 0x3F);
    }
    return character;
}

/* Writes one character in UTF-8 and tells its length, at most 4. */
static size_t encode(uint32_t c, uint8_t *out)
{
    if (c > CHARACTER_MAX || (c >= 0xD800 && c <= 0xDFFF)) {
        c = REPLACEMENT;
    }
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xC0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xE0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (c & 0x3F));
    return 4;
}

void text_add(struct buffer *b, uint32_t c)
{
    uint8_t out[ENCODED_MAX];

    buffer_add(b, span_of(out, encode(c, out)));
}

void text_add_guessed(struct buffer *b, struct span s)
{
    if (text_is_utf8(s)) {
        buffer_add(b, s);
        return;
    }
    for (size_t i = 0; i < s.len; i++) {
        text_add(b, text_of_ansi(s.at[i]));
    }
}

static uint32_t unit_at(struct span s, size_t i, enum text_order order)
{
    return order == TEXT_LITTLE_ENDIAN ? (uint32_t)(s.at[i] | s.at[i + 1] << 8)
                                       : (uint32_t)(s.at[i] << 8 | s.at[i + 1]);
}

void text_utf16_step(struct span in, enum text_order order, bool last, uint8_t *out, size_t room,
                     size_t *used, size_t *made)
{
    size_t i = 0, n = 0;

    while (in.len - i >= 2 && room - n >= ENCODED_MAX) {
        uint32_t unit = unit_at(in, i, order);
        size_t taken = 2;

        if (unit >= 0xD800 && unit < 0xDC00) {
            uint32_t low = in.len - i >= 4 ? unit_at(in, i + 2, order) : 0;

            if (in.len - i < 4 && !last) {
                break;
            }
            if (low >= 0xDC00 && low < 0xE000) {
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                taken = 4;
            }
        }
        n += encode(unit, out + n);
        i += taken;
    }
    if (last && in.len - i == 1 && room - n >= ENCODED_MAX) {
        n += encode(REPLACEMENT, out + n);
        i++;
    }
    *used = i;
    *made = n;
}

void text_add_utf16(struct buffer *b, struct span s, enum text_order order)
{
    uint8_t piece[256];
    size_t used, made;

    while (s.len > 0) {
        text_utf16_step(s, order, true, piece, sizeof(piece), &used, &made);
        buffer_add(b, span_of(piece, made));
        s = span_from(s, used);
    }
}

bool text_is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

void text_add_safe(struct buffer *b, struct span s)
{
    bool utf8 = text_is_utf8(s);
    struct cursor in = cursor_over(s);

    while (in.rest.len > 0) {
        uint8_t byte = in.rest.at[0];
        uint32_t c;

        if (utf8) {
            c = text_next(&in);
        } else {
            struct span seen;

            (void)!cursor_take(&in, 1, &seen);
            c = text_of_ansi(byte);
        }
        text_add(b, text_is_unsafe(c) ? REPLACEMENT : c);
    }
}

/* Capital letters with a small one: every `step`-th from `first` to `last` is `add` below it. */
static const struct range {
    uint32_t first, last, step, add;
} capitals[] = {
    {0x00C0, 0x00D6, 1, 32}, {0x00D8, 0x00DE, 1, 32}, {0x0100, 0x012E, 2, 1},
    {0x0132, 0x0136, 2, 1},  {0x0139, 0x0147, 2, 1},  {0x014A, 0x0176, 2, 1},
    {0x0179, 0x017D, 2, 1},  {0x0391, 0x03A1, 1, 32}, {0x03A3, 0x03A9, 1, 32},
    {0x0400, 0x040F, 1, 80}, {0x0410, 0x042F, 1, 32}, {0x1E00, 0x1E94, 2, 1},
};

uint32_t text_fold(uint32_t c)
{
    if (c < 0x80) {
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }
    for (size_t i = 0; i < sizeof(capitals) / sizeof(capitals[0]); i++) {
        const struct range *r = &capitals[i];

        if (c >= r->first && c <= r->last && (c - r->first) % r->step == 0) {
            return c + r->add;
        }
    }
    return c;
}
