#include "kms/authority/key.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "kms/authority/key_internal.h"

static const uint8_t p256_spki[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                    0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                    0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
static const uint8_t p384_spki[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86,
                                    0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B,
                                    0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00};
static const uint8_t ed25519_spki[] = {0x30, 0x2A, 0x30, 0x05, 0x06, 0x03,
                                       0x2B, 0x65, 0x70, 0x03, 0x21, 0x00};
static const uint8_t x25519_spki[] = {0x30, 0x2A, 0x30, 0x05, 0x06, 0x03,
                                      0x2B, 0x65, 0x6E, 0x03, 0x21, 0x00};
static const uint8_t ecdsa_sha256[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86,
                                       0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
static const uint8_t ecdsa_sha384[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86,
                                       0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03};
static const uint8_t rsa_sha256[] = {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                     0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00};
static const uint8_t ed25519_signature[] = {0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70};

#define BYTES(array) (array), sizeof(array)

/* One row a kind: what libcrypto calls it, and how RFC 5480, 8410 and 4055 write it. */
static const struct kind_row {
    const char *name;
    const char *algorithm, *group; /* group: of curves; NULL: none */
    unsigned bits;                 /* RSA: of the modulus */
    size_t point_len;              /* of the public key as it stands in the BIT STRING; RSA: 0 */
    const uint8_t *spki;           /* what comes before it */
    size_t spki_len;
    const char *digest;
    const uint8_t *signature;
    size_t signature_len;
} kinds[KIND_COUNT] = {
    [KIND_P256] = {"p256", "EC", "P-256", 0, 65, BYTES(p256_spki), "SHA2-256", BYTES(ecdsa_sha256)},
    [KIND_P384] = {"p384", "EC", "P-384", 0, 97, BYTES(p384_spki), "SHA2-384", BYTES(ecdsa_sha384)},
    [KIND_RSA2048] = {"rsa2048", "RSA", NULL, 2048, 0, NULL, 0, "SHA2-256", BYTES(rsa_sha256)},
    [KIND_RSA3072] = {"rsa3072", "RSA", NULL, 3072, 0, NULL, 0, "SHA2-256", BYTES(rsa_sha256)},
    [KIND_RSA4096] = {"rsa4096", "RSA", NULL, 4096, 0, NULL, 0, "SHA2-256", BYTES(rsa_sha256)},
    [KIND_ED25519] = {"ed25519", "ED25519", NULL, 0, 32, BYTES(ed25519_spki), NULL,
                      BYTES(ed25519_signature)},
    [KIND_X25519] = {"x25519", "X25519", NULL, 0, 32, BYTES(x25519_spki), NULL, NULL, 0},
};

const char *key_kind_name(enum key_kind kind) { return kinds[kind].name; }

bool key_kind_find(struct span name, enum key_kind *out)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (span_is(name, kinds[i].name)) {
            *out = (enum key_kind)i;
            return true;
        }
    }
    return false;
}

bool key_kind_is_for_ca(enum key_kind kind)
{
    return kind == KIND_P256 || kind == KIND_P384 || kind == KIND_RSA3072 || kind == KIND_RSA4096;
}

enum key_kind key_kind_for(enum key_kind kind, enum purpose purpose)
{
    if (kind != KIND_ED25519 && kind != KIND_X25519) {
        return kind;
    }
    return purpose == PURPOSE_ENCRYPTION ? KIND_X25519 : KIND_ED25519;
}

bool key_kind_is_slow(enum key_kind kind) { return kinds[kind].bits > 0; }

struct span key_kind_signature_algorithm(enum key_kind kind)
{
    return span_of(kinds[kind].signature, kinds[kind].signature_len);
}

bool key_kind_of(const struct cert_key *key, enum key_kind *out)
{
    static const uint8_t p256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
    static const uint8_t p384[] = {0x2B, 0x81, 0x04, 0x00, 0x22};

    switch (key->type) {
    case KEY_EC:
        *out = key->bits == 256 ? KIND_P256 : KIND_P384;
        return span_equal(key->curve,
                          *out == KIND_P256 ? span_of(BYTES(p256)) : span_of(BYTES(p384)));
    case KEY_RSA:
        *out = key->bits == 2048 ? KIND_RSA2048 : key->bits == 3072 ? KIND_RSA3072 : KIND_RSA4096;
        return key->bits == kinds[*out].bits;
    case KEY_ED25519:
        *out = KIND_ED25519;
        return true;
    case KEY_X25519:
        *out = KIND_X25519;
        return true;
    default:
        return false;
    }
}

enum fault libcrypto_failed(struct why *why)
{
    ERR_clear_error();
    return fault_at(FAULT_RESOURCE, 0, "libcrypto is out of memory or randomness", why);
}

const char *key_kind_digest(enum key_kind kind) { return kinds[kind].digest; }

enum fault libcrypto_refused(enum fault fault, const char *rule, struct why *why)
{
    unsigned long error;

    while ((error = ERR_get_error()) != 0) {
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE) {
            return libcrypto_failed(why);
        }
    }
    return fault_at(fault, 0, rule, why);
}

bool key_kind_of_pkey(void *pkey, enum key_kind *out)
{
    char group[32] = "";
    size_t len;

    (void)EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const struct kind_row *row = &kinds[i];

        if (EVP_PKEY_is_a(pkey, row->algorithm) &&
            (row->group == NULL || strcmp(group, row->group) == 0 ||
             (i == KIND_P256 && strcmp(group, "prime256v1") == 0) ||
             (i == KIND_P384 && strcmp(group, "secp384r1") == 0)) &&
            (row->bits == 0 || (unsigned)EVP_PKEY_get_bits(pkey) == row->bits)) {
            *out = (enum key_kind)i;
            return true;
        }
    }
    return false;
}

/* Of curves the public key is put behind what is always the same: libcrypto takes 50 µs for it. */
static bool write_spki(struct private_key *key)
{
    const struct kind_row *row = &kinds[key->kind];
    uint8_t *at = key->spki;
    size_t got = 0;
    int len;

    if (row->point_len == 0) {
        len = i2d_PUBKEY(key->pkey, NULL);
        if (len <= 0 || (size_t)len > SPKI_MAX || i2d_PUBKEY(key->pkey, &at) != len) {
            return false;
        }
        key->spki_len = (size_t)len;
        return true;
    }
    memcpy(at, row->spki, row->spki_len);
    key->spki_len = row->spki_len + row->point_len;
    return EVP_PKEY_get_octet_string_param(key->pkey, OSSL_PKEY_PARAM_PUB_KEY, at + row->spki_len,
                                           row->point_len, &got) == 1 &&
           got == row->point_len;
}

static enum fault take(void *pkey, enum key_kind kind, struct private_key **out, struct why *why)
{
    struct private_key *key = calloc(1, sizeof(*key));

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    key->pkey = pkey;
    key->kind = kind;
    if (!write_spki(key)) {
        private_key_free(key);
        return libcrypto_failed(why);
    }
    ERR_clear_error(); /* want of memory may be told, and still not matter */
    *out = key;
    return FAULT_NONE;
}

enum fault private_key_take(void *pkey, struct private_key **out, struct why *why)
{
    enum key_kind kind;

    if (!key_kind_of_pkey(pkey, &kind)) {
        EVP_PKEY_free(pkey);
        return libcrypto_refused(FAULT_DENIED, "a key of a kind that keyroster does not certify",
                                 why);
    }
    return take(pkey, kind, out, why);
}

struct key_maker {
    enum key_kind kind;
    EVP_PKEY_CTX *context;
};

enum fault key_maker_new(enum key_kind kind, struct key_maker **out, struct why *why)
{
    const struct kind_row *row = &kinds[kind];
    OSSL_PARAM params[2] = {OSSL_PARAM_END, OSSL_PARAM_END};
    struct key_maker *maker = calloc(1, sizeof(*maker));
    unsigned bits = row->bits;

    if (maker == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    maker->kind = kind;
    if (row->group != NULL) {
        params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                     (char *)(uintptr_t)row->group, 0);
    } else if (bits > 0) {
        params[0] = OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_BITS, &bits);
    }
    maker->context = EVP_PKEY_CTX_new_from_name(NULL, row->algorithm, NULL);
    if (maker->context == NULL || EVP_PKEY_keygen_init(maker->context) != 1 ||
        EVP_PKEY_CTX_set_params(maker->context, params) != 1) {
        key_maker_free(maker);
        return libcrypto_failed(why);
    }
    ERR_clear_error();
    *out = maker;
    return FAULT_NONE;
}

enum fault key_maker_make(struct key_maker *maker, struct private_key **out, struct why *why)
{
    EVP_PKEY *pkey = NULL;

    if (EVP_PKEY_generate(maker->context, &pkey) != 1) {
        return libcrypto_failed(why);
    }
    return take(pkey, maker->kind, out, why);
}

void key_maker_free(struct key_maker *maker)
{
    if (maker != NULL) {
        EVP_PKEY_CTX_free(maker->context);
        free(maker);
    }
}

enum fault private_key_make(enum key_kind kind, struct private_key **out, struct why *why)
{
    struct key_maker *maker = NULL;
    enum fault fault = key_maker_new(kind, &maker, why);

    if (fault == FAULT_NONE) {
        fault = key_maker_make(maker, out, why);
    }
    key_maker_free(maker);
    return fault;
}

void private_key_free(struct private_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        free(key);
    }
}

struct private_key *private_key_share(const struct private_key *key)
{
    struct private_key *shared = malloc(sizeof(*shared));

    if (shared != NULL) {
        *shared = *key;
        if (EVP_PKEY_up_ref(key->pkey) != 1) {
            free(shared);
            return NULL;
        }
    }
    return shared;
}

enum key_kind private_key_kind(const struct private_key *key) { return key->kind; }

struct span private_key_spki(const struct private_key *key)
{
    return span_of(key->spki, key->spki_len);
}

bool private_key_fits(const struct private_key *key, struct span spki)
{
    const uint8_t *at = spki.at;
    EVP_PKEY *other;
    bool equal;

    if (span_equal(private_key_spki(key), spki)) {
        return true;
    }
    other = spki.len <= LONG_MAX ? d2i_PUBKEY(NULL, &at, (long)spki.len) : NULL;
    equal = other != NULL && at == spki.at + spki.len && EVP_PKEY_eq(key->pkey, other) == 1;
    EVP_PKEY_free(other);
    ERR_clear_error();
    return equal;
}
