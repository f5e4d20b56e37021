#include "cert/bundle.h"

#include "cert/der.h"

enum {
    SETTING_HEADER = 4, /* u16 tag, u16 length that counts these four bytes too */
    SETTING_ENCRYPTION_CERT = 0x0003,
    SETTING_CHAIN_CERT = 0x0004,
    SETTING_SIGNING_CERT = 0x0008,
    SETTING_DEFAULTS = 0x0020,
    SETTING_ENCRYPTION_SHA1 = 0x0022,
    DEFAULTS_SMIME = 1 << 0,
    DEFAULTS_ALL = 1 << 1,
    SHA1_BYTES = 20,
    CONTEXT_CONSTRUCTED = DER_CONTEXT | DER_CONSTRUCTED,
};

struct setting {
    uint16_t tag;
    struct span data;
};

/* PKCS#7 content types: 1.2.840.113549.1.7 and one octet more. */
static const uint8_t pkcs7_types[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07};
enum { PKCS7_DATA = 1, PKCS7_SIGNED_DATA = 2, PKCS7_LAST = 6 };

/* The number of a PKCS#7 content type; 0 for any other OID. */
static uint8_t pkcs7_type(struct span oid)
{
    if (oid.len != sizeof(pkcs7_types) + 1 ||
        memcmp(oid.at, pkcs7_types, sizeof(pkcs7_types)) != 0) {
        return 0;
    }
    return oid.at[sizeof(pkcs7_types)];
}

/*
 * EncapsulatedContentInfo ::= SEQUENCE { eContentType, eContent [0] EXPLICIT OPTIONAL }
 *
 * In CMS all content is an OCTET STRING, in PKCS#7 (RFC 2315, section 7) it is what its type
 * says. A type of PKCS#7's own in an OCTET STRING is neither: readers of both kinds refuse it.
 */
static bool pass_content(struct cursor *in)
{
    struct cursor body, explicit;
    struct der_element content = {0};
    struct span oid;
    uint8_t type;

    if (!der_enter(in, DER_SEQUENCE, &body) || !der_take(&body, DER_OID, &oid)) {
        return false;
    }
    if (body.rest.len == 0) {
        return true;
    }
    if (!der_enter(&body, CONTEXT_CONSTRUCTED | 0, &explicit) || body.rest.len > 0) {
        return false;
    }
    if (explicit.rest.len > 0 && (!der_next(&explicit, &content) || explicit.rest.len > 0)) {
        return false;
    }
    type = pkcs7_type(oid);
    return type <= PKCS7_DATA || type > PKCS7_LAST || content.tag == DER_SEQUENCE;
}

/*
 * SignedData ::= SEQUENCE { version, digestAlgorithms, encapContentInfo,
 *     certificates [0] IMPLICIT OPTIONAL, crls [1] IMPLICIT OPTIONAL, signerInfos }
 */
static bool read_signed_data(struct cursor in, struct cursor *certs)
{
    struct cursor body;
    struct span version, crls, passed;

    *certs = (struct cursor){0};
    if (!der_enter(&in, DER_SEQUENCE, &body) || in.rest.len > 0 ||
        !der_take(&body, DER_INTEGER, &version) || !der_take(&body, DER_SET, &passed) ||
        !pass_content(&body)) {
        return false;
    }
    if (der_is_next(&body, CONTEXT_CONSTRUCTED | 0) &&
        !der_enter(&body, CONTEXT_CONSTRUCTED | 0, certs)) {
        return false;
    }
    if (der_is_next(&body, CONTEXT_CONSTRUCTED | 1) &&
        !der_take(&body, CONTEXT_CONSTRUCTED | 1, &crls)) {
        return false;
    }
    return der_take(&body, DER_SET, &passed) && body.rest.len == 0;
}

/* ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT } */
static enum fault open_pkcs7(struct cursor info, struct bundle *out, struct why *why)
{
    size_t start = info.offset;
    struct cursor content;
    struct span oid;

    out->form = BUNDLE_PKCS7;
    if (!der_take(&info, DER_OID, &oid) || pkcs7_type(oid) != PKCS7_SIGNED_DATA) {
        return fault_at(FAULT_SYNTAX, start, "RFC 5652: not a SignedData, nor a certificate", why);
    }
    if (!der_enter(&info, CONTEXT_CONSTRUCTED | 0, &content) || info.rest.len > 0 ||
        !read_signed_data(content, &out->rest)) {
        return fault_at(FAULT_SYNTAX, info.offset, "RFC 5652, 5.1: the SignedData is broken", why);
    }
    return FAULT_NONE;
}

static enum fault open_der(struct span value, struct bundle *out, struct why *why)
{
    struct cursor in = cursor_over(value);
    struct cursor body;

    if (!der_enter(&in, DER_SEQUENCE, &body)) {
        return fault_at(FAULT_SYNTAX, 0, "X.690: a SEQUENCE is cut off or broken", why);
    }
    if (in.rest.len > 0) {
        return fault_at(FAULT_SYNTAX, in.offset, "X.690: bytes behind the certificate", why);
    }
    if (der_is_next(&body, DER_OID)) { /* a certificate begins with a SEQUENCE */
        return open_pkcs7(body, out, why);
    }
    out->form = BUNDLE_X509;
    out->rest = cursor_over(value);
    return FAULT_NONE;
}

static uint16_t read_u16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }

static bool take_setting(struct cursor *in, struct setting *out)
{
    struct cursor ahead = *in;
    struct span header;
    size_t len;

    if (!cursor_take(&ahead, SETTING_HEADER, &header)) {
        return false;
    }
    out->tag = read_u16(header.at);
    len = read_u16(header.at + 2);
    if (len < SETTING_HEADER || !cursor_take(&ahead, len - SETTING_HEADER, &out->data)) {
        return false;
    }
    *in = ahead;
    return true;
}

/* Reads all settings once: none may be broken, and those about the certificates are kept. */
static enum fault open_settings(struct span value, struct bundle *out, struct why *why)
{
    struct cursor in = cursor_over(value);
    struct setting s;

    out->form = BUNDLE_TAGGED;
    out->rest = in;
    while (in.rest.len > 0) {
        if (!take_setting(&in, &s)) {
            return fault_at(
                FAULT_SYNTAX, in.offset,
                "no certificate, no PKCS#7, and no tagged settings (MS-OXOABK, 2.2.4.36)", why);
        }
        if (s.tag == SETTING_DEFAULTS && s.data.len == 4) {
            out->marked_default = (s.data.at[0] & (DEFAULTS_SMIME | DEFAULTS_ALL)) != 0;
        }
        if (s.tag == SETTING_ENCRYPTION_SHA1 && s.data.len == SHA1_BYTES) {
            out->encryption_sha1 = s.data;
        }
    }
    return FAULT_NONE;
}

/* A SEQUENCE of the usual size that fills `value` and begins with another: a certificate. */
static bool is_usual_certificate(struct span value)
{
    enum { HEADER = 4 };
    const uint8_t *at = value.at;

    return value.len > HEADER && at[0] == DER_SEQUENCE && at[1] == 0x82 &&
           ((size_t)at[2] << 8 | at[3]) + HEADER == value.len && at[HEADER] == DER_SEQUENCE;
}

enum fault bundle_open(struct span value, struct bundle *out, struct why *why)
{
    struct bundle opened = {0};
    struct bundle ahead;
    struct bundle_item item;
    enum fault fault;

    if (is_usual_certificate(value)) {
        *out = (struct bundle){.form = BUNDLE_X509, .rest = cursor_over(value)};
        return FAULT_NONE;
    }
    if (value.len == 0) {
        return fault_at(FAULT_ABSENT, 0, "the value is empty", why);
    }
    fault = value.at[0] == DER_SEQUENCE ? open_der(value, &opened, why)
                                        : open_settings(value, &opened, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (opened.form == BUNDLE_X509) {
        *out = opened;
        return FAULT_NONE;
    }
    ahead = opened;
    if (!bundle_next(&ahead, &item, why, &fault)) {
        return fault != FAULT_NONE ? fault : fault_at(FAULT_ABSENT, 0, "no certificate in it", why);
    }
    *out = opened;
    return FAULT_NONE;
}

/* CertificateChoices: of five kinds only the plain one is X.509 (RFC 5652, 10.2.2). */
static bool next_of_pkcs7(struct cursor *in, struct bundle_item *out, struct why *why,
                          enum fault *fault)
{
    struct der_element element;

    while (in->rest.len > 0) {
        if (!der_next(in, &element) ||
            (element.tag != DER_SEQUENCE && (element.tag & 0xf0) != CONTEXT_CONSTRUCTED)) {
            *fault = fault_at(FAULT_SYNTAX, in->offset,
                              "RFC 5652, 10.2.3: the set of certificates is broken", why);
            return false;
        }
        if (element.tag == DER_SEQUENCE) {
            *out = (struct bundle_item){.der = element.whole};
            return true;
        }
    }
    return false;
}

static bool next_of_settings(struct cursor *in, struct bundle_item *out)
{
    struct setting s;

    while (take_setting(in, &s)) {
        if (s.tag == SETTING_ENCRYPTION_CERT || s.tag == SETTING_CHAIN_CERT ||
            s.tag == SETTING_SIGNING_CERT) {
            *out = (struct bundle_item){
                .der = s.data, .chain = s.tag == SETTING_CHAIN_CERT, .tag = s.tag};
            return true;
        }
    }
    return false;
}

bool bundle_next(struct bundle *bundle, struct bundle_item *out, struct why *why, enum fault *fault)
{
    *fault = FAULT_NONE;
    switch (bundle->form) {
    case BUNDLE_PKCS7:
        return next_of_pkcs7(&bundle->rest, out, why, fault);
    case BUNDLE_TAGGED:
        return next_of_settings(&bundle->rest, out);
    case BUNDLE_X509:
    default:
        *out = (struct bundle_item){.der = bundle->rest.rest};
        bundle->rest.rest.len = 0;
        return out->der.len > 0;
    }
}
