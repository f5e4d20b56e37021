#include "kms/vault/envelope.h"

#include "kms/vault/envelope_form.h"
#include "kms/vault/group.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const char *const does_not_open = "the shared secret does not open the envelope";

/* The content's key (RFC 3394). FAULT_DENIED: the wrapping key is another. */
static enum fault unwrap(const uint8_t wrapping[ENVELOPE_KEY], struct span wrapped,
                         uint8_t key[ENVELOPE_KEY], struct why *why)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t plain[2 * ENVELOPE_KEY];
    enum fault fault = FAULT_NONE;
    int len = 0;

    if (cipher == NULL || context == NULL ||
        EVP_DecryptInit_ex2(context, cipher, wrapping, NULL, NULL) != 1) {
        fault = group_gave_out(why);
    } else if (wrapped.len > sizeof(plain) ||
               EVP_DecryptUpdate(context, plain, &len, wrapped.at, (int)wrapped.len) != 1 ||
               len != ENVELOPE_KEY) {
        fault = fault_at(FAULT_DENIED, 0, does_not_open, why);
    } else {
        memcpy(key, plain, ENVELOPE_KEY);
    }
    OPENSSL_cleanse(plain, sizeof(plain));
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    return fault;
}

/* False where the tag, or the padding of CBC, is wrong. */
static bool decrypt_all(EVP_CIPHER_CTX *context, const struct envelope *envelope,
                        struct secret *plain)
{
    uint8_t tag[EVP_MAX_BLOCK_LENGTH];
    int len = 0;
    int rest = 0;

    if (envelope->cipher == ENVELOPE_AES_256_GCM) {
        if (envelope->tag.len > sizeof(tag)) {
            return false;
        }
        memcpy(tag, envelope->tag.at, envelope->tag.len);
        if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)envelope->tag.len, tag) != 1) {
            return false;
        }
    }
    if (EVP_DecryptUpdate(context, plain->at, &len, envelope->content.at,
                          (int)envelope->content.len) != 1 ||
        EVP_DecryptFinal_ex(context, plain->at + len, &rest) != 1) {
        return false;
    }
    secret_shorten(plain, (size_t)len + (size_t)rest);
    return true;
}

static enum fault decrypt(const struct envelope *envelope, const uint8_t key[ENVELOPE_KEY],
                          struct secret *out, struct why *why)
{
    const char *name = envelope->cipher == ENVELOPE_AES_256_GCM ? "AES-256-GCM" : "AES-256-CBC";
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    struct secret plain = {0};
    enum fault fault = secret_new(envelope->content.len + EVP_MAX_BLOCK_LENGTH, &plain, why);

    if (fault == FAULT_NONE) {
        if (cipher == NULL || context == NULL ||
            EVP_DecryptInit_ex2(context, cipher, key, envelope->nonce.at, NULL) != 1) {
            fault = group_gave_out(why);
        } else if (!decrypt_all(context, envelope, &plain)) {
            fault = fault_at(FAULT_DENIED, 0, does_not_open, why);
        }
    }
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    if (fault != FAULT_NONE) {
        secret_clear(&plain);
        return fault;
    }
    *out = secret_move(&plain);
    return FAULT_NONE;
}

enum fault envelope_open(const struct envelope *envelope, const struct secret *x,
                         struct secret *pkcs8, struct why *why)
{
    uint8_t wrapping[ENVELOPE_KEY], key[ENVELOPE_KEY];
    enum fault fault;

    if (x->len == 0) {
        return fault_at(FAULT_DENIED, 0, does_not_open, why);
    }
    fault = envelope_wrapping_key(secret_span(x), wrapping)
                ? unwrap(wrapping, envelope->wrapped, key, why)
                : group_gave_out(why);

    if (fault == FAULT_NONE) {
        fault = decrypt(envelope, key, pkcs8, why);
    }
    OPENSSL_cleanse(wrapping, sizeof(wrapping));
    OPENSSL_cleanse(key, sizeof(key));
    /* What failed for want of memory is not altered. */
    return group_ran_short() && fault != FAULT_NONE ? group_gave_out(why) : fault;
}
