#ifndef KMS_REQUEST_ISSUE_ENROL_H
#define KMS_REQUEST_ISSUE_ENROL_H

#include "kms/request/issue/issue.h"
#include "kms/request/issue/token.h"

/*
 * Enrolment: who comes among the users of the server, and on which terms. Everything here runs
 * within a transaction of the caller's, or (enrol_look) may, so that many are committed at once.
 */

/* Somebody who is to be enrolled. Spans are the caller's. */
struct enrol_order {
    struct span address; /* the first one: what he is called by */
    struct span name;    /* for people; may be empty */
    const struct span *others;
    size_t other_count;     /* further addresses */
    struct span instead_of; /* a change of address: the one that he has now; empty: none */
};

struct enrol_terms {
    enum key_kind kind;
    int64_t valid_for; /* seconds, of a token */
    bool again;        /* also one who is done, or has an open token */
    bool issues;       /* certificates at once: an open token is in nobody's way */
};

enum enrol_standing {
    ENROL_NEW,     /* is to be enrolled now */
    ENROL_ALREADY, /* is, or has an open token: nothing is to be done */
    ENROL_REFUSED, /* cannot be */
};

enum { ENROL_ADDRESSES_MAX = ADDRESSES_MAX, ENROL_REASON_SIZE = 768, ENROL_PRIMARY_SIZE = 255 };

struct enrol_look {
    enum enrol_standing standing;
    int64_t user;                     /* 0: there is none yet */
    int64_t expires;                  /* of the open token; 0: none */
    char primary[ENROL_PRIMARY_SIZE]; /* what the user is called by, where the order's address is
                                         another of his; else empty */
    char reason[ENROL_REASON_SIZE];   /* of ENROL_NEW may be empty */
};

/*
 * Says how the server stands to somebody who is to be enrolled; writes nothing. By another address
 * than the first one a user is found, named in the reason, and refused where the order has another
 * name for him: then it may be somebody else who has the address now. FAULT_RESOURCE, FAULT_SYNTAX:
 * the store.
 */
MUST_USE enum fault enrol_look(struct kms *kms, const struct enrol_order *order,
                               const struct enrol_terms *terms, struct enrol_look *out,
                               struct why *why);

/*
 * Whom certificates are for: name and all addresses that the user has or is getting, those of the
 * store before those of the order. `look` found ENROL_NEW. Spans are the store's copies in the
 * arena, or views of the order. Faults are the store's.
 */
MUST_USE enum fault enrol_subject(struct kms *kms, const struct enrol_order *order,
                                  const struct enrol_look *look, struct arena *arena,
                                  struct issue_order *out, struct why *why);

/* The same of a user who is there, as he is. */
MUST_USE enum fault enrol_subject_of(struct kms *kms, int64_t user, struct arena *arena,
                                     struct issue_order *out, struct why *why);

/*
 * Makes the user's row, or brings name and addresses of the one that is there up to date, within
 * the transaction in which enrol_look() found ENROL_NEW. An open token is void then. Faults are the
 * store's.
 */
MUST_USE enum fault enrol_user(struct kms *kms, const struct enrol_order *order,
                               const struct enrol_look *look, int64_t *user, struct why *why);

/* Gives the user a token; the text is in `*token` alone, the caller's to wipe. */
MUST_USE enum fault enrol_token(struct kms *kms, int64_t user, const struct enrol_terms *terms,
                                struct token *token, struct why *why);

/* Voids the token that the user has not used, if there is one: `*was_open`. */
MUST_USE enum fault enrol_void(struct kms *kms, int64_t user, bool *was_open, struct why *why);

#endif
