#include "kms/vault/envelope_form.h"

#include "cert/der.h"

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

/* Octets of the header of an element of `n` octets (X.690, 8.1.3). */
static size_t header_size(size_t n) { return n < 0x80 ? 2 : n < 0x100 ? 3 : 4; }

static size_t element_size(size_t n) { return header_size(n) + n; }

/* The header of an element whose contents follow; an envelope is below 64 KiB. */
static void put_header(struct buffer *out, uint8_t tag, size_t n)
{
    buffer_add_byte(out, tag);
    if (n >= 0x100) {
        buffer_add_byte(out, 0x82);
        buffer_add_byte(out, (uint8_t)(n >> 8));
    } else if (n >= 0x80) {
        buffer_add_byte(out, 0x81);
    }
    buffer_add_byte(out, (uint8_t)n);
}

static void put(struct buffer *out, uint8_t tag, struct span contents)
{
    put_header(out, tag, contents.len);
    buffer_add(out, contents);
}

static void put_number(struct buffer *out, uint8_t n) { put(out, DER_INTEGER, span_of(&n, 1)); }

void envelope_write_recipient(struct span issuer, struct span serial, struct buffer *out)
{
    put_header(out, DER_SEQUENCE, issuer.len + serial.len);
    buffer_add(out, issuer);
    buffer_add(out, serial);
}

/* KeyAgreeRecipientInfo (RFC 5652, 6.2.2) with one recipient. */
static void put_recipient(struct buffer *out, const struct envelope_parts *parts)
{
    const size_t algorithm = element_size(OID_EC_KEY.len);
    const size_t bits = 1 + parts->ephemeral.len;
    const size_t key = element_size(algorithm) + element_size(bits);
    const size_t agreement = element_size(OID_ECDH.len) + WRAP_ALGORITHM.len;
    const size_t wrapped = parts->recipient.len + element_size(parts->wrapped.len);
    const size_t agree = 3 + element_size(element_size(key)) + element_size(agreement) +
                         element_size(element_size(wrapped));

    put_header(out, DER_SET, element_size(agree));
    put_header(out, EXPLICIT_1, agree);
    put_number(out, 3);
    put_header(out, EXPLICIT_0, element_size(key));
    put_header(out, EXPLICIT_1, key);
    put_header(out, DER_SEQUENCE, algorithm);
    put(out, DER_OID, OID_EC_KEY);
    put_header(out, DER_BIT_STRING, bits);
    buffer_add_byte(out, 0); /* unused bits */
    buffer_add(out, parts->ephemeral);
    put_header(out, DER_SEQUENCE, agreement);
    put(out, DER_OID, OID_ECDH);
    buffer_add(out, WRAP_ALGORITHM);
    put_header(out, DER_SEQUENCE, element_size(wrapped));
    put_header(out, DER_SEQUENCE, wrapped);
    buffer_add(out, parts->recipient);
    put(out, DER_OCTET_STRING, parts->wrapped);
}

/* EncryptedContentInfo with GCMParameters (RFC 5084, 3.2). */
static void put_content(struct buffer *out, const struct envelope_parts *parts)
{
    const size_t parameters = element_size(parts->nonce.len) + 3;
    const size_t algorithm = element_size(OID_GCM.len) + element_size(parameters);
    const size_t info =
        element_size(OID_DATA.len) + element_size(algorithm) + element_size(parts->content.len);

    put_header(out, DER_SEQUENCE, info);
    put(out, DER_OID, OID_DATA);
    put_header(out, DER_SEQUENCE, algorithm);
    put(out, DER_OID, OID_GCM);
    put_header(out, DER_SEQUENCE, parameters);
    put(out, DER_OCTET_STRING, parts->nonce);
    put_number(out, ENVELOPE_GCM_TAG);
    put(out, DER_CONTEXT | 0, parts->content);
}

void envelope_write(const struct envelope_parts *parts, struct buffer *out)
{
    struct buffer inner = buffer_with_max(out->max);
    size_t data;

    put_number(&inner, 0);
    put_recipient(&inner, parts);
    put_content(&inner, parts);
    put(&inner, DER_OCTET_STRING, parts->tag);
    data = element_size(inner.len);
    put_header(out, DER_SEQUENCE, element_size(OID_AUTH_ENVELOPED.len) + element_size(data));
    put(out, DER_OID, OID_AUTH_ENVELOPED);
    put_header(out, EXPLICIT_0, data);
    put(out, DER_SEQUENCE, buffer_span(&inner));
    if (inner.fault != FAULT_NONE) {
        out->fault = inner.fault;
    }
    buffer_clear(&inner);
}
