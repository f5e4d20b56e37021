#include "kms/request/ceremony/admins.h"

#include <stdio.h>

#include "kms/request/session/ca_keys.h"
#include "kms/request/session/vouch.h"
#include "kms/store/store.h"

enum { ARENA_MAX = 4 << 20, LOCKED_MAX = 4096, SLOT_MAX = 1024, DETAIL_SIZE = 128 };

/* Everybody in office. */
struct people {
    struct person_row *at;
    size_t count;
};

static enum fault list(struct kms *kms, struct arena *arena, struct people *out, struct why *why)
{
    return vouched_list(kms, arena, &out->at, &out->count, why);
}

static const struct person_row *find(const struct people *people, struct span name)
{
    for (size_t i = 0; i < people->count; i++) {
        if (span_equal(people->at[i].name, name)) {
            return &people->at[i];
        }
    }
    return NULL;
}

static size_t count_administrators(const struct people *people)
{
    size_t count = 0;

    for (size_t i = 0; i < people->count; i++) {
        count += people->at[i].is_admin ? 1 : 0;
    }
    return count;
}

/* Ends the transaction: an act that was done is committed, another one is audited as refused. */
static enum fault end(struct kms *kms, enum fault fault, struct why *why)
{
    return fault == FAULT_NONE ? kms_commit(kms, why) : kms_refuse(kms, fault, why);
}

enum fault admins_get_policy(struct kms *kms, struct policy *out, struct why *why)
{
    return vouched_policy(kms, out, why);
}

enum fault admins_is_agent(struct kms *kms, const char *name, bool *out, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct person_row row;
    enum fault fault = person_find(kms->store, span_text(name), &arena, &row, why);

    if (fault == FAULT_NONE || fault == FAULT_ABSENT) {
        *out = fault == FAULT_NONE && !row.is_admin;
        fault = FAULT_NONE;
    }
    arena_clear(&arena);
    return fault;
}

/* Seals the CA's secret to an administrator who has come. */
static enum fault give_slot(struct kms *kms, int64_t id, struct span name,
                            const uint8_t sealing[HPKE_KEY_SIZE], struct why *why)
{
    struct buffer sealed = buffer_with_max(SLOT_MAX);
    struct secret secret = {0};
    enum fault fault = ca_secret_open(kms, &secret, why);

    if (fault == FAULT_NONE) {
        fault = ca_slot_seal(store_id(kms->store), name, sealing, &secret, &sealed, why);
    }
    if (fault == FAULT_NONE) {
        fault = slot_set(kms->store, id, buffer_span(&sealed), why);
    }
    secret_clear(&secret);
    buffer_clear(&sealed);
    return fault;
}

/* A new person, who is an administrator and no agent. */
static enum fault add_new(struct kms *kms, const struct person_choice *choice, struct why *why)
{
    const struct span name = span_text(choice->name);
    struct buffer locked = buffer_with_max(LOCKED_MAX);
    struct identity identity = {0};
    int64_t id = 0;
    enum fault fault = identity_make(&identity, why);

    if (fault == FAULT_NONE) {
        fault = person_lock(kms, name, &identity, choice->passphrase, &locked, why);
    }
    if (fault == FAULT_NONE) {
        const struct person_row row = {
            .name = name,
            .is_admin = true,
            .since = kms->now,
            .signing = span_of(identity.signing, sizeof(identity.signing)),
            .sealing = span_of(identity.sealing, sizeof(identity.sealing)),
            .locked = buffer_span(&locked),
        };

        fault = vouch_add(kms, &row, &id, why);
    }
    if (fault == FAULT_NONE) {
        fault = give_slot(kms, id, name, identity.sealing, why);
    }
    identity_clear(&identity);
    buffer_clear(&locked);
    return fault;
}

/* An agent becomes an administrator too: he shows that he is there by his passphrase. */
static enum fault promote(struct kms *kms, const struct person_row *row, struct why *why)
{
    const struct kms_actor *actor = NULL;
    enum fault fault;

    for (size_t i = 0; i < kms->actor_count; i++) {
        actor = kms->actors[i].id == row->id ? &kms->actors[i] : actor;
    }
    if (actor == NULL) {
        return fault_at(FAULT_DENIED, 0, "the agent's own passphrase is wanted too", why);
    }
    fault = vouch_set_roles(kms, row, true, row->is_agent, why);
    return fault == FAULT_NONE ? give_slot(kms, row->id, row->name, actor->identity.sealing, why)
                               : fault;
}

static enum fault check_free(const struct people *people, struct span name, struct why *why)
{
    if (people->count >= KMS_PEOPLE_MAX) {
        return fault_at(FAULT_LIMIT, 0, "a store has 64 people at most", why);
    }
    for (size_t i = 0; i < people->count; i++) {
        if (person_name_is_alike(people->at[i].name, name)) {
            return fault_at(FAULT_SYNTAX, 0,
                            "somebody has this name, but for capital letters, already", why);
        }
    }
    return FAULT_NONE;
}

/* Within the transaction. */
static enum fault add(struct kms *kms, const struct person_choice *choice, struct arena *arena,
                      struct why *why)
{
    const struct span name = span_text(choice->name);
    const struct person_row *row;
    struct people people = {0};
    enum fault fault = list(kms, arena, &people, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    row = find(&people, name);
    if (row != NULL && row->is_admin) {
        return fault_at(FAULT_DENIED, 0, "he is an administrator already", why);
    }
    if (row != NULL) {
        fault = promote(kms, row, why);
    } else {
        fault = check_free(&people, name, why);
        fault = fault == FAULT_NONE ? add_new(kms, choice, why) : fault;
    }
    return fault == FAULT_NONE ? kms_audit(kms, name, "added", (struct span){0}, why) : fault;
}

enum fault admins_add(struct kms *kms, const struct person_choice *choice, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    char organization[KMS_SUBJECT_SIZE];
    bool is_agent = false;
    enum fault fault = kms_require(kms, TASK_ADMINS, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    (void)snprintf(organization, sizeof(organization), "%.*s", (int)kms->organization.len,
                   (const char *)kms->organization.at);
    fault = person_name_check(span_text(choice->name), why);
    if (fault == FAULT_NONE) {
        fault = admins_is_agent(kms, choice->name, &is_agent, why);
    }
    if (fault == FAULT_NONE && !is_agent) {
        fault = person_choice_check(choice, organization, why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_begin(kms, why);
    }
    if (fault == FAULT_NONE) {
        fault = add(kms, choice, &arena, why);
    }
    arena_clear(&arena);
    return end(kms, fault, why);
}

/* Whether the store can go on without him. */
static enum fault check_remaining(struct kms *kms, const struct people *people,
                                  const struct person_row *leaving, struct why *why)
{
    const size_t left = count_administrators(people) - 1;
    struct policy policy;
    size_t acting = 0;
    enum fault fault = admins_get_policy(kms, &policy, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    for (size_t i = 0; i < kms->actor_count; i++) {
        acting += kms->actors[i].is_admin && kms->actors[i].id != leaving->id ? 1 : 0;
    }
    if (left == 0) {
        return fault_at(FAULT_DENIED, 0, "a store keeps one administrator at least", why);
    }
    if (acting == 0) {
        return fault_at(FAULT_DENIED, 0, "one of those who stay has to act", why);
    }
    if (policy_check(&policy, left, why) != FAULT_NONE) {
        return fault_at(FAULT_DENIED, 0,
                        "those who stay could not meet the policy (lower it first: --policy)", why);
    }
    return FAULT_NONE;
}

static enum fault leave(struct kms *kms, const struct person_row *row, struct why *why)
{
    enum fault fault =
        row->is_agent ? vouch_set_roles(kms, row, false, true, why) : vouch_end(kms, row, why);

    if (fault == FAULT_NONE && row->is_agent) {
        fault = slot_remove(kms->store, row->id, why);
    }
    if (fault == FAULT_NONE) {
        fault = ca_relock(kms, why);
    }
    return fault;
}

/* Within the transaction. */
static enum fault remove_one(struct kms *kms, struct span name, struct arena *arena,
                             struct why *why)
{
    const struct person_row *row;
    struct people people = {0};
    enum fault fault = list(kms, arena, &people, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    row = find(&people, name);
    if (row == NULL || !row->is_admin) {
        return fault_at(FAULT_ABSENT, 0, "there is no administrator of that name", why);
    }
    fault = check_remaining(kms, &people, row, why);
    if (fault == FAULT_NONE) {
        fault = leave(kms, row, why);
    }
    return fault == FAULT_NONE ? kms_audit(kms, name, "removed", (struct span){0}, why) : fault;
}

enum fault admins_remove(struct kms *kms, const char *name, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    enum fault fault = kms_require(kms, TASK_ADMINS, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = kms_begin(kms, why);
    if (fault == FAULT_NONE) {
        fault = remove_one(kms, span_text(name), &arena, why);
    }
    arena_clear(&arena);
    return end(kms, fault, why);
}

/* Within the transaction. */
static enum fault set_policy(struct kms *kms, const struct policy *policy, struct arena *arena,
                             struct why *why)
{
    char detail[DETAIL_SIZE];
    size_t len = 0;
    struct people people = {0};
    enum fault fault = list(kms, arena, &people, why);

    if (fault == FAULT_NONE) {
        fault = policy_check(policy, count_administrators(&people), why);
    }
    for (size_t i = 0; fault == FAULT_NONE && i < TASK_COUNT; i++) {
        len += (size_t)snprintf(detail + len, sizeof(detail) - len, "%s%s=%u", i > 0 ? "," : "",
                                policy_task_name((enum kms_task)i), policy->counts[i]);
    }
    if (fault == FAULT_NONE) {
        fault = vouch_policy(kms, policy, why);
    }
    return fault == FAULT_NONE
               ? kms_audit(kms, span_text("policy"), "set", span_of(detail, len), why)
               : fault;
}

enum fault admins_set_policy(struct kms *kms, const struct policy *policy, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    enum fault fault = kms_allow(kms, TASK_POLICY, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = kms_begin(kms, why);
    if (fault == FAULT_NONE) {
        fault = set_policy(kms, policy, &arena, why);
    }
    arena_clear(&arena);
    return end(kms, fault, why);
}
