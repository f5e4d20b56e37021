#ifndef KMS_REQUEST_ISSUE_RENEW_H
#define KMS_REQUEST_ISSUE_RENEW_H

#include "kms/request/issue/bulk.h"
#include "kms/request/issue/enrol.h"

/*
 * The act `renew`: new keys and certificates for users who have some. The certificates of before
 * stay valid until they end, and their keys stay in escrow. With issue terms the keys are made
 * here; without, each user gets a token to do it with.
 */
enum renew_result { RENEW_RENEWED, RENEW_TOKEN, RENEW_ALREADY, RENEW_FAILED };

/* The word of it in a row: `renewed`, `token`, `already`, `failed`. */
const char *renew_result_name(enum renew_result result);

struct renew_row {
    enum renew_result result;
    struct span address;
    const char *token;         /* NULL: none */
    int64_t expires;           /* of the token; 0: none */
    const struct issue *issue; /* NULL: none */
    const char *file;          /* the name of the PKCS#12 in its folder; NULL: none */
    const char *reason;        /* NULL: none */
};

struct renew_many {
    const int64_t *users; /* their numbers */
    size_t count;
    int64_t before; /* only certificates that end before: those later are renewed already */
    bool has_kind;  /* false: keys of the kind that the user has */
    enum key_kind kind;
    int64_t valid_for;               /* of a token, seconds */
    const struct issue_terms *issue; /* NULL: tokens */
    const struct p12_dir *dir;       /* not NULL with the above */
    const char *file;                /* its name in there; NULL: each address's own */
    struct span signing;             /* as in struct issue_order, for one user */
    enum key_kind signing_kind;
    size_t threads;
    void *context;
    enum fault (*tell)(void *context, const struct renew_row *row, struct why *why);
};

/* FAULT_RESOURCE, FAULT_SYNTAX (the store is damaged), and what tell() answers. */
MUST_USE enum fault renew_many(struct kms *kms, const struct renew_many *many, struct why *why);

#endif
