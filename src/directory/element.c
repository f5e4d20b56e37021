#include "directory/element.h"

enum { LENGTH_BYTES_MAX = 4 /* no value of an LDAP message is longer */ };

/* Takes the rest of a length whose first byte tells of how many more it is made. */
static bool take_length(struct cursor *in, uint8_t first, size_t *length)
{
    struct span more;

    if (first == 0x80 || first - 0x80 > LENGTH_BYTES_MAX ||
        !cursor_take(in, first - 0x80U, &more)) {
        return false;
    }
    *length = 0;
    for (size_t i = 0; i < more.len; i++) {
        *length = *length << 8 | more.at[i];
    }
    return true;
}

bool element_take(struct cursor *in, uint8_t *tag, struct span *body)
{
    struct cursor walk = *in;
    struct span head;
    size_t length;

    if (!cursor_take(&walk, 2, &head)) {
        return false;
    }
    length = head.at[1];
    if ((length >= 0x80 && !take_length(&walk, head.at[1], &length)) ||
        !cursor_take(&walk, length, body)) {
        return false;
    }
    *tag = head.at[0];
    *in = walk;
    return true;
}

bool element_take_tagged(struct cursor *in, uint8_t wanted, struct span *body)
{
    uint8_t tag;

    return in->rest.len > 0 && in->rest.at[0] == wanted && element_take(in, &tag, body);
}

bool element_open_attribute(struct span body, struct span *name, struct cursor *values)
{
    struct cursor in = cursor_over(body);
    struct span set;

    if (!element_take_tagged(&in, ELEMENT_OCTETS, name) ||
        !element_take_tagged(&in, ELEMENT_SET, &set)) {
        return false;
    }
    *values = cursor_over(set);
    return true;
}
