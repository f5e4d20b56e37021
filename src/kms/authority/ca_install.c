#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/base64.h"
#include "base/utc.h"
#include "cert/cert.h"
#include "cert/der.h"
#include "cert/der_write.h"
#include "cert/pem.h"
#include "kms/authority/authority.h"
#include "kms/authority/extension_write.h"
#include "kms/authority/tbs_write.h"
#include "verdict/weak.h"

/* A CA whose certificate another root signs. */

enum { CHAIN_MAX = 16, INSTALL_MAX = 1 << 20 };

/* PKCS#9 extensionRequest (RFC 2985, section 5.4.2), the attribute that holds the extensions. */
static void add_extension_request(struct buffer *out, struct span extensions)
{
    static const uint8_t oid[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E};
    size_t attributes = der_open(out, DER_CONTEXT | DER_CONSTRUCTED | 0);
    size_t attribute = der_open(out, DER_SEQUENCE);
    size_t values;

    der_add_oid(out, span_of(oid, sizeof(oid)));
    values = der_open(out, DER_SET);
    der_add(out, DER_SEQUENCE, extensions);
    der_close(out, values);
    der_close(out, attribute);
    der_close(out, attributes);
}

enum fault request_write(struct span subject, struct span extensions, const struct private_key *key,
                         struct buffer *out, struct why *why)
{
    struct buffer info = buffer_with_max(INSTALL_MAX);
    struct buffer signature = buffer_with_max(INSTALL_MAX);
    size_t sequence = der_open(&info, DER_SEQUENCE);
    enum fault fault;

    der_add_number(&info, DER_INTEGER, 0);
    buffer_add(&info, subject);
    buffer_add(&info, private_key_spki(key));
    add_extension_request(&info, extensions);
    der_close(&info, sequence);
    fault = private_key_sign(key, buffer_span(&info), &signature, why);
    if (fault == FAULT_NONE) {
        signed_write(out, buffer_span(&info), key_kind_signature_algorithm(private_key_kind(key)),
                     buffer_span(&signature));
    }
    if (fault == FAULT_NONE && (info.fault != FAULT_NONE || out->fault != FAULT_NONE)) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    buffer_clear(&info);
    buffer_clear(&signature);
    return fault;
}

/* The certificates of a file, decoded; spans view `bytes`. */
struct given {
    struct buffer bytes;
    size_t starts[CHAIN_MAX + 1]; /* of each, and the end of the last */
    struct cert certs[CHAIN_MAX];
    bool used[CHAIN_MAX];
    size_t count;
};

static enum fault take_block(const struct pem_block *block, struct given *given, struct why *why)
{
    uint8_t *room = buffer_room(&given->bytes, base64_room(block->body.len));
    enum fault fault;
    size_t n;

    if (given->count == CHAIN_MAX) {
        return fault_at(FAULT_DENIED, block->offset, "more than 16 certificates in the file", why);
    }
    if (room == NULL) {
        return fault_at(FAULT_RESOURCE, block->offset, "out of memory", why);
    }
    fault = base64_decode(block->body, room, &n, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    given->bytes.len += n;
    given->count++;
    given->starts[given->count] = given->bytes.len;
    return FAULT_NONE;
}

static enum fault take_pem(struct span file, struct given *given, struct why *why)
{
    struct cursor in = cursor_over(file);
    enum fault fault = FAULT_NONE;

    while (fault == FAULT_NONE) {
        struct pem_block block;

        fault = pem_next(&in, &block, why);
        if (fault == FAULT_ABSENT) {
            return FAULT_NONE;
        }
        if (fault == FAULT_NONE &&
            (span_is(block.label, "CERTIFICATE") || span_is(block.label, "X509 CERTIFICATE"))) {
            fault = take_block(&block, given, why);
        }
    }
    return fault;
}

static enum fault given_read(struct span file, struct given *given, struct why *why)
{
    enum fault fault = FAULT_NONE;

    if (file.len > INSTALL_MAX) {
        return fault_at(FAULT_SYNTAX, 0, "a file of more than 1 MiB", why);
    }
    if (pem_is(file)) {
        fault = take_pem(file, given, why);
    } else {
        buffer_add(&given->bytes, file);
        given->count = 1;
        given->starts[1] = given->bytes.len;
    }
    for (size_t i = 0; fault == FAULT_NONE && i < given->count; i++) {
        struct span der = span_upto(span_from(buffer_span(&given->bytes), given->starts[i]),
                                    given->starts[i + 1] - given->starts[i]);

        fault = cert_read(der, &given->certs[i], why);
    }
    if (fault == FAULT_NONE && given->count == 0) {
        fault = fault_at(FAULT_SYNTAX, 0, "no certificate in the file", why);
    }
    return fault;
}

/* Whether the key of `above` made the signature of `below`; by libcrypto. */
static bool is_signed_by(const struct cert *below, const struct cert *above)
{
    const uint8_t *at = below->der.at;
    const uint8_t *key_at = above->spki.at;
    X509 *certificate = d2i_X509(NULL, &at, (long)below->der.len);
    EVP_PKEY *key = d2i_PUBKEY(NULL, &key_at, (long)above->spki.len);
    bool is_signed = certificate != NULL && key != NULL && X509_verify(certificate, key) == 1;

    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return is_signed;
}

/* What is wrong with a CA certificate at the time; NULL: nothing. */
static const char *check_ca(const struct cert *cert, int64_t now)
{
    const uint16_t needed = USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN;

    if (cert->version != 3 || !cert->ca) {
        return "RFC 5280, section 4.2.1.9: basic constraints do not say that it is a CA";
    }
    if (!cert->has_key_usage || (cert->key_usage & needed) != needed) {
        return "RFC 5280, section 4.2.1.3: key usage lets it sign no certificates and lists";
    }
    if (cert->extension_broken || cert->has_critical_unknown) {
        return "RFC 5280, section 4.2: an extension of the CA certificate is broken or unknown";
    }
    if (cert->subject_key_id.len == 0) {
        return "RFC 5280, section 4.2.1.2: a CA certificate has a subject key identifier";
    }
    if (cert->subject.len <= 2) {
        return "RFC 5280, section 4.1.2.6: a CA certificate has a subject";
    }
    if (weak_key(&cert->key) || weak_signature(cert)) {
        return "RFC 8551: the key or the signature of the CA certificate is weak";
    }
    if (cert->not_before > now) {
        return "the CA certificate is not valid yet";
    }
    if (cert->not_after < now + UTC_DAY) {
        return "the CA certificate has ended, or does within a day";
    }
    return NULL;
}

/* What is wrong with one above it. A root needs no key usage (section 4.2.1.3 is for others). */
static const char *check_above(const struct cert *cert, int64_t now)
{
    if (!cert->ca || (cert->has_key_usage && (cert->key_usage & USAGE_KEY_CERT_SIGN) == 0)) {
        return "RFC 5280: a certificate of the chain is not that of a CA";
    }
    return cert->not_after <= now ? "a certificate of the chain has ended" : NULL;
}

/* The certificate that is named as issuer and signed it; given->count: it is not there. */
static size_t find_above(const struct given *given, const struct cert *below, bool *named)
{
    *named = false;
    for (size_t i = 0; i < given->count; i++) {
        if (!given->used[i] && span_equal(given->certs[i].subject, below->issuer)) {
            *named = true;
            if (is_signed_by(below, &given->certs[i])) {
                return i;
            }
        }
    }
    return given->count;
}

static enum fault add_chain(struct given *given, size_t first, int64_t now, struct buffer *chain,
                            struct why *why)
{
    size_t at = first;
    bool named;

    given->used[first] = true;
    while (!cert_is_self_issued(&given->certs[at])) {
        size_t above = find_above(given, &given->certs[at], &named);
        const char *wrong;

        if (above == given->count && named) {
            return fault_at(FAULT_DENIED, 0,
                            "a certificate was not signed by the one above it in the file", why);
        }
        if (above == given->count) {
            return FAULT_NONE;
        }
        wrong = check_above(&given->certs[above], now);
        if (wrong != NULL) {
            return fault_at(FAULT_DENIED, 0, wrong, why);
        }
        given->used[above] = true;
        buffer_add(chain, given->certs[above].der);
        at = above;
    }
    if (at != first && !is_signed_by(&given->certs[at], &given->certs[at])) {
        return fault_at(FAULT_DENIED, 0, "the root's own signature is not right", why);
    }
    return FAULT_NONE;
}

static enum fault install(struct given *given, struct span spki, int64_t now,
                          struct buffer *certificate, struct buffer *chain, struct why *why)
{
    const char *wrong;
    enum fault fault;
    size_t ours = 0;

    while (ours < given->count && !span_equal(given->certs[ours].spki, spki)) {
        ours++;
    }
    if (ours == given->count) {
        return fault_at(FAULT_ABSENT, 0, "no certificate of the file is for this CA's key", why);
    }
    wrong = check_ca(&given->certs[ours], now);
    if (wrong == NULL && cert_is_self_issued(&given->certs[ours])) {
        wrong = "the CA certificate is self-signed: an outside root has to sign it";
    }
    if (wrong != NULL) {
        return fault_at(FAULT_DENIED, 0, wrong, why);
    }
    fault = add_chain(given, ours, now, chain, why);
    if (fault == FAULT_NONE) {
        buffer_add(certificate, given->certs[ours].der);
    }
    if (fault == FAULT_NONE && (certificate->fault != FAULT_NONE || chain->fault != FAULT_NONE)) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    return fault;
}

enum fault issuing_install(struct span file, struct span spki, int64_t now,
                           struct buffer *certificate, struct buffer *chain, struct why *why)
{
    struct given given = {.bytes = buffer_with_max((size_t)INSTALL_MAX * 2)};
    size_t before = chain->len;
    enum fault fault = given_read(file, &given, why);

    if (fault == FAULT_NONE) {
        fault = install(&given, spki, now, certificate, chain, why);
    }
    if (fault != FAULT_NONE) {
        chain->len = before;
    }
    buffer_clear(&given.bytes);
    return fault;
}
