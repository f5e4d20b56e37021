#ifndef KMS_REQUEST_INSPECT_CHECK_INTERNAL_H
#define KMS_REQUEST_INSPECT_CHECK_INTERNAL_H

#include "cert/ca.h"
#include "cert/signature.h"
#include "kms/authority/profile.h"
#include "kms/request/inspect/check.h"
#include "kms/request/issue/user_digest.h"
#include "kms/store/authority_rows.h"

/* Between the files of the check. */

enum { CHECK_ISSUERS_MAX = 64 };

/* An issuing CA of the store, of today or of former times. */
struct check_issuer {
    struct span certificate; /* in the session's arena */
    struct ca *ca;
    struct signer *signer;
};

/* Who users are, by what the audit tells of enrolments (check_users.c). */
struct told_users;

struct checking {
    struct kms *kms;
    struct check *check;
    struct signing_tools *tools;
    struct check_issuer issuers[CHECK_ISSUERS_MAX];
    struct span certificates[CHECK_ISSUERS_MAX]; /* theirs */
    size_t issuer_count;
    struct told_users *told; /* NULL: not read yet */
    struct profile profile;  /* as it is now; {0} where it cannot be read */
};

/* Reports a place, as printf; the fault of `each`. */
MUST_USE enum fault check_report(struct checking *c, struct why *why, const char *what,
                                 const char *where, ...) __attribute__((format(printf, 4, 5)));

/* The CA's certificates; fills c->issuers. */
MUST_USE enum fault check_authority(struct checking *c, struct why *why);

/* The recovery key: its generations and their shares. */
MUST_USE enum fault check_escrow(struct checking *c, struct why *why);

/* People, slots, policy. */
MUST_USE enum fault check_people(struct checking *c, struct why *why);

/* Users' certificates and envelopes. */
MUST_USE enum fault check_certificates(struct checking *c, struct why *why);

/* Open tokens. */
MUST_USE enum fault check_tokens(struct checking *c, struct why *why);

/* Fills c->told: of each user the last. FAULT_RESOURCE, FAULT_SYNTAX. */
MUST_USE enum fault told_users_read(struct store *store, struct told_users **out, struct why *why);
void told_users_free(struct told_users *told);

/* Whether it tells of somebody else under that number. */
MUST_USE bool told_users_differ(const struct told_users *told, int64_t user,
                                const uint8_t digest[USER_DIGEST_SIZE]);

/* Rows that acts of the audit left: revocations, lists, collected requests, used tokens. */
MUST_USE enum fault check_history(struct checking *c, struct why *why);

/* True when the certificate was signed by one of the issuing CAs. */
MUST_USE bool check_signed(struct checking *c, struct span certificate);

#endif
