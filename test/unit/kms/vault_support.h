#ifndef TEST_UNIT_KMS_VAULT_SUPPORT_H
#define TEST_UNIT_KMS_VAULT_SUPPORT_H

#include "kms/vault/deal.h"

#include "support.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* A recovery key dealt to agents, with all shares, as no place but a test ever has them. */
struct dealt {
    struct vault_public public;
    struct secret shares[VAULT_AGENTS_MAX];
    struct vault *vault;
};

static inline struct dealt *dealt_new(enum vault_curve curve, unsigned quorum, unsigned count)
{
    struct dealt *dealt = calloc(1, sizeof *dealt);
    struct why why = {0};

    assert_non_null(dealt);
    assert_int_equal(vault_deal(curve, quorum, count, &dealt->public, dealt->shares, &why),
                     FAULT_NONE);
    assert_int_equal(vault_open(&dealt->public, &dealt->vault, &why), FAULT_NONE);
    return dealt;
}

static inline void dealt_free(struct dealt *dealt)
{
    vault_close(dealt->vault);
    for (size_t i = 0; i < VAULT_AGENTS_MAX; i++) {
        secret_clear(&dealt->shares[i]);
    }
    free(dealt);
}

/* Some point of the curve, not compressed, as an envelope has it: k·G with a random k. */
static inline struct span random_point(struct group *group, uint8_t out[2 * VAULT_SCALAR_MAX + 1])
{
    struct scalar *k;
    struct point *p;

    group_begin(group);
    k = scalar_take(group);
    p = point_take(group);
    scalar_random(group, k);
    point_multiply(group, p, k, NULL);
    point_encode_whole(group, p, out);
    assert_true(group_end(group));
    return span_of(out, 2 * vault_scalar_size(group_curve(group)) + 1);
}

/* The next way to choose `quorum` of `count` indexes, in order; false behind the last. */
static inline bool next_subset(unsigned indexes[], unsigned quorum, unsigned count)
{
    for (unsigned i = quorum; i-- > 0;) {
        if (indexes[i] < count - quorum + i + 1) {
            indexes[i]++;
            for (unsigned k = i + 1; k < quorum; k++) {
                indexes[k] = indexes[k - 1] + 1;
            }
            return true;
        }
    }
    return false;
}

static inline void first_subset(unsigned indexes[], unsigned quorum)
{
    for (unsigned i = 0; i < quorum; i++) {
        indexes[i] = i + 1;
    }
}

/* A recovery certificate for whatever key, signed by nobody who is known: nobody asks here. */
static inline struct buffer certificate_of(EVP_PKEY *public)
{
    struct buffer der = buffer_with_max(4096);
    EVP_PKEY *signer = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    uint8_t *bytes = NULL;
    int len;

    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 77), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const uint8_t *)"Recovery", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 86400));
    assert_int_equal(X509_set_pubkey(certificate, public), 1);
    assert_true(X509_sign(certificate, signer, NULL) > 0);
    len = i2d_X509(certificate, &bytes);
    assert_true(len > 0);
    buffer_add(&der, span_of(bytes, (size_t)len));
    OPENSSL_free(bytes);
    X509_free(certificate);
    EVP_PKEY_free(signer);
    return der;
}

#endif
