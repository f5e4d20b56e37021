#include "kms/request/pem_text.h"

#include "base/base64.h"

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
