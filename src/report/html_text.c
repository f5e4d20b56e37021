#include "report/html_text.h"

#include "report/json.h"

/* What a byte becomes in HTML, or NULL: itself. */
static const char *entity_of(uint8_t byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_add_text(struct buffer *out, struct span text)
{
    size_t done = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char *entity = entity_of(text.at[i]);

        if (entity != NULL) {
            buffer_add(out, span_from(span_upto(text, i), done));
            buffer_add_text(out, entity);
            done = i + 1;
        }
    }
    buffer_add(out, span_from(text, done));
}

static void add_escaped(struct buffer *out, struct span text)
{
    size_t start = out->len;

    buffer_add(out, text);
    json_escape_from(out, start);
}

void html_add_json(struct buffer *out, struct span text)
{
    size_t done = 0;

    buffer_add_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t b = text.at[i];

        if (b == '<' || b == '>' || b == '&') {
            add_escaped(out, span_from(span_upto(text, i), done));
            buffer_add_text(out, "\\u00");
            buffer_add_hex(out, span_of(&b, 1));
            done = i + 1;
        }
    }
    add_escaped(out, span_from(text, done));
    buffer_add_byte(out, '"');
}

void html_add_number(struct buffer *out, uint64_t n)
{
    uint64_t unit = 1;

    while (n / unit >= 1000) {
        unit *= 1000;
    }
    buffer_add_uint(out, n / unit);
    for (unit /= 1000; unit > 0; unit /= 1000) {
        uint64_t group = n / unit % 1000;

        buffer_add_text(out, group < 10 ? ",00" : group < 100 ? ",0" : ",");
        buffer_add_uint(out, group);
    }
}

void html_add_percent(struct buffer *out, uint64_t part, uint64_t whole)
{
    uint64_t percent = whole > 0 ? (part * 200 + whole) / (whole * 2) : 0;

    if (part > 0 && percent == 0) {
        buffer_add_text(out, "&lt;1%");
        return;
    }
    if (part < whole && percent == 100) {
        buffer_add_text(out, "&gt;99%");
        return;
    }
    buffer_add_uint(out, percent);
    buffer_add_byte(out, '%');
}

void html_add_length(struct buffer *out, uint64_t part, uint64_t whole)
{
    uint64_t hundredths = part * 10000 / whole;

    buffer_add_uint(out, hundredths / 100);
    buffer_add_text(out, hundredths % 100 < 10 ? ".0" : ".");
    buffer_add_uint(out, hundredths % 100);
    buffer_add_byte(out, '%');
}
