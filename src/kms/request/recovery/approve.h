#ifndef KMS_REQUEST_RECOVERY_APPROVE_H
#define KMS_REQUEST_RECOVERY_APPROVE_H

#include "kms/request/recovery/recover_check.h"
#include "kms/vault/deal.h"

/*
 * `approve`: one agent gives his partial results for the envelopes of one request, each with its
 * proof, sealed to the request's key and signed. They serve this request, and no other.
 *
 *     approver_open(&approver, kms, "xenia", NULL, &why);   // who has signed in
 *     kms_begin(kms, &why);
 *     approve(&approver, file, &arena, &result, &why);      // as often as there are requests
 *     kms_commit(kms, &why);
 *     approver_close(&approver);
 */
struct approver {
    struct kms *kms;
    const struct kms_actor *actor;
    struct recovery_cas cas;
    struct vault *vault;
    int64_t escrow; /* the generation of his share */
    unsigned index;
    struct secret share;
};

/*
 * Opens the share of an agent who has signed in; `share_file` holds it, or NULL: the store does.
 *
 * FAULT_DENIED    nobody of that name has signed in, he is no agent, or the share is not his
 * FAULT_ABSENT    he keeps his share in a file, and none was given; or there is no recovery key
 * FAULT_SYNTAX    the file is none of a share: an audit row says it after each of these
 * FAULT_RESOURCE  the store, memory
 */
MUST_USE enum fault approver_open(struct approver *out, struct kms *kms, const char *name,
                                  const char *share_file, struct why *why);

/* Wipes the share. */
void approver_close(struct approver *approver);

struct approve_result {
    struct recovery recovery; /* filled as recovery_check() says */
    bool already;             /* he had approved it before: nothing was done */
    size_t approvals;         /* how many there are now */
    size_t needed;            /* T */
};

/*
 * Checks a request and approves it, within the caller's transaction. Spans of the result lie in the
 * arena. Keys that cannot be recovered are among result->recovery.losses: nothing is given for
 * them.
 *
 * FAULT_DENIED    as recovery_check(), or the agent is the one who asked
 * FAULT_SYNTAX, FAULT_LIMIT  as recovery_check(): an audit row says it after each of these
 * FAULT_RESOURCE  the store, memory; the caller rolls back
 */
MUST_USE enum fault approve(struct approver *approver, struct span file, struct arena *arena,
                            struct approve_result *result, struct why *why);

#endif
