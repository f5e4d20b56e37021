#include "cert/ca.h"

#include "cert/der.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum { RSA_BITS_MAX = 8192, EXPONENT_BITS_MAX = 64 };

/* What makes the answer depend on the leaf: its names, policies, addresses of the network. */
static const int leaf_constraints[] = {
    NID_name_constraints,   NID_policy_constraints, NID_policy_mappings,
    NID_inhibit_any_policy, NID_sbgp_ipAddrBlock,   NID_sbgp_autonomousSysNum,
};

static bool has_leaf_constraints(const X509 *x509)
{
    for (size_t i = 0; i < sizeof(leaf_constraints) / sizeof(leaf_constraints[0]); i++) {
        if (X509_get_ext_by_NID(x509, leaf_constraints[i], -1) >= 0) {
            return true;
        }
    }
    return false;
}

static bool is_dear(const EVP_PKEY *key)
{
    BIGNUM *exponent = NULL;
    bool dear;

    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA &&
        EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA_PSS) {
        return false;
    }
    dear = EVP_PKEY_get_bits(key) > RSA_BITS_MAX ||
           EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1 ||
           BN_num_bits(exponent) > EXPONENT_BITS_MAX;
    BN_free(exponent);
    return dear;
}

static struct span name_of(const X509_NAME *name)
{
    const unsigned char *at = NULL;
    size_t len = 0;

    return X509_NAME_get0_der(name, &at, &len) == 1 ? span_of(at, len) : span_of(NULL, 0);
}

static struct span bytes_of(const ASN1_OCTET_STRING *string)
{
    if (string == NULL) {
        return span_of(NULL, 0);
    }
    return span_of(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}

static void take_facts(struct ca *ca, X509 *x509)
{
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x509);
    const ASN1_OCTET_STRING *authority_id = X509_get0_authority_key_id(x509);
    uint32_t usage = X509_get_key_usage(x509); /* all bits where it is absent */

    ca->subject = name_of(X509_get_subject_name(x509));
    ca->issuer = name_of(X509_get_issuer_name(x509));
    ca->subject_key_id = bytes_of(id);
    ca->authority_key_id = bytes_of(authority_id);
    ca->is_root = X509_self_signed(x509, 0) == 1;
    ca->is_ca = X509_check_ca(x509) == 1;
    ca->signs_lists = (usage & KU_CRL_SIGN) != 0;
    /* An empty key identifier fits nothing in libcrypto; let libcrypto say so. */
    ca->judges_leaves = has_leaf_constraints(x509) || (id != NULL && ASN1_STRING_length(id) == 0);
    ca->dear = is_dear(ca->key);
}

static bool find_serial(struct span der, struct span *serial)
{
    struct cursor in = cursor_over(der);
    struct cursor body, tbs;
    struct span version;

    if (!der_enter(&in, DER_SEQUENCE, &body) || !der_enter(&body, DER_SEQUENCE, &tbs)) {
        return false;
    }
    (void)!der_take(&tbs, DER_CONTEXT | DER_CONSTRUCTED, &version);
    return der_take(&tbs, DER_INTEGER, serial);
}

static enum fault decode(struct ca *ca, struct why *why)
{
    const unsigned char *at = ca->der.at;
    X509 *x509;

    ca->x509 = x509 = ca->der.len <= LONG_MAX ? d2i_X509(NULL, &at, (long)ca->der.len) : NULL;
    if (x509 == NULL || at != ca->der.at + ca->der.len || !find_serial(ca->der, &ca->serial)) {
        return fault_at(FAULT_SYNTAX, 0, "RFC 5280: this is no certificate", why);
    }
    /* Reads and keeps the extensions; certificates whose extensions are wrong issue nothing. */
    if (X509_check_purpose(x509, -1, 0) != 1) {
        return fault_at(FAULT_SYNTAX, 0, "RFC 5280: its extensions cannot be read", why);
    }
    ca->key = X509_get0_pubkey(x509);
    if (ca->key == NULL) {
        return fault_at(FAULT_SYNTAX, 0, "libcrypto: its key is of no kind that is known", why);
    }
    take_facts(ca, x509);
    return FAULT_NONE;
}

enum fault ca_read(struct span der, struct ca **out, struct why *why)
{
    struct ca *ca = calloc(1, sizeof *ca);
    uint8_t *copy = malloc(der.len + 1);
    enum fault fault;

    if (ca == NULL || copy == NULL) {
        free(copy);
        free(ca);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (der.len > 0) {
        memcpy(copy, der.at, der.len);
    }
    ca->der = span_of(copy, der.len);
    fault = decode(ca, why);
    if (fault != FAULT_NONE) {
        ERR_clear_error();
        ca_free(ca);
        return fault;
    }
    *out = ca;
    return FAULT_NONE;
}

void ca_free(struct ca *ca)
{
    if (ca == NULL) {
        return;
    }
    X509_free(ca->x509);
    free((void *)ca->der.at);
    free(ca);
}

bool ca_has_same_key(const struct ca *a, const struct ca *b)
{
    bool same = EVP_PKEY_eq(a->key, b->key) == 1;

    ERR_clear_error();
    return same;
}
