#include "cert/keyed.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

struct keyed {
    struct keyed_key key;
    EVP_MAC_CTX *context;
};

enum fault keyed_key_new(struct keyed_key *out)
{
    if (RAND_bytes(out->bytes, sizeof(out->bytes)) != 1) {
        ERR_clear_error();
        return FAULT_RESOURCE;
    }
    return FAULT_NONE;
}

struct keyed *keyed_new(const struct keyed_key *key)
{
    struct keyed *keyed = calloc(1, sizeof(*keyed));
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    size_t size = sizeof(struct keyed_digest);
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                 OSSL_PARAM_construct_end()};

    if (keyed != NULL) {
        keyed->key = *key;
        keyed->context = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
        if (keyed->context == NULL || EVP_MAC_CTX_set_params(keyed->context, params) != 1) {
            keyed_free(keyed);
            keyed = NULL;
        }
    }
    EVP_MAC_free(mac);
    ERR_clear_error();
    return keyed;
}

void keyed_free(struct keyed *keyed)
{
    if (keyed != NULL) {
        EVP_MAC_CTX_free(keyed->context);
        free(keyed);
    }
}

struct keyed_digest keyed_digest_of(struct keyed *keyed, uint8_t kind, struct span bytes)
{
    struct keyed_digest digest = {0};
    uint8_t out[sizeof(digest)];
    size_t length = 0;

    /* With what has been set up none of these takes memory: they cannot fail. */
    if (EVP_MAC_init(keyed->context, keyed->key.bytes, sizeof(keyed->key.bytes), NULL) != 1 ||
        EVP_MAC_update(keyed->context, &kind, 1) != 1 ||
        (bytes.len > 0 && EVP_MAC_update(keyed->context, bytes.at, bytes.len) != 1) ||
        EVP_MAC_final(keyed->context, out, &length, sizeof(out)) != 1 || length != sizeof(out)) {
        abort();
    }
    memcpy(&digest, out, sizeof(digest));
    return digest;
}
