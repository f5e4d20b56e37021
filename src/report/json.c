#include "report/json.h"

#include <stdbool.h>

#include "base/text.h"

static bool needs_escape(uint8_t b) { return b < 0x20 || b == '"' || b == '\\'; }

enum { ESCAPE_MAX = 6 };

/* Writes the escape of one byte; tells how long it is. */
static size_t escape(uint8_t b, uint8_t out[ESCAPE_MAX])
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    static const char digits[] = "0123456789abcdef";

    out[0] = '\\';
    if (b == '"' || b == '\\') {
        out[1] = b;
        return 2;
    }
    if (b < sizeof(letters) && letters[b] != '\0') {
        out[1] = (uint8_t)letters[b];
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = (uint8_t)digits[b >> 4];
    out[5] = (uint8_t)digits[b & 0xf];
    return ESCAPE_MAX;
}

static void add_escape(struct buffer *out, uint8_t b)
{
    uint8_t text[ESCAPE_MAX];
    size_t n = escape(b, text);

    buffer_add(out, span_of(text, n));
}

void json_add_string(struct buffer *out, struct span s)
{
    bool utf8 = text_is_utf8(s);

    buffer_add_byte(out, '"');
    while (s.len > 0) {
        size_t n = 0;

        while (n < s.len && !needs_escape(s.at[n]) && (utf8 || s.at[n] < 0x80)) {
            n++;
        }
        buffer_add(out, span_upto(s, n));
        s = span_from(s, n);
        if (s.len == 0) {
            break;
        }
        if (needs_escape(s.at[0])) {
            add_escape(out, s.at[0]);
        } else {
            text_add_guessed(out, span_upto(s, 1)); /* a byte past ASCII is no UTF-8 alone */
        }
        s = span_from(s, 1);
    }
    buffer_add_byte(out, '"');
}

void json_escape_from(struct buffer *out, size_t start)
{
    uint8_t text[ESCAPE_MAX];
    size_t grown = 0;
    size_t from = out->len;
    size_t to;

    for (size_t i = start; i < out->len; i++) {
        grown += needs_escape(out->at[i]) ? escape(out->at[i], text) - 1 : 0;
    }
    if (grown == 0 || buffer_room(out, grown) == NULL) {
        return;
    }
    out->len += grown;
    to = out->len;
    while (to > from) { /* from the end, so that nothing is written over before it is read */
        uint8_t byte = out->at[--from];
        size_t n = 1;

        text[0] = byte;
        if (needs_escape(byte)) {
            n = escape(byte, text);
        }
        to -= n;
        memcpy(out->at + to, text, n);
    }
}

void json_add_name(struct buffer *out, const char *name)
{
    buffer_add_text(out, ",\"");
    buffer_add_text(out, name);
    buffer_add_text(out, "\":");
}
