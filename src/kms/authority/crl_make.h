#ifndef KMS_AUTHORITY_CRL_MAKE_H
#define KMS_AUTHORITY_CRL_MAKE_H

#include "kms/authority/ca.h"

/*
 * Certificate revocation lists (RFC 5280, section 5): whole, or in parts, each with the
 * certificates whose serial falls into it. A certificate names its part's URL.
 */

/*
 * CRLReason (RFC 5280, section 5.3.1); their names come from crl_reason_name() in cert/crl.h. 7 is
 * not used; removeFromCRL is for delta lists only.
 */
enum crl_reason {
    REASON_UNSPECIFIED = 0, /* is not written: DER has no use for it there */
    REASON_KEY_COMPROMISE = 1,
    REASON_CA_COMPROMISE = 2,
    REASON_AFFILIATION_CHANGED = 3,
    REASON_SUPERSEDED = 4,
    REASON_CESSATION_OF_OPERATION = 5,
    REASON_CERTIFICATE_HOLD = 6,
    REASON_PRIVILEGE_WITHDRAWN = 9,
    REASON_AA_COMPROMISE = 10,
};

/*
 * Finds a reason for a user's certificate by its name; false: no such one, or one that is not for
 * users' certificates (cACompromise, aACompromise, removeFromCRL).
 */
MUST_USE bool crl_reason_find(struct span name, enum crl_reason *out);

struct crl_item {
    struct span serial; /* content octets of the INTEGER; until the next call */
    int64_t revoked_at;
    enum crl_reason reason;
    uint32_t part; /* the one that its certificate names; 0: none */
};

/*
 * Whether it stands in part K of N (parts 0 or 1: the whole list): in the one that its certificate
 * names, where there is such a part, else in the one that crl_part_of() tells. So each stands in
 * exactly one of N.
 */
bool crl_item_is_in(const struct crl_item *item, uint32_t part, uint32_t parts);

/*
 * Hands out the next revoked certificate, in any order; FAULT_ABSENT at the end, any other fault
 * stops the making and is handed on.
 */
typedef enum fault crl_next(void *context, struct crl_item *out, struct why *why);

struct crl_order {
    uint64_t number; /* CRL number; whoever asks sees to it that it only grows */
    int64_t this_update, next_update;
    uint32_t part, parts; /* K of N, from 1; parts 0 or 1: the whole list */
    struct span url;      /* of this part, for the issuing distribution point */
};

/* Which part a serial falls into, from 1 to `parts`: its last four bytes decide, which are random.
 */
uint32_t crl_part_of(struct span serial, uint32_t parts);

/*
 * Makes a list: items of other parts are passed over. A part has a critical issuing distribution
 * point (RFC 5280, section 5.2.5): its URL, or, without one, the name of the CA with `CN=CRL K/N`
 * below it, which no certificate names. Added to `der`, which needs about 45 bytes an
 * entry below its maximum.
 *
 * FAULT_SYNTAX    an order that cannot be: no such part, the next update before this one
 * FAULT_LIMIT     `der` is full
 * FAULT_RESOURCE
 * and what `next` gives
 */
MUST_USE enum fault crl_make(const struct authority *authority, const struct crl_order *order,
                             crl_next *next, void *context, struct buffer *der, struct why *why);

#endif
