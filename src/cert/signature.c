#include "cert/signature.h"

#include "cert/der.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/asn1.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum { DIGEST_SHA1, DIGEST_SHA224, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_COUNT };

static const char *const digest_names[DIGEST_COUNT] = {"SHA1", "SHA2-224", "SHA2-256", "SHA2-384",
                                                       "SHA2-512"};

#define OID(bytes)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(bytes), sizeof(bytes) - 1                                                \
    }

/* The algorithms that certificates are signed with. All others go through ASN1_item_verify(). */
static const struct algorithm {
    struct span oid;
    bool is_rsa; /* PKCS #1 v1.5; else ECDSA */
    int digest;
} algorithms[] = {
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), true, DIGEST_SHA256},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), false, DIGEST_SHA256},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), true, DIGEST_SHA1},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), false, DIGEST_SHA384},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), true, DIGEST_SHA384},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), true, DIGEST_SHA512},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), false, DIGEST_SHA512},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e"), true, DIGEST_SHA224},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x01"), false, DIGEST_SHA224},
    {OID("\x2a\x86\x48\xce\x3d\x04\x01"), false, DIGEST_SHA1},
};

struct signing_tools {
    EVP_MD_CTX *context;
    EVP_MD *digests[DIGEST_COUNT];
};

struct signer {
    EVP_PKEY *key;
    bool is_rsa, is_ec;
    bool tried[DIGEST_COUNT];             /* a context was asked for; it may have been refused */
    EVP_PKEY_CTX *contexts[DIGEST_COUNT]; /* ready for EVP_PKEY_verify() */
};

static const struct algorithm *algorithm_of(struct span identifier)
{
    struct cursor in = cursor_over(identifier);
    struct cursor inner;
    struct span oid;

    if (!der_enter(&in, DER_SEQUENCE, &inner) || !der_take(&inner, DER_OID, &oid)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        if (span_equal(oid, algorithms[i].oid)) {
            return &algorithms[i];
        }
    }
    return NULL;
}

bool signed_part_of(struct span der, struct signed_part *out)
{
    struct cursor in = cursor_over(der);
    struct signed_part part = {.digest = -1};
    const struct algorithm *algorithm;
    struct cursor inner;
    struct span bits;

    if (!der_enter(&in, DER_SEQUENCE, &inner) || in.rest.len > 0 ||
        !der_take_whole(&inner, DER_SEQUENCE, &part.tbs) ||
        !der_take_whole(&inner, DER_SEQUENCE, &part.algorithm) ||
        !der_take(&inner, DER_BIT_STRING, &bits) || inner.rest.len > 0 || bits.len == 0) {
        return false;
    }
    part.unused_bits = bits.at[0];
    part.bits = span_from(bits, 1);
    algorithm = algorithm_of(part.algorithm);
    if (algorithm != NULL) {
        part.digest = algorithm->digest;
        part.is_rsa = algorithm->is_rsa;
    }
    *out = part;
    return true;
}

struct signing_tools *signing_tools_new(void)
{
    struct signing_tools *tools = calloc(1, sizeof *tools);

    if (tools == NULL) {
        return NULL;
    }
    tools->context = EVP_MD_CTX_new();
    if (tools->context == NULL) {
        signing_tools_free(tools);
        return NULL;
    }
    return tools;
}

void signing_tools_free(struct signing_tools *tools)
{
    if (tools == NULL) {
        return;
    }
    for (int i = 0; i < DIGEST_COUNT; i++) {
        EVP_MD_free(tools->digests[i]);
    }
    EVP_MD_CTX_free(tools->context);
    free(tools);
}

/* Fetched once a thread: EVP_sha256() would be looked up again at every use. */
static EVP_MD *digest_of(struct signing_tools *tools, int digest)
{
    if (tools->digests[digest] == NULL) {
        tools->digests[digest] = EVP_MD_fetch(NULL, digest_names[digest], NULL);
    }
    return tools->digests[digest];
}

struct signer *signer_new(void *key)
{
    struct signer *signer = calloc(1, sizeof *signer);

    if (signer == NULL) {
        return NULL;
    }
    signer->key = key;
    signer->is_rsa = EVP_PKEY_is_a(key, "RSA") == 1;
    signer->is_ec = EVP_PKEY_is_a(key, "EC") == 1;
    return signer;
}

void signer_free(struct signer *signer)
{
    if (signer == NULL) {
        return;
    }
    for (int i = 0; i < DIGEST_COUNT; i++) {
        EVP_PKEY_CTX_free(signer->contexts[i]);
    }
    free(signer);
}

/* NULL where the library will not (a policy against SHA-1, say): then it is asked in full. */
static EVP_PKEY_CTX *context_of(struct signer *signer, struct signing_tools *tools, int digest)
{
    EVP_MD *md = digest_of(tools, digest);
    EVP_PKEY_CTX *context;

    if (signer->tried[digest] || md == NULL) {
        return signer->contexts[digest];
    }
    signer->tried[digest] = true;
    context = EVP_PKEY_CTX_new_from_pkey(NULL, signer->key, NULL);
    if (context == NULL || EVP_PKEY_verify_init(context) <= 0 ||
        (signer->is_rsa && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) <= 0) ||
        EVP_PKEY_CTX_set_signature_md(context, md) <= 0) {
        EVP_PKEY_CTX_free(context);
        return NULL;
    }
    signer->contexts[digest] = context;
    return context;
}

void signed_part_digest(struct signed_part *part, struct signing_tools *tools)
{
    EVP_MD *md;
    unsigned len = 0;

    if (part->digest < 0 || part->digest_len > 0) {
        return;
    }
    md = digest_of(tools, part->digest);
    if (md == NULL || EVP_DigestInit_ex2(tools->context, md, NULL) != 1 ||
        EVP_DigestUpdate(tools->context, part->tbs.at, part->tbs.len) != 1 ||
        EVP_DigestFinal_ex(tools->context, part->digest_bytes, &len) != 1) {
        ERR_clear_error();
        return;
    }
    part->digest_len = len;
}

/* ASN1_item_verify() over bytes as they stand: a SEQUENCE of any contents encodes to itself. */
static bool made_by_library(EVP_PKEY *key, const struct signed_part *part)
{
    const unsigned char *at = part->algorithm.at;
    X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &at, (long)part->algorithm.len);
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    ASN1_STRING *tbs = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    bool made = false;

    if (algorithm != NULL && bits != NULL && tbs != NULL && part->tbs.len <= INT_MAX &&
        part->bits.len <= INT_MAX && at == part->algorithm.at + part->algorithm.len &&
        ASN1_BIT_STRING_set(bits, (unsigned char *)part->bits.at, (int)part->bits.len) == 1 &&
        ASN1_STRING_set(tbs, part->tbs.at, (int)part->tbs.len) == 1) {
        made = ASN1_item_verify(ASN1_ITEM_rptr(ASN1_SEQUENCE), algorithm, bits, tbs, key) == 1;
    }
    ASN1_STRING_free(tbs);
    ASN1_BIT_STRING_free(bits);
    X509_ALGOR_free(algorithm);
    return made;
}

bool signer_made(struct signer *signer, struct signing_tools *tools, struct signed_part *part)
{
    EVP_PKEY_CTX *context = NULL;
    bool made;

    /* A signature is whole octets: X509_verify() takes no other since OpenSSL 1.0.2. */
    if (part->unused_bits != 0) {
        return false;
    }
    if (part->digest >= 0 && (part->is_rsa ? signer->is_rsa : signer->is_ec)) {
        context = context_of(signer, tools, part->digest);
        signed_part_digest(part, tools);
    }
    if (context != NULL && part->digest_len > 0) {
        made = EVP_PKEY_verify(context, part->bits.at, part->bits.len, part->digest_bytes,
                               part->digest_len) == 1;
    } else {
        made = made_by_library(signer->key, part);
    }
    if (!made) {
        ERR_clear_error();
    }
    return made;
}
