#include "cert/cert.h"

#include "cert/der.h"
#include "cert/der_time.h"
#include "cert/extension.h"
#include "cert/habit.h"
#include "cert/key.h"
#include "cert/name_walk.h"

enum { CONTEXT_CONSTRUCTED = DER_CONTEXT | DER_CONSTRUCTED, VERSION_MAX = 2 };

static enum fault refuse(const struct cursor *in, const char *rule, struct why *why)
{
    return fault_at(FAULT_SYNTAX, in->offset, rule, why);
}

/* Version ::= [0] EXPLICIT INTEGER { v1(0), v2(1), v3(2) } DEFAULT v1 */
static bool take_version(struct cursor *in, int *version)
{
    struct cursor explicit;
    struct span number;

    *version = 1;
    if (!der_is_next(in, CONTEXT_CONSTRUCTED | 0)) {
        return true;
    }
    if (!der_enter(in, CONTEXT_CONSTRUCTED | 0, &explicit) ||
        !der_take(&explicit, DER_INTEGER, &number) || explicit.rest.len > 0 || number.len != 1 ||
        number.at[0] > VERSION_MAX) {
        return false;
    }
    *version = number.at[0] + 1;
    return true;
}

/* Validity ::= SEQUENCE { notBefore Time, notAfter Time } */
static bool take_validity(struct cursor *in, struct cert *cert)
{
    struct cursor validity;

    if (der_take_validity(in, &cert->not_before, &cert->not_after)) {
        return true;
    }
    return der_enter(in, DER_SEQUENCE, &validity) && der_take_time(&validity, &cert->not_before) &&
           der_take_time(&validity, &cert->not_after) && validity.rest.len == 0;
}

/* UniqueIdentifier ::= [n] IMPLICIT BIT STRING OPTIONAL */
static bool skip_unique_id(struct cursor *in, uint8_t n)
{
    struct span bits;

    if (!der_is_next(in, DER_CONTEXT | n)) {
        return true;
    }
    return der_take(in, DER_CONTEXT | n, &bits) && der_is_bit_string(bits);
}

/* Extensions ::= [3] EXPLICIT SEQUENCE OF Extension OPTIONAL, the last of a tbsCertificate */
static enum fault read_extensions(struct cursor *in, struct cert_habits *habits, struct cert *cert,
                                  struct why *why)
{
    struct cursor explicit, list;

    if (in->rest.len == 0) {
        return FAULT_NONE;
    }
    if (!der_enter(in, CONTEXT_CONSTRUCTED | 3, &explicit) || in->rest.len > 0) {
        return refuse(in, "RFC 5280, 4.1: only extensions may follow the key", why);
    }
    if (!der_enter(&explicit, DER_SEQUENCE, &list) || explicit.rest.len > 0) {
        return refuse(&explicit, "RFC 5280, 4.1.2.9: extensions are a SEQUENCE", why);
    }
    if (!extensions_read(&list, habits, cert)) {
        return refuse(&list, "RFC 5280, 4.1.2.9: not an extension", why);
    }
    return FAULT_NONE;
}

/* Algorithm and issuer, from memory where they came before. */
static enum fault take_head(struct cursor *in, struct cert_habits *habits, struct cert *cert,
                            struct why *why)
{
    const uint8_t *start = in->rest.at;

    if (habits != NULL && habit_take_head(habits, in, cert)) {
        return FAULT_NONE;
    }
    if (!algorithm_take(in, &cert->signature_algorithm, &cert->signature_params)) {
        return refuse(in, "RFC 5280, 4.1.2.3: not a signature algorithm", why);
    }
    if (!name_take(in, &cert->issuer)) {
        return refuse(in, "RFC 5280, 4.1.2.4: the issuer is not a Name", why);
    }
    if (habits != NULL) {
        habit_keep_head(habits, span_of(start, (size_t)(in->rest.at - start)), cert);
    }
    return FAULT_NONE;
}

/* People of one house have much of their names in common. */
static bool take_subject(struct cursor *in, struct cert_habits *habits, struct span *name)
{
    struct span before, known;

    if (habits == NULL) {
        return name_take(in, name);
    }
    known = habit_subject(habits);
    if (!name_take_known(in, known, name, &before)) {
        return false;
    }
    if (!span_equal(before, known)) {
        habit_keep_subject(habits, before);
    }
    return true;
}

static enum fault read_tbs(struct cursor *in, struct cert_habits *habits, struct cert *cert,
                           struct why *why)
{
    enum fault fault;

    if (!take_version(in, &cert->version)) {
        return refuse(in, "RFC 5280, 4.1.2.1: the version is v1, v2 or v3", why);
    }
    if (!der_take(in, DER_INTEGER, &cert->serial) || !der_is_integer(cert->serial)) {
        return refuse(in, "RFC 5280, 4.1.2.2: the serial number is an INTEGER", why);
    }
    fault = take_head(in, habits, cert, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!take_validity(in, cert)) {
        return refuse(in, "RFC 5280, 4.1.2.5: the validity is not two dates", why);
    }
    if (!take_subject(in, habits, &cert->subject)) {
        return refuse(in, "RFC 5280, 4.1.2.6: the subject is not a Name", why);
    }
    if (!key_take(in, &cert->spki, &cert->key)) {
        return refuse(in, "RFC 5280, 4.1.2.7: not a public key", why);
    }
    if (!skip_unique_id(in, 1) || !skip_unique_id(in, 2)) {
        return refuse(in, "RFC 5280, 4.1.2.8: a unique identifier is a BIT STRING", why);
    }
    return read_extensions(in, habits, cert, why);
}

/*
 * RFC 5280, 4.1.1.2: the outer algorithm is the inner one again. Where it is, its spans move to
 * where it stands now; false, and nothing moves, where it is not, or has other than short lengths.
 */
static bool take_again(struct cursor *in, struct cert *cert)
{
    enum { HEADERS = 4 };
    const uint8_t *first = cert->signature_algorithm.at - HEADERS;
    size_t size = HEADERS + cert->signature_algorithm.len + cert->signature_params.len;
    ptrdiff_t distance = in->rest.at - first;

    if (in->rest.len < size || first[0] != DER_SEQUENCE || first[1] != size - 2 ||
        first[2] != DER_OID || first[3] != cert->signature_algorithm.len ||
        memcmp(in->rest.at, first, size) != 0) {
        return false;
    }
    cert->signature_algorithm.at += distance;
    if (cert->signature_params.len > 0) {
        cert->signature_params.at += distance;
    }
    der_advance(in, size);
    return true;
}

/* What not every certificate has; all the rest is filled as it comes. */
static void begin(struct cert *cert, struct span der)
{
    cert->der = der;
    cert->has_key_usage = cert->ca = cert->has_critical_unknown = cert->extension_broken = false;
    cert->key_usage = 0;
    cert->eku = cert->san = (struct span){0};
    cert->subject_key_id = cert->authority_key_id = (struct span){0};
}

enum fault cert_read(struct span der, struct cert *out, struct why *why)
{
    return cert_read_with(NULL, der, out, why);
}

enum fault cert_read_with(struct cert_habits *habits, struct span der, struct cert *out,
                          struct why *why)
{
    struct cursor in = cursor_over(der);
    struct cursor body, tbs;
    const uint8_t *tbs_start;
    struct span signature;
    enum fault fault;

    begin(out, der);
    if (!der_enter(&in, DER_SEQUENCE, &body)) {
        return refuse(&in, "RFC 5280, 4.1: a certificate is a SEQUENCE, to its end", why);
    }
    if (in.rest.len > 0) {
        return refuse(&in, "RFC 5280, 4.1: bytes behind the certificate", why);
    }
    tbs_start = body.rest.at;
    if (!der_enter(&body, DER_SEQUENCE, &tbs)) {
        return refuse(&body, "RFC 5280, 4.1: a tbsCertificate is a SEQUENCE", why);
    }
    out->tbs = span_of(tbs_start, (size_t)(body.rest.at - tbs_start));
    fault = read_tbs(&tbs, habits, out, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!take_again(&body, out) &&
        !algorithm_take(&body, &out->signature_algorithm, &out->signature_params)) {
        return refuse(&body, "RFC 5280, 4.1.1.2: not a signature algorithm", why);
    }
    if (!der_take(&body, DER_BIT_STRING, &signature) || !der_is_bit_string(signature) ||
        body.rest.len > 0) {
        return refuse(&body, "RFC 5280, 4.1.1.3: the signature is a BIT STRING", why);
    }
    out->signature = span_of(signature.at + 1, signature.len - 1);
    return FAULT_NONE;
}

bool cert_is_self_issued(const struct cert *cert)
{
    return span_equal(cert->issuer, cert->subject);
}

bool cert_eku_next(struct cursor *eku, struct span *oid) { return der_take(eku, DER_OID, oid); }

/* RFC 5280, 4.2.1.12: without the extension a key is good for any purpose. */
static bool is_for_mail(const struct cert *cert)
{
    static const char email_protection[] = "\x2b\x06\x01\x05\x05\x07\x03\x04";
    static const char any_purpose[] = "\x55\x1d\x25\x00";
    struct cursor eku = cursor_over(cert->eku);
    struct span oid;

    if (cert->eku.at == NULL) {
        return true;
    }
    while (cert_eku_next(&eku, &oid)) {
        if (span_equal(oid, span_of(email_protection, sizeof(email_protection) - 1)) ||
            span_equal(oid, span_of(any_purpose, sizeof(any_purpose) - 1))) {
            return true;
        }
    }
    return false;
}

/*
 * The bit of key usage without which a key encrypts nothing: RFC 4055 for RSA, RFC 5753 and
 * RFC 8410 for those that agree on a key. 0: a key of this type never does.
 */
static uint16_t encryption_usage(enum key_type type)
{
    switch (type) {
    case KEY_RSA:
        return USAGE_KEY_ENCIPHERMENT;
    case KEY_EC:
    case KEY_X25519:
    case KEY_X448:
        return USAGE_KEY_AGREEMENT;
    case KEY_OTHER: /* nobody can tell, so that key usage alone decides */
        return USAGE_KEY_ENCIPHERMENT | USAGE_KEY_AGREEMENT;
    default:
        return 0;
    }
}

enum purpose cert_purpose(const struct cert *cert)
{
    uint16_t allowed = cert->has_key_usage ? cert->key_usage : UINT16_MAX;
    bool can_sign = cert->key.type != KEY_X25519 && cert->key.type != KEY_X448;
    bool signs = can_sign && (allowed & (USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION)) != 0;
    bool encrypts = (allowed & encryption_usage(cert->key.type)) != 0;

    if (!is_for_mail(cert) || (!signs && !encrypts)) {
        return PURPOSE_NEITHER;
    }
    if (signs && encrypts) {
        return PURPOSE_BOTH;
    }
    return signs ? PURPOSE_SIGNING : PURPOSE_ENCRYPTION;
}
