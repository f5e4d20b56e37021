#include "cert/key.h"

#include "cert/curve.h"
#include "cert/der.h"
#include "cert/explicit_curve.h"

#define OID(bytes) bytes, sizeof(bytes) - 1

/* Sizes of keys that have one: RFC 8032 and RFC 7748, in bits of the encoded key. */
enum { ED25519_BITS = 256, ED448_BITS = 456, X25519_BITS = 256, X448_BITS = 448 };

static const struct algorithm {
    const char *oid;
    size_t len;
    enum key_type type;
    uint32_t bits; /* 0: the key tells */
} algorithms[] = {
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), KEY_RSA, 0},     /* RFC 3279 */
    {OID("\x2a\x86\x48\xce\x3d\x02\x01"), KEY_EC, 0},              /* RFC 5480 */
    {OID("\x2b\x65\x6e"), KEY_X25519, X25519_BITS},                /* RFC 8410 */
    {OID("\x2b\x65\x6f"), KEY_X448, X448_BITS},                    /* RFC 8410 */
    {OID("\x2b\x65\x70"), KEY_ED25519, ED25519_BITS},              /* RFC 8410 */
    {OID("\x2b\x65\x71"), KEY_ED448, ED448_BITS},                  /* RFC 8410 */
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), KEY_RSA_PSS, 0}, /* RFC 4055 */
    {OID("\x2a\x86\x48\xce\x38\x04\x01"), KEY_DSA, 0},             /* RFC 3279 */
};

/* Most algorithms have NULL for parameters, or none at all. */
static bool take_params(struct cursor *in, struct span *params)
{
    static const uint8_t null[] = {DER_NULL, 0};
    struct der_element element;

    *params = (struct span){0};
    if (in->rest.len == 0) {
        return true;
    }
    if (in->rest.len == sizeof(null) && memcmp(in->rest.at, null, sizeof(null)) == 0) {
        return cursor_take(in, sizeof(null), params);
    }
    if (!der_next(in, &element) || !der_is_any(&element)) {
        return false;
    }
    *params = element.whole;
    return in->rest.len == 0;
}

/*
 * Reads an AlgorithmIdentifier of short lengths, without parameters or with NULL: what nearly all
 * are. False for any other, be it right or not.
 */
static bool take_usual(struct cursor *in, struct span *oid, struct span *params)
{
    enum { HEADERS = 4 };
    const uint8_t *at = in->rest.at;
    size_t size, end;

    if (in->rest.len < HEADERS || at[0] != DER_SEQUENCE || at[2] != DER_OID ||
        (at[1] | at[3]) >= 0x80) {
        return false;
    }
    size = (size_t)at[1] + 2;
    end = (size_t)at[3] + HEADERS;
    if (size > in->rest.len) {
        return false;
    }
    if (size == end + 2 && at[end] == DER_NULL && at[end + 1] == 0) {
        *params = span_of(at + end, 2);
    } else if (size == end) {
        *params = (struct span){0};
    } else {
        return false;
    }
    *oid = span_of(at + HEADERS, end - HEADERS);
    if (!der_is_oid(*oid)) {
        return false;
    }
    der_advance(in, size);
    return true;
}

bool algorithm_take(struct cursor *in, struct span *oid, struct span *params)
{
    size_t start = in->offset;
    struct cursor body;

    if (take_usual(in, oid, params)) {
        return true;
    }
    if (!der_enter(in, DER_SEQUENCE, &body) || !der_take(&body, DER_OID, oid) ||
        !der_is_oid(*oid) || !take_params(&body, params)) {
        der_rewind(in, start);
        return false;
    }
    return true;
}

/* Bits of a number that is taken as positive, however many zeros it has in front: moduli are. */
static uint32_t number_bits(struct span number)
{
    uint32_t bits;

    while (number.len > 0 && number.at[0] == 0) {
        number = span_from(number, 1);
    }
    if (number.len == 0 || number.len > UINT32_MAX / 8) {
        return 0;
    }
    bits = (uint32_t)number.len * 8;
    for (uint8_t top = number.at[0]; top < 0x80; top = (uint8_t)(top << 1)) {
        bits--;
    }
    return bits;
}

/* The bits of the first INTEGER in a SEQUENCE. */
static uint32_t first_number_bits(struct span sequence)
{
    struct cursor in = cursor_over(sequence);
    struct cursor body;
    struct span number;

    if (!der_enter(&in, DER_SEQUENCE, &body) || !der_take(&body, DER_INTEGER, &number)) {
        return 0;
    }
    return number_bits(number);
}

/* ECParameters ::= SEQUENCE { version, fieldID SEQUENCE { fieldType, p or char-two }, … } */
static uint32_t explicit_curve_bits(struct cursor in)
{
    struct cursor params, field, binary;
    struct span version, type, number;

    if (!der_enter(&in, DER_SEQUENCE, &params) || !der_take(&params, DER_INTEGER, &version) ||
        !der_enter(&params, DER_SEQUENCE, &field) || !der_take(&field, DER_OID, &type)) {
        return 0;
    }
    if (der_take(&field, DER_INTEGER, &number)) {
        return number_bits(number); /* the prime */
    }
    if (!der_enter(&field, DER_SEQUENCE, &binary) || !der_take(&binary, DER_INTEGER, &number) ||
        number.len > 2) {
        return 0;
    }
    return number.len == 1 ? number.at[0] : (uint32_t)(number.at[0] << 8 | number.at[1]);
}

static void read_curve(struct span params, struct cert_key *key)
{
    struct cursor in = cursor_over(params);
    const struct curve *curve;

    if (!der_take(&in, DER_OID, &key->curve)) {
        key->curve = explicit_curve_find(params);
    }
    curve = curve_find(key->curve);
    key->bits = curve != NULL ? curve->bits : explicit_curve_bits(in);
}

static void read_details(struct span params, struct cert_key *key)
{
    switch (key->type) {
    case KEY_RSA:
    case KEY_RSA_PSS: /* RSAPublicKey ::= SEQUENCE { modulus, publicExponent } */
        key->bits = first_number_bits(key->point);
        return;
    case KEY_DSA: /* Dss-Parms ::= SEQUENCE { p, q, g }, or inherited from the issuer */
        key->bits = first_number_bits(params);
        return;
    case KEY_EC:
        read_curve(params, key);
        return;
    default:
        return;
    }
}

/*
 * How the keys begin that nearly everybody has: RSA of the usual sizes, its modulus with the
 * highest bit set, and the curves P-256 and P-384. What follows has one length, and no form.
 */
static const struct usual_key {
    const char *head;
    uint8_t len;                          /* of `head`, the key's own first octet left out */
    uint8_t oid_len;                      /* behind six or eight octets of headers */
    uint8_t oid, curve, curve_len, point; /* offsets, and a length */
    uint16_t size;                        /* of the whole */
    uint16_t bits;
    enum key_type type;
} usual_keys[] = {
    {OID("\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03"
         "\x82\x01\x0f\x00\x30\x82\x01\x0a\x02\x82\x01\x01\x00"),
     9, 8, 0, 0, 24, 294, 2048, KEY_RSA},
    {OID("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d"
         "\x03\x01\x07\x03\x42\x00"),
     7, 6, 15, 8, 26, 91, 256, KEY_EC},
    {OID("\x30\x82\x02\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03"
         "\x82\x02\x0f\x00\x30\x82\x02\x0a\x02\x82\x02\x01\x00"),
     9, 8, 0, 0, 24, 550, 4096, KEY_RSA},
    {OID("\x30\x82\x01\xa2\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03"
         "\x82\x01\x8f\x00\x30\x82\x01\x8a\x02\x82\x01\x81\x00"),
     9, 8, 0, 0, 24, 422, 3072, KEY_RSA},
    {OID("\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"
         "\x03\x62\x00"),
     7, 6, 15, 5, 23, 120, 384, KEY_EC},
};

/* Reads such a key; false for any other, be it right or not. */
static bool take_usual_key(struct cursor *in, struct span *spki, struct cert_key *key)
{
    const uint8_t *at = in->rest.at;

    for (size_t i = 0; i < sizeof(usual_keys) / sizeof(usual_keys[0]); i++) {
        const struct usual_key *usual = &usual_keys[i];

        if (in->rest.len < usual->size || memcmp(at, usual->head, usual->len) != 0 ||
            (usual->type == KEY_RSA && at[usual->len] < 0x80)) {
            continue;
        }
        key->type = usual->type;
        key->bits = usual->bits;
        key->oid = span_of(at + usual->oid, usual->oid_len);
        key->curve =
            usual->curve > 0 ? span_of(at + usual->curve, usual->curve_len) : (struct span){0};
        key->point = span_of(at + usual->point, usual->size - (size_t)usual->point);
        *spki = span_of(at, usual->size);
        der_advance(in, usual->size);
        return true;
    }
    return false;
}

bool key_take(struct cursor *in, struct span *spki, struct cert_key *key)
{
    size_t start = in->offset;
    struct cursor body;
    struct span params, bits;

    if (take_usual_key(in, spki, key)) {
        return true;
    }
    *key = (struct cert_key){0};
    if (!der_enter(in, DER_SEQUENCE, &body) || !algorithm_take(&body, &key->oid, &params) ||
        !der_take(&body, DER_BIT_STRING, &bits) || !der_is_bit_string(bits) || body.rest.len > 0) {
        der_rewind(in, start);
        return false;
    }
    key->point = span_of(bits.at + 1, bits.len - 1);
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        if (span_equal(key->oid, span_of(algorithms[i].oid, algorithms[i].len))) {
            key->type = algorithms[i].type;
            key->bits = algorithms[i].bits;
            break;
        }
    }
    read_details(params, key);
    *spki = span_of(in->rest.at - (in->offset - start), in->offset - start);
    return true;
}
