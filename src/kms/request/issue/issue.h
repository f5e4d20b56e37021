#ifndef KMS_REQUEST_ISSUE_ISSUE_H
#define KMS_REQUEST_ISSUE_ISSUE_H

#include "kms/authority/issue.h"
#include "kms/authority/pkcs12.h"
#include "kms/authority/pool.h"
#include "kms/request/session/session.h"

/*
 * One issue: both certificates of a user, the escrow envelope of his encryption key, and the
 * PKCS#12 in which he gets them. It has two halves. *Making* it takes time and touches no store, so
 * that many threads do it side by side; *settling* it writes its rows, in one transaction with
 * whatever else the act writes.
 */

/* What all issues of a run have in common. Read by every thread; views, which outlive the run. */
struct issue_terms {
    const struct authority *authority;
    const struct profile *profile;
    struct span organization;
    struct span recovery; /* the recovery certificate, DER */
    int64_t escrow;       /* the generation of the recovery key */
    int64_t now;
    const struct secret *passphrase; /* of the PKCS#12 */
    struct key_pool *pool;           /* of keys of `pool_kind`, made ahead; NULL: none */
    enum key_kind pool_kind;
    enum pkcs12_form form;
    bool is_one; /* one PKCS#12 alone is made: a guess at its passphrase costs more then */
};

/*
 * Fills the terms from a session whose CA is open; the passphrase and the form are the caller's.
 * FAULT_ABSENT: there is no recovery key; FAULT_RESOURCE, FAULT_SYNTAX: the store.
 */
MUST_USE enum fault issue_terms_of(struct kms *kms, struct issue_terms *out, struct why *why);

/* Whom it is for. */
struct issue_order {
    struct span name; /* for people; may be empty */
    const struct span *addresses;
    size_t address_count; /* the first is the one that CN= and the file are named after */
    enum key_kind kind;   /* as the user is given keys: see key_kind_for() */
    struct span signing;  /* SubjectPublicKeyInfo of the user's own signing key; empty: both keys
                             are made here */
    enum key_kind signing_kind; /* of that one */
};

/* What was made; {0} is nothing. */
struct issue {
    uint8_t signing_serial[SERIAL_SIZE], encryption_serial[SERIAL_SIZE];
    enum key_kind signing_kind, encryption_kind;
    int64_t not_before, not_after;
    struct buffer signing, encryption; /* the certificates, DER */
    struct buffer envelope;            /* CMS */
    struct buffer p12;
};

/* One thread's means to make issues on these terms, for keys of a kind. */
struct issue_maker;
MUST_USE enum fault issue_maker_new(const struct issue_terms *terms, struct issue_maker **out,
                                    struct why *why);
void issue_maker_free(struct issue_maker *maker);

/*
 * Makes keys, certificates, envelope and PKCS#12. The private keys are gone when it returns, but
 * for what lies in the envelope and in the PKCS#12. What stood in `*out` before is dropped.
 *
 * FAULT_SYNTAX, FAULT_LIMIT, FAULT_DENIED  this order cannot be certified: faults of
 *                 certificate_make()
 * FAULT_RESOURCE  memory, randomness
 */
MUST_USE enum fault issue_make(struct issue_maker *maker, const struct issue_order *order,
                               struct issue *out, struct why *why);

/*
 * Writes the rows of an issue for the user of that number and first address, within a transaction:
 * two certificates, the envelope with its binding record, what is to be told to the directory, the
 * user's state. The audit row is the act's. Faults are the store's.
 */
MUST_USE enum fault issue_settle(struct kms *kms, const struct issue_terms *terms,
                                 const struct issue *issue, int64_t user, struct span address,
                                 struct why *why);

/* What the audit row tells of an issue: the serial numbers, as text. */
enum { ISSUE_DETAIL_SIZE = 160 };
void issue_detail(const struct issue *issue, char out[ISSUE_DETAIL_SIZE]);

void issue_clear(struct issue *issue);

#endif
