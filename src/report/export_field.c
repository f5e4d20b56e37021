#include "report/export_field.h"

#include "base/text.h"

struct export_field export_field_open(struct buffer *out, const struct csv_dialect *dialect,
                                      uint8_t separator)
{
    return (struct export_field){
        .out = out, .dialect = dialect, .separator = separator, .start = out->len};
}

/*
 * Puts `mark` before each byte that is `a` or `b`, from byte `start` of the buffer on: from its end
 * to its start, so that no second copy is needed. Returns how many there were.
 */
static size_t protect(struct buffer *out, size_t start, uint8_t a, uint8_t b, uint8_t mark)
{
    size_t length = out->len - start, count = 0;
    uint8_t *from, *to;

    for (size_t i = start; i < out->len; i++) {
        count += out->at[i] == a || out->at[i] == b;
    }
    if (count == 0 || buffer_room(out, count) == NULL) {
        return 0;
    }
    from = out->at + start + length;
    to = from + count;
    while (from < to) {
        uint8_t byte = *--from;

        *--to = byte;
        if (byte == a || byte == b) {
            *--to = mark;
        }
    }
    out->len += count;
    return count;
}

static void begin_value(struct export_field *field)
{
    if (field->any) {
        buffer_add_byte(field->out, field->separator);
    }
    field->any = true;
}

static void replace_nul(struct export_field *field, size_t start)
{
    struct buffer *out = field->out;

    for (size_t i = start; i < out->len; i++) {
        if (out->at[i] == 0) {
            out->at[i] = '?';
            field->nul = true;
        }
    }
}

void export_field_add_text(struct export_field *field, struct span text)
{
    size_t start;

    begin_value(field);
    start = field->out->len;
    text_add_guessed(field->out, text);
    replace_nul(field, start);
    if (field->separator != 0) {
        field->special |= protect(field->out, start, field->separator, '\\', '\\') > 0;
    }
}

void export_field_add_bytes(struct export_field *field, struct span bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t *to;

    begin_value(field);
    to = buffer_room(field->out, 2 * bytes.len);
    if (to == NULL) {
        return;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        *to++ = (uint8_t)digits[bytes.at[i] >> 4];
        *to++ = (uint8_t)digits[bytes.at[i] & 0xF];
    }
    field->out->len += 2 * bytes.len;
}

void export_field_add_verbatim(struct export_field *field, struct span text)
{
    size_t start;

    begin_value(field);
    start = field->out->len;
    text_add_guessed(field->out, text);
    replace_nul(field, start);
}

void export_field_close(struct export_field *field)
{
    struct buffer *out = field->out;
    uint8_t delimiter = field->dialect->delimiter.at[0], quote = (uint8_t)field->dialect->quote;
    bool special = field->special;

    for (size_t i = field->start; i < out->len && !special; i++) {
        uint8_t byte = out->at[i];

        special = byte == delimiter || byte == quote || byte == '\n' || byte == '\r';
    }
    if (!special) {
        return;
    }
    (void)protect(out, field->start, quote, quote, quote);
    buffer_add_byte(out, quote);
    if (buffer_room(out, 1) == NULL) {
        return;
    }
    memmove(out->at + field->start + 1, out->at + field->start, out->len - field->start);
    out->at[field->start] = quote;
    out->len++;
}
