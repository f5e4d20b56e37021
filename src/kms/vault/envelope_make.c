#include "kms/vault/envelope.h"

#include "kms/vault/envelope_form.h"
#include "kms/vault/group.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

/*
 * libcrypto's CMS_encrypt() makes the same envelope, as tests hold. It is not used: it takes twice
 * the time, copies the private key through memory that is not wiped, and in 3.0 writes through NULL
 * when memory is out.
 */

struct envelope_maker {
    EVP_PKEY *recovery;      /* the certificate's key */
    EVP_PKEY_CTX *generator; /* of ephemeral keys on its curve */
    EVP_CIPHER *wrap, *gcm;
    EVP_CIPHER_CTX *context;
    struct buffer recipient; /* IssuerAndSerialNumber, DER */
};

enum { POINT_MAX = 2 * VAULT_SCALAR_MAX + 1, SEALED_MAX = ENVELOPE_MAX / 2 };

/* What is in an envelope, and what must not be: the secrets that make it. */
struct making {
    uint8_t point[POINT_MAX]; /* R */
    size_t point_len;
    uint8_t x[VAULT_SCALAR_MAX];
    size_t x_len;
    uint8_t wrapping[ENVELOPE_KEY], key[ENVELOPE_KEY];
    uint8_t wrapped[ENVELOPE_WRAPPED], nonce[ENVELOPE_GCM_NONCE], tag[ENVELOPE_GCM_TAG];
};

static bool is_recovery_key(const EVP_PKEY *key)
{
    char name[80];
    size_t len;

    return key != NULL && EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name),
                                          &len) == 1 &&
           (strcmp(name, SN_X9_62_prime256v1) == 0 || strcmp(name, SN_secp384r1) == 0);
}

static X509 *decode_once(struct span der)
{
    const uint8_t *at = der.at;
    X509 *certificate = der.len <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;

    if (certificate == NULL || at != der.at + der.len ||
        !is_recovery_key(X509_get0_pubkey(certificate))) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

/*
 * libcrypto does not always tell that memory ran out while it decoded a certificate's key: what is
 * wrong is wrong twice.
 */
static enum fault decode_certificate(struct span der, X509 **out, struct why *why)
{
    X509 *certificate = decode_once(der);
    bool short_of_memory = group_ran_short();

    if (certificate == NULL && !short_of_memory) {
        certificate = decode_once(der);
        short_of_memory = group_ran_short();
    }
    if (certificate == NULL) {
        return short_of_memory
                   ? group_gave_out(why)
                   : fault_at(FAULT_SYNTAX, 0,
                              "a recovery certificate is of a key on P-256 or P-384", why);
    }
    *out = certificate;
    return FAULT_NONE;
}

/* The certificate's issuer and serial number. */
static bool put_recipient(const X509 *certificate, struct buffer *out)
{
    uint8_t *serial = NULL;
    int serial_len = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &serial);
    uint8_t *name = NULL;
    int name_len = i2d_X509_NAME(X509_get_issuer_name(certificate), &name);
    bool right = serial_len > 0 && name_len > 0;

    if (right) {
        envelope_write_recipient(span_of(name, (size_t)name_len),
                                 span_of(serial, (size_t)serial_len), out);
    }
    OPENSSL_free(serial);
    OPENSSL_free(name);
    return right && out->fault == FAULT_NONE;
}

static bool prepare(struct envelope_maker *maker, X509 *certificate)
{
    maker->recovery = X509_get_pubkey(certificate);
    maker->recipient = buffer_with_max(SEALED_MAX);
    maker->wrap = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
    maker->gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    maker->context = EVP_CIPHER_CTX_new();
    maker->generator =
        maker->recovery == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, maker->recovery, NULL);
    return maker->wrap != NULL && maker->gcm != NULL && maker->context != NULL &&
           maker->generator != NULL && EVP_PKEY_keygen_init(maker->generator) == 1 &&
           put_recipient(certificate, &maker->recipient);
}

enum fault envelope_maker_new(struct span certificate, struct envelope_maker **out, struct why *why)
{
    struct envelope_maker *maker;
    X509 *decoded = NULL;
    enum fault fault = decode_certificate(certificate, &decoded, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    maker = calloc(1, sizeof *maker);
    if (maker == NULL || !prepare(maker, decoded)) {
        envelope_maker_free(maker);
        maker = NULL;
    }
    X509_free(decoded);
    ERR_clear_error();
    if (maker == NULL) {
        return group_gave_out(why);
    }
    *out = maker;
    return FAULT_NONE;
}

void envelope_maker_free(struct envelope_maker *maker)
{
    if (maker != NULL) {
        EVP_PKEY_free(maker->recovery);
        EVP_PKEY_CTX_free(maker->generator);
        EVP_CIPHER_free(maker->wrap);
        EVP_CIPHER_free(maker->gcm);
        EVP_CIPHER_CTX_free(maker->context);
        buffer_clear(&maker->recipient);
        free(maker);
    }
}

static bool derive(struct envelope_maker *maker, EVP_PKEY *ephemeral, struct making *made)
{
    EVP_PKEY_CTX *agreement = EVP_PKEY_CTX_new_from_pkey(NULL, ephemeral, NULL);
    bool right;

    made->x_len = sizeof(made->x);
    /* The recovery key was checked when it was decoded: not for each envelope again. */
    right = agreement != NULL && EVP_PKEY_derive_init(agreement) == 1 &&
            EVP_PKEY_derive_set_peer_ex(agreement, maker->recovery, 0) == 1 &&
            EVP_PKEY_derive(agreement, made->x, &made->x_len) == 1;
    EVP_PKEY_CTX_free(agreement);
    return right;
}

/* A new r: R, and the x-coordinate of r·C, C being the recovery key. */
static bool agree(struct envelope_maker *maker, struct making *made)
{
    EVP_PKEY *ephemeral = NULL;
    bool right =
        EVP_PKEY_generate(maker->generator, &ephemeral) == 1 &&
        EVP_PKEY_get_octet_string_param(ephemeral, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, made->point,
                                        sizeof(made->point), &made->point_len) == 1 &&
        derive(maker, ephemeral, made);

    EVP_PKEY_free(ephemeral);
    return right;
}

/* A new key for the content, wrapped under what was agreed. */
static bool wrap(struct envelope_maker *maker, struct making *made)
{
    int len = 0;

    return envelope_wrapping_key(span_of(made->x, made->x_len), made->wrapping) &&
           RAND_priv_bytes(made->key, sizeof(made->key)) == 1 &&
           EVP_EncryptInit_ex2(maker->context, maker->wrap, made->wrapping, NULL, NULL) == 1 &&
           EVP_EncryptUpdate(maker->context, made->wrapped, &len, made->key, sizeof(made->key)) ==
               1 &&
           len == sizeof(made->wrapped);
}

static bool encrypt(struct envelope_maker *maker, struct making *made, const struct secret *pkcs8,
                    uint8_t *content)
{
    int len = 0;

    /* No key is used twice, and so no nonce. */
    return RAND_bytes(made->nonce, sizeof(made->nonce)) == 1 &&
           EVP_EncryptInit_ex2(maker->context, maker->gcm, made->key, made->nonce, NULL) == 1 &&
           EVP_EncryptUpdate(maker->context, content, &len, pkcs8->at, (int)pkcs8->len) == 1 &&
           len == (int)pkcs8->len &&
           EVP_EncryptFinal_ex(maker->context, content + len, &len) == 1 &&
           EVP_CIPHER_CTX_ctrl(maker->context, EVP_CTRL_AEAD_GET_TAG, sizeof(made->tag),
                               made->tag) == 1;
}

static bool seal(struct envelope_maker *maker, const struct secret *pkcs8, struct buffer *out)
{
    struct making made = {0};
    uint8_t *content = malloc(pkcs8->len + 1);
    bool right = content != NULL && agree(maker, &made) && wrap(maker, &made) &&
                 encrypt(maker, &made, pkcs8, content);

    if (right) {
        const struct envelope_parts parts = {
            .recipient = buffer_span(&maker->recipient),
            .ephemeral = span_of(made.point, made.point_len),
            .wrapped = span_of(made.wrapped, sizeof(made.wrapped)),
            .nonce = span_of(made.nonce, sizeof(made.nonce)),
            .content = span_of(content, pkcs8->len),
            .tag = span_of(made.tag, sizeof(made.tag)),
        };

        envelope_write(&parts, out);
    }
    (void)EVP_CIPHER_CTX_reset(maker->context);
    OPENSSL_cleanse(&made, sizeof(made));
    free(content);
    return right;
}

enum fault envelope_make(struct envelope_maker *maker, const struct secret *pkcs8,
                         struct buffer *out, struct why *why)
{
    bool right;

    if (pkcs8->len > SEALED_MAX) {
        return fault_at(FAULT_LIMIT, 0, "a private key of more than 8 KiB", why);
    }
    right = seal(maker, pkcs8, out);
    ERR_clear_error();
    if (!right) {
        return group_gave_out(why);
    }
    return out->fault == FAULT_NONE ? FAULT_NONE : fault_at(out->fault, 0, "out of memory", why);
}
