#ifndef KMS_REQUEST_ISSUE_REVOKE_H
#define KMS_REQUEST_ISSUE_REVOKE_H

#include "kms/authority/crl_make.h"
#include "kms/request/session/session.h"

/*
 * The act `revoke`: certificates that are to be trusted no more, for good or until they are
 * released. Of a user all that have not ended, older ones too; his open token becomes void, and he
 * can be enrolled anew at any time. The next revocation list says it to others.
 */
enum revoke_what { REVOKE_FOR_GOOD, REVOKE_HOLD, REVOKE_RELEASE };

enum revoke_result { REVOKE_REVOKED, REVOKE_HELD, REVOKE_RELEASED, REVOKE_ALREADY, REVOKE_FAILED };

/* The word of it in a row: `revoked`, `held`, `released`, `already`, `failed`. */
const char *revoke_result_name(enum revoke_result result);

struct revoke_terms {
    enum revoke_what what;
    enum crl_reason reason; /* of REVOKE_FOR_GOOD */
};

/* Whom or what: a user by an address, or one certificate. */
struct revoke_asked {
    struct span address;
    struct span serial; /* bytes; if not empty, this is meant */
    const char *doubt;  /* why nothing is done, whatever is said; NULL: nothing */
    uint64_t line;      /* of the source; 0: none */
};

struct revoke_row {
    enum revoke_result result;
    struct span address; /* empty: not known */
    struct span serial;  /* empty: none, a token was voided or nothing found */
    const char *reason;  /* NULL: nothing to add */
    uint64_t line;       /* 0: none */
};

struct revoke_many {
    struct revoke_terms terms;
    void *context;

    /* The next one, in the arena. FAULT_ABSENT at the end; another fault ends the run. */
    enum fault (*next)(void *context, struct arena *arena, struct revoke_asked *out,
                       struct why *why);

    /* Called for each certificate after the commit, in order. A fault ends the run. */
    enum fault (*tell)(void *context, const struct revoke_row *row, struct why *why);
};

/* FAULT_RESOURCE, FAULT_SYNTAX (the store is damaged), and what the two above answer. */
MUST_USE enum fault revoke_many(struct kms *kms, const struct revoke_many *many, struct why *why);

#endif
