#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "kms/authority/key_internal.h"

/* Signatures in the form that X.509 has them in. */

struct key_signer {
    EVP_MD_CTX *ready;   /* begun, so that the digest is fetched once */
    EVP_MD_CTX *working; /* a copy, for one message */
};

enum fault key_signer_new(const struct private_key *key, struct key_signer **out, struct why *why)
{
    struct key_signer *signer;

    if (key->kind == KIND_X25519) {
        return fault_at(FAULT_DENIED, 0, "RFC 8410: an X25519 key does not sign", why);
    }
    signer = calloc(1, sizeof(*signer));
    if (signer == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    signer->ready = EVP_MD_CTX_new();
    signer->working = EVP_MD_CTX_new();
    if (signer->ready == NULL || signer->working == NULL ||
        EVP_DigestSignInit_ex(signer->ready, NULL, key_kind_digest(key->kind), NULL, NULL,
                              key->pkey, NULL) != 1) {
        key_signer_free(signer);
        return libcrypto_failed(why);
    }
    ERR_clear_error();
    *out = signer;
    return FAULT_NONE;
}

enum fault key_signer_sign(struct key_signer *signer, struct span message, struct buffer *out,
                           struct why *why)
{
    enum { SIGNATURE_MAX = 512 }; /* RSA of 4096 bits */
    uint8_t signature[SIGNATURE_MAX];
    size_t len = sizeof(signature);

    if (EVP_MD_CTX_copy_ex(signer->working, signer->ready) != 1 ||
        EVP_DigestSign(signer->working, signature, &len, message.at, message.len) != 1 ||
        len > sizeof(signature)) { /* libcrypto 3.0 says -1 when it cannot encode one for want of
                                      memory */
        return libcrypto_failed(why);
    }
    ERR_clear_error();
    buffer_add(out, span_of(signature, len));
    return out->fault == FAULT_NONE ? FAULT_NONE
                                    : fault_at(out->fault, 0, "no room for a signature", why);
}

void key_signer_free(struct key_signer *signer)
{
    if (signer != NULL) {
        EVP_MD_CTX_free(signer->ready);
        EVP_MD_CTX_free(signer->working);
        free(signer);
    }
}

enum fault private_key_sign(const struct private_key *key, struct span message, struct buffer *out,
                            struct why *why)
{
    struct key_signer *signer = NULL;
    enum fault fault = key_signer_new(key, &signer, why);

    if (fault == FAULT_NONE) {
        fault = key_signer_sign(signer, message, out, why);
    }
    key_signer_free(signer);
    return fault;
}

struct key_verifier {
    EVP_PKEY *pkey;
    EVP_MD_CTX *ready, *working;
};

enum fault key_verifier_new(struct span spki, struct key_verifier **out, struct why *why)
{
    const uint8_t *at = spki.at;
    struct key_verifier *verifier = calloc(1, sizeof(*verifier));
    enum key_kind kind;

    if (verifier == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    verifier->pkey = spki.len <= LONG_MAX ? d2i_PUBKEY(NULL, &at, (long)spki.len) : NULL;
    if (verifier->pkey == NULL || at != spki.at + spki.len ||
        !key_kind_of_pkey(verifier->pkey, &kind) || kind == KIND_X25519) {
        key_verifier_free(verifier);
        return libcrypto_refused(FAULT_SYNTAX, "no public key that signatures are checked with",
                                 why);
    }
    verifier->ready = EVP_MD_CTX_new();
    verifier->working = EVP_MD_CTX_new();
    if (verifier->ready == NULL || verifier->working == NULL ||
        EVP_DigestVerifyInit_ex(verifier->ready, NULL, key_kind_digest(kind), NULL, NULL,
                                verifier->pkey, NULL) != 1) {
        key_verifier_free(verifier);
        return libcrypto_failed(why);
    }
    ERR_clear_error();
    *out = verifier;
    return FAULT_NONE;
}

bool key_verifier_check(struct key_verifier *verifier, struct span message, struct span signature)
{
    bool made = EVP_MD_CTX_copy_ex(verifier->working, verifier->ready) == 1 &&
                EVP_DigestVerify(verifier->working, signature.at, signature.len, message.at,
                                 message.len) == 1;

    ERR_clear_error();
    return made;
}

void key_verifier_free(struct key_verifier *verifier)
{
    if (verifier != NULL) {
        EVP_MD_CTX_free(verifier->ready);
        EVP_MD_CTX_free(verifier->working);
        EVP_PKEY_free(verifier->pkey);
        free(verifier);
    }
}
