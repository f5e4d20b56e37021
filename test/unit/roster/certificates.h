#ifndef TEST_UNIT_ROSTER_CERTIFICATES_H
#define TEST_UNIT_ROSTER_CERTIFICATES_H

#include "base/buffer.h"
#include "support.h"

/*
 * Certificates put together by hand: version 3, an EC key, one address, valid from 2020 on. Nobody
 * signed them, which no reader of facts asks for.
 */
struct made_certificate {
    uint8_t serial;    /* tells two certificates apart */
    uint8_t key;       /* tells two keys apart */
    const char *email; /* NULL: none */
    const char *until; /* UTCTime: "301231235959Z" */
    bool ca;
};

/* Puts tag and length in front of what was added since `start`. */
static inline void der_wrap(struct buffer *out, size_t start, uint8_t tag)
{
    size_t n = out->len - start, header = n < 0x80 ? 2 : 4;

    assert_non_null(buffer_room(out, header));
    memmove(out->at + start + header, out->at + start, n);
    out->at[start] = tag;
    out->at[start + 1] = (uint8_t)(n < 0x80 ? n : 0x82);
    if (header == 4) {
        out->at[start + 2] = (uint8_t)(n >> 8);
        out->at[start + 3] = (uint8_t)n;
    }
    out->len += header;
}

static inline void der_add(struct buffer *out, uint8_t tag, const void *bytes, size_t len)
{
    size_t start = out->len;

    buffer_add(out, span_of(bytes, len));
    der_wrap(out, start, tag);
}

#define DER_TEXT(text) (text), sizeof(text) - 1

static inline void der_add_algorithm(struct buffer *out)
{
    size_t start = out->len;

    der_add(out, 0x06, DER_TEXT("\x2a\x86\x48\xce\x3d\x04\x03\x02")); /* ecdsa-with-SHA256 */
    der_wrap(out, start, 0x30);
}

/* CN=`name` */
static inline void der_add_name(struct buffer *out, const char *name)
{
    size_t start = out->len;

    der_add(out, 0x06, DER_TEXT("\x55\x04\x03"));
    der_add(out, 0x0C, name, strlen(name));
    der_wrap(out, start, 0x30);
    der_wrap(out, start, 0x31);
    der_wrap(out, start, 0x30);
}

static inline void der_add_key(struct buffer *out, uint8_t key)
{
    uint8_t point[66] = {0x00, 0x04};
    size_t start = out->len;

    memset(point + 2, key, sizeof(point) - 2);
    der_add(out, 0x06, DER_TEXT("\x2a\x86\x48\xce\x3d\x02\x01"));     /* id-ecPublicKey */
    der_add(out, 0x06, DER_TEXT("\x2a\x86\x48\xce\x3d\x03\x01\x07")); /* secp256r1 */
    der_wrap(out, start, 0x30);
    der_add(out, 0x03, point, sizeof(point));
    der_wrap(out, start, 0x30);
}

static inline void der_add_extensions(struct buffer *out, const struct made_certificate *made)
{
    size_t start = out->len, extension = start, value;

    if (made->email != NULL) {
        der_add(out, 0x06, DER_TEXT("\x55\x1d\x11")); /* subjectAltName */
        value = out->len;
        der_add(out, 0x81, made->email, strlen(made->email));
        der_wrap(out, value, 0x30);
        der_wrap(out, value, 0x04);
        der_wrap(out, extension, 0x30);
    }
    if (made->ca) {
        extension = out->len;
        der_add(out, 0x06, DER_TEXT("\x55\x1d\x13")); /* basicConstraints */
        value = out->len;
        der_add(out, 0x01, DER_TEXT("\xff"));
        der_wrap(out, value, 0x30);
        der_wrap(out, value, 0x04);
        der_wrap(out, extension, 0x30);
    }
    if (out->len > start) {
        der_wrap(out, start, 0x30);
        der_wrap(out, start, 0xA3);
    }
}

/* Adds the DER of the certificate. */
static inline void made_certificate_add(struct buffer *out, const struct made_certificate *made)
{
    size_t start = out->len, part;

    der_add(out, 0x02, DER_TEXT("\x02"));
    der_wrap(out, start, 0xA0);
    der_add(out, 0x02, &made->serial, 1);
    der_add_algorithm(out);
    der_add_name(out, "Test KMS");
    part = out->len;
    der_add(out, 0x17, DER_TEXT("200101000000Z"));
    der_add(out, 0x17, made->until, strlen(made->until));
    der_wrap(out, part, 0x30);
    der_add_name(out, made->ca ? "Test CA" : "Anna");
    der_add_key(out, made->key);
    der_add_extensions(out, made);
    der_wrap(out, start, 0x30);
    der_add_algorithm(out);
    der_add(out, 0x03, DER_TEXT("\x00\x30\x06\x02\x01\x01\x02\x01\x01"));
    der_wrap(out, start, 0x30);
}

/* Adds the same in hexadecimal. */
static inline void made_certificate_add_hex(struct buffer *out, const struct made_certificate *made)
{
    struct buffer der = buffer_with_max(4096);

    made_certificate_add(&der, made);
    assert_int_equal(der.fault, FAULT_NONE);
    buffer_add_hex(out, buffer_span(&der));
    buffer_clear(&der);
}

#endif
