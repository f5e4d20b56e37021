#include "compare_key.h"

#include <stdbool.h>
#include <stddef.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "cert/curve.h"

static enum key_type type_of(const EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return KEY_RSA;
    case EVP_PKEY_RSA_PSS:
        return KEY_RSA_PSS;
    case EVP_PKEY_EC:
        return KEY_EC;
    case EVP_PKEY_ED25519:
        return KEY_ED25519;
    case EVP_PKEY_ED448:
        return KEY_ED448;
    case EVP_PKEY_X25519:
        return KEY_X25519;
    case EVP_PKEY_X448:
        return KEY_X448;
    case EVP_PKEY_DSA:
        return KEY_DSA;
    default:
        return KEY_OTHER;
    }
}

static const char *compare_curve(const EVP_PKEY *key, const struct cert_key *ours)
{
    char name[80];
    size_t len = 0;
    int nid;
    const ASN1_OBJECT *oid;
    EC_GROUP *group;
    bool same;

    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name), &len) !=
        1) {
        return ours->curve.len == 0 ? NULL : "curve of explicit parameters";
    }
    nid = OBJ_txt2nid(name);
    oid = OBJ_nid2obj(nid);
    if (!span_equal(ours->curve, span_of(OBJ_get0_data(oid), OBJ_length(oid)))) {
        return "curve";
    }
    group = EC_GROUP_new_by_curve_name(nid);
    same = curve_find(ours->curve) == NULL || EC_GROUP_get_degree(group) == (int)ours->bits;
    EC_GROUP_free(group);
    return same ? NULL : "bits of a curve";
}

const char *compare_key(X509 *x, const struct cert *cert)
{
    const EVP_PKEY *key = X509_get0_pubkey(x);
    ASN1_OBJECT *oid = NULL;
    const unsigned char *point = NULL;
    int point_len = 0;

    X509_PUBKEY_get0_param(&oid, &point, &point_len, NULL, X509_get_X509_PUBKEY(x));
    if (!span_equal(cert->key.oid, span_of(OBJ_get0_data(oid), OBJ_length(oid)))) {
        return "algorithm of the key";
    }
    if ((size_t)point_len != cert->key.point.len) {
        return "the key itself";
    }
    if (key == NULL) {
        return NULL;
    }
    if (type_of(key) != cert->key.type) {
        return "key type";
    }
    switch (cert->key.type) {
    case KEY_RSA:
    case KEY_RSA_PSS:
    case KEY_DSA:
        return EVP_PKEY_get_bits(key) == (int)cert->key.bits ? NULL : "bits of a key";
    case KEY_EC:
        return compare_curve(key, &cert->key);
    default:
        return NULL;
    }
}
