#include "cert/curve.h"

#include <stdbool.h>

/* 1.3.132.0: SEC 2, version 2 and the older ones of version 1. */
static const struct curve secg[] = {
    {34, 384, "secp384r1"}, {35, 521, "secp521r1"}, {10, 256, "secp256k1"}, {33, 224, "secp224r1"},
    {1, 163, "sect163k1"},  {2, 163, "sect163r1"},  {3, 239, "sect239k1"},  {4, 113, "sect113r1"},
    {5, 113, "sect113r2"},  {6, 112, "secp112r1"},  {7, 112, "secp112r2"},  {8, 160, "secp160r1"},
    {9, 160, "secp160k1"},  {15, 163, "sect163r2"}, {16, 283, "sect283k1"}, {17, 283, "sect283r1"},
    {22, 131, "sect131r1"}, {23, 131, "sect131r2"}, {24, 193, "sect193r1"}, {25, 193, "sect193r2"},
    {26, 233, "sect233k1"}, {27, 233, "sect233r1"}, {28, 128, "secp128r1"}, {29, 128, "secp128r2"},
    {30, 160, "secp160r2"}, {31, 192, "secp192k1"}, {32, 224, "secp224k1"}, {36, 409, "sect409k1"},
    {37, 409, "sect409r1"}, {38, 571, "sect571k1"}, {39, 571, "sect571r1"},
};

/* 1.2.840.10045.3.1: ANSI X9.62, the prime curves. */
static const struct curve x962[] = {
    {7, 256, "secp256r1"}, {1, 192, "secp192r1"}, {2, 192, NULL}, {3, 192, NULL},
    {4, 239, NULL},        {5, 239, NULL},        {6, 239, NULL},
};

/* 1.3.36.3.3.2.8.1.1: RFC 5639. */
static const struct curve brainpool[] = {
    {1, 160, "brainpoolP160r1"},  {2, 160, "brainpoolP160t1"},  {3, 192, "brainpoolP192r1"},
    {4, 192, "brainpoolP192t1"},  {5, 224, "brainpoolP224r1"},  {6, 224, "brainpoolP224t1"},
    {7, 256, "brainpoolP256r1"},  {8, 256, "brainpoolP256t1"},  {9, 320, "brainpoolP320r1"},
    {10, 320, "brainpoolP320t1"}, {11, 384, "brainpoolP384r1"}, {12, 384, "brainpoolP384t1"},
    {13, 512, "brainpoolP512r1"}, {14, 512, "brainpoolP512t1"},
};

/* 1.2.156.10197.1.301: SM2 (GB/T 32918), the last subidentifier of two octets. */
static const struct curve sm2[] = {{0x2d, 256, NULL}};

#define FAMILY(prefix, curves)                                                                     \
    {                                                                                              \
        prefix, sizeof(prefix) - 1, curves, sizeof(curves) / sizeof(*(curves))                     \
    }

static const struct family {
    const char *prefix; /* content octets of the OID but for the last one */
    size_t len;
    const struct curve *curves;
    size_t count;
} families[] = {
    FAMILY("\x2a\x86\x48\xce\x3d\x03\x01", x962),
    FAMILY("\x2b\x81\x04\x00", secg),
    FAMILY("\x2b\x24\x03\x03\x02\x08\x01\x01", brainpool),
    FAMILY("\x2a\x81\x1c\xcf\x55\x01\x82", sm2),
};

const struct curve *curve_find(struct span oid)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const struct family *f = &families[i];

        if (oid.len != f->len + 1 || memcmp(oid.at, f->prefix, f->len) != 0) {
            continue;
        }
        for (size_t k = 0; k < f->count; k++) {
            if (f->curves[k].number == oid.at[f->len]) {
                return &f->curves[k];
            }
        }
    }
    return NULL;
}
