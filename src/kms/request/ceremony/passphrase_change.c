#include <stdio.h>

#include "kms/request/ceremony/admins.h"
#include "kms/store/people_rows.h"
#include "kms/store/store.h"

enum { LOCKED_MAX = 4096 };

static enum fault check(struct kms *kms, const char *name, const struct secret *passphrase,
                        struct why *why)
{
    char organization[KMS_SUBJECT_SIZE];
    const struct person_choice choice = {.name = name, .passphrase = passphrase};

    (void)snprintf(organization, sizeof(organization), "%.*s", (int)kms->organization.len,
                   (const char *)kms->organization.at);
    return person_choice_check(&choice, organization, why);
}

static enum fault lock_anew(struct kms *kms, const struct kms_actor *actor,
                            const struct secret *passphrase, struct why *why)
{
    struct buffer locked = buffer_with_max(LOCKED_MAX);
    enum fault fault =
        person_lock(kms, span_text(actor->name), &actor->identity, passphrase, &locked, why);

    if (fault == FAULT_NONE) {
        fault = kms_begin(kms, why);
    }
    if (fault == FAULT_NONE) {
        fault = person_set_locked(kms->store, actor->id, buffer_span(&locked), why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_audit(kms, span_text(actor->name), "changed", (struct span){0}, why);
    }
    buffer_clear(&locked);
    return fault == FAULT_NONE ? kms_commit(kms, why) : fault;
}

enum fault passphrase_change(struct kms *kms, const char *name, const struct secret *passphrase,
                             struct why *why)
{
    const struct kms_actor *actor = kms_actor_find(kms, name);
    enum fault fault;

    if (actor == NULL) {
        fault = fault_at(FAULT_DENIED, 0, "the old passphrase is wanted too", why);
        return kms_refuse(kms, fault, why);
    }
    fault = check(kms, name, passphrase, why);
    if (fault == FAULT_NONE) {
        fault = lock_anew(kms, actor, passphrase, why);
    }
    return fault == FAULT_NONE ? FAULT_NONE : kms_refuse(kms, fault, why);
}
