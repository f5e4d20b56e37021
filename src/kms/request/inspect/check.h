#ifndef KMS_REQUEST_INSPECT_CHECK_H
#define KMS_REQUEST_INSPECT_CHECK_H

#include "base/buffer.h"
#include "kms/request/session/session.h"

/*
 * Every invariant of a store, those of cryptography too. No passphrase is needed, so what only keys
 * could tell is not asked: whether an envelope opens, and whether a share in a file is there.
 *
 * - the rows fit each other (kms/store/check.h), and profile.conf can be read
 * - root, issuing CA, recovery key and every certificate of a user: it can be read, one of our CAs
 *   signed it, the columns of its row say what stands in it, its key and purpose fit
 * - every escrowed certificate has its envelope, of the form that we make, bound by the CA to the
 *   user, the serial number, the certificate and these bytes
 * - the shares are as many as the recovery key was dealt into, its public half is the same in all
 *   generations and in its certificate
 * - every administrator has a slot of the CA's keys, nobody else has, and enough are there for the
 *   policy
 * - the audit's chain and signatures, and that what it tells of revocations, revocation lists and
 *   collected requests stands in their rows
 */
struct check {
    /* Hears of every place that breaks a rule; when it fails, the check ends with its fault. */
    enum fault (*each)(void *context, const char *where, const char *what, struct why *why);
    void *context;
    int64_t broken; /* places so far */
};

/*
 * FAULT_SYNTAX: the database is damaged beyond reading. FAULT_RESOURCE. What is broken is no
 * failure: check->broken counts it.
 */
MUST_USE enum fault check_store(struct kms *kms, struct check *check, struct why *why);

#endif
