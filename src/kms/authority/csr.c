#include "kms/authority/csr.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/base64.h"
#include "cert/key.h"
#include "cert/pem.h"
#include "kms/authority/key_internal.h"

enum { EXPONENT_LEAST = 65537, EXPONENT_BITS_MAX = 256 };

/* The request itself: `file`, or what its first block of PEM holds, which `decoded` keeps. */
static enum fault find_request(struct span file, struct buffer *decoded, struct span *der,
                               struct why *why)
{
    struct cursor in = cursor_over(file);
    struct pem_block block;
    uint8_t *room;
    enum fault fault;
    size_t n;

    if (!pem_is(file)) {
        *der = file;
        return FAULT_NONE;
    }
    do {
        fault = pem_next(&in, &block, why);
        if (fault == FAULT_ABSENT) {
            return fault_at(FAULT_SYNTAX, 0, "RFC 7468: no CERTIFICATE REQUEST in the file", why);
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
    } while (!span_is(block.label, "CERTIFICATE REQUEST") &&
             !span_is(block.label, "NEW CERTIFICATE REQUEST"));
    room = buffer_room(decoded, base64_room(block.body.len));
    if (room == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = base64_decode(block.body, room, &n, why);
    if (fault == FAULT_NONE) {
        *der = span_of(room, n);
    }
    return fault;
}

/* NIST SP 800-56B and S/MIME BR, section 6.1.6: odd, from 2^16 + 1, below 2^256. */
static bool exponent_is_right(EVP_PKEY *pkey)
{
    BIGNUM *e = NULL;
    bool right = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
                 (BN_num_bits(e) > 17 || BN_get_word(e) >= EXPONENT_LEAST) &&
                 BN_num_bits(e) <= EXPONENT_BITS_MAX;

    BN_free(e);
    return right;
}

/* The key, as it stands there; its form is that of ours, so that one key has one form. */
static enum fault check_key(struct span spki, enum key_kind *kind, struct why *why)
{
    struct cursor in = cursor_over(spki);
    struct cert_key key;
    struct span whole;

    if (!key_take(&in, &whole, &key) || in.rest.len > 0) {
        return fault_at(FAULT_SYNTAX, 0, "RFC 2986: the request has no public key", why);
    }
    if (!key_kind_of(&key, kind)) {
        return fault_at(FAULT_DENIED, 0,
                        "the key is none of p256, p384, rsa2048, rsa3072, rsa4096, ed25519", why);
    }
    if (*kind == KIND_X25519) {
        return fault_at(FAULT_DENIED, 0, "RFC 8410: an X25519 key does not sign", why);
    }
    if (key.type == KEY_EC && key.point.at[0] != 0x04) {
        return fault_at(FAULT_DENIED, 0, "RFC 5480: the point of the key is compressed", why);
    }
    return FAULT_NONE;
}

static enum fault check_request(X509_REQ *request, enum key_kind *kind, struct span spki,
                                struct why *why)
{
    EVP_PKEY *pkey;
    enum fault fault = check_key(spki, kind, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    pkey = X509_REQ_get0_pubkey(request);
    if (pkey == NULL) {
        return libcrypto_refused(FAULT_DENIED, "the key in the request is not right", why);
    }
    if (EVP_PKEY_is_a(pkey, "RSA") && !exponent_is_right(pkey)) {
        return fault_at(FAULT_DENIED, 0,
                        "S/MIME BR, section 6.1.6: the key's exponent is too small", why);
    }
    if (X509_REQ_verify(request, pkey) != 1) {
        return libcrypto_refused(FAULT_DENIED,
                                 "RFC 2986: the request is not signed with the key in it", why);
    }
    return FAULT_NONE;
}

static enum fault read_der(struct span der, enum key_kind *kind, struct buffer *spki,
                           struct why *why)
{
    const uint8_t *at = der.at;
    X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)der.len);
    uint8_t *bytes = NULL;
    enum key_kind found;
    enum fault fault;
    int len;

    if (request == NULL || at != der.at + der.len) {
        X509_REQ_free(request);
        return libcrypto_refused(FAULT_SYNTAX, "RFC 2986: no certificate request", why);
    }
    len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request), &bytes);
    if (len <= 0) {
        X509_REQ_free(request);
        return libcrypto_failed(why);
    }
    fault = check_request(request, &found, span_of(bytes, (size_t)len), why);
    if (fault == FAULT_NONE) {
        buffer_add(spki, span_of(bytes, (size_t)len));
        if (spki->fault != FAULT_NONE) {
            fault = fault_at(FAULT_RESOURCE, 0, "no room for a public key", why);
        }
    }
    if (fault == FAULT_NONE) {
        *kind = found;
    }
    OPENSSL_free(bytes);
    X509_REQ_free(request);
    return fault;
}

enum fault csr_read(struct span request, enum key_kind *kind, struct buffer *spki, struct why *why)
{
    struct buffer decoded = buffer_with_max(base64_room(CSR_MAX));
    struct span der = {0};
    enum fault fault;

    if (request.len > CSR_MAX) {
        return fault_at(FAULT_LIMIT, CSR_MAX, "a request of more than 64 KiB", why);
    }
    fault = find_request(request, &decoded, &der, why);
    if (fault == FAULT_NONE) {
        fault = read_der(der, kind, spki, why);
    }
    ERR_clear_error();
    buffer_clear(&decoded);
    return fault;
}
