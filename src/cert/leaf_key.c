#include "cert/leaf_key.h"

#include "cert/der.h"

#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

enum { UNCOMPRESSED = 0x04 };

#define BYTES(text) (text), sizeof(text) - 1

static const struct curve_known {
    const char *oid;
    size_t oid_len;
    int nid;
    size_t point_len;
} curves[] = {
    {BYTES("\x2a\x86\x48\xce\x3d\x03\x01\x07"), NID_X9_62_prime256v1, 65},
    {BYTES("\x2b\x81\x04\x00\x22"), NID_secp384r1, 97},
    {BYTES("\x2b\x81\x04\x00\x23"), NID_secp521r1, 133},
};

enum { CURVE_COUNT = sizeof(curves) / sizeof(curves[0]) };

struct leaf_tools {
    BN_CTX *numbers;
    EC_GROUP *groups[CURVE_COUNT];
    EC_POINT *points[CURVE_COUNT];
};

struct leaf_tools *leaf_tools_new(void)
{
    struct leaf_tools *tools = calloc(1, sizeof *tools);

    if (tools == NULL) {
        return NULL;
    }
    tools->numbers = BN_CTX_new();
    if (tools->numbers == NULL) {
        leaf_tools_free(tools);
        return NULL;
    }
    return tools;
}

void leaf_tools_free(struct leaf_tools *tools)
{
    if (tools == NULL) {
        return;
    }
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        EC_POINT_free(tools->points[i]);
        EC_GROUP_free(tools->groups[i]);
    }
    BN_CTX_free(tools->numbers);
    free(tools);
}

static bool is_on_curve(struct leaf_tools *tools, size_t i, struct span point)
{
    bool found;

    if (tools->groups[i] == NULL) {
        tools->groups[i] = EC_GROUP_new_by_curve_name(curves[i].nid);
    }
    if (tools->groups[i] != NULL && tools->points[i] == NULL) {
        tools->points[i] = EC_POINT_new(tools->groups[i]);
    }
    found =
        tools->points[i] != NULL && EC_POINT_oct2point(tools->groups[i], tools->points[i], point.at,
                                                       point.len, tools->numbers) == 1;
    if (!found) {
        ERR_clear_error();
    }
    return found;
}

static bool is_point(struct leaf_tools *tools, const struct cert_key *key)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (span_equal(key->curve, span_of(curves[i].oid, curves[i].oid_len))) {
            return key->point.len == curves[i].point_len && key->point.at[0] == UNCOMPRESSED &&
                   is_on_curve(tools, i, key->point);
        }
    }
    return false;
}

static bool take_positive(struct cursor *in)
{
    struct span number;

    return der_take(in, DER_INTEGER, &number) && der_is_integer(number) && number.at[0] < 0x80 &&
           (number.len > 1 || number.at[0] != 0);
}

/* RSAPublicKey (RFC 8017, appendix A.1.1). */
static bool is_rsa(struct span point)
{
    struct cursor in = cursor_over(point);
    struct cursor body;

    return der_enter(&in, DER_SEQUENCE, &body) && in.rest.len == 0 && take_positive(&body) &&
           take_positive(&body) && body.rest.len == 0;
}

/* The AlgorithmIdentifier as every CA writes it: RSA with NULL, the others without parameters. */
static bool has_usual_algorithm(const struct cert *cert, const char *bytes, size_t len)
{
    struct cursor in = cursor_over(cert->spki);
    struct cursor body;
    struct span algorithm;

    return der_enter(&in, DER_SEQUENCE, &body) && der_take_whole(&body, DER_SEQUENCE, &algorithm) &&
           span_equal(algorithm, span_of(bytes, len)) && cert->key.point.at[-1] == 0;
}

#define HAS_ALGORITHM(cert, bytes) has_usual_algorithm(cert, bytes, sizeof(bytes) - 1)

bool leaf_key_is_plain(struct leaf_tools *tools, const struct cert *cert)
{
    size_t len = cert->key.point.len;

    switch (cert->key.type) {
    case KEY_RSA:
        return HAS_ALGORITHM(cert,
                             "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00") &&
               is_rsa(cert->key.point);
    case KEY_EC:
        return cert->key.point.at[-1] == 0 && is_point(tools, &cert->key);
    case KEY_ED25519:
        return len == 32 && HAS_ALGORITHM(cert, "\x30\x05\x06\x03\x2b\x65\x70");
    case KEY_X25519:
        return len == 32 && HAS_ALGORITHM(cert, "\x30\x05\x06\x03\x2b\x65\x6e");
    case KEY_ED448:
        return len == 57 && HAS_ALGORITHM(cert, "\x30\x05\x06\x03\x2b\x65\x71");
    case KEY_X448:
        return len == 56 && HAS_ALGORITHM(cert, "\x30\x05\x06\x03\x2b\x65\x6f");
    default:
        return false;
    }
}
