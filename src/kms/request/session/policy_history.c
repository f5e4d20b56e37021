#include "kms/request/session/policy_history.h"

#include "kms/request/session/audit.h"

/* What the last one says; `*there` is false where none was set. */
static enum fault read_last(struct kms *kms, struct policy *out, bool *there, struct why *why)
{
    struct store_walk walk = {0};
    struct audit_row row;
    bool is_signed = false;
    enum fault fault = audit_walk_admins(kms->store, &walk, why);

    do {
        fault = fault == FAULT_NONE ? audit_next(&walk, &row, there, why) : fault;
    } while (fault == FAULT_NONE && *there &&
             !(span_is(row.subject, "policy") && span_is(row.result, "set")));
    if (fault == FAULT_NONE && *there) {
        fault = audit_row_verify(kms->store, &row, audit_signature_fits, &is_signed, why);
    }
    if (fault == FAULT_NONE && *there &&
        (!is_signed || policy_parse(row.detail, out, why) != FAULT_NONE)) {
        fault = fault_at(FAULT_DENIED, 0,
                         "the store was altered: nobody signed the last change of the policy", why);
    }
    store_walk_end(&walk);
    return fault;
}

enum fault policy_history_check(struct kms *kms, const struct policy *policy, struct why *why)
{
    struct policy last = policy_default();
    bool there = false;
    enum fault fault = read_last(kms, &last, &there, why);

    for (size_t i = 0; fault == FAULT_NONE && there && i < TASK_COUNT; i++) {
        if (last.counts[i] != policy->counts[i]) {
            fault = fault_at(FAULT_DENIED, 0,
                             "the store was altered: the policy is not the one that the audit says "
                             "was set last",
                             why);
        }
    }
    return fault == FAULT_NONE ? FAULT_NONE : kms_tell(kms, fault, why, "%s", why->rule);
}
