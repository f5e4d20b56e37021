#include "kms/vault/rebuild.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

static enum fault check_shares(struct vault *vault, const unsigned indexes[],
                               const struct secret shares[], size_t count, struct why *why)
{
    if (count < vault_public(vault)->quorum) {
        return fault_at(FAULT_DENIED, count, "fewer recovery agents than the quorum", why);
    }
    for (size_t i = 0; i < count; i++) {
        enum fault fault = vault_share_fits(vault, indexes[i], &shares[i], why);

        if (fault != FAULT_NONE) {
            return fault_at(fault, i, why->rule, why);
        }
        for (size_t k = 0; k < i; k++) {
            if (indexes[k] == indexes[i]) {
                return fault_at(FAULT_DENIED, i, "a recovery agent counts once", why);
            }
        }
    }
    return FAULT_NONE;
}

enum { WHOLE_POINT_MAX = 2 * VAULT_SCALAR_MAX + 1 };

/* d, the sum of lambda·f(i) over the first T shares, which fit; and d·G, not compressed. */
static enum fault interpolate(struct vault *vault, const unsigned indexes[],
                              const struct secret shares[], struct secret *out,
                              uint8_t point[WHOLE_POINT_MAX], struct why *why)
{
    struct group *group = vault_group(vault);
    const size_t quorum = vault_public(vault)->quorum;
    struct scalar *sum, *step, *lambda;
    struct point *public;
    enum fault fault = secret_new(vault_scalar_size(group_curve(group)), out, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    group_begin(group);
    sum = scalar_take(group);
    step = scalar_take(group);
    lambda = scalar_take(group);
    public = point_take(group);
    scalar_set(group, sum, 0);
    for (size_t i = 0; i < quorum; i++) {
        scalar_lagrange(group, lambda, indexes, quorum, i);
        (void)scalar_decode(group, step, secret_span(&shares[i]));
        scalar_multiply(group, step, step, lambda);
        scalar_add(group, sum, sum, step);
    }
    scalar_encode(group, sum, out->at);
    point_multiply(group, public, sum, NULL);
    point_encode_whole(group, public, point);
    if (!group_end(group)) {
        secret_clear(out);
        return group_gave_out(why);
    }
    return FAULT_NONE;
}

/* What EVP_PKEY_fromdata() makes an EC key of; the scalar is in secure memory. */
static OSSL_PARAM *make_parameters(enum vault_curve curve, const struct secret *scalar,
                                   struct span point)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *d = BN_secure_new();
    OSSL_PARAM *parameters = NULL;

    if (builder != NULL && d != NULL && BN_bin2bn(scalar->at, (int)scalar->len, d) != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
                                        curve == VAULT_P256 ? "P-256" : "P-384", 0) == 1 &&
        OSSL_PARAM_BLD_push_BN_pad(builder, OSSL_PKEY_PARAM_PRIV_KEY, d, scalar->len) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.at, point.len) ==
            1) {
        parameters = OSSL_PARAM_BLD_to_param(builder);
    }
    BN_clear_free(d);
    OSSL_PARAM_BLD_free(builder);
    return parameters;
}

static EVP_PKEY *make_key(enum vault_curve curve, const struct secret *scalar, struct span point)
{
    OSSL_PARAM *parameters = make_parameters(curve, scalar, point);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return key;
}

static enum fault write_pem(const EVP_PKEY *key, struct secret *out, struct why *why)
{
    BIO *memory = BIO_new(BIO_s_secmem());
    char *text = NULL;
    long len;
    enum fault fault;

    if (memory == NULL ||
        PEM_write_bio_PKCS8PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) != 1) {
        BIO_free(memory);
        return group_gave_out(why);
    }
    len = BIO_get_mem_data(memory, &text);
    fault = secret_copy(span_of(text, (size_t)len), out, why);
    BIO_free(memory);
    return fault;
}

enum fault vault_rebuild(struct vault *vault, const unsigned indexes[],
                         const struct secret shares[], size_t count, struct secret *out,
                         struct why *why)
{
    const enum vault_curve curve = vault_public(vault)->curve;
    uint8_t point[WHOLE_POINT_MAX];
    struct secret scalar = {0};
    EVP_PKEY *key;
    enum fault fault = check_shares(vault, indexes, shares, count, why);

    if (fault == FAULT_NONE) {
        fault = interpolate(vault, indexes, shares, &scalar, point, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    key = make_key(curve, &scalar, span_of(point, 2 * vault_scalar_size(curve) + 1));
    secret_clear(&scalar);
    fault = key == NULL ? group_gave_out(why) : write_pem(key, out, why);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return fault;
}
