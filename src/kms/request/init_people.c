#include <stdio.h>

#include "kms/request/init_steps.h"
#include "kms/store/people_rows.h"
#include "kms/store/store.h"

enum { LOCKED_MAX = 4096 };

/* Adds a person's row, and signs him in with the keys that were just made. */
static enum fault add(struct ceremony *c, const struct person_choice *choice,
                      struct identity *identity, struct why *why)
{
    struct kms *kms = &c->kms;
    struct kms_actor *actor = &kms->actors[kms->actor_count];
    struct buffer locked = buffer_with_max(LOCKED_MAX);
    const struct span name = span_text(choice->name);
    int64_t id = 0;
    enum fault fault =
        person_lock(store_id(kms->store), name, identity, choice->passphrase, &locked, why);

    if (fault == FAULT_NONE) {
        const struct person_row row = {
            .name = name,
            .is_admin = choice->is_admin,
            .is_agent = choice->is_agent,
            .since = kms->now,
            .signing = span_of(identity->signing, sizeof(identity->signing)),
            .sealing = span_of(identity->sealing, sizeof(identity->sealing)),
            .locked = buffer_span(&locked),
        };

        fault = person_add(kms->store, &row, &id, why);
    }
    buffer_clear(&locked);
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
