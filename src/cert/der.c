#include "cert/der.h"

#include "base/word.h"

enum {
    TAG_NUMBER = 0x1f, /* of the identifier octet; all ones: the number follows */
    TAG_CLASS = 0xc0,
    INDEFINITE = 0x80,
    SEQUENCE_NUMBER = 0x10,
    SET_NUMBER = 0x11,
};

/* Header of an element: how it begins, not whether all of it is there. */
struct header {
    uint8_t tag;
    bool indefinite;
    size_t size;     /* octets of identifier and length */
    size_t contents; /* octets of contents; 0 when indefinite */
};

/* Steps over identifier octets; a tag number is held to what fits an int, as in libcrypto. */
static bool take_identifier(struct cursor *in, uint8_t *tag)
{
    const uint32_t number_max = INT32_MAX >> 7;
    struct span seen;
    uint32_t number = 0;

    if (!cursor_take(in, 1, &seen)) {
        return false;
    }
    *tag = seen.at[0];
    if ((*tag & TAG_NUMBER) != TAG_NUMBER) {
        return true;
    }
    do {
        if (number > number_max || !cursor_take(in, 1, &seen)) {
            return false;
        }
        number = number << 7 | (seen.at[0] & 0x7f);
    } while (seen.at[0] & 0x80);
    return true;
}

/*
 * Reads length octets of the long form; `octets` of them follow, and at least one byte more:
 * libcrypto, whom we follow, wants that even of an element that is empty.
 */
static bool take_long_length(struct cursor *in, size_t octets, size_t *length)
{
    struct span seen;
    size_t n = 0;

    if (in->rest.len <= octets || !cursor_take(in, octets, &seen)) {
        return false;
    }
    for (size_t i = 0; i < seen.len; i++) {
        if (n > SIZE_MAX >> 9) {
            return false;
        }
        n = n << 8 | seen.at[i];
    }
    *length = n;
    return true;
}

static bool take_header(struct cursor *in, struct header *out)
{
    size_t start = in->offset;
    struct span seen;
    uint8_t first;

    *out = (struct header){0};
    if (!take_identifier(in, &out->tag) || !cursor_take(in, 1, &seen)) {
        return false;
    }
    first = seen.at[0];
    if (first < INDEFINITE) {
        out->contents = first;
    } else if (first == INDEFINITE) {
        out->indefinite = true;
    } else if (!take_long_length(in, first & 0x7f, &out->contents)) {
        return false;
    }
    out->size = in->offset - start;
    return !out->indefinite || (out->tag & DER_CONSTRUCTED) != 0;
}

static bool is_end_of_contents(const struct header *header)
{
    return header->tag == DER_END_OF_CONTENTS && header->size == 2 && header->contents == 0;
}

/*
 * Moves past the end-of-contents octets that end the element just entered. Counts what is
 * open instead of calling itself: the depth of an element is the sender's to choose.
 */
static bool find_end(struct cursor *in, size_t *contents)
{
    size_t start = in->offset;
    size_t open = 1;

    while (open > 0) {
        struct header header;
        struct span seen;

        *contents = in->offset - start;
        if (!take_header(in, &header) || !cursor_take(in, header.contents, &seen)) {
            return false;
        }
        if (header.indefinite) {
            open++;
        } else if (is_end_of_contents(&header)) {
            open--;
        }
    }
    return true;
}

bool der_next_long(struct cursor *in, struct der_element *out)
{
    struct cursor ahead = *in;
    const uint8_t *start = in->rest.at;
    const uint8_t *contents;
    struct header header;
    struct span seen;

    if (!take_header(&ahead, &header) || is_end_of_contents(&header)) {
        return false;
    }
    contents = ahead.rest.at;
    if (header.indefinite ? !find_end(&ahead, &header.contents)
                          : !cursor_take(&ahead, header.contents, &seen)) {
        return false;
    }
    *out = (struct der_element){
        .tag = header.tag,
        .whole = span_of(start, ahead.offset - in->offset),
        .contents = span_of(contents, header.contents),
    };
    *in = ahead;
    return true;
}

struct der_taken der_take_long(struct cursor in, uint8_t tag)
{
    struct der_taken taken = {.in = in};
    struct der_element element;

    if (!der_is_next(&in, tag) || (tag & TAG_NUMBER) == TAG_NUMBER ||
        !der_next_long(&taken.in, &element)) {
        return taken;
    }
    taken.right = true;
    taken.contents.rest = element.contents;
    taken.contents.offset = in.offset + (size_t)(element.contents.at - in.rest.at);
    return taken;
}

bool der_is_integer(struct span c)
{
    if (c.len < 2) {
        return c.len == 1;
    }
    return !(c.at[0] == 0x00 && c.at[1] < 0x80) && !(c.at[0] == 0xff && c.at[1] >= 0x80);
}

/* True when no octet is 80, so that none can be the leading zero of a subidentifier. */
static bool lacks_80(struct span c)
{
    if (c.len < 8 || c.len > 16) {
        for (size_t i = 0; i < c.len; i++) {
            if (c.at[i] == 0x80) {
                return false;
            }
        }
        return true;
    }
    return !word_has_zero(word_at(c.at) ^ word_of(0x80)) &&
           !word_has_zero(word_at(c.at + c.len - 8) ^ word_of(0x80));
}

bool der_is_oid(struct span c)
{
    if (c.len == 0 || (c.at[c.len - 1] & 0x80) != 0) {
        return false;
    }
    if (lacks_80(c)) {
        return true;
    }
    for (size_t i = 0; i < c.len; i++) {
        if (c.at[i] == 0x80 && (i == 0 || (c.at[i - 1] & 0x80) == 0)) {
            return false;
        }
    }
    return true;
}

bool der_is_bit_string(struct span c) { return c.len > 0 && c.at[0] < 8; }

bool der_is_any(const struct der_element *e)
{
    uint8_t number = e->tag & TAG_NUMBER;
    bool constructed = (e->tag & DER_CONSTRUCTED) != 0;

    if ((e->tag & TAG_CLASS) != 0) {
        return true;
    }
    if (number == SEQUENCE_NUMBER || number == SET_NUMBER || constructed) {
        return constructed == (number == SEQUENCE_NUMBER || number == SET_NUMBER);
    }
    switch (number) {
    case DER_BOOLEAN:
        return e->contents.len == 1;
    case DER_INTEGER:
    case DER_ENUMERATED:
        return der_is_integer(e->contents);
    case DER_BIT_STRING:
        return der_is_bit_string(e->contents);
    case DER_NULL:
        return e->contents.len == 0;
    case DER_OID:
        return der_is_oid(e->contents);
    case DER_UNIVERSAL_STRING:
        return e->contents.len % 4 == 0;
    case DER_BMP_STRING:
        return e->contents.len % 2 == 0;
    default:
        return true;
    }
}
