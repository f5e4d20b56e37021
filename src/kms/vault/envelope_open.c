#include "kms/vault/envelope.h"

#include "kms/vault/group.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { KEY = 32 }; /* bytes of an AES-256 key */

static const char *const does_not_open = "the shared secret does not open the envelope";

/*
 * ECC-CMS-SharedInfo (RFC 5753, 7.2): id-aes256-wrap, no user keying material, and the wrapping
 * key's length in bits.
 */
static const uint8_t shared_info[] = {0x30, 0x15, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86,
                                      0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2d, 0xa2,
                                      0x06, 0x04, 0x04, 0x00, 0x00, 0x01, 0x00};

/*
 * The key that wraps: ANSI X9.63 KDF with SHA-256 of the shared secret, one block of it.
 * libcrypto's EVP_KDF of that name is not asked, since in 3.0 its EVP_KDF_CTX_new() writes through
 * NULL when memory is out.
 */
static bool derive(const struct secret *x, uint8_t key[KEY])
{
    static const uint8_t counter[] = {0, 0, 0, 1};
    EVP_MD *digest = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool right = digest != NULL && context != NULL &&
                 EVP_DigestInit_ex2(context, digest, NULL) == 1 &&
                 EVP_DigestUpdate(context, x->at, x->len) == 1 &&
                 EVP_DigestUpdate(context, counter, sizeof(counter)) == 1 &&
                 EVP_DigestUpdate(context, shared_info, sizeof(shared_info)) == 1 &&
                 EVP_DigestFinal_ex(context, key, NULL) == 1;

    EVP_MD_CTX_free(context);
    EVP_MD_free(digest);
    return right;
}

/* The content's key (RFC 3394). FAULT_DENIED: the wrapping key is another. */
static enum fault unwrap(const uint8_t wrapping[KEY], struct span wrapped, uint8_t key[KEY],
                         struct why *why)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t plain[2 * KEY];
    enum fault fault = FAULT_NONE;
    int len = 0;

    if (cipher == NULL || context == NULL ||
        EVP_DecryptInit_ex2(context, cipher, wrapping, NULL, NULL) != 1) {
        fault = group_gave_out(why);
    } else if (wrapped.len > sizeof(plain) ||
               EVP_DecryptUpdate(context, plain, &len, wrapped.at, (int)wrapped.len) != 1 ||
               len != KEY) {
        fault = fault_at(FAULT_DENIED, 0, does_not_open, why);
    } else {
        memcpy(key, plain, KEY);
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

static enum fault decrypt(const struct envelope *envelope, const uint8_t key[KEY],
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
    uint8_t wrapping[KEY], key[KEY];
    enum fault fault;

    if (x->len == 0) {
        return fault_at(FAULT_DENIED, 0, does_not_open, why);
    }
    fault =
        derive(x, wrapping) ? unwrap(wrapping, envelope->wrapped, key, why) : group_gave_out(why);

    if (fault == FAULT_NONE) {
        fault = decrypt(envelope, key, pkcs8, why);
    }
    OPENSSL_cleanse(wrapping, sizeof(wrapping));
    OPENSSL_cleanse(key, sizeof(key));
    /* What failed for want of memory is not altered. */
    return group_ran_short() && fault != FAULT_NONE ? group_gave_out(why) : fault;
}
