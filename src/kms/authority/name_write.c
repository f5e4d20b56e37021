#include "kms/authority/name_write.h"

#include "base/text.h"
#include "cert/der.h"
#include "cert/der_write.h"

static const uint8_t organization_oid[] = {0x55, 0x04, 0x0A};
static const uint8_t common_name_oid[] = {0x55, 0x04, 0x03};

bool name_is_writable(struct span text)
{
    struct cursor in = cursor_over(text);

    if (!text_is_utf8(text)) {
        return false;
    }
    while (in.rest.len > 0) {
        if (text_is_unsafe(text_next(&in))) {
            return false;
        }
    }
    return true;
}

size_t name_characters(struct span text)
{
    struct cursor in = cursor_over(text);
    size_t count = 0;

    for (; in.rest.len > 0; count++) {
        (void)text_next(&in);
    }
    return count;
}

struct span name_cut(struct span text)
{
    struct cursor in;

    while (text.len > 0 && text.at[0] == ' ') {
        text = span_from(text, 1);
    }
    in = cursor_over(text);
    for (size_t count = 0; count < NAME_CHARACTERS_MAX && in.rest.len > 0; count++) {
        (void)text_next(&in);
    }
    text = span_upto(text, in.offset);
    while (text.len > 0 && text.at[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

static void add_rdn(struct buffer *out, struct span type, struct span value)
{
    size_t set, attribute;

    if (value.len == 0) {
        return;
    }
    set = der_open(out, DER_SET);
    attribute = der_open(out, DER_SEQUENCE);
    der_add_oid(out, type);
    der_add(out, DER_UTF8_STRING, value);
    der_close(out, attribute);
    der_close(out, set);
}

void name_write(struct buffer *out, struct span organization, struct span common_name)
{
    size_t name = der_open(out, DER_SEQUENCE);

    add_rdn(out, span_of(organization_oid, sizeof(organization_oid)), organization);
    add_rdn(out, span_of(common_name_oid, sizeof(common_name_oid)), common_name);
    der_close(out, name);
}

void name_write_below(struct buffer *out, struct span rdns, struct span common_name)
{
    size_t name = der_open(out, DER_SEQUENCE);

    buffer_add(out, rdns);
    add_rdn(out, span_of(common_name_oid, sizeof(common_name_oid)), common_name);
    der_close(out, name);
}
