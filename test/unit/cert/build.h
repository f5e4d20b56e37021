#ifndef TEST_UNIT_CERT_BUILD_H
#define TEST_UNIT_CERT_BUILD_H

#include "support.h"

/*
 * DER put together from hexadecimal, so that a row can show the octets that it is about. Blanks
 * between digits are for the eye.
 */
struct built {
    uint8_t at[4096];
    size_t len;
};

static inline void build_hex(struct built *b, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    unsigned high = 16;

    for (; *hex != '\0'; hex++) {
        const char *digit = strchr(digits, *hex);

        if (*hex == ' ') {
            continue;
        }
        assert_non_null(digit);
        if (high == 16) {
            high = (unsigned)(digit - digits);
            continue;
        }
        assert_true(b->len < sizeof(b->at));
        b->at[b->len++] = (uint8_t)(high << 4 | (unsigned)(digit - digits));
        high = 16;
    }
    assert_int_equal(high, 16);
}

/* Puts tag and length in front of what was added since `start`. */
static inline void build_wrap(struct built *b, size_t start, uint8_t tag)
{
    size_t n = b->len - start;
    size_t header = n < 0x80 ? 2 : 4;

    assert_true(b->len + header <= sizeof(b->at));
    memmove(b->at + start + header, b->at + start, n);
    b->at[start] = tag;
    b->at[start + 1] = (uint8_t)(n < 0x80 ? n : 0x82);
    if (header == 4) {
        b->at[start + 2] = (uint8_t)(n >> 8);
        b->at[start + 3] = (uint8_t)n;
    }
    b->len += header;
}

/*
 * The parts of a certificate, each an element in hexadecimal; NULL stands for one that is right,
 * "" for none. `extensions` are the Extension elements alone.
 */
struct parts {
    const char *version, *serial, *algorithm, *issuer, *validity, *subject, *key, *unique_ids;
    const char *extensions, *outer_algorithm, *signature, *tail;
};

/* ecdsa-with-SHA256; CN=A; 2026-01-01 to 2028-01-01; a P-256 key with a short point */
#define PART_ALGORITHM "300a 0608 2a8648ce3d040302"
#define PART_NAME      "300c 310a 3008 0603 550403 0c01 41"
#define PART_VALIDITY  "301e 170d 3236303130313030303030305a 170d 3238303130313030303030305a"
#define PART_EC_KEY    "301b 3013 0607 2a8648ce3d0201 0608 2a8648ce3d030107 0304 00 040102"

static inline const char *build_or(const char *part, const char *usual)
{
    return part != NULL ? part : usual;
}

static inline void build_certificate(struct built *b, const struct parts *p)
{
    b->len = 0;
    build_hex(b, build_or(p->version, "a003 020102"));
    build_hex(b, build_or(p->serial, "0201 05"));
    build_hex(b, build_or(p->algorithm, PART_ALGORITHM));
    build_hex(b, build_or(p->issuer, PART_NAME));
    build_hex(b, build_or(p->validity, PART_VALIDITY));
    build_hex(b, build_or(p->subject, PART_NAME));
    build_hex(b, build_or(p->key, PART_EC_KEY));
    build_hex(b, build_or(p->unique_ids, ""));
    if (p->extensions != NULL) {
        size_t start = b->len;

        build_hex(b, p->extensions);
        build_wrap(b, start, 0x30);
        build_wrap(b, start, 0xa3);
    }
    build_wrap(b, 0, 0x30);
    build_hex(b, build_or(p->outer_algorithm, PART_ALGORITHM));
    build_hex(b, build_or(p->signature, "0302 0001"));
    build_wrap(b, 0, 0x30);
    build_hex(b, build_or(p->tail, ""));
}

#endif
