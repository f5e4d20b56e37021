#include "kms/people/identity.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "kms/people/random.h"

enum { SEED_SIZE = 32, KEYS_SIZE = SEED_SIZE + HPKE_KEY_SIZE };

static struct span seed_of(const struct secret *keys) { return span_of(keys->at, SEED_SIZE); }

static struct span sealing_key_of(const struct secret *keys)
{
    return span_from(secret_span(keys), SEED_SIZE);
}

static EVP_PKEY *signing_key(const struct secret *keys)
{
    struct span seed = seed_of(keys);

    return EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed.at, seed.len);
}

static enum fault no_memory(struct why *why)
{
    return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

/* Takes the private halves over, and computes the public ones. */
static enum fault identity_take(struct secret *keys, struct identity *out, struct why *why)
{
    struct identity made = {.keys = secret_move(keys)};
    EVP_PKEY *key = signing_key(&made.keys);
    size_t len = IDENTITY_KEY_SIZE;
    enum fault fault;

    if (key == NULL || EVP_PKEY_get_raw_public_key(key, made.signing, &len) != 1) {
        fault = no_memory(why);
    } else {
        fault = hpke_public(sealing_key_of(&made.keys), made.sealing, why);
    }
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (fault != FAULT_NONE) {
        identity_clear(&made);
        return fault;
    }
    *out = made;
    return FAULT_NONE;
}

enum fault identity_make(struct identity *out, struct why *why)
{
    struct secret keys = {0};
    enum fault fault = random_secret(KEYS_SIZE, &keys, why);

    return fault == FAULT_NONE ? identity_take(&keys, out, why) : fault;
}

enum fault identity_lock(const struct identity *identity, const struct secret *passphrase,
                         struct lock_cost cost, struct span context, struct buffer *out,
                         struct why *why)
{
    return lock_seal(passphrase, cost, context, secret_span(&identity->keys), out, why);
}

enum fault identity_unlock(const struct secret *passphrase, struct span context, struct span locked,
                           struct identity *out, struct why *why)
{
    struct secret keys = {0};
    enum fault fault = lock_open(passphrase, context, locked, &keys, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (keys.len != KEYS_SIZE) {
        secret_clear(&keys);
        return fault_at(FAULT_SYNTAX, 0, "what was locked are not the keys of a person", why);
    }
    return identity_take(&keys, out, why);
}

enum fault identity_sign(const struct identity *identity, struct span message,
                         uint8_t signature[IDENTITY_SIGNATURE_SIZE], struct why *why)
{
    EVP_PKEY *key = signing_key(&identity->keys);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = IDENTITY_SIGNATURE_SIZE;
    bool made = key != NULL && context != NULL &&
                EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) == 1 &&
                EVP_DigestSign(context, signature, &len, message.at, message.len) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error(); /* there may be one after success too */
    return made ? FAULT_NONE : no_memory(why);
}

enum fault identity_verify(const uint8_t signing[IDENTITY_KEY_SIZE], struct span message,
                           struct span signature, struct why *why)
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, signing, IDENTITY_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum fault fault = FAULT_NONE;

    if (key == NULL || context == NULL ||
        EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) != 1) {
        fault = no_memory(why);
    } else if (signature.len != IDENTITY_SIGNATURE_SIZE ||
               EVP_DigestVerify(context, signature.at, signature.len, message.at, message.len) !=
                   1) {
        fault = fault_at(FAULT_DENIED, 0, "RFC 8032: the signature does not fit", why);
    }
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return fault;
}

enum fault identity_open(const struct identity *identity, struct span info, struct span aad,
                         struct span sealed, struct secret *out, struct why *why)
{
    return hpke_open(sealing_key_of(&identity->keys), info, aad, sealed, out, why);
}

void identity_clear(struct identity *identity)
{
    if (identity != NULL) {
        secret_clear(&identity->keys);
        *identity = (struct identity){0};
    }
}
