#include "kms/people/aead.h"

#include <openssl/err.h>
#include <openssl/evp.h>

static enum fault done(EVP_CIPHER_CTX *context, enum fault fault, struct why *why)
{
    EVP_CIPHER_CTX_free(context); /* wipes the key schedule */
    ERR_clear_error();
    if (fault == FAULT_DENIED) {
        return fault_at(fault, 0, "NIST SP 800-38D: the tag does not fit the bytes", why);
    }
    return fault == FAULT_NONE ? fault : fault_at(fault, 0, "out of memory", why);
}

/* Ready for the bytes themselves. NULL: no memory. */
static EVP_CIPHER_CTX *begin(struct aead_key with, struct span aad, int encrypts)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n;

    if (context == NULL ||
        EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), with.key, with.nonce, encrypts, NULL) != 1 ||
        (aad.len > 0 && EVP_CipherUpdate(context, NULL, &n, aad.at, (int)aad.len) != 1)) {
        EVP_CIPHER_CTX_free(context);
        return NULL;
    }
    return context;
}

enum fault aead_seal(struct aead_key with, struct span aad, struct span plain, uint8_t *out,
                     struct why *why)
{
    EVP_CIPHER_CTX *context;
    int n;

    if (aad.len > SECRET_NEW_MAX || plain.len > SECRET_NEW_MAX) {
        return fault_at(FAULT_LIMIT, SECRET_NEW_MAX, "more than 1 MiB to encrypt", why);
    }
    context = begin(with, aad, 1);
    if (context == NULL ||
        (plain.len > 0 && EVP_CipherUpdate(context, out, &n, plain.at, (int)plain.len) != 1) ||
        EVP_CipherFinal_ex(context, out + plain.len, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, out + plain.len) != 1) {
        return done(context, FAULT_RESOURCE, why);
    }
    return done(context, FAULT_NONE, why);
}

static enum fault decrypt(struct aead_key with, struct span aad, struct span bytes, uint8_t *tag,
                          struct secret *plain, struct why *why)
{
    EVP_CIPHER_CTX *context = begin(with, aad, 0);
    int n;

    if (context == NULL ||
        (bytes.len > 0 &&
         EVP_CipherUpdate(context, plain->at, &n, bytes.at, (int)bytes.len) != 1) ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, tag) != 1) {
        return done(context, FAULT_RESOURCE, why);
    }
    if (EVP_CipherFinal_ex(context, plain->at + bytes.len, &n) != 1) {
        return done(context, FAULT_DENIED, why);
    }
    return done(context, FAULT_NONE, why);
}

enum fault aead_open(struct aead_key with, struct span aad, struct span sealed, struct secret *out,
                     struct why *why)
{
    uint8_t tag[AEAD_TAG_SIZE];
    struct secret plain = {0};
    struct span bytes;
    enum fault fault;

    if (sealed.len < AEAD_TAG_SIZE) {
        return fault_at(FAULT_DENIED, sealed.len, "NIST SP 800-38D: the tag is missing", why);
    }
    bytes = span_upto(sealed, sealed.len - AEAD_TAG_SIZE);
    if (aad.len > SECRET_NEW_MAX || bytes.len > SECRET_NEW_MAX) {
        return fault_at(FAULT_LIMIT, SECRET_NEW_MAX, "more than 1 MiB to decrypt", why);
    }
    memcpy(tag, sealed.at + bytes.len, sizeof(tag));
    fault = secret_new(bytes.len, &plain, why);
    if (fault == FAULT_NONE) {
        fault = decrypt(with, aad, bytes, tag, &plain, why);
    }
    if (fault != FAULT_NONE) {
        secret_clear(&plain);
        return fault;
    }
    *out = plain;
    return FAULT_NONE;
}
