#ifndef KMS_REQUEST_SESSION_POLICY_H
#define KMS_REQUEST_SESSION_POLICY_H

#include <stdbool.h>

#include "base/cursor.h"

/*
 * How many administrators must act together, task by task. What is no task here (crl, recover,
 * complete) wants one administrator; what agents do (approve, reshare) is a matter of the quorum.
 */
enum kms_task {
    TASK_ENROL,  /* enrol */
    TASK_REVOKE, /* revoke */
    TASK_RENEW,  /* renew */
    TASK_MOVE,   /* move-out, move-in, adopt */
    TASK_ADMINS, /* administrators and agents: add, remove, reshare */
    TASK_POLICY, /* this policy, and the CA's certificate */
    TASK_COUNT
};

struct policy {
    unsigned counts[TASK_COUNT];
};

/* One administrator for everything. */
struct policy policy_default(void);

/* The word for a task: "enrol". */
const char *policy_task_name(enum kms_task task);

/* The task of that name; false where there is none. */
MUST_USE bool policy_task_find(struct span name, enum kms_task *out);

/*
 * Reads `enrol=2,revoke=1`: the tasks that are named get that number, the others keep theirs.
 * FAULT_SYNTAX: another form, an unknown task, one twice, a number that is not 1 to 64. `policy` is
 * written on success only.
 */
MUST_USE enum fault policy_parse(struct span text, struct policy *policy, struct why *why);

/*
 * Whether so many administrators can meet it: each count is at least 1 and at most all of them but
 * one, so that nothing stands still when one is away (1 where there is but one).
 * FAULT_DENIED otherwise.
 */
MUST_USE enum fault policy_check(const struct policy *policy, size_t administrators,
                                 struct why *why);

/*
 * The task that takes more administrators than it takes to lower its number, by the policy or by
 * administrators of one's own: fewer could do it after all. False where there is none.
 */
MUST_USE bool policy_weak_task(const struct policy *policy, enum kms_task *out);

#endif
