#include "report/change.h"

#include <string.h>

enum { NUMBER = sizeof(uint32_t) };

/* No name or value is longer than a record of a source, 64 MiB. */
static void put_number(struct buffer *out, size_t number)
{
    const uint32_t small = (uint32_t)number;

    buffer_add(out, span_of(&small, NUMBER));
}

void change_begin(struct buffer *out, struct span dn, size_t *start)
{
    *start = out->len;
    put_number(out, 0);
    put_number(out, dn.len);
    buffer_add(out, dn);
}

void change_add(struct buffer *out, const struct change_value *value)
{
    put_number(out, value->kinds);
    put_number(out, value->whole ? 1 : 0);
    put_number(out, value->name.len);
    put_number(out, value->bytes.len);
    buffer_add(out, value->name);
    buffer_add(out, value->bytes);
}

void change_end(struct buffer *out, size_t start)
{
    if (out->fault == FAULT_NONE) {
        const uint32_t size = (uint32_t)(out->len - start - NUMBER);

        memcpy(out->at + start, &size, NUMBER);
    }
}

size_t change_length(struct span head)
{
    uint32_t size = 0;

    if (head.len >= NUMBER) {
        memcpy(&size, head.at, NUMBER);
    }
    return (size_t)size + NUMBER;
}

static bool take_number(struct cursor *in, uint32_t *out)
{
    struct span bytes;

    if (!cursor_take(in, NUMBER, &bytes)) {
        return false;
    }
    memcpy(out, bytes.at, NUMBER);
    return true;
}

enum fault change_next(struct cursor *in, struct change *out)
{
    uint32_t size, length;
    struct span body;
    struct change change;

    if (in->rest.len == 0) {
        return FAULT_ABSENT;
    }
    if (!take_number(in, &size) || !cursor_take(in, size, &body)) {
        return FAULT_SYNTAX;
    }
    change.values = cursor_over(body);
    if (!take_number(&change.values, &length) || !cursor_take(&change.values, length, &change.dn)) {
        return FAULT_SYNTAX;
    }
    *out = change;
    return FAULT_NONE;
}

bool change_value_next(struct cursor *values, struct change_value *out)
{
    uint32_t whole, name_length, length;
    struct change_value value;

    if (!take_number(values, &value.kinds) || !take_number(values, &whole) ||
        !take_number(values, &name_length) || !take_number(values, &length) ||
        !cursor_take(values, name_length, &value.name) ||
        !cursor_take(values, length, &value.bytes)) {
        return false;
    }
    value.whole = whole != 0;
    *out = value;
    return true;
}

const struct format *format_changes(void)
{
    static const struct format format = {.name = "changes", .lines = true};

    return &format;
}
