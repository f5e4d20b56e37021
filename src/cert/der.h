#ifndef CERT_DER_H
#define CERT_DER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * Elements of X.690 (BER and DER) in untrusted bytes, read through bounded cursors.
 *
 * What is read is DER, with the leniences of libcrypto's d2i functions, since what they take
 * must be taken here too:
 *
 * - a length may have more octets than it needs, leading zeros included (8.1.3.5 lets BER);
 * - a constructed element may be of indefinite length (8.1.3.6): its contents end before the
 *   end-of-contents octets that belong to it.
 *
 * A tag is its one identifier octet, the constructed bit included; the high-tag-number form
 * (31 and above) equals no tag here, and can only be passed over with der_next().
 *
 * All functions move the cursor on success only. A cursor that der_enter() makes goes on
 * counting `offset` from where the outer one does, so that a refusal can name its byte.
 */
enum {
    DER_END_OF_CONTENTS = 0x00,
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_NUMERIC_STRING = 0x12,
    DER_PRINTABLE_STRING = 0x13,
    DER_T61_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE_STRING = 0x1a,
    DER_UNIVERSAL_STRING = 0x1c,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONSTRUCTED = 0x20,
    DER_CONTEXT = 0x80, /* | DER_CONSTRUCTED | number, for [number] */
};

struct der_element {
    uint8_t tag;          /* the first identifier octet */
    struct span whole;    /* header, contents, and end-of-contents octets if it has them */
    struct span contents; /* `at` is never NULL, even when `len` is zero */
};

/*
 * der_next(), der_take() and der_enter() for tag numbers of more than one octet, lengths of more
 * than two or indefinite, and for all refusals. The other forms are what a certificate is made
 * of, and are read in line, whatever a compiler thinks of it: each is a dozen instructions, of
 * which a certificate takes some sixty. Cursors come and go by value, so that they can live in
 * registers.
 */
#define DER_INLINE static inline __attribute__((always_inline))

struct der_taken {
    bool right;
    struct cursor in; /* behind the element */
    struct cursor contents;
};
struct der_taken der_take_long(struct cursor in, uint8_t tag);
MUST_USE bool der_next_long(struct cursor *in, struct der_element *out);

/* Octets of the header that comes next; 0 when it is none of the usual forms, or cut off. */
DER_INLINE size_t der_usual_header(const struct cursor *in, size_t *contents)
{
    const uint8_t *at = in->rest.at;
    size_t size = 2;
    size_t n;

    if (in->rest.len < 2) {
        return 0;
    }
    n = at[1];
    if (n >= 0x80) {
        if (n == 0x80 || n > 0x82 || in->rest.len < 4) {
            return 0;
        }
        size = n == 0x82 ? 4 : 3;
        n = n == 0x82 ? (size_t)at[2] << 8 | at[3] : at[2];
    }
    *contents = n;
    return n <= in->rest.len - size ? size : 0;
}

/*
 * Moves past `n` bytes, which are known to be there. Here and in der_enter() fields are set one
 * by one: a span that is put together and stored as a whole makes the next load wait for it,
 * which doubled the time that a certificate takes.
 */
DER_INLINE void der_advance(struct cursor *in, size_t n)
{
    in->rest.at += n;
    in->rest.len -= n;
    in->offset += n;
}

/*
 * Takes a cursor back to where `offset` was, so that a function which reads several elements
 * moves it on success only. Cheaper than a copy made beforehand: what was just written in two
 * halves is slow to load as a whole, and this is the roster's inner loop.
 */
DER_INLINE void der_rewind(struct cursor *in, size_t offset)
{
    size_t n = in->offset - offset;

    if (n > 0) {
        in->rest.at -= n;
        in->rest.len += n;
        in->offset = offset;
    }
}

/* Reads the next element, whatever it is but end-of-contents; false: none that is right. */
MUST_USE static inline bool der_next(struct cursor *in, struct der_element *out)
{
    const uint8_t *at = in->rest.at;
    size_t contents;
    size_t header = der_usual_header(in, &contents);

    if (header == 0 || (at[0] & 0x1f) == 0x1f || at[0] == DER_END_OF_CONTENTS) {
        return der_next_long(in, out);
    }
    *out =
        (struct der_element){at[0], span_of(at, header + contents), span_of(at + header, contents)};
    der_advance(in, header + contents);
    return true;
}

/* True when an element with this tag comes next; nothing moves. */
DER_INLINE bool der_is_next(const struct cursor *in, uint8_t tag)
{
    return in->rest.len > 0 && in->rest.at[0] == tag;
}

/* Reads the next element's contents if its tag is `tag`. */
MUST_USE DER_INLINE bool der_take(struct cursor *in, uint8_t tag, struct span *contents)
{
    size_t header, n;

    if (!der_is_next(in, tag)) {
        return false;
    }
    header = der_usual_header(in, &n);
    if (header == 0) {
        struct der_taken taken = der_take_long(*in, tag);

        if (taken.right) {
            *in = taken.in;
            *contents = taken.contents.rest;
        }
        return taken.right;
    }
    *contents = span_of(in->rest.at + header, n);
    der_advance(in, header + n);
    return true;
}

/* As der_take(), with a cursor over the contents. */
MUST_USE DER_INLINE bool der_enter(struct cursor *in, uint8_t tag, struct cursor *inner)
{
    size_t header, n;

    if (!der_is_next(in, tag)) {
        return false;
    }
    header = der_usual_header(in, &n);
    if (header == 0) {
        struct der_taken taken = der_take_long(*in, tag);

        if (taken.right) {
            *in = taken.in;
            *inner = taken.contents;
        }
        return taken.right;
    }
    inner->rest.at = in->rest.at + header;
    inner->rest.len = n;
    inner->offset = in->offset + header;
    der_advance(in, header + n);
    return true;
}

/* As der_take(), with the element itself, header included. */
MUST_USE static inline bool der_take_whole(struct cursor *in, uint8_t tag, struct span *whole)
{
    const uint8_t *start = in->rest.at;
    struct span contents;

    if (!der_take(in, tag, &contents)) {
        return false;
    }
    *whole = span_of(start, (size_t)(in->rest.at - start));
    return true;
}

/* Whether contents are right for their type. */

/* At least one octet, and no more than the number needs (8.3.2). */
bool der_is_integer(struct span contents);

/* Whole subidentifiers, none with a leading zero (8.19.2). */
bool der_is_oid(struct span contents);

/* A count of unused bits that can be (8.6.2.2); libcrypto lets it stand without any octet. */
bool der_is_bit_string(struct span contents);

/*
 * Whether an element is right as libcrypto reads one of ANY type: known types in their form,
 * in one piece; SEQUENCE and SET are not looked into.
 */
bool der_is_any(const struct der_element *element);

#endif
