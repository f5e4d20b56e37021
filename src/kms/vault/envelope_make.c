#include "kms/vault/envelope.h"

#include "kms/vault/group.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

struct envelope_maker {
    X509 *certificate;
    EVP_CIPHER *cipher;
    EVP_MD *digest;
};

enum { FLAGS = CMS_BINARY | CMS_PARTIAL | CMS_KEY_PARAM };

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

enum fault envelope_maker_new(struct span certificate, struct envelope_maker **out, struct why *why)
{
    struct envelope_maker *maker = calloc(1, sizeof *maker);
    enum fault fault;

    if (maker == NULL) {
        return group_gave_out(why);
    }
    fault = decode_certificate(certificate, &maker->certificate, why);
    if (fault == FAULT_NONE) {
        maker->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
        maker->digest = EVP_MD_fetch(NULL, "SHA2-256", NULL);
        if (maker->cipher == NULL || maker->digest == NULL) {
            ERR_clear_error();
            fault = group_gave_out(why);
        }
    }
    if (fault != FAULT_NONE) {
        envelope_maker_free(maker);
        return fault;
    }
    *out = maker;
    return FAULT_NONE;
}

void envelope_maker_free(struct envelope_maker *maker)
{
    if (maker != NULL) {
        X509_free(maker->certificate);
        EVP_CIPHER_free(maker->cipher);
        EVP_MD_free(maker->digest);
        free(maker);
    }
}

static CMS_ContentInfo *seal(struct envelope_maker *maker, const struct secret *pkcs8)
{
    CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, maker->cipher, FLAGS);
    BIO *content = BIO_new_mem_buf(pkcs8->at, (int)pkcs8->len);
    CMS_RecipientInfo *recipient;
    EVP_PKEY_CTX *agreement;

    if (cms == NULL || content == NULL) {
        goto failed;
    }
    recipient = CMS_add1_recipient_cert(cms, maker->certificate, FLAGS);
    agreement = recipient == NULL ? NULL : CMS_RecipientInfo_get0_pkey_ctx(recipient);
    if (agreement == NULL || EVP_PKEY_CTX_set_ecdh_kdf_md(agreement, maker->digest) != 1 ||
        CMS_final(cms, content, NULL, FLAGS) != 1) {
        goto failed;
    }
    BIO_free(content);
    return cms;

failed:
    BIO_free(content);
    CMS_ContentInfo_free(cms);
    return NULL;
}

enum fault envelope_make(struct envelope_maker *maker, const struct secret *pkcs8,
                         struct buffer *out, struct why *why)
{
    CMS_ContentInfo *cms;
    uint8_t *der = NULL;
    int len;

    if (pkcs8->len > ENVELOPE_MAX / 2) {
        return fault_at(FAULT_LIMIT, 0, "a private key of more than 8 KiB", why);
    }
    cms = seal(maker, pkcs8);
    len = cms == NULL ? -1 : i2d_CMS_ContentInfo(cms, &der);
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    if (len < 0) {
        return group_gave_out(why);
    }
    buffer_add(out, span_of(der, (size_t)len));
    OPENSSL_free(der);
    return out->fault == FAULT_NONE ? FAULT_NONE : fault_at(out->fault, 0, "out of memory", why);
}
