#include "cert/der_write.h"

#include "base/ascii.h"
#include "base/utc.h"
#include "cert/der.h"

enum { LENGTH_MAX = 9, OID_ARC_BITS = 7 };

size_t der_open(struct buffer *out, uint8_t tag)
{
    buffer_add_byte(out, tag);
    buffer_add_byte(out, 0);
    return out->len;
}

/* Octets of a length, which are written to `at`, behind 80 + their number where it is long. */
static size_t put_length(uint8_t at[LENGTH_MAX], size_t n)
{
    size_t octets = 0;

    if (n < 0x80) {
        at[0] = (uint8_t)n;
        return 1;
    }
    for (size_t rest = n; rest > 0; rest >>= 8) {
        octets++;
    }
    at[0] = (uint8_t)(0x80 | octets);
    for (size_t i = 0; i < octets; i++) {
        at[1 + i] = (uint8_t)(n >> (8 * (octets - 1 - i)));
    }
    return 1 + octets;
}

void der_close(struct buffer *out, size_t start)
{
    uint8_t length[LENGTH_MAX];
    size_t octets, contents;

    if (out->fault != FAULT_NONE) {
        return;
    }
    contents = out->len - start;
    octets = put_length(length, contents);
    if (octets > 1) {
        if (buffer_room(out, octets - 1) == NULL) {
            return;
        }
        memmove(out->at + start - 1 + octets, out->at + start, contents);
        out->len += octets - 1;
    }
    memcpy(out->at + start - 1, length, octets);
}

void der_add(struct buffer *out, uint8_t tag, struct span contents)
{
    uint8_t header[1 + LENGTH_MAX] = {tag};
    size_t octets = put_length(header + 1, contents.len);

    buffer_add(out, span_of(header, 1 + octets));
    buffer_add(out, contents);
}

void der_add_number(struct buffer *out, uint8_t tag, uint64_t n)
{
    uint8_t octets[1 + sizeof(n)];
    size_t used = 0;

    do {
        used++;
        octets[sizeof(octets) - used] = (uint8_t)n;
        n >>= 8;
    } while (n > 0);
    if ((octets[sizeof(octets) - used] & 0x80) != 0) {
        used++;
        octets[sizeof(octets) - used] = 0;
    }
    der_add(out, tag, span_of(octets + sizeof(octets) - used, used));
}

void der_add_unsigned(struct buffer *out, struct span bytes)
{
    size_t integer = der_open(out, DER_INTEGER);

    while (bytes.len > 0 && bytes.at[0] == 0) {
        bytes = span_from(bytes, 1);
    }
    if (bytes.len == 0 || (bytes.at[0] & 0x80) != 0) {
        buffer_add_byte(out, 0);
    }
    buffer_add(out, bytes);
    der_close(out, integer);
}

void der_add_true(struct buffer *out)
{
    der_add(out, DER_BOOLEAN, span_of((const uint8_t[]){0xFF}, 1));
}

void der_add_oid(struct buffer *out, struct span oid) { der_add(out, DER_OID, oid); }

void der_add_bits(struct buffer *out, struct span bytes)
{
    size_t string = der_open(out, DER_BIT_STRING);

    buffer_add_byte(out, 0);
    buffer_add(out, bytes);
    der_close(out, string);
}

static uint8_t *put_two(uint8_t *at, int n)
{
    at[0] = (uint8_t)('0' + n / 10 % 10);
    at[1] = (uint8_t)('0' + n % 10);
    return at + 2;
}

/* YYYYMMDDHHMMSSZ */
static void put_time(uint8_t out[15], const struct utc_fields *f)
{
    uint8_t *at = put_two(out, f->year / 100);

    at = put_two(at, f->year % 100);
    at = put_two(at, f->month);
    at = put_two(at, f->day);
    at = put_two(at, f->hour);
    at = put_two(at, f->minute);
    at = put_two(at, f->second);
    *at = 'Z';
}

void der_add_time(struct buffer *out, int64_t at)
{
    struct utc_fields fields = utc_to_fields(at);
    uint8_t text[15];

    put_time(text, &fields);
    if (fields.year >= 1950 && fields.year < 2050) {
        der_add(out, DER_UTC_TIME, span_of(text + 2, sizeof(text) - 2));
    } else {
        der_add(out, DER_GENERALIZED_TIME, span_of(text, sizeof(text)));
    }
}

void der_add_generalized_time(struct buffer *out, uint8_t tag, int64_t at)
{
    struct utc_fields fields = utc_to_fields(at);
    uint8_t text[15];

    put_time(text, &fields);
    der_add(out, tag, span_of(text, sizeof(text)));
}

static bool take_arc(struct cursor *in, uint64_t *out)
{
    struct span digits = cursor_run(in, ascii_is_digit);
    uint64_t n = 0;

    if (digits.len == 0 || digits.len > 10 || (digits.len > 1 && digits.at[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < digits.len; i++) {
        n = n * 10 + (uint64_t)(digits.at[i] - '0');
    }
    *out = n;
    return n <= UINT32_MAX;
}

static void add_arc(struct buffer *out, uint64_t n)
{
    int shift = 0;

    while (n >> (shift + OID_ARC_BITS) > 0) {
        shift += OID_ARC_BITS;
    }
    for (; shift > 0; shift -= OID_ARC_BITS) {
        buffer_add_byte(out, (uint8_t)(0x80 | (n >> shift & 0x7F)));
    }
    buffer_add_byte(out, (uint8_t)(n & 0x7F));
}

enum fault oid_add_dotted(struct span dotted, struct buffer *out)
{
    struct cursor in = cursor_over(dotted);
    size_t before = out->len;
    uint64_t first, arc;

    if (!take_arc(&in, &first) || first > 2 || !cursor_step(&in, '.') || !take_arc(&in, &arc) ||
        (first < 2 && arc >= 40)) {
        return FAULT_SYNTAX;
    }
    add_arc(out, first * 40 + arc);
    while (cursor_step(&in, '.')) {
        if (!take_arc(&in, &arc)) {
            out->len = before;
            return FAULT_SYNTAX;
        }
        add_arc(out, arc);
    }
    if (in.rest.len > 0) {
        out->len = before;
        return FAULT_SYNTAX;
    }
    return out->fault;
}
