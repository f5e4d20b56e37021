#include "kms/authority/extension_write.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "cert/cert.h"
#include "cert/der.h"
#include "cert/der_write.h"
#include "cert/extension.h"
#include "cert/key.h"
#include "kms/authority/name_write.h"

enum {
    URI_NAME = DER_CONTEXT | 6,
    DIRECTORY_NAME = DER_CONTEXT | DER_CONSTRUCTED | 4, /* explicit: Name is a CHOICE */
    EXPLICIT_0 = DER_CONTEXT | DER_CONSTRUCTED | 0,
};

static const uint8_t email_protection[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04};
static const uint8_t any_policy[] = {0x55, 0x1D, 0x20, 0x00};
static const uint8_t qualifier_cps[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02, 0x01};
static const uint8_t info_access[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01};
static const uint8_t ca_issuers[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02};

#define OID(bytes) span_of((bytes), sizeof(bytes))

enum fault key_identifier_of(struct span spki, uint8_t out[KEY_ID_SIZE], struct why *why)
{
    struct cursor in = cursor_over(spki);
    uint8_t digest[EVP_MAX_MD_SIZE];
    struct cert_key key;
    struct span whole;

    if (!key_take(&in, &whole, &key) || in.rest.len > 0) {
        return fault_at(FAULT_SYNTAX, 0, "RFC 5280: no SubjectPublicKeyInfo", why);
    }
    if (EVP_Q_digest(NULL, "SHA2-256", NULL, key.point.at, key.point.len, digest, NULL) != 1) {
        ERR_clear_error();
        return fault_at(FAULT_RESOURCE, 0, "libcrypto is out of memory", why);
    }
    ERR_clear_error();
    memcpy(out, digest, KEY_ID_SIZE);
    return FAULT_NONE;
}

static struct extension open_with_oid(struct buffer *out, struct span oid, bool critical)
{
    struct extension e;

    e.sequence = der_open(out, DER_SEQUENCE);
    der_add_oid(out, oid);
    if (critical) {
        der_add_true(out);
    }
    e.value = der_open(out, DER_OCTET_STRING);
    return e;
}

struct extension extension_open(struct buffer *out, uint8_t number, bool critical)
{
    const uint8_t oid[] = {0x55, 0x1D, number};

    return open_with_oid(out, OID(oid), critical);
}

void extension_close(struct buffer *out, struct extension e)
{
    der_close(out, e.value);
    der_close(out, e.sequence);
}

void extension_add_subject_key_id(struct buffer *out, struct span id)
{
    struct extension e = extension_open(out, CE_SUBJECT_KEY_ID, false);

    der_add(out, DER_OCTET_STRING, id);
    extension_close(out, e);
}

void extension_add_authority_key_id(struct buffer *out, struct span id)
{
    struct extension e = extension_open(out, CE_AUTHORITY_KEY_ID, false);
    size_t sequence = der_open(out, DER_SEQUENCE);

    der_add(out, DER_CONTEXT | 0, id);
    der_close(out, sequence);
    extension_close(out, e);
}

/* A named bit list ends with its last bit that is set (X.690, section 11.2.2). */
void extension_add_key_usage(struct buffer *out, uint16_t usage)
{
    struct extension e = extension_open(out, CE_KEY_USAGE, true);
    uint8_t bits[2] = {7, 0}; /* how many are not used, and the others */

    for (unsigned n = 0; n < 8; n++) {
        if ((usage >> n & 1) != 0) {
            bits[0] = (uint8_t)(7 - n);
            bits[1] |= (uint8_t)(0x80 >> n);
        }
    }
    der_add(out, DER_BIT_STRING, span_of(bits, sizeof(bits)));
    extension_close(out, e);
}

void extension_add_email_protection(struct buffer *out)
{
    struct extension e = extension_open(out, CE_EXT_KEY_USAGE, false);
    size_t sequence = der_open(out, DER_SEQUENCE);

    der_add_oid(out, OID(email_protection));
    der_close(out, sequence);
    extension_close(out, e);
}

void extension_add_ca(struct buffer *out, int path_length)
{
    struct extension e = extension_open(out, CE_BASIC_CONSTRAINTS, true);
    size_t sequence = der_open(out, DER_SEQUENCE);

    der_add_true(out);
    if (path_length >= 0) {
        der_add_number(out, DER_INTEGER, (uint64_t)path_length);
    }
    der_close(out, sequence);
    extension_close(out, e);
}

void extension_add_policy(struct buffer *out, struct span policy, struct span practice)
{
    struct extension e = extension_open(out, CE_CERTIFICATE_POLICIES, false);
    size_t policies = der_open(out, DER_SEQUENCE);
    size_t information = der_open(out, DER_SEQUENCE);

    der_add_oid(out, policy);
    if (practice.len > 0) {
        size_t qualifiers = der_open(out, DER_SEQUENCE);
        size_t qualifier = der_open(out, DER_SEQUENCE);

        der_add_oid(out, OID(qualifier_cps));
        der_add(out, DER_IA5_STRING, practice);
        der_close(out, qualifier);
        der_close(out, qualifiers);
    }
    der_close(out, information);
    der_close(out, policies);
    extension_close(out, e);
}

void extension_add_any_policy(struct buffer *out)
{
    extension_add_policy(out, OID(any_policy), span_of(NULL, 0));
}

void distribution_point_write(struct buffer *out, struct span url)
{
    size_t point = der_open(out, EXPLICIT_0);     /* distributionPoint, a CHOICE: explicit */
    size_t full_name = der_open(out, EXPLICIT_0); /* fullName, GeneralNames: implicit */

    der_add(out, URI_NAME, url);
    der_close(out, full_name);
    der_close(out, point);
}

void distribution_point_write_below(struct buffer *out, struct span rdns, struct span common_name)
{
    size_t point = der_open(out, EXPLICIT_0);
    size_t full_name = der_open(out, EXPLICIT_0);
    size_t directory_name = der_open(out, DIRECTORY_NAME);

    name_write_below(out, rdns, common_name);
    der_close(out, directory_name);
    der_close(out, full_name);
    der_close(out, point);
}

void extension_add_crl_point(struct buffer *out, struct span url)
{
    struct extension e = extension_open(out, CE_CRL_DISTRIBUTION_POINTS, false);
    size_t points = der_open(out, DER_SEQUENCE);
    size_t point = der_open(out, DER_SEQUENCE);

    distribution_point_write(out, url);
    der_close(out, point);
    der_close(out, points);
    extension_close(out, e);
}

void extension_add_ca_issuers(struct buffer *out, struct span url)
{
    struct extension e = open_with_oid(out, OID(info_access), false);
    size_t access = der_open(out, DER_SEQUENCE);
    size_t description = der_open(out, DER_SEQUENCE);

    der_add_oid(out, OID(ca_issuers));
    der_add(out, URI_NAME, url);
    der_close(out, description);
    der_close(out, access);
    extension_close(out, e);
}
