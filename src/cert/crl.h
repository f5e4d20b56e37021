#ifndef CERT_CRL_H
#define CERT_CRL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "cert/signature.h"

/*
 * One certificate revocation list (RFC 5280, section 5), read in place and indexed by serial.
 * A list of a million entries takes its own bytes and at most 16 more an entry.
 *
 * An entry is the list issuer's own unless the entry, or one before it, names another
 * certificate issuer (section 5.3.3, indirect lists). Those of others are not indexed: of a
 * certificate whose issuer has its lists made by somebody else, nobody can tell.
 */

/* The largest list that is read; the index holds offsets of 32 bits. */
#define CRL_SIZE_MAX ((size_t)1 << 30)

/* Reasons of an issuing distribution point's onlySomeReasons: bits 1 to 8 (section 5.2.5). */
enum { CRL_ALL_REASONS = 0x1fe };

/* Numbers of CRLReason (section 5.3.1) that are more than a name. */
enum { REASON_NONE = -1, REASON_REMOVED = 8, REASON_LAST = 10 };

enum crl_state {
    CRL_UNCHECKED, /* nobody at hand could have signed it */
    CRL_VERIFIED,  /* signed by a certificate of its issuer that may sign lists */
    CRL_REFUSED,   /* its issuer is at hand and did not sign it */
};

struct crl {
    struct span der; /* owned by the crl */
    struct signed_part part;
    struct span issuer; /* Name, header included */
    int64_t this_update, next_update;
    bool has_next_update;
    struct span authority_key_id;    /* empty when absent */
    struct span number, base_number; /* content octets of the INTEGERs; empty when absent */
    bool is_delta;                   /* says what changed since `base_number` (section 5.2.4) */
    bool usable; /* no critical extension, of it or of an entry, that we do not know */

    /* The issuing distribution point (section 5.2.5). */
    struct span scope;       /* its contents; empty when absent */
    struct span point_names; /* contents of fullName; empty when absent */
    bool is_part;            /* names a distribution point */
    bool only_users, only_cas, only_attributes;
    uint16_t reasons; /* that it covers */

    uint32_t *slots; /* hash table of 1 + an entry's offset in `der` */
    size_t slot_count, entries;

    /* Set by lists_seal() in cert/lists.h. */
    enum crl_state state;
    bool is_newest;          /* of its scope, of those made by the time */
    const struct crl *delta; /* the newest that changes this one */
};

struct crl_entry {
    int64_t revoked_at;
    int reason; /* number of CRLReason, or REASON_NONE */
};

/*
 * Reads and indexes the list that fills `der`; the bytes are copied.
 *
 * FAULT_SYNTAX    no list: `*why` tells where
 * FAULT_LIMIT     longer than CRL_SIZE_MAX
 * FAULT_RESOURCE  memory
 *
 * `*out` is written on success only; crl_free() releases it.
 */
MUST_USE enum fault crl_read(struct span der, struct crl **out, struct why *why);
void crl_free(struct crl *crl);

/* Finds the entry of a serial (content octets of the INTEGER). */
MUST_USE bool crl_find(const struct crl *crl, struct span serial, struct crl_entry *out);

/* The name of a reason in RFC 5280; NULL for REASON_NONE. */
const char *crl_reason_name(int reason);

#endif
