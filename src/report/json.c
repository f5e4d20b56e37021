#include "report/json.h"

#include "base/text.h"

enum { ESCAPE_MAX = 6 };

/*
 * Length of the character at the start of `s`, in UTF-8, when it is to be escaped; else 0. RFC 8259
 * asks for quotes, backslashes and C0 controls. The other controls, which a terminal would obey,
 * and the line ends of Unicode, at which readers of lines (str.splitlines() of Python) would cut a
 * row, are escaped too.
 */
static size_t escaped_length(struct span s)
{
    uint8_t b = s.at[0];

    if (b < 0x20 || b == '"' || b == '\\' || b == 0x7F) {
        return 1;
    }
    if (b == 0xC2 && s.len > 1 && s.at[1] < 0xA0) {
        return 2;
    }
    return b == 0xE2 && s.len > 2 && s.at[1] == 0x80 && (s.at[2] == 0xA8 || s.at[2] == 0xA9) ? 3
                                                                                             : 0;
}

/* Writes the escape of one character; tells how long it is. */
static size_t escape(struct span s, uint8_t out[ESCAPE_MAX])
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    static const char digits[] = "0123456789abcdef";
    struct cursor in = cursor_over(s);
    uint32_t c = text_next(&in);

    out[0] = '\\';
    if (c == '"' || c == '\\') {
        out[1] = (uint8_t)c;
        return 2;
    }
    if (c < sizeof(letters) && letters[c] != '\0') {
        out[1] = (uint8_t)letters[c];
        return 2;
    }
    out[1] = 'u';
    for (int i = 0; i < 4; i++) {
        out[2 + i] = (uint8_t)digits[c >> (12 - 4 * i) & 0xf];
    }
    return ESCAPE_MAX;
}

void json_add_string(struct buffer *out, struct span s)
{
    size_t start;

    buffer_add_byte(out, '"');
    start = out->len;
    text_add_guessed(out, s);
    json_escape_from(out, start);
    buffer_add_byte(out, '"');
}

/* By how many bytes the text grows when it is escaped. */
static size_t growth(struct span text)
{
    uint8_t room[ESCAPE_MAX];
    size_t grown = 0;

    for (size_t i = 0; i < text.len; i++) {
        size_t n = escaped_length(span_from(text, i));

        if (n > 0) {
            grown += escape(span_from(text, i), room) - n;
        }
    }
    return grown;
}

void json_escape_from(struct buffer *out, size_t start)
{
    struct span text = span_from(buffer_span(out), start);
    size_t grown = growth(text);
    uint8_t *to;

    if (grown == 0 || buffer_room(out, grown) == NULL) {
        return;
    }
    /* The text goes to the end of its room; what is written never overtakes what is read. */
    to = out->at + start;
    text = span_of(memmove(to + grown, to, text.len), text.len);
    while (text.len > 0) {
        size_t n = escaped_length(text);

        if (n > 0) {
            to += escape(span_upto(text, n), to);
        } else {
            n = 1;
            *to++ = text.at[0];
        }
        text = span_from(text, n);
    }
    out->len += grown;
}

void json_add_name(struct buffer *out, const char *name)
{
    buffer_add_text(out, ",\"");
    buffer_add_text(out, name);
    buffer_add_text(out, "\":");
}
