#include "kms/request/recovery/reshare.h"

#include <stdio.h>
#include <stdlib.h>

#include "kms/request/recovery/reshare_deal.h"
#include "kms/request/session/vouch.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"

enum { ARENA_MAX = 8 << 20, LOCKED_MAX = 4096, SEALED_MAX = 1024, DETAIL_MAX = 8192 };

/* One agent from now on. */
struct member {
    int64_t id;
    const char *name;
    uint8_t sealing[HPKE_KEY_SIZE];
};

struct act {
    struct kms *kms;
    const struct reshare_order *order;
    struct arena arena;
    struct member members[VAULT_AGENTS_MAX];
    struct vault_public public; /* of the new dealing */
    struct secret shares[VAULT_AGENTS_MAX];
};

enum fault reshare_is_known(struct kms *kms, const char *name, bool *out, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct person_row row;
    enum fault fault = person_find(kms->store, span_text(name), &arena, &row, why);

    if (fault == FAULT_NONE || fault == FAULT_ABSENT) {
        *out = fault == FAULT_NONE;
        fault = FAULT_NONE;
    }
    arena_clear(&arena);
    return fault;
}

static enum fault check_names(const struct reshare_order *order, struct why *why)
{
    for (size_t i = 0; i < order->agent_count; i++) {
        const struct span name = span_text(order->agents[i].name);
        enum fault fault = person_name_check(name, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
        for (size_t j = 0; j < i; j++) {
            if (person_name_is_alike(name, span_text(order->agents[j].name))) {
                return fault_at(FAULT_SYNTAX, 0, "two agents have the same name", why);
            }
        }
    }
    if (order->quorum < VAULT_QUORUM_MIN || order->quorum > order->agent_count ||
        order->agent_count > VAULT_AGENTS_MAX) {
        return fault_at(FAULT_DENIED, 0,
                        "the quorum is at least 2 and at most all agents, of whom there are 64 at "
                        "most",
                        why);
    }
    return FAULT_NONE;
}

/* Somebody who was not there: his keys are made, and locked under the passphrase he has chosen. */
static enum fault add_person(struct act *a, const struct person_choice *choice,
                             struct member *member, struct why *why)
{
    const struct span name = span_text(choice->name);
    struct buffer locked = buffer_with_max(LOCKED_MAX);
    struct identity identity = {0};
    enum fault fault = identity_make(&identity, why);

    if (fault == FAULT_NONE) {
        fault = person_lock(a->kms, name, &identity, choice->passphrase, &locked, why);
    }
    if (fault == FAULT_NONE) {
        const struct person_row row = {
            .name = name,
            .is_agent = true,
            .since = a->kms->now,
            .signing = span_of(identity.signing, sizeof(identity.signing)),
            .sealing = span_of(identity.sealing, sizeof(identity.sealing)),
            .locked = buffer_span(&locked),
        };

        fault = vouch_add(a->kms, &row, &member->id, why);
        memcpy(member->sealing, identity.sealing, sizeof(member->sealing));
    }
    identity_clear(&identity);
    buffer_clear(&locked);
    return fault;
}

/* Somebody new has chosen a passphrase that is good enough, and has nobody else's name. */
static enum fault check_new(struct act *a, const struct person_choice *choice,
                            const struct person_row *people, size_t count, struct why *why)
{
    char organization[KMS_TOLD_SIZE];
    enum fault fault;

    for (size_t i = 0; i < count; i++) {
        if (person_name_is_alike(people[i].name, span_text(choice->name))) {
            return kms_tell(a->kms, FAULT_SYNTAX, why, "%s: somebody has almost the same name",
                            choice->name);
        }
    }
    if (choice->passphrase == NULL) {
        return kms_tell(a->kms, FAULT_DENIED, why, "%s is new, and has to choose a passphrase",
                        choice->name);
    }
    (void)snprintf(organization, sizeof(organization), "%.*s", (int)a->kms->organization.len,
                   (const char *)a->kms->organization.at);
    fault = person_choice_check(choice, organization, why);
    return fault == FAULT_DENIED ? kms_tell(a->kms, fault, why, "%s: %s", choice->name, why->rule)
                                 : fault;
}

static enum fault take_member(struct act *a, size_t which, const struct person_row *people,
                              size_t count, struct why *why)
{
    const struct person_choice *choice = &a->order->agents[which];
    struct member *member = &a->members[which];
    enum fault fault;

    member->name = choice->name;
    for (size_t i = 0; i < count; i++) {
        if (span_is(people[i].name, choice->name)) {
            member->id = people[i].id;
            memcpy(member->sealing, people[i].sealing.at, sizeof(member->sealing));
            return vouch_set_roles(a->kms, &people[i], people[i].is_admin, true, why);
        }
    }
    fault = check_new(a, choice, people, count, why);
    return fault == FAULT_NONE ? add_person(a, choice, member, why) : fault;
}

static bool is_member(const struct act *a, int64_t id)
{
    for (size_t i = 0; i < a->order->agent_count; i++) {
        if (a->members[i].id == id) {
            return true;
        }
    }
    return false;
}

/* Agents who are none any more: administrators stay in office as such, others go. */
static enum fault dismiss(struct act *a, const struct person_row *people, size_t count,
                          struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        if (!people[i].is_agent || is_member(a, people[i].id)) {
            continue;
        }
        fault = people[i].is_admin ? vouch_set_roles(a->kms, &people[i], true, false, why)
                                   : vouch_end(a->kms, &people[i], why);
    }
    return fault;
}

static bool is_named(const struct act *a, struct span name)
{
    for (size_t i = 0; i < a->order->agent_count; i++) {
        if (span_is(name, a->order->agents[i].name)) {
            return true;
        }
    }
    return false;
}

/* Administrators who are no agents stay beside the agents. */
static enum fault check_room(const struct act *a, const struct person_row *people, size_t count,
                             struct why *why)
{
    size_t after = a->order->agent_count;

    for (size_t i = 0; i < count; i++) {
        after += people[i].is_admin && !is_named(a, people[i].name) ? 1 : 0;
    }
    return after <= KMS_PEOPLE_MAX ? FAULT_NONE
                                   : fault_at(FAULT_LIMIT, 0, "a store has 64 people at most", why);
}

static enum fault change_people(struct act *a, struct why *why)
{
    struct person_row *people;
    size_t count;
    enum fault fault = vouched_list(a->kms, &a->arena, &people, &count, why);

    if (fault == FAULT_NONE) {
        fault = check_room(a, people, count, why);
    }
    for (size_t i = 0; i < a->order->agent_count && fault == FAULT_NONE; i++) {
        fault = take_member(a, i, people, count, why);
    }
    return fault == FAULT_NONE ? dismiss(a, people, count, why) : fault;
}

/* The new generation of the same key; its number is `*id`. */
static enum fault add_generation(struct act *a, int64_t old, int64_t *id, struct why *why)
{
    struct buffer encoded = buffer_with_max(VAULT_PUBLIC_MAX);
    struct escrow_row row;
    enum fault fault = escrow_get(a->kms->store, old, &a->arena, &row, why);

    vault_public_encode(&a->public, &encoded);
    if (fault == FAULT_NONE && encoded.fault != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault == FAULT_NONE) {
        row = (struct escrow_row){
            .public = buffer_span(&encoded),
            .certificate = row.certificate,
            .quorum = a->public.quorum,
            .count = a->public.count,
            .since = a->kms->now,
        };
        fault = escrow_add(a->kms->store, &row, id, why);
    }
    buffer_clear(&encoded);
    return fault;
}

/* A share, sealed to its agent, for the store or for a file of his own. */
static enum fault hand_out(struct act *a, int64_t escrow, size_t which,
                           struct reshare_handout *handout, struct why *why)
{
    const struct member *member = &a->members[which];
    const struct share_place place = {
        .store_id = store_id(a->kms->store),
        .escrow = escrow,
        .index = (unsigned)which + 1,
        .name = member->name,
    };
    struct share_row row = {.escrow = escrow, .person = member->id, .place = place.index};
    enum fault fault;

    handout->sealed = buffer_with_max(SEALED_MAX);
    (void)snprintf(handout->name, sizeof(handout->name), "%s", member->name);
    fault = share_seal(&place, member->sealing, &a->shares[which], &handout->sealed, why);
    row.sealed = a->order->in_files ? (struct span){0} : buffer_span(&handout->sealed);
    if (fault == FAULT_NONE) {
        fault = share_add(a->kms->store, &row, why);
    }
    if (!a->order->in_files) {
        buffer_clear(&handout->sealed);
        handout->sealed = (struct buffer){0};
    }
    return fault;
}

static enum fault audit(struct act *a, struct why *why)
{
    struct buffer detail = buffer_with_max(DETAIL_MAX);
    enum fault fault;

    buffer_add_uint(&detail, a->order->quorum);
    buffer_add_text(&detail, " of ");
    for (size_t i = 0; i < a->order->agent_count; i++) {
        buffer_add_text(&detail, i > 0 ? "," : "");
        buffer_add_text(&detail, a->members[i].name);
    }
    fault = detail.fault == FAULT_NONE
                ? kms_audit(a->kms, span_text("agents"), "done", buffer_span(&detail), why)
                : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    buffer_clear(&detail);
    return fault;
}

/* All that is done within the transaction, once the shares of today are open. */
static enum fault settle(struct act *a, struct share_hands *hands, struct reshare_result *result,
                         struct why *why)
{
    const unsigned count = (unsigned)a->order->agent_count;
    int64_t escrow = 0;
    enum fault fault = reshare_deal(hands, a->order->quorum, count, &a->public, a->shares, why);

    if (fault == FAULT_NONE) {
        fault = change_people(a, why);
    }
    if (fault == FAULT_NONE) {
        fault = add_generation(a, hands->escrow, &escrow, why);
    }
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        result->count = i + 1;
        fault = hand_out(a, escrow, i, &result->handouts[i], why);
    }
    if (fault == FAULT_NONE) {
        fault = share_forget(a->kms->store, hands->escrow, why);
    }
    return fault == FAULT_NONE ? audit(a, why) : fault;
}

static enum fault run(struct act *a, struct reshare_result *result, struct why *why)
{
    struct share_hands *hands = calloc(1, sizeof(*hands));
    enum fault fault = check_names(a->order, why);

    if (hands == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_begin(a->kms, why); /* shares are read in it: two cannot reshare at once */
    }
    if (fault == FAULT_NONE) {
        fault = share_hands_open(a->kms, a->order->files, hands, why);
    }
    if (fault == FAULT_NONE) {
        fault = settle(a, hands, result, why);
    }
    share_hands_close(hands);
    free(hands);
    return fault;
}

enum fault reshare_agents(struct kms *kms, const struct reshare_order *order,
                          struct reshare_result *result, struct why *why)
{
    struct act *a;
    enum fault fault;

    kms_subject(kms, span_text("agents"));
    fault = kms_allow(kms, TASK_ADMINS, why);
    if (fault != FAULT_NONE) {
        return fault; /* it has its audit row */
    }
    a = calloc(1, sizeof(*a));
    if (a == NULL) {
        return kms_tell(kms, FAULT_RESOURCE, why, "out of memory");
    }
    a->kms = kms;
    a->order = order;
    a->arena = arena_with_max(ARENA_MAX);
    *result = (struct reshare_result){0};
    fault = run(a, result, why);
    if (fault != FAULT_NONE) {
        fault = kms_refuse(kms, fault, why);
        reshare_result_clear(result);
    }
    for (size_t i = 0; i < VAULT_AGENTS_MAX; i++) {
        secret_clear(&a->shares[i]);
    }
    arena_clear(&a->arena);
    free(a);
    return fault;
}

void reshare_result_clear(struct reshare_result *result)
{
    for (size_t i = 0; result != NULL && i < result->count; i++) {
        buffer_clear(&result->handouts[i].sealed);
    }
    if (result != NULL) {
        result->count = 0;
    }
}
