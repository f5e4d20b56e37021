#include "kms/authority/authority.h"

#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "base/base64.h"
#include "cert/der.h"
#include "cert/der_write.h"

enum { PEM_LINE_BYTES = 48, POINT_P256 = 33, POINT_P384 = 49 };

struct authority {
    struct private_key *key;
    struct cert facts; /* views `certificate` */
    uint8_t *bytes;    /* certificate and chain, one behind the other */
    struct span certificate, chain;
};

bool chain_next(struct cursor *chain, struct span *certificate)
{
    return der_take_whole(chain, DER_SEQUENCE, certificate);
}

static bool is_chain(struct span chain)
{
    struct cursor in = cursor_over(chain);
    struct span certificate;
    struct cert cert;
    struct why why;

    while (chain_next(&in, &certificate)) {
        if (cert_read(certificate, &cert, &why) != FAULT_NONE) {
            return false;
        }
    }
    return in.rest.len == 0;
}

static enum fault read_facts(struct authority *authority, const struct private_key *key,
                             struct why *why)
{
    enum fault fault = cert_read(authority->certificate, &authority->facts, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!is_chain(authority->chain)) {
        return fault_at(FAULT_SYNTAX, 0, "what is above the issuing CA are no certificates", why);
    }
    if (!private_key_fits(key, authority->facts.spki)) {
        return fault_at(FAULT_DENIED, 0, "the key is not that of the CA certificate", why);
    }
    if (!authority->facts.ca || authority->facts.subject_key_id.len == 0) {
        return fault_at(FAULT_DENIED, 0, "RFC 5280: the certificate is no CA's", why);
    }
    return FAULT_NONE;
}

enum fault authority_take(struct span certificate, struct span chain, struct private_key *key,
                          struct authority **out, struct why *why)
{
    struct authority *authority = calloc(1, sizeof(*authority));
    enum fault fault;

    if (authority != NULL) {
        authority->bytes = malloc(certificate.len + chain.len + 1);
    }
    if (authority == NULL || authority->bytes == NULL) {
        free(authority);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (certificate.len > 0) {
        memcpy(authority->bytes, certificate.at, certificate.len);
    }
    if (chain.len > 0) {
        memcpy(authority->bytes + certificate.len, chain.at, chain.len);
    }
    authority->certificate = span_of(authority->bytes, certificate.len);
    authority->chain = span_of(authority->bytes + certificate.len, chain.len);
    fault = read_facts(authority, key, why);
    if (fault != FAULT_NONE) {
        authority_free(authority);
        return fault;
    }
    authority->key = key;
    *out = authority;
    return FAULT_NONE;
}

void authority_free(struct authority *authority)
{
    if (authority != NULL) {
        private_key_free(authority->key);
        free(authority->bytes);
        free(authority);
    }
}

struct span authority_certificate(const struct authority *authority)
{
    return authority->certificate;
}

struct span authority_chain(const struct authority *authority) { return authority->chain; }

int64_t authority_not_after(const struct authority *authority)
{
    return authority->facts.not_after;
}

const struct cert *authority_facts(const struct authority *authority) { return &authority->facts; }

const struct private_key *authority_key(const struct authority *authority)
{
    return authority->key;
}

struct span authority_algorithm(const struct authority *authority)
{
    return key_kind_signature_algorithm(private_key_kind(authority->key));
}

enum fault authority_sign(const struct authority *authority, struct span message,
                          struct buffer *out, struct why *why)
{
    return private_key_sign(authority->key, message, out, why);
}

static size_t decompress(const EC_GROUP *group, struct span point, uint8_t *out, size_t room)
{
    EC_POINT *at = EC_POINT_new(group);
    size_t len = 0;

    if (at != NULL && EC_POINT_oct2point(group, at, point.at, point.len, NULL) == 1 &&
        EC_POINT_is_at_infinity(group, at) == 0) {
        len = EC_POINT_point2oct(group, at, POINT_CONVERSION_UNCOMPRESSED, out, room, NULL);
    }
    EC_POINT_free(at);
    ERR_clear_error();
    return len;
}

enum fault recovery_spki(struct span point, struct buffer *out, struct why *why)
{
    static const uint8_t key_oid[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
    static const uint8_t p256_oid[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
    static const uint8_t p384_oid[] = {0x2B, 0x81, 0x04, 0x00, 0x22};
    bool is_p256 = point.len == POINT_P256 || point.len == 2 * POINT_P256 - 1;
    bool is_p384 = point.len == POINT_P384 || point.len == 2 * POINT_P384 - 1;
    EC_GROUP *group = NULL;
    uint8_t whole[2 * POINT_P384 - 1];
    size_t len, sequence, algorithm;

    if (!is_p256 && !is_p384) {
        return fault_at(FAULT_SYNTAX, 0, "SEC 1: no point of P-256 or P-384", why);
    }
    group = EC_GROUP_new_by_curve_name(is_p256 ? NID_X9_62_prime256v1 : NID_secp384r1);
    if (group == NULL) {
        ERR_clear_error();
        return fault_at(FAULT_RESOURCE, 0, "libcrypto is out of memory", why);
    }
    len = decompress(group, point, whole, sizeof(whole));
    EC_GROUP_free(group);
    if (len == 0) {
        return fault_at(FAULT_SYNTAX, 0, "SEC 1: the point is not on its curve", why);
    }
    sequence = der_open(out, DER_SEQUENCE);
    algorithm = der_open(out, DER_SEQUENCE);
    der_add_oid(out, span_of(key_oid, sizeof(key_oid)));
    der_add_oid(out, is_p256 ? span_of(p256_oid, sizeof(p256_oid))
                             : span_of(p384_oid, sizeof(p384_oid)));
    der_close(out, algorithm);
    der_add_bits(out, span_of(whole, len));
    der_close(out, sequence);
    return out->fault;
}

void pem_write(struct buffer *out, const char *label, struct span der)
{
    buffer_add_text(out, "-----BEGIN ");
    buffer_add_text(out, label);
    buffer_add_text(out, "-----\n");
    while (der.len > 0) {
        base64_add(out, span_upto(der, PEM_LINE_BYTES));
        buffer_add_text(out, "\n");
        der = span_from(der, PEM_LINE_BYTES);
    }
    buffer_add_text(out, "-----END ");
    buffer_add_text(out, label);
    buffer_add_text(out, "-----\n");
}
