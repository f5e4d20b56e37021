#include "source/live_frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

enum {
    NUMBER = sizeof(uint32_t),
    HEAD = 3 * NUMBER, /* size, flags, length of the DN */
    VALUE_HEAD = 2 * NUMBER,
    FIRST_CAPACITY = 288 * 1024 /* a batch and the entry that ends it, as a rule */,
};

static void put_number(uint8_t *at, size_t number)
{
    const uint32_t small = (uint32_t)number;

    memcpy(at, &small, NUMBER);
}

static uint32_t number_at(const uint8_t *at)
{
    uint32_t number;

    memcpy(&number, at, NUMBER);
    return number;
}

static enum fault make_room(struct frame_writer *writer, size_t n)
{
    size_t capacity = writer->capacity > 0 ? writer->capacity : FIRST_CAPACITY;
    uint8_t *grown;

    if (n <= writer->capacity - writer->len) {
        return FAULT_NONE;
    }
    while (capacity - writer->len < n) {
        capacity *= 2;
    }
    grown = realloc(writer->bytes, capacity);
    if (grown == NULL) {
        return FAULT_RESOURCE;
    }
    writer->bytes = grown;
    writer->capacity = capacity;
    return FAULT_NONE;
}

static void put(struct frame_writer *writer, struct span bytes)
{
    if (bytes.len > 0) {
        memcpy(writer->bytes + writer->len, bytes.at, bytes.len);
        writer->len += bytes.len;
    }
}

enum fault frame_begin(struct frame_writer *writer, struct span dn)
{
    uint8_t *head;

    writer->len = writer->whole;
    writer->cut = dn.len > writer->max;
    writer->flags = 0;
    dn = span_upto(dn, writer->max);
    if (make_room(writer, HEAD + dn.len) != FAULT_NONE) {
        return FAULT_RESOURCE;
    }
    head = writer->bytes + writer->len;
    put_number(head, 0);
    put_number(head + NUMBER, 0);
    put_number(head + 2 * (size_t)NUMBER, dn.len);
    writer->len += HEAD;
    put(writer, dn);
    return FAULT_NONE;
}

enum fault frame_value(struct frame_writer *writer, struct span name, struct span value)
{
    size_t used = writer->len - writer->whole;

    if (name.len > writer->max || value.len > writer->max ||
        used + VALUE_HEAD + name.len + value.len > writer->max) {
        writer->cut = true;
        return FAULT_NONE;
    }
    if (make_room(writer, VALUE_HEAD + name.len + value.len) != FAULT_NONE) {
        return FAULT_RESOURCE;
    }
    put_number(writer->bytes + writer->len, name.len);
    put_number(writer->bytes + writer->len + NUMBER, value.len);
    writer->len += VALUE_HEAD;
    put(writer, name);
    put(writer, value);
    return FAULT_NONE;
}

void frame_end(struct frame_writer *writer)
{
    uint8_t *head = writer->bytes + writer->whole;

    put_number(head, writer->len - writer->whole - NUMBER);
    put_number(head + NUMBER, (writer->cut ? FRAME_CUT : 0) | writer->flags);
    writer->whole = writer->len;
}

void frame_mark_all(struct frame_writer *writer, uint32_t flag)
{
    for (size_t at = 0; at < writer->whole; at += NUMBER + number_at(writer->bytes + at)) {
        uint8_t *flags = writer->bytes + at + NUMBER;

        put_number(flags, number_at(flags) | flag);
    }
}

static bool take_number(struct cursor *in, uint32_t *out)
{
    struct span bytes;

    if (!cursor_take(in, NUMBER, &bytes)) {
        return false;
    }
    *out = number_at(bytes.at);
    return true;
}

enum fault frame_next(struct cursor *batch, struct frame *out, struct why *why)
{
    static const char *const damaged = "a batch of entries is damaged: the rest is lost";
    uint32_t size, length;
    struct span body;
    struct frame frame = {0};

    if (batch->rest.len == 0) {
        return FAULT_ABSENT;
    }
    if (!take_number(batch, &size) || !cursor_take(batch, size, &body)) {
        batch->rest = (struct span){0};
        return fault_at(FAULT_SYNTAX, batch->offset, damaged, why);
    }
    frame.values = cursor_over(body);
    if (!take_number(&frame.values, &frame.flags) || !take_number(&frame.values, &length) ||
        !cursor_take(&frame.values, length, &frame.dn)) {
        batch->rest = (struct span){0};
        return fault_at(FAULT_SYNTAX, batch->offset, damaged, why);
    }
    *out = frame;
    return FAULT_NONE;
}

enum fault frame_value_next(struct frame *frame, struct span *name, struct span *value)
{
    uint32_t name_length, value_length;

    if (frame->values.rest.len == 0) {
        return FAULT_ABSENT;
    }
    if (!take_number(&frame->values, &name_length) || !take_number(&frame->values, &value_length) ||
        !cursor_take(&frame->values, name_length, name) ||
        !cursor_take(&frame->values, value_length, value)) {
        return FAULT_SYNTAX;
    }
    return FAULT_NONE;
}

static struct span without_options(struct span name)
{
    size_t semicolon;

    return span_find(name, ';', &semicolon) ? span_upto(name, semicolon) : name;
}

/* A value that came before, under the same name with other options. */
static bool is_repeated(const struct entry *entry, struct span name, struct span full,
                        struct span value)
{
    for (size_t i = 0; i < entry->value_count; i++) {
        struct span other = entry->values[i].name;

        bool had_options = entry->values[i].full.len > other.len;

        if (had_options != (full.len > name.len) && ascii_equal_nocase(other, name) &&
            span_equal(entry->values[i].value.bytes, value)) {
            return true;
        }
    }
    return false;
}

static enum fault add_value(struct entry *entry, struct span full, struct span value,
                            const struct projection *projection, struct attribute_memory *names,
                            struct arena *arena)
{
    static const struct entry_style style = {.separator = 0, .binary = true};
    struct span name = without_options(full);
    const struct entry_column column = {
        .attribute = attribute_find_again(names, name), .name = name, .full = full};
    enum fault fault = FAULT_NONE;
    size_t route;

    if (attribute_is_certificate(column.attribute) && is_repeated(entry, name, full, value)) {
        return FAULT_NONE;
    }
    route = projection_route(projection, &column);
    if (route > 0) {
        fault = projection_keep(entry, route, value, &style, arena);
    }
    return fault == FAULT_NONE ? entry_add(entry, &column, value, &style, arena) : fault;
}

enum fault frame_entry_next(struct cursor *batch, const struct projection *projection,
                            struct attribute_memory *names, struct arena *arena, struct entry *out,
                            struct why *why)
{
    struct frame frame;
    struct entry entry = {0};
    struct span name, value;
    enum fault fault = frame_next(batch, &frame, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (entry_set_dn(&entry, frame.dn, arena) != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory for this entry: skipped", why);
    }
    while ((fault = frame_value_next(&frame, &name, &value)) == FAULT_NONE) {
        fault = add_value(&entry, name, value, projection, names, arena);
        if (fault != FAULT_NONE) {
            return fault_at(fault, 0, "out of memory for this entry: skipped", why);
        }
    }
    if (fault != FAULT_ABSENT) {
        batch->rest = (struct span){0};
        return fault_at(FAULT_SYNTAX, batch->offset, "a batch of entries is damaged", why);
    }
    if ((frame.flags & FRAME_CUT) != 0) {
        entry.cut_off = true;
        entry.remark = "an entry of more than 64 MiB: values were left out, and what they hold is "
                       "unknown";
    }
    entry.hidden = (frame.flags & FRAME_HIDDEN) != 0;
    *out = entry;
    return FAULT_NONE;
}
