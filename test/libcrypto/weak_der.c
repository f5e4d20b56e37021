#include "weak_der.h"

/* Numbers of context-specific tags, as bits. */
struct context {
    unsigned strings, lists;
};

enum { DEPTH_MAX = 64, SEQUENCE = 0x10, SET = 0x11, LONG_FORM = 0x1f };

static bool is_weak_tag(uint8_t tag, struct context context)
{
    unsigned number = tag & 0x1fU;
    bool constructed = (tag & 0x20) != 0;

    if (number == LONG_FORM) {
        return false;
    }
    if ((tag & 0xc0) == 0) {
        return number != 0 && constructed == (number == SEQUENCE || number == SET);
    }
    return (tag & 0xc0) != 0x80 ||
           ((constructed ? context.strings : context.lists) >> number & 1) == 0;
}

/* Reads a length; false when it is cut off. An indefinite one goes to the end of what there is. */
static bool read_length(const uint8_t *at, size_t len, size_t *header, size_t *contents)
{
    size_t octets;

    *header = 2;
    if (len < 2) {
        return false;
    }
    if (at[1] <= 0x80) {
        *contents = at[1] == 0x80 ? len - 2 : at[1];
        return *contents <= len - 2;
    }
    octets = at[1] & 0x7fU;
    if (octets > len - 2) {
        return false;
    }
    *contents = 0;
    for (size_t i = 0; i < octets; i++) {
        if (*contents > SIZE_MAX >> 9) {
            return false;
        }
        *contents = *contents << 8 | at[2 + i];
    }
    *header += octets;
    return *contents <= len - *header;
}

static bool walk(const uint8_t *at, size_t len, struct context context, int depth)
{
    while (len > 0) {
        size_t header, contents;

        if (len >= 2 && at[0] == 0 && at[1] == 0) { /* the end of an indefinite length */
            at += 2;
            len -= 2;
            continue;
        }
        if (depth > DEPTH_MAX || !is_weak_tag(at[0], context) ||
            !read_length(at, len, &header, &contents)) {
            return false;
        }
        if ((at[0] & 0x20) != 0 && !walk(at + header, contents, context, depth + 1)) {
            return false;
        }
        at += header + contents;
        len -= header + contents;
    }
    return true;
}

bool is_weak_der(const uint8_t *at, size_t len, unsigned strings, unsigned lists)
{
    return walk(at, len, (struct context){strings, lists}, 0);
}
