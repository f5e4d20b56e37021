#include "cert/extension.h"

#include "base/word.h"
#include "cert/der.h"
#include "cert/general_name.h"
#include "cert/habit.h"

/* The numbers of those that we tell of, as bits; of the others it is nobody's matter here. */
static const uint64_t told = (uint64_t)1 << CE_SUBJECT_KEY_ID | (uint64_t)1 << CE_KEY_USAGE |
                             (uint64_t)1 << CE_SUBJECT_ALT_NAME |
                             (uint64_t)1 << CE_BASIC_CONSTRAINTS |
                             (uint64_t)1 << CE_AUTHORITY_KEY_ID | (uint64_t)1 << CE_EXT_KEY_USAGE;

static uint8_t bits_reversed(uint8_t b)
{
    b = (uint8_t)((b & 0xf0) >> 4 | (b & 0x0f) << 4);
    b = (uint8_t)((b & 0xcc) >> 2 | (b & 0x33) << 2);
    return (uint8_t)((b & 0xaa) >> 1 | (b & 0x55) << 1);
}

/* KeyUsage ::= BIT STRING; its first bit is the highest of the first octet. */
static bool read_key_usage(struct cursor *value, struct cert *cert)
{
    struct span bits;
    uint8_t last_mask;

    cert->has_key_usage = true;
    if (!der_take(value, DER_BIT_STRING, &bits) || !der_is_bit_string(bits)) {
        return false;
    }
    last_mask = (uint8_t)(0xff << bits.at[0]);
    if (bits.len > 1) {
        cert->key_usage = bits_reversed((uint8_t)(bits.at[1] & (bits.len == 2 ? last_mask : 0xff)));
    }
    if (bits.len > 2 && (bits.at[2] & (bits.len == 3 ? last_mask : 0xff) & 0x80) != 0) {
        cert->key_usage |= USAGE_DECIPHER_ONLY;
    }
    return true;
}

/* ExtKeyUsageSyntax ::= SEQUENCE OF KeyPurposeId */
static bool read_ext_key_usage(struct cursor *value, struct cert *cert)
{
    struct cursor purposes;
    struct span all, oid;

    cert->eku = span_of(value->rest.at, 0); /* present, and good for nothing until it is read */
    if (!der_enter(value, DER_SEQUENCE, &purposes)) {
        return false;
    }
    all = purposes.rest;
    while (purposes.rest.len > 0) {
        if (!der_take(&purposes, DER_OID, &oid) || !der_is_oid(oid)) {
            return false;
        }
    }
    cert->eku = all;
    return true;
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLen INTEGER OPTIONAL } */
static bool read_basic_constraints(struct cursor *value, struct cert *cert)
{
    struct cursor body;
    struct span ca = {0}, path_length;

    if (!der_enter(value, DER_SEQUENCE, &body)) {
        return false;
    }
    if (der_take(&body, DER_BOOLEAN, &ca) && ca.len != 1) {
        return false;
    }
    if (der_take(&body, DER_INTEGER, &path_length) && !der_is_integer(path_length)) {
        return false;
    }
    if (body.rest.len > 0) {
        return false;
    }
    cert->ca = ca.len == 1 && ca.at[0] != 0;
    return true;
}

static bool read_subject_alt_name(struct cursor *value, struct cert *cert)
{
    struct cursor names;
    struct span all;

    if (!der_enter(value, DER_SEQUENCE, &names)) {
        return false;
    }
    all = names.rest;
    if (!general_names_check(names)) {
        return false;
    }
    cert->san = all;
    return true;
}

/* AuthorityKeyIdentifier ::= SEQUENCE { [0] key identifier, [1] issuer, [2] serial }, all optional
 */
static bool read_authority_key_id(struct cursor *value, struct cert *cert)
{
    struct cursor body, issuer = {0};
    struct span id = {0}, serial = {0};

    if (!der_enter(value, DER_SEQUENCE, &body)) {
        return false;
    }
    (void)!der_take(&body, DER_CONTEXT | 0, &id);
    if (der_enter(&body, DER_CONTEXT | DER_CONSTRUCTED | 1, &issuer) &&
        !general_names_check(issuer)) {
        return false;
    }
    if (der_take(&body, DER_CONTEXT | 2, &serial) && !der_is_integer(serial)) {
        return false;
    }
    if (body.rest.len > 0) {
        return false;
    }
    cert->authority_key_id = id;
    return true;
}

/* Reads what we tell of; other extensions are nobody's here, and right whatever they hold. */
static bool read_value(uint8_t number, struct cursor *value, struct cert *cert)
{
    switch (number) {
    case CE_SUBJECT_KEY_ID:
        return der_take(value, DER_OCTET_STRING, &cert->subject_key_id);
    case CE_KEY_USAGE:
        return read_key_usage(value, cert);
    case CE_SUBJECT_ALT_NAME:
        return read_subject_alt_name(value, cert);
    case CE_BASIC_CONSTRAINTS:
        return read_basic_constraints(value, cert);
    case CE_AUTHORITY_KEY_ID:
        return read_authority_key_id(value, cert);
    case CE_EXT_KEY_USAGE:
        return read_ext_key_usage(value, cert);
    default:
        return true;
    }
}

static bool is_understood_ce(uint8_t number)
{
    switch (number) {
    case CE_KEY_USAGE:
    case CE_SUBJECT_ALT_NAME:
    case CE_BASIC_CONSTRAINTS:
    case CE_NAME_CONSTRAINTS:
    case CE_CRL_DISTRIBUTION_POINTS:
    case CE_CERTIFICATE_POLICIES:
    case CE_POLICY_MAPPINGS:
    case CE_POLICY_CONSTRAINTS:
    case CE_EXT_KEY_USAGE:
    case CE_INHIBIT_ANY_POLICY:
        return true;
    default:
        return false;
    }
}

/* Extensions outside id-ce that libcrypto can be asked to honour. */
static bool is_understood(struct span oid)
{
    static const char *const others[] = {
        "\x60\x86\x48\x01\x86\xf8\x42\x01\x01", /* Netscape's certificate type */
        "\x2b\x06\x01\x05\x05\x07\x30\x01\x05", /* RFC 6960: OCSP, no check */
        "\x2b\x06\x01\x05\x05\x07\x01\x0e",     /* RFC 3820: proxyCertInfo */
        "\x2b\x06\x01\x05\x05\x07\x01\x07",     /* RFC 3779: addresses */
        "\x2b\x06\x01\x05\x05\x07\x01\x08",     /* RFC 3779: autonomous systems */
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (span_is(oid, others[i])) {
            return true;
        }
    }
    return false;
}

/* Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
struct extension {
    struct span oid;
    bool critical;
    struct cursor value;
};

/*
 * Reads an extension of id-ce with short lengths: 30 n 06 03 55 1d number [01 01 critical] 04 n …
 * False for any other, be it right or not.
 */
static bool take_usual(struct cursor *in, struct extension *out)
{
    enum { OID_AT = 4, OID_LEN = 3, BEHIND_OID = 7, BEHIND_CRITICAL = 10 };
    static const uint8_t critical_true[] = {DER_BOOLEAN, 1, 0xff};
    const uint8_t *at = in->rest.at;
    size_t size, value = BEHIND_OID;

    if (in->rest.len < 12 || at[0] != DER_SEQUENCE || at[1] >= 0x80 || at[2] != DER_OID ||
        at[3] != OID_LEN || at[4] != 0x55 || at[5] != 0x1d || at[6] >= 0x80) {
        return false;
    }
    size = (size_t)at[1] + 2;
    out->critical = memcmp(at + value, critical_true, sizeof(critical_true)) == 0;
    value = out->critical ? BEHIND_CRITICAL : BEHIND_OID;
    if (size > in->rest.len || value + 2 > size || at[value] != DER_OCTET_STRING ||
        at[value + 1] != size - value - 2) {
        return false;
    }
    out->oid = span_of(at + OID_AT, OID_LEN);
    out->value.rest = span_of(at + value + 2, at[value + 1]);
    out->value.offset = in->offset + value + 2;
    der_advance(in, size);
    return true;
}

/* An extension of which each certificate has its own, in the one form that nearly all have. */
static const uint64_t varying_form = 0x00001d5503060030, varying_mask = 0x0000ffffffff00ff;

/* 30 1d 06 03 55 1d 0e 04 16 04 14, and a hash of 20 octets. */
static bool take_key_id(struct cursor *in, struct cert *cert)
{
    enum { HEADERS = 11, SIZE = HEADERS + 20 };
    static const uint8_t headers[] = {0x30, 0x1d, 6, 3, 0x55, 0x1d, 0x0e, 4, 0x16, 4, 0x14};

    if (in->rest.len < SIZE || memcmp(in->rest.at, headers, HEADERS) != 0) {
        return false;
    }
    cert->subject_key_id = span_of(in->rest.at + HEADERS, SIZE - HEADERS);
    der_advance(in, SIZE);
    return true;
}

/* 30 n+11 06 03 55 1d 11 04 n+4 30 n+2 81 n, and one mail address. */
static bool take_one_address(struct cursor *in, struct cert *cert)
{
    enum { HEADERS = 13, NAME_HEADER = 2 };
    const uint8_t *at = in->rest.at;
    size_t n = at[HEADERS - 1];

    if (n + HEADERS - 2 >= 0x80 || at[1] != n + HEADERS - 2 || at[7] != DER_OCTET_STRING ||
        at[8] != n + 4 || at[9] != DER_SEQUENCE || at[10] != n + NAME_HEADER ||
        at[11] != (DER_CONTEXT | GENERAL_RFC822) || in->rest.len < n + HEADERS) {
        return false;
    }
    cert->san = span_of(at + HEADERS - NAME_HEADER, n + NAME_HEADER);
    der_advance(in, n + HEADERS);
    return true;
}

/* Takes such a one, of a kind that was not seen yet; false for any other, be it right or not. */
static bool take_varying(struct cursor *in, struct cert *cert, uint64_t *seen)
{
    enum { NUMBER_AT = 6, LEAST = 13 };
    const uint8_t *at = in->rest.at;
    uint64_t bit;

    if (in->rest.len < LEAST || (word_at(at) & varying_mask) != varying_form ||
        at[NUMBER_AT] >= 64) {
        return false;
    }
    bit = (uint64_t)1 << at[NUMBER_AT];
    if ((*seen & bit) != 0 || (at[NUMBER_AT] == CE_SUBJECT_KEY_ID     ? !take_key_id(in, cert)
                               : at[NUMBER_AT] == CE_SUBJECT_ALT_NAME ? !take_one_address(in, cert)
                                                                      : true)) {
        return false;
    }
    *seen |= bit;
    return true;
}

static bool take_extension(struct cursor *in, struct extension *out)
{
    struct cursor body;
    struct span critical = {0};

    if (take_usual(in, out)) {
        return true;
    }
    if (!der_enter(in, DER_SEQUENCE, &body) || !der_take(&body, DER_OID, &out->oid) ||
        !der_is_oid(out->oid)) {
        return false;
    }
    if (der_take(&body, DER_BOOLEAN, &critical) && critical.len != 1) {
        return false;
    }
    out->critical = critical.len == 1 && critical.at[0] != 0;
    return der_enter(&body, DER_OCTET_STRING, &out->value) && body.rest.len == 0;
}

/* Adds what the extension says to `cert`; false when it is one that should not be remembered. */
static bool read_extension(struct extension *e, struct cert *cert, uint64_t *seen, uint8_t *number)
{
    bool ce = e->oid.len == 3 && e->oid.at[0] == 0x55 && e->oid.at[1] == 0x1d && e->oid.at[2] < 64;
    bool understood = ce ? is_understood_ce(e->oid.at[2]) : !e->critical || is_understood(e->oid);
    uint64_t bit = ce ? (uint64_t)1 << e->oid.at[2] & told : 0;
    bool good = true;

    *number = bit != 0 ? e->oid.at[2] : 0;
    if (e->critical && !understood) {
        cert->has_critical_unknown = true;
        good = false;
    }
    if (bit != 0 && ((*seen & bit) != 0 || !read_value(e->oid.at[2], &e->value, cert))) {
        cert->extension_broken = true;
        good = false;
    }
    *seen |= bit;
    return good;
}

/* Extensions behind each other that certificates have in common, while they are being read. */
struct run {
    const uint8_t *start; /* NULL: none has begun */
    size_t offset;
    uint64_t seen; /* before it */
};

/* Remembers the run that ends at `in`, if there is one. */
static void end_run(struct run *run, struct cert_habits *habits, size_t *place, size_t offset,
                    uint64_t seen, const struct cert *cert)
{
    if (run->start != NULL) {
        habit_keep_run(habits, *place, span_of(run->start, offset - run->offset), seen & ~run->seen,
                       cert);
        run->start = NULL;
        ++*place;
    }
}

bool extensions_read(struct cursor *in, struct cert_habits *habits, struct cert *cert)
{
    struct run run = {0};
    uint64_t seen = 0; /* of `told` */
    size_t place = 0;  /* of a run, or of an extension that is in none */

    while (in->rest.len > 0) {
        const uint8_t *start = in->rest.at;
        size_t offset = in->offset;
        uint64_t seen_before = seen;
        struct extension e;
        uint8_t number;

        if (habits != NULL && run.start == NULL && habit_take_run(habits, place, in, cert, &seen)) {
            place++;
            continue;
        }
        if (take_varying(in, cert, &seen)) {
            if (habits != NULL) {
                end_run(&run, habits, &place, offset, seen_before, cert);
                place++;
            }
            continue;
        }
        if (!take_extension(in, &e)) {
            der_rewind(in, offset);
            return false;
        }
        if (read_extension(&e, cert, &seen, &number) && habit_is_common(number, cert)) {
            run = run.start != NULL ? run : (struct run){start, offset, seen_before};
        } else if (habits != NULL) {
            end_run(&run, habits, &place, offset, seen_before, cert);
            place++;
        }
    }
    if (habits != NULL) {
        end_run(&run, habits, &place, in->offset, seen, cert);
    }
    return true;
}
