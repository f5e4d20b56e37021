#ifndef TEST_UNIT_CERT_TRUST_MAKER_H
#define TEST_UNIT_CERT_TRUST_MAKER_H

#include <stdbool.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/cursor.h"

#include "support.h"

/* Hierarchies for the tests of trust, made with libcrypto. Keys live as long as the program. */

enum key_name {
    KEY_ROOT, /* RSA 2048 */
    KEY_SUB,
    KEY_LEAF,
    KEY_STRANGER,
    KEY_P256,
    KEY_P384,
    KEY_ED,
    KEY_PSS, /* an RSASSA-PSS key, with parameters of its own */
    KEY_NAME_COUNT
};

static inline EVP_PKEY *made_key(enum key_name name)
{
    static EVP_PKEY *keys[KEY_NAME_COUNT];
    EVP_PKEY *key = keys[name];

    if (key != NULL) {
        return key;
    }
    switch (name) {
    case KEY_P256:
        key = EVP_EC_gen("P-256");
        break;
    case KEY_P384:
        key = EVP_EC_gen("P-384");
        break;
    case KEY_ED:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        break;
    case KEY_PSS: {
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);

        assert_int_equal(EVP_PKEY_keygen_init(context), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048), 1);
        assert_int_equal(EVP_PKEY_keygen(context, &key), 1);
        EVP_PKEY_CTX_free(context);
        break;
    }
    default:
        key = EVP_RSA_gen(2048);
        break;
    }
    assert_non_null(key);
    keys[name] = key;
    return key;
}

/* 2026-06-01T12:00:00Z, the time of all tests. */
static const time_t made_now = 1780315200;
enum { DAY = 86400 };

/* How one certificate is to be; what is not said is as most CAs have it. */
struct recipe {
    const char *subject, *issuer; /* common names */
    enum key_name key, signer;
    long serial;
    int from_day, to_day;    /* days from made_now; both 0: -100 to 100 */
    const char *constraints; /* basic constraints; NULL: CA:FALSE critical; "": left out */
    const char *usage;       /* NULL: the usual for a leaf; "": left out */
    const char *email;       /* NULL: none */
    const char *extra_name, *extra_value; /* one more extension, in the words of openssl.cnf */
    const char *extra2_name, *extra2_value;
    const char *digest; /* NULL: SHA256 */
    bool pss;           /* signed with RSASSA-PSS */
    bool no_key_ids;
    bool aki_serial; /* the AKI names issuer and serial (1) of the issuer's certificate too */
    enum key_name authority; /* key that the AKI speaks of, when `other_authority` */
    bool other_authority;
    int alter;       /* 0: no; n > 0: flip a bit of byte n of the whole; n < 0: from its end */
    int alter_first; /* before it is signed: byte n of the tbsCertificate is changed */
    uint8_t alter_mask;
};

static inline X509_NAME *made_name(const char *common_name)
{
    X509_NAME *name = X509_NAME_new();

    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Example", -1, -1,
                               0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1,
                               -1, 0);
    return name;
}

static inline void add_extension(X509 *x509, X509V3_CTX *context, const char *name,
                                 const char *value)
{
    X509_EXTENSION *extension;

    if (name == NULL || value[0] == '\0') {
        return;
    }
    extension = X509V3_EXT_conf(NULL, context, name, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* Key identifiers are SHA-1 of the key, as RFC 5280 proposes, made by libcrypto's own "hash". */
static inline void add_key_ids(X509 *x509, X509V3_CTX *context, const struct recipe *recipe)
{
    enum key_name authority = recipe->other_authority ? recipe->authority : recipe->signer;
    X509 *holder = X509_new();
    X509_NAME *name = made_name(recipe->issuer);
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    add_extension(x509, context, "subjectKeyIdentifier", "hash");
    X509_set_pubkey(holder, made_key(authority));
    X509_set_subject_name(holder, name);
    X509_set_issuer_name(holder, name);
    ASN1_INTEGER_set(X509_get_serialNumber(holder), 1);
    X509_pubkey_digest(holder, EVP_sha1(), digest, &len);
    ASN1_OCTET_STRING_set(id, digest, (int)len);
    X509_add1_ext_i2d(holder, NID_subject_key_identifier, id, 0, 0);
    X509V3_set_ctx(context, holder, x509, NULL, NULL, 0);
    add_extension(x509, context, "authorityKeyIdentifier",
                  recipe->aki_serial ? "keyid:always,issuer:always" : "keyid:always");
    ASN1_OCTET_STRING_free(id);
    X509_NAME_free(name);
    X509_free(holder);
}

static inline void sign_made(X509 *x509, const struct recipe *recipe)
{
    EVP_PKEY *key = made_key(recipe->signer);
    const EVP_MD *digest = EVP_get_digestbyname(recipe->digest != NULL ? recipe->digest : "SHA256");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context;

    if (EVP_PKEY_is_a(key, "ED25519")) {
        digest = NULL;
    }
    assert_int_equal(EVP_DigestSignInit(context, &key_context, digest, NULL, key), 1);
    if (recipe->pss) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, 32), 1);
    }
    assert_true(X509_sign_ctx(x509, context) > 0);
    EVP_MD_CTX_free(context);
}

static inline void add_extensions(X509 *x509, const struct recipe *recipe)
{
    const char *usage =
        recipe->usage != NULL ? recipe->usage : "critical,digitalSignature,keyEncipherment";
    char email[128];
    X509V3_CTX context;

    X509V3_set_ctx(&context, NULL, x509, NULL, NULL, 0);
    add_extension(x509, &context, "basicConstraints",
                  recipe->constraints != NULL ? recipe->constraints : "critical,CA:FALSE");
    add_extension(x509, &context, "keyUsage", usage);
    if (recipe->email != NULL) {
        (void)snprintf(email, sizeof email, "email:%s", recipe->email);
        add_extension(x509, &context, "subjectAltName", email);
    }
    add_extension(x509, &context, recipe->extra_name, recipe->extra_value);
    add_extension(x509, &context, recipe->extra2_name, recipe->extra2_value);
    if (!recipe->no_key_ids) {
        add_key_ids(x509, &context, recipe);
    }
}

/* Certificate ::= SEQUENCE { tbs, algorithm, signature }, put together around a changed tbs. */
static inline struct span sign_changed(X509 *x509, const struct recipe *recipe)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const X509_ALGOR *algorithm = X509_get0_tbs_sigalg(x509);
    unsigned char signature[1024], *tbs = NULL, *der, *at;
    size_t signature_len = sizeof signature;
    unsigned char *oid = NULL;
    int tbs_len = i2d_re_X509_tbs(x509, &tbs);
    int oid_len = i2d_X509_ALGOR((X509_ALGOR *)algorithm, &oid);
    int inner;

    assert_true(tbs_len > recipe->alter_first);
    tbs[recipe->alter_first] ^= recipe->alter_mask;
    assert_int_equal(
        EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, made_key(recipe->signer)), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &signature_len, tbs, (size_t)tbs_len), 1);
    inner = tbs_len + oid_len + ASN1_object_size(0, (int)signature_len + 1, V_ASN1_BIT_STRING);
    der = at = OPENSSL_malloc((size_t)ASN1_object_size(1, inner, V_ASN1_SEQUENCE));
    ASN1_put_object(&at, 1, inner, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    memcpy(at, tbs, (size_t)tbs_len);
    at += tbs_len;
    memcpy(at, oid, (size_t)oid_len);
    at += oid_len;
    ASN1_put_object(&at, 0, (int)signature_len + 1, V_ASN1_BIT_STRING, V_ASN1_UNIVERSAL);
    *at++ = 0;
    memcpy(at, signature, signature_len);
    at += signature_len;
    OPENSSL_free(oid);
    OPENSSL_free(tbs);
    EVP_MD_CTX_free(context);
    return span_of(der, (size_t)(at - der));
}

/* Makes the certificate; its DER is the caller's to free. */
static inline struct span make_cert(const struct recipe *recipe)
{
    bool usual = recipe->from_day == 0 && recipe->to_day == 0;
    X509 *x509 = X509_new();
    X509_NAME *subject = made_name(recipe->subject), *issuer = made_name(recipe->issuer);
    unsigned char *der = NULL;
    int len;

    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), recipe->serial != 0 ? recipe->serial : 4711);
    X509_set_subject_name(x509, subject);
    X509_set_issuer_name(x509, issuer);
    ASN1_TIME_set(X509_getm_notBefore(x509), made_now + DAY * (usual ? -100 : recipe->from_day));
    ASN1_TIME_set(X509_getm_notAfter(x509), made_now + DAY * (usual ? 100 : recipe->to_day));
    X509_set_pubkey(x509, made_key(recipe->key));
    add_extensions(x509, recipe);
    sign_made(x509, recipe);
    len = i2d_X509(x509, &der);
    assert_true(len > 0);
    if (recipe->alter != 0) {
        der[recipe->alter > 0 ? recipe->alter : len + recipe->alter] ^= 0x01;
    }
    if (recipe->alter_mask != 0) {
        struct span changed = sign_changed(x509, recipe);

        OPENSSL_free(der);
        der = (unsigned char *)changed.at;
        len = (int)changed.len;
    }
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
    X509_free(x509);
    return span_of(der, (size_t)len);
}

/* How one entry of a list is to be. */
struct list_recipe_entry {
    long serial; /* 0: no more entries */
    int day;     /* of revocation, from made_now */
    int reason;  /* -1: none is given */
};

/* How one list is to be. */
struct list_recipe {
    const char *issuer;
    enum key_name signer;
    int from_day, to_day; /* both 0: -1 to 6; to_day 999: no nextUpdate */
    struct list_recipe_entry entries[3];
    int number, base; /* 5 unless said; base > 0: a delta list */
    const char *extra_name, *extra_value;
    bool critical_unknown;
    bool no_key_id;
    int alter; /* as in struct recipe */
};

static inline void add_list_extensions(X509_CRL *crl, const struct list_recipe *recipe)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    X509_EXTENSION *extension;

    ASN1_INTEGER_set(number, recipe->number > 0 ? recipe->number : 5);
    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
    if (recipe->base > 0) {
        ASN1_INTEGER_set(number, recipe->base);
        X509_CRL_add1_ext_i2d(crl, NID_delta_crl, number, 1, 0);
    }
    ASN1_INTEGER_free(number);
    if (recipe->extra_name != NULL) {
        extension = X509V3_EXT_conf(NULL, NULL, recipe->extra_name, recipe->extra_value);
        assert_non_null(extension);
        X509_CRL_add_ext(crl, extension, -1);
        X509_EXTENSION_free(extension);
    }
    if (recipe->critical_unknown) {
        extension = X509V3_EXT_conf(NULL, NULL, "1.2.3.4", "critical,DER:0500");
        X509_CRL_add_ext(crl, extension, -1);
        X509_EXTENSION_free(extension);
    }
}

static inline void add_list_key_id(X509_CRL *crl, enum key_name signer)
{
    AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();
    X509 *holder = X509_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    X509_set_pubkey(holder, made_key(signer));
    X509_pubkey_digest(holder, EVP_sha1(), digest, &len);
    id->keyid = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(id->keyid, digest, (int)len);
    X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, id, 0, 0);
    AUTHORITY_KEYID_free(id);
    X509_free(holder);
}

static inline void add_list_entry(X509_CRL *crl, const struct list_recipe_entry *entry)
{
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *date = ASN1_TIME_set(NULL, made_now + DAY * entry->day);

    ASN1_INTEGER_set(serial, entry->serial);
    X509_REVOKED_set_serialNumber(revoked, serial);
    X509_REVOKED_set_revocationDate(revoked, date);
    if (entry->reason >= 0) {
        ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

        ASN1_ENUMERATED_set(reason, entry->reason);
        X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, reason, 0, 0);
        ASN1_ENUMERATED_free(reason);
    }
    assert_int_equal(X509_CRL_add0_revoked(crl, revoked), 1);
    ASN1_TIME_free(date);
    ASN1_INTEGER_free(serial);
}

static inline struct span make_list(const struct list_recipe *recipe)
{
    bool usual = recipe->from_day == 0 && recipe->to_day == 0;
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *issuer = made_name(recipe->issuer);
    ASN1_TIME *date = ASN1_TIME_set(NULL, made_now + DAY * (usual ? -1 : recipe->from_day));
    EVP_PKEY *key = made_key(recipe->signer);
    unsigned char *der = NULL;
    int len;

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, issuer);
    X509_CRL_set1_lastUpdate(crl, date);
    if (recipe->to_day != 999) {
        ASN1_TIME_set(date, made_now + DAY * (usual ? 6 : recipe->to_day));
        X509_CRL_set1_nextUpdate(crl, date);
    }
    for (int i = 0; i < 3 && recipe->entries[i].serial != 0; i++) {
        add_list_entry(crl, &recipe->entries[i]);
    }
    if (!recipe->no_key_id) {
        add_list_key_id(crl, recipe->signer);
    }
    add_list_extensions(crl, recipe);
    X509_CRL_sort(crl);
    assert_true(X509_CRL_sign(crl, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()) > 0);
    len = i2d_X509_CRL(crl, &der);
    if (recipe->alter != 0) {
        der[recipe->alter > 0 ? recipe->alter : len + recipe->alter] ^= 0x01;
    }
    ASN1_TIME_free(date);
    X509_NAME_free(issuer);
    X509_CRL_free(crl);
    return span_of(der, (size_t)len);
}

static inline void free_made(struct span *made)
{
    OPENSSL_free((void *)made->at);
    *made = span_of(NULL, 0);
}

#endif
