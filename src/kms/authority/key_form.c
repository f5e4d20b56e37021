#include <endian.h>
#include <limits.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "cert/der.h"
#include "cert/der_write.h"
#include "kms/authority/key_internal.h"

/*
 * Private keys as bytes. They are written here, straight into memory that is wiped: libcrypto's
 * encoder leaves copies on the heap, and takes 60 µs.
 */
enum { NUMBER_MAX = 512, PKCS8_MAX = 2560, ITERATIONS = 2048, PEM_MAX = 65536 };

/* A number of the key as `len` big-endian bytes. */
static bool read_number(EVP_PKEY *pkey, const char *name, uint8_t *out, size_t len)
{
    OSSL_PARAM params[] = {OSSL_PARAM_construct_BN(name, out, len), OSSL_PARAM_construct_end()};

    if (EVP_PKEY_get_params(pkey, params) != 1 || params[0].return_size != len) {
        return false;
    }
    for (size_t i = 0; htobe16(1) != 1 && i < len / 2; i++) { /* libcrypto's are the machine's */
        uint8_t swapped = out[i];

        out[i] = out[len - 1 - i];
        out[len - 1 - i] = swapped;
    }
    return true;
}

static bool add_rsa(const struct private_key *key, struct buffer *out)
{
    size_t bytes = (size_t)EVP_PKEY_get_bits(key->pkey) / 8;
    const struct {
        const char *name;
        size_t len;
    } numbers[] = {
        {OSSL_PKEY_PARAM_RSA_N, bytes},
        {OSSL_PKEY_PARAM_RSA_E, bytes},
        {OSSL_PKEY_PARAM_RSA_D, bytes},
        {OSSL_PKEY_PARAM_RSA_FACTOR1, bytes / 2},
        {OSSL_PKEY_PARAM_RSA_FACTOR2, bytes / 2},
        {OSSL_PKEY_PARAM_RSA_EXPONENT1, bytes / 2},
        {OSSL_PKEY_PARAM_RSA_EXPONENT2, bytes / 2},
        {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, bytes / 2},
    };
    uint8_t number[NUMBER_MAX];
    bool right = true;
    size_t sequence = der_open(out, DER_SEQUENCE); /* RFC 8017, appendix A.1.2: RSAPrivateKey */

    der_add_number(out, DER_INTEGER, 0);
    for (size_t i = 0; right && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        right = read_number(key->pkey, numbers[i].name, number, numbers[i].len);
        if (right) {
            der_add_unsigned(out, span_of(number, numbers[i].len));
        }
    }
    OPENSSL_cleanse(number, sizeof(number));
    der_close(out, sequence);
    return right;
}

/* RFC 5915, section 3: ECPrivateKey; its parameters are those of the PrivateKeyInfo. */
static bool add_ec(const struct private_key *key, struct buffer *out)
{
    size_t bytes = key->kind == KIND_P256 ? 32 : 48;
    size_t point_len = 2 * bytes + 1;
    uint8_t number[NUMBER_MAX];
    bool right = read_number(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, number, bytes);
    size_t sequence = der_open(out, DER_SEQUENCE);
    size_t public;

    der_add_number(out, DER_INTEGER, 1);
    der_add(out, DER_OCTET_STRING, span_of(number, bytes));
    OPENSSL_cleanse(number, sizeof(number));
    public = der_open(out, DER_CONTEXT | DER_CONSTRUCTED | 1);
    der_add_bits(out, span_of(key->spki + key->spki_len - point_len, point_len));
    der_close(out, public);
    der_close(out, sequence);
    return right;
}

/* RFC 8410, section 7: CurvePrivateKey. */
static bool add_montgomery_or_edwards(const struct private_key *key, struct buffer *out)
{
    uint8_t number[32];
    size_t len = sizeof(number);
    bool right =
        EVP_PKEY_get_raw_private_key(key->pkey, number, &len) == 1 && len == sizeof(number);

    der_add(out, DER_OCTET_STRING, span_of(number, sizeof(number)));
    OPENSSL_cleanse(number, sizeof(number));
    return right;
}

static bool add_private(const struct private_key *key, struct buffer *out)
{
    switch (key->kind) {
    case KIND_P256:
    case KIND_P384:
        return add_ec(key, out);
    case KIND_ED25519:
    case KIND_X25519:
        return add_montgomery_or_edwards(key, out);
    default:
        return add_rsa(key, out);
    }
}

enum fault private_key_pkcs8(const struct private_key *key, struct secret *out, struct why *why)
{
    struct cursor spki = cursor_over(private_key_spki(key));
    struct secret secret = {0};
    struct buffer in_secret; /* as large as the secret, so that it never moves */
    struct cursor inner;
    struct span algorithm;
    size_t info, octets;
    bool right;
    enum fault fault = secret_new(PKCS8_MAX, &secret, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    in_secret = (struct buffer){.at = secret.at, .capacity = PKCS8_MAX, .max = PKCS8_MAX};
    right =
        der_enter(&spki, DER_SEQUENCE, &inner) && der_take_whole(&inner, DER_SEQUENCE, &algorithm);
    info = der_open(&in_secret, DER_SEQUENCE);
    der_add_number(&in_secret, DER_INTEGER, 0);
    buffer_add(&in_secret, right ? algorithm : span_of(NULL, 0));
    octets = der_open(&in_secret, DER_OCTET_STRING);
    right = right && add_private(key, &in_secret);
    der_close(&in_secret, octets);
    der_close(&in_secret, info);
    if (!right || in_secret.fault != FAULT_NONE) {
        secret_clear(&secret);
        return libcrypto_failed(why);
    }
    ERR_clear_error();
    secret_shorten(&secret, in_secret.len);
    *out = secret;
    return FAULT_NONE;
}

enum fault private_key_from_pkcs8(struct span der, struct private_key **out, struct why *why)
{
    const uint8_t *at = der.at;
    PKCS8_PRIV_KEY_INFO *info = NULL;
    EVP_PKEY_CTX *context = NULL;
    EVP_PKEY *pkey = NULL;
    bool right = false;

    if (der.len <= PKCS8_MAX) {
        info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    }
    if (info != NULL && at == der.at + der.len) {
        pkey = EVP_PKCS82PKEY(info);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    if (pkey != NULL) {
        context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
        right = context != NULL && EVP_PKEY_pairwise_check(context) == 1;
        EVP_PKEY_CTX_free(context);
    }
    if (!right) {
        EVP_PKEY_free(pkey);
        return libcrypto_refused(FAULT_SYNTAX, "RFC 5958: no private key, or its halves do not fit",
                                 why);
    }
    ERR_clear_error();
    return private_key_take(pkey, out, why);
}

/* PKCS8_encrypt() writes a salt of its own; `-1` asks for PBES2, whose PRF is HMAC-SHA-256. */
static bool add_locked(PKCS8_PRIV_KEY_INFO *info, const struct secret *passphrase,
                       struct buffer *pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    X509_SIG *locked = PKCS8_encrypt(-1, EVP_aes_256_cbc(), (const char *)passphrase->at,
                                     (int)passphrase->len, NULL, 0, ITERATIONS, info);
    bool made = bio != NULL && locked != NULL && PEM_write_bio_PKCS8(bio, locked) == 1;
    char *text = NULL;
    long len = made ? BIO_get_mem_data(bio, &text) : 0;

    if (len > 0) {
        buffer_add(pem, span_of(text, (size_t)len));
    }
    X509_SIG_free(locked);
    BIO_free(bio);
    return len > 0;
}

enum fault private_key_lock(const struct private_key *key, const struct secret *passphrase,
                            struct buffer *pem, struct why *why)
{
    struct secret plain = {0};
    PKCS8_PRIV_KEY_INFO *info;
    const uint8_t *at;
    bool made;
    enum fault fault = private_key_pkcs8(key, &plain, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    at = plain.at;
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)plain.len);
    secret_clear(&plain);
    made = info != NULL && add_locked(info, passphrase, pem);
    PKCS8_PRIV_KEY_INFO_free(info); /* wipes the key in it */
    if (!made) {
        return libcrypto_failed(why);
    }
    ERR_clear_error();
    return pem->fault == FAULT_NONE ? FAULT_NONE
                                    : fault_at(pem->fault, 0, "no room for a private key", why);
}

enum fault private_key_unlock(struct span pem, const struct secret *passphrase,
                              struct private_key **out, struct why *why)
{
    BIO *bio = pem.len <= PEM_MAX ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;
    X509_SIG *locked = bio != NULL ? PEM_read_bio_PKCS8(bio, NULL, NULL, NULL) : NULL;
    PKCS8_PRIV_KEY_INFO *info = NULL;
    EVP_PKEY *pkey = NULL;

    if (bio == NULL && pem.len <= PEM_MAX) {
        return libcrypto_failed(why);
    }
    BIO_free(bio);
    if (locked == NULL) {
        return libcrypto_refused(FAULT_SYNTAX, "RFC 7468: no ENCRYPTED PRIVATE KEY", why);
    }
    info = PKCS8_decrypt(locked, (const char *)passphrase->at, (int)passphrase->len);
    X509_SIG_free(locked);
    if (info != NULL) {
        pkey = EVP_PKCS82PKEY(info);
        PKCS8_PRIV_KEY_INFO_free(info);
    }
    if (pkey == NULL) {
        return libcrypto_refused(FAULT_DENIED, "the private key does not open with this passphrase",
                                 why);
    }
    ERR_clear_error();
    return private_key_take(pkey, out, why);
}
