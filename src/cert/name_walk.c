#include "cert/name_walk.h"

#include "base/text.h"
#include "base/word.h"

/* RFC 3629: what UTF-16 keeps for itself is no character. */
static bool is_character(uint32_t c) { return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff); }

static bool is_ascii(struct span s)
{
    uint8_t all = 0;

    for (size_t i = 0; i < s.len; i++) {
        all |= s.at[i];
    }
    return all < 0x80;
}

/* BMPString is UCS-2: libcrypto takes no surrogates, not even pairs. */
static bool is_ucs2(struct span s)
{
    for (size_t i = 0; i + 1 < s.len; i += 2) {
        if (!is_character((uint32_t)(s.at[i] << 8 | s.at[i + 1]))) {
            return false;
        }
    }
    return s.len % 2 == 0;
}

static bool is_ucs4(struct span s)
{
    for (size_t i = 0; i + 3 < s.len; i += 4) {
        uint32_t c = (uint32_t)s.at[i] << 24 | (uint32_t)s.at[i + 1] << 16 |
                     (uint32_t)s.at[i + 2] << 8 | s.at[i + 3];

        if (!is_character(c)) {
            return false;
        }
    }
    return s.len % 4 == 0;
}

/* The types that libcrypto calls ASN1_PRINTABLE, and the strings among them that it converts. */
static bool is_attribute_value(const struct der_element *value)
{
    switch (value->tag) {
    case DER_PRINTABLE_STRING:
    case DER_IA5_STRING:
    case DER_T61_STRING:
    case DER_NUMERIC_STRING:
    case DER_SEQUENCE:
        return true;
    case DER_UTF8_STRING:
        return is_ascii(value->contents) || text_is_utf8(value->contents);
    case DER_BMP_STRING:
        return is_ucs2(value->contents);
    case DER_UNIVERSAL_STRING:
        return is_ucs4(value->contents);
    case DER_BIT_STRING:
        return der_is_any(value);
    case 0x07: /* ObjectDescriptor, EXTERNAL, REAL, EMBEDDED PDV, RELATIVE-OID, TIME and */
    case 0x08: /* CHARACTER STRING: what libcrypto has no name for, it lets pass */
    case 0x09:
    case 0x0b:
    case 0x0d:
    case 0x0e:
    case 0x0f:
    case 0x1d:
        return true;
    default:
        return false;
    }
}

/* AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY } */
static bool take_part(struct cursor *rdn, struct name_part *out)
{
    struct cursor part;

    return der_enter(rdn, DER_SEQUENCE, &part) && der_take(&part, DER_OID, &out->type) &&
           der_next(&part, &out->value) && part.rest.len == 0;
}

/*
 * Octets of an RDN as nine of ten are: one attribute of X.520, a PrintableString or a UTF8String
 * of ASCII, all lengths short: 31 n+9 30 n+7 06 03 55 04 type tag n. 0: any other, right or not.
 */
static size_t usual_rdn(struct span in)
{
    enum { HEADERS = 11, STRING_TAG = 9 };
    static const uint64_t form = 0x0455030600300031, lengths = 0x00000000ff00ff00;
    const uint8_t *at = in.at;
    uint64_t bytes = 0;
    size_t size;

    if (in.len < HEADERS || (word_at(at) & ~lengths) != form) {
        return 0;
    }
    size = (size_t)at[1] + 2;
    if (size > in.len || size < HEADERS || size >= 0x80 || (size_t)at[3] + 4 != size ||
        (size_t)at[10] + HEADERS != size || at[8] >= 0x80) {
        return 0;
    }
    if (at[STRING_TAG] == DER_PRINTABLE_STRING) {
        return size;
    }
    /* The last bytes of the headers are looked at too: they are below 80 as well. */
    for (size_t end = size; end > HEADERS; end = end > HEADERS + 8 ? end - 8 : HEADERS) {
        bytes |= word_at(at + end - 8);
    }
    return at[STRING_TAG] == DER_UTF8_STRING && (bytes & word_of(0x80)) == 0 ? size : 0;
}

/* RelativeDistinguishedName ::= SET OF AttributeTypeAndValue */
static bool pass_rdn(struct cursor *rdns)
{
    struct cursor rdn;
    struct name_part part;

    if (!der_enter(rdns, DER_SET, &rdn)) {
        return false;
    }
    while (rdn.rest.len > 0) {
        if (!take_part(&rdn, &part) || !der_is_oid(part.type) || !is_attribute_value(&part.value)) {
            return false;
        }
    }
    return true;
}

bool name_take_known(struct cursor *in, struct span known, struct span *name, struct span *before)
{
    size_t start = in->offset;
    const uint8_t *first, *last;
    struct cursor rdns;

    if (!der_enter(in, DER_SEQUENCE, &rdns)) {
        return false;
    }
    first = last = rdns.rest.at;
    if (known.len > 0 && known.len < rdns.rest.len && memcmp(first, known.at, known.len) == 0) {
        der_advance(&rdns, known.len);
    }
    while (rdns.rest.len > 0) {
        size_t usual = usual_rdn(rdns.rest);

        last = rdns.rest.at;
        if (usual > 0) {
            der_advance(&rdns, usual);
        } else if (!pass_rdn(&rdns)) {
            der_rewind(in, start);
            return false;
        }
    }
    if (in->offset - start > NAME_MAX_SIZE) {
        der_rewind(in, start);
        return false;
    }
    *name = span_of(in->rest.at - (in->offset - start), in->offset - start);
    *before = span_of(first, (size_t)(last - first));
    return true;
}

bool name_take(struct cursor *in, struct span *name)
{
    struct span before;

    return name_take_known(in, (struct span){0}, name, &before);
}

struct name_walk name_walk_of(struct span name)
{
    struct cursor in = cursor_over(name);
    struct name_walk walk = {0};

    if (!der_enter(&in, DER_SEQUENCE, &walk.rdns)) {
        return (struct name_walk){0};
    }
    return walk;
}

bool name_walk_next(struct name_walk *walk, struct name_part *out)
{
    while (walk->rdn.rest.len == 0) {
        walk->inside = false;
        if (!der_enter(&walk->rdns, DER_SET, &walk->rdn)) {
            return false;
        }
    }
    if (!take_part(&walk->rdn, out)) {
        return false;
    }
    out->joined = walk->inside;
    walk->inside = true;
    return true;
}
