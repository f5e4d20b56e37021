#include "cert/leaf.h"

#include "cert/canonical.h"
#include "cert/der.h"
#include "cert/extension.h"
#include "cert/general_name.h"
#include "cert/leaf_key.h"

enum {
    EXPLICIT_0 = DER_CONTEXT | DER_CONSTRUCTED | 0,
    KEY_ID_TAG = DER_CONTEXT | 0,
    POLICIES_MAX = 8, /* each is compared with each */
};

static bool take_algorithm(const struct cert *cert, struct span *out)
{
    const uint8_t *end = cert->serial.at + cert->serial.len;
    struct cursor in = cursor_over(span_of(end, (size_t)(cert->tbs.at + cert->tbs.len - end)));

    return der_take_whole(&in, DER_SEQUENCE, out);
}

/* Some usage, and none hidden in bits that are not used: libcrypto refuses an empty one. */
static bool is_key_usage(struct cursor in)
{
    struct span bits;

    return der_take(&in, DER_BIT_STRING, &bits) && in.rest.len == 0 && bits.len >= 2 &&
           bits.len <= 3 && bits.at[0] < 8 && bits.at[1] != 0 &&
           (bits.at[bits.len - 1] & ((1u << bits.at[0]) - 1)) == 0;
}

static bool is_ext_key_usage(struct cursor in)
{
    struct cursor purposes;
    struct span oid;

    if (!der_enter(&in, DER_SEQUENCE, &purposes) || in.rest.len > 0) {
        return false;
    }
    while (der_take(&purposes, DER_OID, &oid)) {
        if (!der_is_oid(oid)) {
            return false;
        }
    }
    return purposes.rest.len == 0;
}

/* Names whose kinds libcrypto reads as bytes; a user principal name is one UTF8String. */
static bool is_plain_name(const struct general_name *name)
{
    struct cursor in = cursor_over(name->contents);
    struct span text;

    switch (name->kind) {
    case GENERAL_RFC822:
    case GENERAL_DNS:
    case GENERAL_URI:
        return true;
    case GENERAL_OTHER:
        return der_take(&in, DER_UTF8_STRING, &text) && in.rest.len == 0;
    default:
        return false;
    }
}

static bool are_plain_names(struct cursor names)
{
    struct general_name name;

    while (names.rest.len > 0) {
        if (!general_name_take(&names, &name) || !is_plain_name(&name)) {
            return false;
        }
    }
    return true;
}

static bool is_subject_alt_name(struct cursor in)
{
    struct cursor names;

    return der_enter(&in, DER_SEQUENCE, &names) && in.rest.len == 0 && are_plain_names(names);
}

/* No CA: an empty SEQUENCE. */
static bool is_no_ca(struct cursor in)
{
    struct span contents;

    return der_take(&in, DER_SEQUENCE, &contents) && in.rest.len == 0 && contents.len == 0;
}

static bool is_subject_key_id(struct cursor in)
{
    struct span id;

    return der_take(&in, DER_OCTET_STRING, &id) && in.rest.len == 0 && id.len > 0;
}

/* The key identifier alone, not issuer and serial. */
static bool is_authority_key_id(struct cursor in)
{
    struct cursor body;
    struct span id;

    return der_enter(&in, DER_SEQUENCE, &body) && in.rest.len == 0 &&
           der_take(&body, KEY_ID_TAG, &id) && body.rest.len == 0 && id.len > 0;
}

/* Full names only: neither reasons nor another issuer of lists. */
static bool are_points(struct cursor in)
{
    struct cursor points, point, names;

    if (!der_enter(&in, DER_SEQUENCE, &points) || in.rest.len > 0 || points.rest.len == 0) {
        return false;
    }
    while (points.rest.len > 0) {
        if (!der_enter(&points, DER_SEQUENCE, &point) || !der_enter(&point, EXPLICIT_0, &names) ||
            point.rest.len > 0 || !der_enter(&names, EXPLICIT_0, &point) || names.rest.len > 0 ||
            point.rest.len == 0 || !are_plain_names(point)) {
            return false;
        }
    }
    return true;
}

/* PolicyQualifiers: pointers to statements only; a notice for users has much more to it. */
static bool are_pointers(struct cursor in)
{
    static const char cps[] = "\x2b\x06\x01\x05\x05\x07\x02\x01";
    struct cursor list, qualifier;
    struct span oid, uri;

    if (in.rest.len == 0) {
        return true;
    }
    if (!der_enter(&in, DER_SEQUENCE, &list) || in.rest.len > 0) {
        return false;
    }
    while (list.rest.len > 0) {
        if (!der_enter(&list, DER_SEQUENCE, &qualifier) || !der_take(&qualifier, DER_OID, &oid) ||
            !span_is(oid, cps) || !der_take(&qualifier, DER_IA5_STRING, &uri) ||
            qualifier.rest.len > 0) {
            return false;
        }
    }
    return true;
}

/* Policies, none of which stands twice (RFC 5280, section 4.2.1.4). */
static bool are_policies(struct cursor in)
{
    struct span seen[POLICIES_MAX];
    struct cursor list, policy;
    size_t count = 0;

    if (!der_enter(&in, DER_SEQUENCE, &list) || in.rest.len > 0 || list.rest.len == 0) {
        return false;
    }
    for (; list.rest.len > 0; count++) {
        if (count == POLICIES_MAX || !der_enter(&list, DER_SEQUENCE, &policy) ||
            !der_take(&policy, DER_OID, &seen[count]) || !der_is_oid(seen[count]) ||
            !are_pointers(policy)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (span_equal(seen[i], seen[count])) {
                return false;
            }
        }
    }
    return true;
}

static bool is_plain_value(uint8_t number, bool critical, struct cursor value, struct leaf *leaf)
{
    struct cursor contents = value;

    switch (number) {
    case CE_KEY_USAGE:
        return is_key_usage(value);
    case CE_EXT_KEY_USAGE:
        return is_ext_key_usage(value);
    case CE_SUBJECT_ALT_NAME:
        return is_subject_alt_name(value);
    case CE_BASIC_CONSTRAINTS:
        return is_no_ca(value);
    case CE_CERTIFICATE_POLICIES:
        return are_policies(value);
    case CE_SUBJECT_KEY_ID:
        return !critical && is_subject_key_id(value);
    case CE_AUTHORITY_KEY_ID:
        return !critical && is_authority_key_id(value);
    case CE_CRL_DISTRIBUTION_POINTS:
        return der_take(&contents, DER_SEQUENCE, &leaf->points) && are_points(value);
    case CE_NAME_CONSTRAINTS:
    case CE_POLICY_MAPPINGS:
    case CE_POLICY_CONSTRAINTS:
    case CE_INHIBIT_ANY_POLICY:
        return false;
    default:
        return !critical;
    }
}

/* Extensions outside id-ce that libcrypto reads, wherever they stand. */
static bool is_read_by_library(struct span oid)
{
    static const char *const read[] = {
        "\x60\x86\x48\x01\x86\xf8\x42\x01\x01", /* Netscape's certificate type */
        "\x2b\x06\x01\x05\x05\x07\x01\x0e",     /* RFC 3820: proxies */
        "\x2b\x06\x01\x05\x05\x07\x01\x07",     /* RFC 3779: addresses */
        "\x2b\x06\x01\x05\x05\x07\x01\x08",     /* RFC 3779: autonomous systems */
    };

    for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
        if (span_is(oid, read[i])) {
            return true;
        }
    }
    return false;
}

static bool is_plain_extension(struct cursor in, uint64_t *seen, struct leaf *leaf)
{
    struct span oid, critical = {0};
    struct cursor value;
    uint8_t number;

    if (!der_take(&in, DER_OID, &oid)) {
        return false;
    }
    (void)!der_take(&in, DER_BOOLEAN, &critical);
    if (!der_enter(&in, DER_OCTET_STRING, &value)) {
        return false;
    }
    if (oid.len != 3 || oid.at[0] != 0x55 || oid.at[1] != 0x1d || oid.at[2] >= 64) {
        return critical.len == 0 && !is_read_by_library(oid);
    }
    number = oid.at[2];
    if ((*seen >> number & 1) != 0) {
        return false;
    }
    *seen |= (uint64_t)1 << number;
    return is_plain_value(number, critical.len > 0, value, leaf);
}

/* All extensions are looked at, so that the distribution points are found in any leaf. */
static bool are_plain_extensions(const struct cert *cert, struct leaf *leaf)
{
    const uint8_t *end = cert->spki.at + cert->spki.len;
    struct cursor in = cursor_over(span_of(end, (size_t)(cert->tbs.at + cert->tbs.len - end)));
    struct cursor wrapper, list, extension;
    uint64_t seen = 0;
    bool plain = true;

    if (!der_enter(&in, DER_CONTEXT | DER_CONSTRUCTED | 3, &wrapper) || in.rest.len > 0 ||
        !der_enter(&wrapper, DER_SEQUENCE, &list)) {
        return false;
    }
    while (der_enter(&list, DER_SEQUENCE, &extension)) {
        plain = is_plain_extension(extension, &seen, leaf) && plain;
    }
    return plain && list.rest.len == 0;
}

/*
 * A certificate that names itself as issuer is taken for the end of a path unless its key
 * identifiers say otherwise. Those who have none must have their names compared.
 */
static bool is_issued_by_another(const struct cert *cert)
{
    if (cert->subject_key_id.len > 0 && cert->authority_key_id.len > 0) {
        return !span_equal(cert->subject_key_id, cert->authority_key_id);
    }
    return !canonical_equal(cert->subject, cert->issuer);
}

struct leaf leaf_of(struct leaf_tools *tools, const struct cert *cert)
{
    struct leaf leaf = {0};

    if (!take_algorithm(cert, &leaf.inner_algorithm)) {
        leaf.inner_algorithm = span_of(NULL, 0);
    }
    leaf.plain = are_plain_extensions(cert, &leaf) && cert->version == 3 &&
                 !cert->extension_broken && is_issued_by_another(cert) &&
                 leaf_key_is_plain(tools, cert);
    return leaf;
}
