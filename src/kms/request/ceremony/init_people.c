#include <stdio.h>

#include "kms/request/ceremony/init_steps.h"
#include "kms/request/session/vouch.h"
#include "kms/store/store.h"

enum { LOCKED_MAX = 4096 };

/* Adds a person's row, and signs him in with the keys that were just made. */
static enum fault add(struct ceremony *c, const struct person_choice *choice,
                      struct identity *identity, struct why *why)
{
    struct kms *kms = &c->kms;
    struct kms_actor *actor = &kms->actors[kms->actor_count];
    const struct person_row row = {
        .name = span_text(choice->name),
        .is_admin = choice->is_admin,
        .is_agent = choice->is_agent,
        .since = kms->now,
        .signing = span_of(identity->signing, sizeof(identity->signing)),
        .sealing = span_of(identity->sealing, sizeof(identity->sealing)),
        .locked = span_of("", 0),
    };
    int64_t id = 0;
    enum fault fault = person_add(kms->store, &row, &id, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    *actor = (struct kms_actor){.id = id,
                                .is_admin = choice->is_admin,
                                .is_agent = choice->is_agent,
                                .identity = *identity};
    (void)snprintf(actor->name, sizeof(actor->name), "%s", choice->name);
    kms->actor_count++;
    *identity = (struct identity){0};
    return FAULT_NONE;
}

enum fault init_people(struct ceremony *c, struct why *why)
{
    for (size_t i = 0; i < c->order->people_count; i++) {
        struct identity identity = {0};
        enum fault fault = identity_make(&identity, why);

        if (fault == FAULT_NONE) {
            fault = add(c, &c->order->people[i], &identity, why);
        }
        identity_clear(&identity);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return FAULT_NONE;
}

static enum fault vouch(struct kms *kms, const struct kms_actor *actor, struct why *why)
{
    const struct person_row row = {
        .id = actor->id,
        .name = span_text(actor->name),
        .is_admin = actor->is_admin,
        .is_agent = actor->is_agent,
        .since = kms->now,
        .signing = span_of(actor->identity.signing, sizeof(actor->identity.signing)),
        .sealing = span_of(actor->identity.sealing, sizeof(actor->identity.sealing)),
    };

    return vouch_sign(kms, &row, why);
}

enum fault init_people_lock(struct ceremony *c, struct why *why)
{
    struct kms *kms = &c->kms;
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < kms->actor_count && fault == FAULT_NONE; i++) {
        const struct kms_actor *actor = &kms->actors[i]; /* in the order of c->order->people */
        struct buffer locked = buffer_with_max(LOCKED_MAX);

        fault = person_lock(kms, span_text(actor->name), &actor->identity,
                            c->order->people[i].passphrase, &locked, why);
        if (fault == FAULT_NONE) {
            fault = person_set_locked(kms->store, actor->id, buffer_span(&locked), why);
        }
        if (fault == FAULT_NONE) {
            fault = vouch(kms, actor, why);
        }
        buffer_clear(&locked);
    }
    return fault;
}
