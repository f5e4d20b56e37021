#include "kms/vault/envelope_form.h"

#include "cert/der.h"
#include "cert/der_write.h"

#include <openssl/evp.h>

enum {
    EXPLICIT_0 = DER_CONTEXT | DER_CONSTRUCTED | 0,
    EXPLICIT_1 = DER_CONTEXT | DER_CONSTRUCTED | 1
};

/*
 * ECC-CMS-SharedInfo: id-aes256-wrap, no user keying material, and the wrapping key's length in
 * bits.
 */
static const uint8_t shared_info[] = {0x30, 0x15, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86,
                                      0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2d, 0xa2,
                                      0x06, 0x04, 0x04, 0x00, 0x00, 0x01, 0x00};

/*
 * One block of X9.63 is one SHA-256. libcrypto's EVP_KDF of that name is not asked: in 3.0 its
 * EVP_KDF_CTX_new() writes through NULL when memory is out.
 */
bool envelope_wrapping_key(struct span x, uint8_t key[ENVELOPE_KEY])
{
    static const uint8_t counter[] = {0, 0, 0, 1};
    EVP_MD *digest = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool right = digest != NULL && context != NULL &&
                 EVP_DigestInit_ex2(context, digest, NULL) == 1 &&
                 EVP_DigestUpdate(context, x.at, x.len) == 1 &&
                 EVP_DigestUpdate(context, counter, sizeof(counter)) == 1 &&
                 EVP_DigestUpdate(context, shared_info, sizeof(shared_info)) == 1 &&
                 EVP_DigestFinal_ex(context, key, NULL) == 1;

    EVP_MD_CTX_free(context);
    EVP_MD_free(digest);
    return right;
}

static void add_version(struct buffer *out, uint64_t n) { der_add_number(out, DER_INTEGER, n); }

void envelope_write_recipient(struct span issuer, struct span serial, struct buffer *out)
{
    const size_t recipient = der_open(out, DER_SEQUENCE);

    buffer_add(out, issuer);
    buffer_add(out, serial);
    der_close(out, recipient);
}

/* OriginatorPublicKey (RFC 5652, 6.2.2): the ephemeral point. */
static void add_originator(struct buffer *out, struct span ephemeral)
{
    const size_t originator = der_open(out, EXPLICIT_0);
    const size_t key = der_open(out, EXPLICIT_1);
    const size_t algorithm = der_open(out, DER_SEQUENCE);

    der_add_oid(out, OID_EC_KEY);
    der_close(out, algorithm);
    der_add_bits(out, ephemeral);
    der_close(out, key);
    der_close(out, originator);
}

/* KeyAgreeRecipientInfo (RFC 5652, 6.2.2) with one recipient. */
static void add_recipient(struct buffer *out, const struct envelope_parts *parts)
{
    const size_t recipients = der_open(out, DER_SET);
    const size_t agree = der_open(out, EXPLICIT_1);
    size_t agreement, keys, key;

    add_version(out, 3);
    add_originator(out, parts->ephemeral);
    agreement = der_open(out, DER_SEQUENCE);
    der_add_oid(out, OID_ECDH);
    buffer_add(out, WRAP_ALGORITHM);
    der_close(out, agreement);
    keys = der_open(out, DER_SEQUENCE);
    key = der_open(out, DER_SEQUENCE);
    buffer_add(out, parts->recipient);
    der_add(out, DER_OCTET_STRING, parts->wrapped);
    der_close(out, key);
    der_close(out, keys);
    der_close(out, agree);
    der_close(out, recipients);
}

/* EncryptedContentInfo with GCMParameters (RFC 5084, 3.2). */
static void add_content(struct buffer *out, const struct envelope_parts *parts)
{
    const size_t info = der_open(out, DER_SEQUENCE);
    size_t algorithm, parameters;

    der_add_oid(out, OID_DATA);
    algorithm = der_open(out, DER_SEQUENCE);
    der_add_oid(out, OID_GCM);
    parameters = der_open(out, DER_SEQUENCE);
    der_add(out, DER_OCTET_STRING, parts->nonce);
    der_add_number(out, DER_INTEGER, ENVELOPE_GCM_TAG);
    der_close(out, parameters);
    der_close(out, algorithm);
    der_add(out, DER_CONTEXT | 0, parts->content);
    der_close(out, info);
}

void envelope_write(const struct envelope_parts *parts, struct buffer *out)
{
    const size_t envelope = der_open(out, DER_SEQUENCE);
    size_t content, data;

    der_add_oid(out, OID_AUTH_ENVELOPED);
    content = der_open(out, EXPLICIT_0);
    data = der_open(out, DER_SEQUENCE);
    add_version(out, 0);
    add_recipient(out, parts);
    add_content(out, parts);
    der_add(out, DER_OCTET_STRING, parts->tag);
    der_close(out, data);
    der_close(out, content);
    der_close(out, envelope);
}
