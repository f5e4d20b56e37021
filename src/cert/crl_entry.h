#ifndef CERT_CRL_ENTRY_H
#define CERT_CRL_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/* Elements of a revocation list (RFC 5280, sections 5.1.2.6, 5.2 and 5.3). */

struct list_extension {
    int id_ce; /* the last number of 2.5.29.x; negative for all other identifiers */
    bool critical;
    struct span value; /* contents of the OCTET STRING */
};

MUST_USE bool list_extension_take(struct cursor *in, struct list_extension *out);

struct list_entry {
    struct span serial; /* content octets of the INTEGER */
    int64_t revoked_at;
    int reason;            /* number of CRLReason, or REASON_NONE */
    struct span issuer;    /* the certificate issuer's Name, where the entry names one */
    bool critical_unknown; /* a critical extension that we do not know, or cannot read */
};

/* Reads the next entry. False, and nothing moves, when it is none. */
MUST_USE bool list_entry_take(struct cursor *in, struct list_entry *out);

#endif
