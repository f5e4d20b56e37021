#include "kms/people/hpke.h"

#include <assert.h>
#include <threads.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "kms/people/aead.h"
#include "kms/people/random.h"

enum {
    HASH_SIZE = 32,        /* SHA-256 */
    PARTS_MAX = 6,         /* of what one HMAC is made over */
    SCHEDULE_CONTEXT = 65, /* mode, psk_id_hash, info_hash */
    KEM_CONTEXT = 32 + 32, /* enc, pkRm */
    MODE_BASE = 0,
};

static_assert(HPKE_OVERHEAD == HPKE_KEY_SIZE + AEAD_TAG_SIZE, "the header says how much longer");

/* RFC 9180, sections 4.1 and 5.1, with the numbers of section 7. */
static const char version[] = "HPKE-v1";
static const uint8_t kem_suite[] = {'K', 'E', 'M', 0x00, 0x20};
static const uint8_t hpke_suite[] = {'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x02};

/* The secrets on the way from the two keys to the one of the message, in memory of their own. */
struct schedule {
    uint8_t dh[HPKE_KEY_SIZE];
    uint8_t extracted[HASH_SIZE];
    uint8_t shared[HASH_SIZE];
    uint8_t key[AEAD_KEY_SIZE];
    uint8_t nonce[HASH_SIZE]; /* the first AEAD_NONCE_SIZE bytes of it */
};

static EVP_MAC *hmac;
static once_flag fetched = ONCE_FLAG_INIT;

static void fetch(void) { hmac = EVP_MAC_fetch(NULL, "HMAC", NULL); }

/* HMAC-SHA256 over the parts, one behind the other. */
static bool hmac_make(const uint8_t key[HASH_SIZE], const struct span parts[], size_t count,
                      uint8_t out[HASH_SIZE])
{
    static char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC_CTX *context;
    bool made;

    call_once(&fetched, fetch);
    context = EVP_MAC_CTX_new(hmac);
    made = context != NULL && EVP_MAC_init(context, key, HASH_SIZE, params) == 1;
    for (size_t i = 0; made && i < count; i++) {
        made = parts[i].len == 0 || EVP_MAC_update(context, parts[i].at, parts[i].len) == 1;
    }
    made = made && EVP_MAC_final(context, out, NULL, HASH_SIZE) == 1;
    EVP_MAC_CTX_free(context);
    return made;
}

/* LabeledExtract(salt, label, ikm); no salt is the same as one of zeros (RFC 2104, RFC 5869). */
static bool extract(struct span suite, const uint8_t salt[HASH_SIZE], const char *label,
                    struct span ikm, uint8_t out[HASH_SIZE])
{
    const struct span parts[] = {span_text(version), suite, span_text(label), ikm};

    return hmac_make(salt, parts, sizeof(parts) / sizeof(parts[0]), out);
}

/* The first block of LabeledExpand(prk, label, info, len): nothing here is longer. */
static bool expand(struct span suite, const uint8_t prk[HASH_SIZE], const char *label,
                   struct span info, uint8_t len, uint8_t out[HASH_SIZE])
{
    const uint8_t length[] = {0, len};
    const uint8_t first[] = {1};
    const struct span parts[PARTS_MAX] = {
        span_of(length, sizeof(length)), span_text(version), suite, span_text(label), info,
        span_of(first, sizeof(first)),
    };

    return hmac_make(prk, parts, PARTS_MAX, out);
}

static const uint8_t no_salt[HASH_SIZE];

/* ExtractAndExpand() of section 4.1. */
static bool share(struct schedule *s, const uint8_t enc[HPKE_KEY_SIZE],
                  const uint8_t recipient[HPKE_KEY_SIZE])
{
    const struct span suite = span_of(kem_suite, sizeof(kem_suite));
    uint8_t context[KEM_CONTEXT];

    memcpy(context, enc, HPKE_KEY_SIZE);
    memcpy(context + HPKE_KEY_SIZE, recipient, HPKE_KEY_SIZE);
    return extract(suite, no_salt, "eae_prk", span_of(s->dh, sizeof(s->dh)), s->extracted) &&
           expand(suite, s->extracted, "shared_secret", span_of(context, sizeof(context)),
                  HASH_SIZE, s->shared);
}

/* KeySchedule() of section 5.1, in base mode: no pre-shared key, and none of the exporter. */
static bool schedule(struct schedule *s, struct span info)
{
    const struct span suite = span_of(hpke_suite, sizeof(hpke_suite));
    uint8_t bytes[SCHEDULE_CONTEXT] = {MODE_BASE};
    const struct span context = span_of(bytes, sizeof(bytes));
    const struct span none = {0};

    return extract(suite, no_salt, "psk_id_hash", none, bytes + 1) &&
           extract(suite, no_salt, "info_hash", info, bytes + 1 + HASH_SIZE) &&
           extract(suite, s->shared, "secret", none, s->extracted) &&
           expand(suite, s->extracted, "key", context, AEAD_KEY_SIZE, s->key) &&
           expand(suite, s->extracted, "base_nonce", context, AEAD_NONCE_SIZE, s->nonce);
}

/* X25519 (RFC 7748). libcrypto refuses a result of zeros, as RFC 9180, section 7.1.4, wants it. */
static enum fault agree(struct span private, const uint8_t public[HPKE_KEY_SIZE],
                        uint8_t out[HPKE_KEY_SIZE], struct why *why)
{
    EVP_PKEY *mine = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, private.at, private.len);
    EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, public, HPKE_KEY_SIZE);
    EVP_PKEY_CTX *context = mine != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL) : NULL;
    size_t len = HPKE_KEY_SIZE;
    enum fault fault = FAULT_NONE;

    if (theirs == NULL || context == NULL || EVP_PKEY_derive_init(context) != 1 ||
        EVP_PKEY_derive_set_peer(context, theirs) != 1) { /* any 32 bytes are a public key */
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    } else if (EVP_PKEY_derive(context, out, &len) != 1 || len != HPKE_KEY_SIZE) {
        fault =
            fault_at(FAULT_DENIED, 0, "RFC 9180: nothing is sealed with such a public key", why);
    }
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(theirs);
    EVP_PKEY_free(mine);
    ERR_clear_error();
    return fault;
}

/*
 * The key and nonce of the one message, from a private key of one side and the public key of the
 * other. `recipient` is the public key that the box is for, `enc` that of the sender.
 */
static enum fault key_make(struct span private, const uint8_t public[HPKE_KEY_SIZE],
                           const uint8_t enc[HPKE_KEY_SIZE], const uint8_t recipient[HPKE_KEY_SIZE],
                           struct span info, struct secret *out, struct why *why)
{
    struct secret made = {0};
    enum fault fault = secret_new(sizeof(struct schedule), &made, why);
    struct schedule *s = (struct schedule *)made.at;

    if (fault == FAULT_NONE) {
        fault = agree(private, public, s->dh, why);
    }
    if (fault == FAULT_NONE && !(share(s, enc, recipient) && schedule(s, info))) {
        ERR_clear_error();
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault != FAULT_NONE) {
        secret_clear(&made);
        return fault;
    }
    *out = made;
    return FAULT_NONE;
}

static struct aead_key key_of(const struct secret *made)
{
    const struct schedule *s = (const struct schedule *)made->at;

    return (struct aead_key){s->key, s->nonce};
}

enum fault hpke_public(struct span private, uint8_t public[HPKE_KEY_SIZE], struct why *why)
{
    size_t len = HPKE_KEY_SIZE;
    EVP_PKEY *key;
    bool made;

    if (private.len != HPKE_KEY_SIZE) {
        return fault_at(FAULT_SYNTAX, private.len, "RFC 7748: a private key has 32 bytes", why);
    }
    key = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, private.at, private.len);
    made = key != NULL && EVP_PKEY_get_raw_public_key(key, public, &len) == 1;
    EVP_PKEY_free(key);
    ERR_clear_error();
    return made ? FAULT_NONE : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

enum fault hpke_pair(uint8_t public[HPKE_KEY_SIZE], struct secret *private, struct why *why)
{
    struct secret made = {0};
    enum fault fault = random_secret(HPKE_KEY_SIZE, &made, why); /* RFC 7748: any 32 bytes */

    if (fault == FAULT_NONE) {
        fault = hpke_public(secret_span(&made), public, why);
    }
    if (fault != FAULT_NONE) {
        secret_clear(&made);
        return fault;
    }
    *private = made;
    return FAULT_NONE;
}

enum fault hpke_seal_from(struct span ephemeral, const uint8_t public[HPKE_KEY_SIZE],
                          struct span info, struct span aad, struct span plain, struct buffer *out,
                          struct why *why)
{
    struct secret made = {0};
    enum fault fault;
    uint8_t *room;

    if (plain.len > HPKE_PLAIN_MAX) {
        return fault_at(FAULT_LIMIT, HPKE_PLAIN_MAX, "more than 1 MiB to seal", why);
    }
    room = buffer_room(out, plain.len + HPKE_OVERHEAD);
    if (room == NULL) {
        return fault_at(out->fault, 0, "no room for the sealed box", why);
    }
    fault = hpke_public(ephemeral, room, why);
    if (fault == FAULT_NONE) {
        fault = key_make(ephemeral, public, room, public, info, &made, why);
    }
    if (fault == FAULT_NONE) {
        fault = aead_seal(key_of(&made), aad, plain, room + HPKE_KEY_SIZE, why);
    }
    secret_clear(&made);
    if (fault == FAULT_NONE) {
        out->len += plain.len + HPKE_OVERHEAD;
    }
    return fault;
}

enum fault hpke_seal(const uint8_t public[HPKE_KEY_SIZE], struct span info, struct span aad,
                     struct span plain, struct buffer *out, struct why *why)
{
    struct secret ephemeral = {0};
    enum fault fault = random_secret(HPKE_KEY_SIZE, &ephemeral, why);

    if (fault == FAULT_NONE) {
        fault = hpke_seal_from(secret_span(&ephemeral), public, info, aad, plain, out, why);
    }
    secret_clear(&ephemeral);
    return fault;
}

enum fault hpke_open(struct span private, struct span info, struct span aad, struct span sealed,
                     struct secret *out, struct why *why)
{
    uint8_t public[HPKE_KEY_SIZE];
    struct secret made = {0};
    enum fault fault;

    if (sealed.len < HPKE_OVERHEAD) {
        return fault_at(FAULT_SYNTAX, sealed.len, "RFC 9180: a sealed box that is cut off", why);
    }
    if (sealed.len > HPKE_PLAIN_MAX + HPKE_OVERHEAD) {
        return fault_at(FAULT_LIMIT, HPKE_PLAIN_MAX, "a sealed box of more than 1 MiB", why);
    }
    fault = hpke_public(private, public, why);
    if (fault == FAULT_NONE) {
        fault = key_make(private, sealed.at, sealed.at, public, info, &made, why);
    }
    if (fault == FAULT_NONE) {
        fault = aead_open(key_of(&made), aad, span_from(sealed, HPKE_KEY_SIZE), out, why);
    }
    secret_clear(&made);
    if (fault == FAULT_DENIED) {
        return fault_at(fault, 0, "the sealed box is for another key, or was altered", why);
    }
    return fault;
}
