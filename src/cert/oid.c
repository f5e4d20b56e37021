#include "base/cursor.h"
#include "cert/name.h"

/* Arcs are numbers of any size (X.660); those of UUIDs, 2.25.x, have 128 bits. */
__extension__ typedef unsigned __int128 arc;

enum { ARC_BITS = 128, ARC_DIGITS = 39, ROOT_ARCS = 3, SECOND_ARCS = 40 };

static void add_arc(struct buffer *out, arc n)
{
    uint8_t digits[ARC_DIGITS];
    size_t at = ARC_DIGITS;

    do {
        digits[--at] = (uint8_t)('0' + (unsigned)(n % 10));
        n /= 10;
    } while (n > 0);
    buffer_add(out, span_of(digits + at, ARC_DIGITS - at));
}

/* Reads a subidentifier (X.690, 8.19.2), seven bits an octet. */
static bool take_arc(struct cursor *oid, arc *out)
{
    struct span octet;
    arc n = 0;

    do {
        if (n >> (ARC_BITS - 7) != 0 || !cursor_take(oid, 1, &octet)) {
            return false;
        }
        n = n << 7 | (octet.at[0] & 0x7f);
    } while ((octet.at[0] & 0x80) != 0);
    *out = n;
    return true;
}

enum fault oid_add(struct buffer *out, struct span oid)
{
    struct cursor in = cursor_over(oid);
    size_t start = out->len;
    arc n, root;

    if (!take_arc(&in, &n)) {
        return FAULT_SYNTAX;
    }
    root = n / SECOND_ARCS < ROOT_ARCS ? n / SECOND_ARCS : ROOT_ARCS - 1;
    add_arc(out, root);
    buffer_add_byte(out, '.');
    add_arc(out, n - root * SECOND_ARCS);
    while (in.rest.len > 0) {
        if (!take_arc(&in, &n)) {
            out->len = start;
            return FAULT_SYNTAX;
        }
        buffer_add_byte(out, '.');
        add_arc(out, n);
    }
    return FAULT_NONE;
}
