#ifndef KMS_REQUEST_ISSUE_REVOCATIONS_H
#define KMS_REQUEST_ISSUE_REVOCATIONS_H

#include "kms/request/session/session.h"

/*
 * What the rows of the certificates say of revocation, held against what the audit says: who can
 * write to the database could make a revoked certificate good again, and it would leave the next
 * list. He cannot sign a row of the audit.
 *
 * The audit is read here, not verified (audit.h does that): a few 100,000 rows take less than a
 * second, their signatures would take many.
 */
enum revocation_clash {
    CLASH_LOST,     /* the audit says that it is revoked or held, its row says less */
    CLASH_UNSIGNED, /* its row says that it is revoked or held, the audit does not */
    CLASH_TERMS,    /* both say that it is, for another reason or at another time */
};

struct revocations_listener {
    enum fault (*hear)(void *context, struct span serial, enum revocation_clash clash,
                       struct why *why);
    void *context;
};

/*
 * Within a transaction; tells every clash, by serial. FAULT_RESOURCE, FAULT_SYNTAX, or the fault of
 * `hear`, which ends it.
 */
MUST_USE enum fault
revocations_compare(struct kms *kms, const struct revocations_listener *listener, struct why *why);

#endif
