#include "kms/authority/pkcs12.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "cert/cert.h"
#include "kms/authority/key_internal.h"

enum {
    ID_SIZE = 20,
    PASSPHRASE_MAX = 1024,
};

/* One file in the making; everything is libcrypto's. */
struct making {
    const char *passphrase;
    int passphrase_len;
    enum pkcs12_form form;
    int rounds;
    STACK_OF(PKCS12_SAFEBAG) * certificates, *keys;
    STACK_OF(PKCS7) * safes;
};

static enum fault check_passphrase(const struct secret *passphrase, struct why *why)
{
    struct span text = secret_span(passphrase);
    size_t nul;

    if (text.len == 0 || text.len > PASSPHRASE_MAX || !text_is_utf8(text) ||
        span_find(text, '\0', &nul)) {
        return fault_at(FAULT_SYNTAX, 0,
                        "RFC 7292: the passphrase is UTF-8 of 1 to 1024 bytes, without NUL", why);
    }
    return FAULT_NONE;
}

/* Ties a bag to the other half of its pair, and names it. */
static bool bag_mark(PKCS12_SAFEBAG *bag, const struct pkcs12_entry *entry)
{
    uint8_t id[EVP_MAX_MD_SIZE];
    struct span der = entry->certificate;

    return EVP_Q_digest(NULL, "SHA1", NULL, der.at, der.len, id, NULL) == 1 &&
           PKCS12_add_localkeyid(bag, id, ID_SIZE) == 1 &&
           (entry->name.len == 0 || PKCS12_add_friendlyname_utf8(bag, (const char *)entry->name.at,
                                                                 (int)entry->name.len) == 1);
}

/* Takes the bag, on failure too. */
static bool bag_push(STACK_OF(PKCS12_SAFEBAG) * bags, PKCS12_SAFEBAG *bag)
{
    if (bag == NULL || sk_PKCS12_SAFEBAG_push(bags, bag) <= 0) {
        PKCS12_SAFEBAG_free(bag);
        return false;
    }
    return true;
}

static PKCS12_SAFEBAG *certificate_bag(struct span der)
{
    const uint8_t *at = der.at;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
    PKCS12_SAFEBAG *bag = NULL;

    if (certificate != NULL) {
        bag = PKCS12_SAFEBAG_create_cert(certificate);
    }
    X509_free(certificate);
    return bag;
}

/* Not by PKCS12_add_key(), which leaves copies of the key on the heap. */
static enum fault key_bag(const struct making *making, const struct private_key *key,
                          PKCS12_SAFEBAG **out, struct why *why)
{
    struct secret plain = {0};
    PKCS8_PRIV_KEY_INFO *info;
    X509_SIG *locked = NULL;
    const uint8_t *at;
    enum fault fault = private_key_pkcs8(key, &plain, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    at = plain.at;
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)plain.len);
    secret_clear(&plain);
    if (info != NULL && making->form == PKCS12_TODAY) {
        locked = PKCS8_encrypt(-1, EVP_aes_256_cbc(), making->passphrase, making->passphrase_len,
                               NULL, 0, making->rounds, info);
    } else if (info != NULL) {
        locked = PKCS8_encrypt(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NULL, making->passphrase,
                               making->passphrase_len, NULL, 0, making->rounds, info);
    }
    PKCS8_PRIV_KEY_INFO_free(info); /* wipes the key in it */
    *out = locked != NULL ? PKCS12_SAFEBAG_create0_pkcs8(locked) : NULL;
    if (*out == NULL) {
        X509_SIG_free(locked);
        return libcrypto_failed(why);
    }
    return FAULT_NONE;
}

static enum fault check_entry(const struct pkcs12_entry *entry, struct why *why)
{
    struct cert cert;
    enum fault fault = cert_read(entry->certificate, &cert, why);

    if (fault == FAULT_NONE && !text_is_utf8(entry->name)) {
        fault = fault_at(FAULT_SYNTAX, 0, "RFC 2985: a friendly name is UTF-8", why);
    }
    if (fault == FAULT_NONE && entry->key != NULL && !private_key_fits(entry->key, cert.spki)) {
        fault = fault_at(FAULT_DENIED, 0, "a private key is not that of its certificate", why);
    }
    return fault;
}

static enum fault add_entry(struct making *making, const struct pkcs12_entry *entry,
                            struct why *why)
{
    PKCS12_SAFEBAG *bag;
    enum fault fault = check_entry(entry, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    bag = certificate_bag(entry->certificate);
    if (!bag_push(making->certificates, bag) || !bag_mark(bag, entry)) {
        return libcrypto_failed(why);
    }
    if (entry->key == NULL) {
        return FAULT_NONE;
    }
    bag = NULL;
    fault = key_bag(making, entry->key, &bag, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!bag_push(making->keys, bag) || !bag_mark(bag, entry)) {
        return libcrypto_failed(why);
    }
    return FAULT_NONE;
}

static enum fault add_chain(struct making *making, const struct span *chain, size_t count,
                            struct why *why)
{
    for (size_t i = 0; i < count; i++) {
        struct cert cert;
        enum fault fault = cert_read(chain[i], &cert, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
        if (!bag_push(making->certificates, certificate_bag(chain[i]))) {
            return libcrypto_failed(why);
        }
    }
    return FAULT_NONE;
}

/* Certificates are encrypted as a whole, keys each by itself, as readers expect it. */
static PKCS12 *finish(struct making *making)
{
    bool today = making->form == PKCS12_TODAY;
    int cipher = today ? NID_aes_256_cbc : NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
    PKCS12 *file = NULL;

    if (PKCS12_add_safe(&making->safes, making->certificates, cipher, making->rounds,
                        making->passphrase) != 1 ||
        (sk_PKCS12_SAFEBAG_num(making->keys) > 0 &&
         PKCS12_add_safe(&making->safes, making->keys, -1, 0, NULL) != 1)) {
        return NULL;
    }
    file = PKCS12_add_safes(making->safes, 0);
    if (file != NULL && PKCS12_set_mac(file, making->passphrase, making->passphrase_len, NULL, 0,
                                       making->rounds, today ? EVP_sha256() : EVP_sha1()) != 1) {
        PKCS12_free(file);
        file = NULL;
    }
    return file;
}

static enum fault write_file(PKCS12 *file, struct buffer *out, struct why *why)
{
    uint8_t *der = NULL;
    int len = file != NULL ? i2d_PKCS12(file, &der) : -1;

    if (len <= 0) {
        return libcrypto_failed(why);
    }
    buffer_add(out, span_of(der, (size_t)len));
    OPENSSL_free(der);
    return out->fault == FAULT_NONE ? FAULT_NONE
                                    : fault_at(out->fault, 0, "no room for a PKCS#12 file", why);
}

enum fault pkcs12_make(const struct secret *passphrase, const struct pkcs12_entry *entries,
                       size_t entry_count, const struct span *chain, size_t chain_count,
                       enum pkcs12_form form, unsigned rounds, struct buffer *out, struct why *why)
{
    struct making making = {.form = form, .rounds = (int)rounds};
    PKCS12 *file = NULL;
    enum fault fault = check_passphrase(passphrase, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    making.passphrase = (const char *)passphrase->at;
    making.passphrase_len = (int)passphrase->len;
    making.certificates = sk_PKCS12_SAFEBAG_new_null();
    making.keys = sk_PKCS12_SAFEBAG_new_null();
    if (making.certificates == NULL || making.keys == NULL) {
        fault = libcrypto_failed(why);
    }
    for (size_t i = 0; fault == FAULT_NONE && i < entry_count; i++) {
        fault = add_entry(&making, &entries[i], why);
    }
    if (fault == FAULT_NONE) {
        fault = add_chain(&making, chain, chain_count, why);
    }
    if (fault == FAULT_NONE) {
        file = finish(&making);
        fault = write_file(file, out, why);
    }
    PKCS12_free(file);
    sk_PKCS7_pop_free(making.safes, PKCS7_free);
    sk_PKCS12_SAFEBAG_pop_free(making.keys, PKCS12_SAFEBAG_free);
    sk_PKCS12_SAFEBAG_pop_free(making.certificates, PKCS12_SAFEBAG_free);
    ERR_clear_error();
    return fault;
}
