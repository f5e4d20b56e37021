#include "base/encoding.h"

#include "base/text.h"

static const uint8_t mark_utf8[] = {0xEF, 0xBB, 0xBF};
static const uint8_t mark_le[] = {0xFF, 0xFE};
static const uint8_t mark_be[] = {0xFE, 0xFF};

enum { SURROGATE_FIRST = 0x10000 };

struct span encoding_mark(enum encoding encoding)
{
    switch (encoding) {
    case ENCODING_UTF8_MARK:
        return span_of(mark_utf8, sizeof(mark_utf8));
    case ENCODING_UTF16_LE:
        return span_of(mark_le, sizeof(mark_le));
    case ENCODING_UTF16_BE:
        return span_of(mark_be, sizeof(mark_be));
    case ENCODING_ASCII:
    case ENCODING_UTF8:
    case ENCODING_ANSI:
        break;
    }
    return (struct span){0};
}

static bool is_ascii(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

enum encoding encoding_find(struct span head, size_t *mark)
{
    static const enum encoding marked[] = {ENCODING_UTF8_MARK, ENCODING_UTF16_LE,
                                           ENCODING_UTF16_BE};

    for (size_t i = 0; i < sizeof(marked) / sizeof(marked[0]); i++) {
        struct span expected = encoding_mark(marked[i]);

        if (span_equal(span_upto(head, expected.len), expected)) {
            *mark = expected.len;
            return marked[i];
        }
    }
    *mark = 0;
    if (head.len >= 2 && (head.at[0] == 0) != (head.at[1] == 0)) {
        return head.at[0] == 0 ? ENCODING_UTF16_BE : ENCODING_UTF16_LE;
    }
    if (is_ascii(head)) {
        return ENCODING_ASCII;
    }
    return text_is_utf8(head) ? ENCODING_UTF8 : ENCODING_ANSI;
}

void encoding_add_decoded(struct buffer *out, struct span text, enum encoding encoding)
{
    if (encoding == ENCODING_UTF16_LE || encoding == ENCODING_UTF16_BE) {
        text_add_utf16(out, text,
                       encoding == ENCODING_UTF16_LE ? TEXT_LITTLE_ENDIAN : TEXT_BIG_ENDIAN);
        return;
    }
    text_add_guessed(out, text);
}

static void add_unit(struct buffer *out, uint32_t unit, enum encoding encoding)
{
    uint8_t high = (uint8_t)(unit >> 8), low = (uint8_t)unit;

    buffer_add_byte(out, encoding == ENCODING_UTF16_LE ? low : high);
    buffer_add_byte(out, encoding == ENCODING_UTF16_LE ? high : low);
}

static void add_utf16(struct buffer *out, uint32_t c, enum encoding encoding)
{
    if (c >= SURROGATE_FIRST) {
        add_unit(out, 0xD800 | (c - SURROGATE_FIRST) >> 10, encoding);
        c = 0xDC00 | ((c - SURROGATE_FIRST) & 0x3FF);
    }
    add_unit(out, c, encoding);
}

/* The byte that is `c` in Windows-1252; false when there is none. */
static bool find_ansi(uint32_t c, uint8_t *out)
{
    if (c < 0x80 || (c >= 0xA0 && c <= 0xFF)) {
        *out = (uint8_t)c;
        return true;
    }
    for (unsigned byte = 0x80; byte < 0xA0; byte++) {
        if (text_of_ansi((uint8_t)byte) == c) {
            *out = (uint8_t)byte;
            return true;
        }
    }
    return false;
}

bool encoding_add(struct buffer *out, struct span text, enum encoding encoding)
{
    struct cursor in = cursor_over(text);
    bool whole = true;

    if (encoding <= ENCODING_UTF8_MARK) {
        buffer_add(out, text);
        return true;
    }
    while (in.rest.len > 0) {
        uint32_t c = text_next(&in);
        uint8_t byte = '?';

        if (encoding != ENCODING_ANSI) {
            add_utf16(out, c, encoding);
            continue;
        }
        whole = find_ansi(c, &byte) && whole;
        buffer_add_byte(out, byte);
    }
    return whole;
}
