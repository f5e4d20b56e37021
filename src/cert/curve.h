#ifndef CERT_CURVE_H
#define CERT_CURVE_H

#include <stdint.h>

#include "base/cursor.h"

struct curve {
    uint8_t number;   /* the last subidentifier of its OID */
    uint16_t bits;    /* of the field */
    const char *name; /* of SEC 2 or RFC 5639; NULL: neither names it */
};

/*
 * The curve with this OID (content octets) among those of SEC 2, ANSI X9.62 (the prime ones),
 * RFC 5639 and SM2; NULL when it is none of them.
 */
const struct curve *curve_find(struct span oid);

#endif
