#include "kms/request/ceremony/admins.h"
#include "kms/request/inspect/check_internal.h"
#include "kms/request/session/ca_keys.h"
#include "kms/request/session/chain_vouch.h"
#include "kms/request/session/vouch.h"

/* A slot for every administrator in office, and for nobody else. */
static enum fault check_slot(struct checking *c, const struct person_row *person, struct why *why)
{
    struct span sealed;
    const bool needs = person->is_admin && person->until == 0;
    enum fault fault = slot_get(c->kms->store, person->id, &c->kms->arena, &sealed, why);

    if (fault != FAULT_NONE && fault != FAULT_ABSENT) {
        return fault;
    }
    if (needs && fault == FAULT_ABSENT) {
        return check_report(c, why, "the CA's keys are not sealed to an administrator",
                            "person %.*s", (int)person->name.len, (const char *)person->name.at);
    }
    if (!needs && fault == FAULT_NONE) {
        return check_report(c, why, "the CA's keys are sealed to somebody who is no administrator",
                            "person %.*s", (int)person->name.len, (const char *)person->name.at);
    }
    return FAULT_NONE;
}

/* That the issuing CA vouches for the row of somebody, in office or not. */
static enum fault check_vouched(struct checking *c, const struct person_row *person,
                                struct why *why)
{
    struct why wrong = {0};
    enum fault fault = vouch_check(c->kms, person, &wrong);

    if (fault == FAULT_NONE || fault == FAULT_RESOURCE) {
        *why = wrong;
        return fault;
    }
    return check_report(c, why,
                        fault == FAULT_DENIED
                            ? "the row was altered, or put there: the CA does not vouch for it"
                            : wrong.rule,
                        "person %.*s", (int)person->name.len, (const char *)person->name.at);
}

static enum fault check_policy(struct checking *c, size_t administrators, struct why *why)
{
    struct policy policy;
    struct why wrong = {0};
    enum fault fault = vouched_policy(c->kms, &policy, &wrong);

    if (fault == FAULT_NONE) {
        fault = policy_check(&policy, administrators, &wrong);
    }
    if (fault == FAULT_NONE || fault == FAULT_RESOURCE) {
        *why = wrong;
        return fault;
    }
    return check_report(c, why, wrong.rule, "policy");
}

/* That it vouches for its own certificate, where it has one, and for those above it. */
static enum fault check_chain(struct checking *c, struct why *why)
{
    struct authority_row issuing;
    struct span chain = {0};
    struct why wrong = {0};
    enum fault fault =
        authority_find(c->kms->store, AUTHORITY_ISSUING, &c->kms->arena, &issuing, why);

    if (fault != FAULT_NONE || issuing.certificate.len == 0) {
        return fault;
    }
    fault = ca_chain(c->kms->store, &c->kms->arena, &chain, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = chain_check(c->kms, issuing.certificate, chain, &wrong);
    if (fault == FAULT_DENIED) {
        return check_report(c, why, wrong.rule, "issuing CA");
    }
    *why = wrong;
    return fault;
}

enum fault check_people(struct checking *c, struct why *why)
{
    struct person_row *people = NULL;
    size_t count = 0, administrators = 0;
    enum fault fault = person_list(c->kms->store, true, &c->kms->arena, &people, &count, why);

    if (fault == FAULT_NONE) {
        fault = anchor_read(c->kms->store, &c->kms->arena, &c->kms->anchor, why);
    }
    if (fault == FAULT_SYNTAX) {
        return check_report(c, why, why->rule, "people");
    }
    if (fault == FAULT_NONE) {
        fault = check_chain(c, why);
    }
    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        administrators += people[i].is_admin && people[i].until == 0 ? 1 : 0;
        fault = check_vouched(c, &people[i], why);
        if (fault == FAULT_NONE) {
            fault = check_slot(c, &people[i], why);
        }
    }
    if (fault == FAULT_NONE && administrators == 0) {
        fault = check_report(c, why, "there is no administrator", "people");
    }
    return fault == FAULT_NONE ? check_policy(c, administrators, why) : fault;
}
