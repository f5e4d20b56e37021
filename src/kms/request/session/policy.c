#include "kms/request/session/policy.h"

enum { POLICY_MAX = 64 };

static const char *const task_names[TASK_COUNT] = {
    [TASK_ENROL] = "enrol", [TASK_REVOKE] = "revoke", [TASK_RENEW] = "renew",
    [TASK_MOVE] = "move",   [TASK_ADMINS] = "admins", [TASK_POLICY] = "policy",
};

struct policy policy_default(void)
{
    struct policy policy;

    for (size_t i = 0; i < TASK_COUNT; i++) {
        policy.counts[i] = 1;
    }
    return policy;
}

const char *policy_task_name(enum kms_task task) { return task_names[task]; }

bool policy_task_find(struct span name, enum kms_task *out)
{
    for (size_t i = 0; i < TASK_COUNT; i++) {
        if (span_is(name, task_names[i])) {
            *out = (enum kms_task)i;
            return true;
        }
    }
    return false;
}

/* A number of one or two digits from 1 to POLICY_MAX. */
static bool read_count(struct span text, unsigned *out)
{
    unsigned count = 0;

    if (text.len == 0 || text.len > 2) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        count = count * 10 + (unsigned)(text.at[i] - '0');
    }
    *out = count;
    return count >= 1 && count <= POLICY_MAX;
}

static enum fault parse_one(struct span item, size_t offset, struct policy *policy,
                            bool seen[TASK_COUNT], struct why *why)
{
    enum kms_task task;
    size_t equals;

    if (!span_find(item, '=', &equals)) {
        return fault_at(FAULT_SYNTAX, offset, "a policy is TASK=N,...", why);
    }
    if (!policy_task_find(span_upto(item, equals), &task)) {
        return fault_at(FAULT_SYNTAX, offset,
                        "the tasks of a policy are enrol, revoke, renew, move, admins and policy",
                        why);
    }
    if (seen[task]) {
        return fault_at(FAULT_SYNTAX, offset, "a task stands twice in the policy", why);
    }
    seen[task] = true;
    if (!read_count(span_from(item, equals + 1), &policy->counts[task])) {
        return fault_at(FAULT_SYNTAX, offset,
                        "a policy counts administrators: a number from 1 to 64", why);
    }
    return FAULT_NONE;
}

enum fault policy_parse(struct span text, struct policy *policy, struct why *why)
{
    struct policy parsed = *policy;
    bool seen[TASK_COUNT] = {false};
    struct span rest = text;
    bool more = true;

    while (more) {
        size_t comma = 0;
        enum fault fault;

        more = span_find(rest, ',', &comma);
        fault = parse_one(more ? span_upto(rest, comma) : rest, text.len - rest.len, &parsed, seen,
                          why);
        if (fault != FAULT_NONE) {
            return fault;
        }
        rest = more ? span_from(rest, comma + 1) : (struct span){0};
    }
    *policy = parsed;
    return FAULT_NONE;
}

enum fault policy_check(const struct policy *policy, size_t administrators, struct why *why)
{
    const size_t most = administrators > 1 ? administrators - 1 : 1;

    for (size_t i = 0; i < TASK_COUNT; i++) {
        if (policy->counts[i] < 1) {
            return fault_at(FAULT_DENIED, 0, "the policy wants one administrator at least", why);
        }
        if (policy->counts[i] > most) {
            return fault_at(
                FAULT_DENIED, 0,
                "the policy wants more administrators than all but one, so that nothing "
                "could be done while one is away",
                why);
        }
    }
    return FAULT_NONE;
}

bool policy_weak_task(const struct policy *policy, enum kms_task *out)
{
    const unsigned *counts = policy->counts;
    const unsigned changed_by =
        counts[TASK_ADMINS] < counts[TASK_POLICY] ? counts[TASK_ADMINS] : counts[TASK_POLICY];

    for (size_t i = 0; i < TASK_COUNT; i++) {
        if (counts[i] > changed_by) {
            *out = (enum kms_task)i;
            return true;
        }
    }
    return false;
}
