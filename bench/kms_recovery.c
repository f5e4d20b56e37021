/*
 * usage: kms_recovery USERS KEYS QUORUM
 *
 * What recovering the keys of so many users would take if there were nothing but libcrypto: the
 * same multiplications, signatures, key agreements and PKCS#12 files as keyroster's `kms recover`,
 * `approve` (QUORUM times) and `collect` have, one after the other in one thread, on keys of P-256;
 * no store, no file, no form, no row. Prints the seconds.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

enum { ITERATIONS = 2048, CHAIN = 2, SHARED_MAX = 64, SIGNATURE_MAX = 128, VALID = 86400 };

/* Made once; the work is done with them again and again. */
struct tools {
    EC_GROUP *group;
    BN_CTX *context;
    BIGNUM *scalar;
    EC_POINT *point, *out;
    EVP_PKEY *signing, *ca, *peer, *user;
    X509 *certificate;
    unsigned char signature[SIGNATURE_MAX], ca_signature[SIGNATURE_MAX];
    size_t ca_signature_len;
    unsigned char *pkcs8, *der; /* the user's key and certificate */
    int pkcs8_len, der_len;
};

static const unsigned char message[32] = "thirty-two bytes, as of a digest";

/* A call of libcrypto that fails ends the program: there is nothing to measure then. */
static void must(int done)
{
    if (done != 1) {
        fputs("kms_recovery: libcrypto failed\n", stderr);
        exit(1);
    }
}

static void sign(EVP_PKEY *key, const EVP_MD *digest, unsigned char *out, size_t *len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    *len = SIGNATURE_MAX;
    must(EVP_DigestSignInit(context, NULL, digest, NULL, key));
    must(EVP_DigestSign(context, out, len, message, sizeof(message)));
    EVP_MD_CTX_free(context);
}

static void verify(EVP_PKEY *key, const EVP_MD *digest, const unsigned char *signature, size_t len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    must(EVP_DigestVerifyInit(context, NULL, digest, NULL, key));
    must(EVP_DigestVerify(context, signature, len, message, sizeof(message)));
    EVP_MD_CTX_free(context);
}

static void agree(EVP_PKEY *mine, EVP_PKEY *theirs)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(mine, NULL);
    unsigned char shared[SHARED_MAX];
    size_t len = sizeof(shared);

    must(EVP_PKEY_derive_init(context));
    must(EVP_PKEY_derive_set_peer(context, theirs));
    must(EVP_PKEY_derive(context, shared, &len));
    EVP_PKEY_CTX_free(context);
}

/* What sealing a box costs: a fresh pair of X25519, and the agreement. */
static void seal(const struct tools *t)
{
    EVP_PKEY *fresh = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");

    must(fresh != NULL);
    agree(fresh, t->peer);
    EVP_PKEY_free(fresh);
}

static void multiply(const struct tools *t, int times)
{
    for (int i = 0; i < times; i++) {
        must(EC_POINT_mul(t->group, t->out, NULL, t->point, t->scalar, t->context));
    }
}

static void multiply_generator(const struct tools *t, int times)
{
    for (int i = 0; i < times; i++) {
        must(EC_POINT_mul(t->group, t->out, t->scalar, NULL, NULL, t->context));
    }
}

static X509 *certify(EVP_PKEY *key, EVP_PKEY *ca)
{
    X509 *x509 = X509_new();
    X509_NAME *name = X509_get_subject_name(x509);

    must(X509_set_version(x509, X509_VERSION_3));
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"user", -1, -1,
                                    0));
    must(X509_set_issuer_name(x509, name));
    must(X509_gmtime_adj(X509_getm_notBefore(x509), 0) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(x509), VALID) != NULL);
    must(X509_set_pubkey(x509, key));
    must(X509_sign(x509, ca, EVP_sha256()) > 0);
    return x509;
}

/* The content of the certificates in the PKCS#12: read, as they come out of a store. */
static X509 *read_certificate(const struct tools *t)
{
    const unsigned char *at = t->der;
    X509 *x509 = d2i_X509(NULL, &at, t->der_len);

    must(x509 != NULL);
    return x509;
}

/* The wrapping key of RFC 5753, and AES of the content; unwrapping is one block more. */
static void open_content(const struct tools *t)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "X963KDF", NULL);
    EVP_KDF_CTX *deriving = EVP_KDF_CTX_new(kdf);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    unsigned char key[32], out[4096];
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, "SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)message, sizeof(message)),
        OSSL_PARAM_construct_end(),
    };
    int len;

    must(EVP_KDF_derive(deriving, key, sizeof(key), parameters));
    must(EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, message));
    must(EVP_DecryptUpdate(cipher, out, &len, t->pkcs8, t->pkcs8_len));
    EVP_CIPHER_CTX_free(cipher);
    EVP_KDF_CTX_free(deriving);
    EVP_KDF_free(kdf);
}

/* The private key that was in an envelope, and whether it is its certificate's. */
static EVP_PKEY *read_key(const struct tools *t, X509 *certificate)
{
    const unsigned char *at = t->pkcs8;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, t->pkcs8_len);
    EVP_PKEY *key = EVP_PKCS82PKEY(info);

    must(X509_check_private_key(certificate, key));
    PKCS8_PRIV_KEY_INFO_free(info);
    return key;
}

static struct tools make_tools(void)
{
    struct tools t = {
        .group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
        .context = BN_CTX_secure_new(),
        .scalar = BN_secure_new(),
        .signing = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
        .ca = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"),
        .peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
        .user = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"),
    };
    size_t len;

    t.point = EC_POINT_new(t.group);
    t.out = EC_POINT_new(t.group);
    BN_set_flags(t.scalar, BN_FLG_CONSTTIME);
    must(BN_priv_rand_range(t.scalar, EC_GROUP_get0_order(t.group)));
    must(EC_POINT_mul(t.group, t.point, t.scalar, NULL, NULL, t.context));
    t.certificate = certify(t.user, t.ca);
    t.der_len = i2d_X509(t.certificate, &t.der);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(t.user);
    t.pkcs8_len = i2d_PKCS8_PRIV_KEY_INFO(info, &t.pkcs8);
    PKCS8_PRIV_KEY_INFO_free(info);
    must(t.der_len > 0 && t.pkcs8_len > 0);
    sign(t.signing, NULL, t.signature, &len);
    sign(t.ca, EVP_sha256(), t.ca_signature, &t.ca_signature_len);
    return t;
}

static void free_tools(struct tools *t)
{
    OPENSSL_free(t->der);
    OPENSSL_clear_free(t->pkcs8, (size_t)t->pkcs8_len);
    X509_free(t->certificate);
    EVP_PKEY_free(t->user);
    EVP_PKEY_free(t->peer);
    EVP_PKEY_free(t->ca);
    EVP_PKEY_free(t->signing);
    EC_POINT_free(t->out);
    EC_POINT_free(t->point);
    BN_clear_free(t->scalar);
    BN_CTX_free(t->context);
    EC_GROUP_free(t->group);
}

/* A PKCS#12 of `keys` keys: read from their envelopes, each with its certificate, and the chain. */
static void pack(const struct tools *t, int keys)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    STACK_OF(PKCS7) *safes = NULL;
    unsigned char *der = NULL;
    PKCS12 *p12;

    for (int i = 0; i < keys + CHAIN; i++) {
        X509 *certificate = read_certificate(t);

        must(PKCS12_add_cert(&bags, certificate) != NULL);
        if (i < keys) {
            EVP_PKEY *key = read_key(t, certificate);

            must(PKCS12_add_key(&bags, key, 0, ITERATIONS, NID_aes_256_cbc, "passphrase") != NULL);
            EVP_PKEY_free(key);
        }
        X509_free(certificate);
    }
    must(PKCS12_add_safe(&safes, bags, NID_aes_256_cbc, ITERATIONS, "passphrase"));
    p12 = PKCS12_add_safes(safes, 0);
    must(p12 != NULL);
    must(PKCS12_set_mac(p12, "passphrase", -1, NULL, 0, ITERATIONS, EVP_sha256()));
    must(i2d_PKCS12(p12, &der) > 0);
    OPENSSL_free(der);
    PKCS12_free(p12);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    sk_PKCS7_pop_free(safes, PKCS7_free);
}

/* recover: a key of the request, sealed to the asker; its signature and that of the audit. */
static void ask(struct tools *t, int keys)
{
    size_t len;

    for (int i = 0; i < keys; i++) { /* each envelope is bound by the CA */
        verify(t->ca, EVP_sha256(), t->ca_signature, t->ca_signature_len);
    }
    EVP_PKEY_free(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"));
    seal(t);
    sign(t->signing, NULL, t->signature, &len);
    sign(t->signing, NULL, t->signature, &len);
}

/* approve: the asker's signature, the CA's; D, A and B of each key; sealed, signed, audited. */
static void approve(struct tools *t, int keys)
{
    size_t len;

    verify(t->signing, NULL, t->signature, 64);
    for (int i = 0; i < keys; i++) {
        verify(t->ca, EVP_sha256(), t->ca_signature, t->ca_signature_len);
        multiply(t, 2);
        multiply_generator(t, 1);
    }
    seal(t);
    sign(t->signing, NULL, t->signature, &len);
    sign(t->signing, NULL, t->signature, &len);
}

/*
 * collect: all signatures; of each agent and key the two sums that the proof is held against; of
 * each key the sum of the results, and what is in the envelope; the PKCS#12.
 */
static void collect(struct tools *t, int keys, int quorum)
{
    size_t len;

    verify(t->signing, NULL, t->signature, 64);
    agree(t->peer, t->peer);
    for (int i = 0; i < quorum; i++) {
        verify(t->signing, NULL, t->signature, 64);
        agree(t->peer, t->peer);
    }
    for (int i = 0; i < keys; i++) {
        verify(t->ca, EVP_sha256(), t->ca_signature, t->ca_signature_len);
        multiply(t, 3 * quorum);
        multiply_generator(t, quorum);
        multiply(t, quorum);
        open_content(t);
    }
    pack(t, keys);
    sign(t->signing, NULL, t->signature, &len);
}

int main(int argc, char **argv)
{
    const int users = argc > 1 ? atoi(argv[1]) : 1000, keys = argc > 2 ? atoi(argv[2]) : 1;
    const int quorum = argc > 3 ? atoi(argv[3]) : 2;
    struct tools t = make_tools();
    struct timespec start, end;

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int user = 0; user < users; user++) {
        ask(&t, keys);
        for (int agent = 0; agent < quorum; agent++) {
            approve(&t, keys);
        }
        collect(&t, keys, quorum);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.3f\n",
           (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec));
    free_tools(&t);
    return 0;
}
