/*
 * usage: kms_issue USERS p256|rsa2048 THREADS
 *
 * What issuing to so many users would take if there were nothing but libcrypto: for each, two keys,
 * two certificates signed by a CA on P-256, a CMS envelope of the encryption key for a recovery key
 * on P-256, and a PKCS#12 with both keys and certificates and the CA's; by that many threads. No
 * store, no file, no row, no audit. Prints the seconds.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

enum { ITERATIONS = 2048, VALID = 86400, SERIAL_BITS = 126, THREADS_MAX = 256 };

static const char passphrase[] = "seven words of a passphrase for a file";

/* Made once, and read by all threads. */
static struct {
    EVP_PKEY *ca_key;
    X509 *ca, *recovery;
    int rsa;
    long users;
    atomic_long taken;
} work;

/* A call of libcrypto that fails ends the program: there is nothing to measure then. */
static void must(int done)
{
    if (done != 1) {
        fputs("kms_issue: libcrypto failed\n", stderr);
        exit(1);
    }
}

static EVP_PKEY *make_key(int rsa)
{
    EVP_PKEY *key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");

    must(key != NULL);
    return key;
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    must(extension != NULL);
    must(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key, const char *usage, const char *name)
{
    X509 *certificate = X509_new();
    BIGNUM *serial = BN_new();
    X509_NAME *subject = X509_get_subject_name(certificate);

    must(X509_set_version(certificate, X509_VERSION_3));
    must(BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY));
    must(BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL);
    must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                    -1, 0));
    must(X509_set_issuer_name(certificate,
                              work.ca != NULL ? X509_get_subject_name(work.ca) : subject));
    must(X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(certificate), VALID) != NULL);
    must(X509_set_pubkey(certificate, key));
    add_extension(certificate, NID_key_usage, usage);
    add_extension(certificate, NID_ext_key_usage, "emailProtection");
    add_extension(certificate, NID_subject_alt_name, "email:user@example.org");
    must(X509_sign(certificate, work.ca_key, EVP_sha256()) > 0);
    BN_free(serial);
    return certificate;
}

static void make_envelope(EVP_PKEY *key)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    STACK_OF(X509) *recipients = sk_X509_new_null();
    unsigned char *plain = NULL, *der = NULL;
    const int len = i2d_PKCS8_PRIV_KEY_INFO(info, &plain);
    BIO *in = BIO_new_mem_buf(plain, len);
    CMS_ContentInfo *cms;

    must(len > 0);
    must(sk_X509_push(recipients, work.recovery) > 0);
    cms = CMS_encrypt(recipients, in, EVP_aes_256_gcm(), CMS_BINARY);
    must(cms != NULL);
    must(i2d_CMS_ContentInfo(cms, &der) > 0);
    CMS_ContentInfo_free(cms);
    sk_X509_free(recipients);
    BIO_free(in);
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_free(plain);
    OPENSSL_free(der);
}

static void make_p12(EVP_PKEY *const keys[2], X509 *const certificates[2])
{
    const int cipher = NID_aes_256_cbc;
    STACK_OF(PKCS12_SAFEBAG) *certs = NULL, *shrouded = NULL;
    STACK_OF(PKCS7) *safes = NULL;
    unsigned char *der = NULL;
    PKCS12 *p12;

    for (int i = 0; i < 2; i++) {
        must(PKCS12_add_cert(&certs, certificates[i]) != NULL);
        must(PKCS12_add_key(&shrouded, keys[i], 0, ITERATIONS, cipher, passphrase) != NULL);
    }
    must(PKCS12_add_cert(&certs, work.ca) != NULL);
    must(PKCS12_add_safe(&safes, certs, cipher, ITERATIONS, passphrase));
    must(PKCS12_add_safe(&safes, shrouded, -1, 0, NULL));
    p12 = PKCS12_add_safes(safes, 0);
    must(p12 != NULL);
    must(PKCS12_set_mac(p12, passphrase, -1, NULL, 0, ITERATIONS, EVP_sha256()));
    must(i2d_PKCS12(p12, &der) > 0);
    OPENSSL_free(der);
    PKCS12_free(p12);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    sk_PKCS12_SAFEBAG_pop_free(certs, PKCS12_SAFEBAG_free);
    sk_PKCS12_SAFEBAG_pop_free(shrouded, PKCS12_SAFEBAG_free);
}

static void issue(void)
{
    EVP_PKEY *const keys[2] = {make_key(work.rsa), make_key(work.rsa)};
    X509 *const certificates[2] = {
        make_certificate(keys[0], "critical,digitalSignature", "A User of Mail"),
        make_certificate(keys[1], work.rsa ? "critical,keyEncipherment" : "critical,keyAgreement",
                         "A User of Mail")};

    make_envelope(keys[1]);
    make_p12(keys, certificates);
    for (int i = 0; i < 2; i++) {
        X509_free(certificates[i]);
        EVP_PKEY_free(keys[i]);
    }
}

static void *issue_some(void *unused)
{
    (void)unused;
    while (atomic_fetch_add(&work.taken, 1) < work.users) {
        issue();
    }
    return NULL;
}

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    const long threads = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    pthread_t running[THREADS_MAX];
    EVP_PKEY *recovery;
    double begin;

    if (threads < 1 || threads > THREADS_MAX) {
        fputs("usage: kms_issue USERS p256|rsa2048 THREADS\n", stderr);
        return 2;
    }
    work.users = strtol(argv[1], NULL, 10);
    work.rsa = strcmp(argv[2], "rsa2048") == 0;
    work.ca_key = make_key(0);
    recovery = make_key(0);
    work.ca = make_certificate(work.ca_key, "critical,keyCertSign,cRLSign", "An Issuing CA");
    work.recovery = make_certificate(recovery, "critical,keyAgreement", "A Recovery Key");
    begin = now();
    for (long i = 0; i < threads; i++) {
        must(pthread_create(&running[i], NULL, issue_some, NULL) == 0);
    }
    for (long i = 0; i < threads; i++) {
        (void)pthread_join(running[i], NULL);
    }
    printf("%.6f\n", now() - begin);
    X509_free(work.recovery);
    X509_free(work.ca);
    EVP_PKEY_free(recovery);
    EVP_PKEY_free(work.ca_key);
    return 0;
}
