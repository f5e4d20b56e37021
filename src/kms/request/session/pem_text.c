#include "kms/request/session/pem_text.h"

#include "base/base64.h"
#include "cert/pem.h"

enum { LINE_BYTES = 48 /* 64 characters */ };

static void add_boundary(struct buffer *out, const char *what, const char *label)
{
    buffer_add_text(out, "-----");
    buffer_add_text(out, what);
    buffer_add_text(out, label);
    buffer_add_text(out, "-----\n");
}

void pem_text_add(struct buffer *out, const char *label, struct span bytes)
{
    add_boundary(out, "BEGIN ", label);
    for (size_t at = 0; at < bytes.len; at += LINE_BYTES) {
        base64_add(out, span_upto(span_from(bytes, at), LINE_BYTES));
        buffer_add_byte(out, '\n');
    }
    add_boundary(out, "END ", label);
}

enum fault pem_text_read(struct span text, const char *label, size_t max, struct buffer *out,
                         struct why *why)
{
    struct cursor in = cursor_over(text);
    struct pem_block block;
    uint8_t *room;
    size_t n = 0;

    if (pem_next(&in, &block, why) != FAULT_NONE || !span_is(block.label, label)) {
        return fault_at(FAULT_SYNTAX, 0, "no PEM block of that kind", why);
    }
    room = buffer_room(out, base64_room(block.body.len));
    if (room == NULL) {
        return fault_at(out->fault, 0, "out of memory", why);
    }
    if (base64_decode(block.body, room, &n, why) != FAULT_NONE) {
        return fault_at(FAULT_SYNTAX, block.offset, "the base64 of a PEM block is broken", why);
    }
    if (n == 0 || n > max) {
        return fault_at(FAULT_SYNTAX, block.offset, "a PEM block of no such length", why);
    }
    out->len += n;
    return FAULT_NONE;
}
