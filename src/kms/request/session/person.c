#include "kms/request/session/person.h"

#include "kms/people/passphrase.h"
#include "kms/people/transcript.h"
#include "kms/request/session/session.h"
#include "kms/store/store.h"

enum fault person_choice_check(const struct person_choice *choice, const char *organization,
                               struct why *why)
{
    const char *const names[] = {organization, choice->name, "keyroster", NULL};

    return passphrase_check(choice->passphrase, names, why);
}

/* What locked keys are bound to. */
static enum fault context_of(const struct kms *kms, struct span name,
                             uint8_t digest[TRANSCRIPT_SIZE], struct why *why)
{
    struct transcript t = transcript_begin("keyroster person v1");

    transcript_add(&t, store_id(kms->store));
    transcript_add(&t, name);
    transcript_add(&t, kms->anchor.recovery_key);
    transcript_add(&t, kms->anchor.issuing_key);
    return transcript_end(&t, digest, why);
}

enum fault person_lock(const struct kms *kms, struct span name, const struct identity *identity,
                       const struct secret *passphrase, struct buffer *out, struct why *why)
{
    uint8_t context[TRANSCRIPT_SIZE];
    enum fault fault = context_of(kms, name, context, why);

    if (fault == FAULT_NONE) {
        fault = identity_lock(identity, passphrase, lock_cost_usual(),
                              span_of(context, sizeof(context)), out, why);
    }
    return fault;
}

enum fault person_unlock(const struct kms *kms, struct span name, struct span locked,
                         const struct secret *passphrase, struct identity *out, struct why *why)
{
    uint8_t context[TRANSCRIPT_SIZE];
    enum fault fault = context_of(kms, name, context, why);

    if (fault == FAULT_NONE) {
        fault = identity_unlock(passphrase, span_of(context, sizeof(context)), locked, out, why);
    }
    return fault;
}
