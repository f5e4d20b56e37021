#include "kms/request/session/chain_vouch.h"

#include "kms/request/session/vouch_internal.h"
#include "kms/store/store.h"

#define CHAIN_LABEL  "keyroster chain v1"
#define CHAIN_RECORD "chain-vouched" /* the meta value with the signature */

enum { ARENA_MAX = 1 << 16 };

static enum fault message_of_chain(struct kms *kms, struct span certificate, struct span chain,
                                   struct vouch_message *out, struct why *why)
{
    struct transcript t = transcript_begin(CHAIN_LABEL);

    transcript_add(&t, store_id(kms->store));
    transcript_add(&t, kms->organization);
    transcript_add(&t, certificate);
    transcript_add(&t, chain);
    return vouch_message_end(out, CHAIN_LABEL, &t, why);
}

enum fault chain_vouch(struct kms *kms, struct span certificate, struct span chain, struct why *why)
{
    struct buffer signature = buffer_with_max(VOUCH_SIGNATURE_MAX);
    struct vouch_message message;
    enum fault fault = message_of_chain(kms, certificate, chain, &message, why);

    if (fault == FAULT_NONE) {
        fault = vouch_add_signature(kms, &message, &signature, why);
    }
    if (fault == FAULT_NONE) {
        fault = store_meta_set(kms->store, CHAIN_RECORD, buffer_span(&signature), why);
    }
    buffer_clear(&signature);
    return fault;
}

enum fault chain_check(struct kms *kms, struct span certificate, struct span chain, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct vouch_message message;
    struct span signature = {0};
    bool holds = false;
    enum fault fault = store_meta_get(kms->store, CHAIN_RECORD, &arena, &signature, why);

    fault = fault == FAULT_ABSENT ? FAULT_NONE : fault; /* nothing is no signature */
    if (fault == FAULT_NONE) {
        fault = message_of_chain(kms, certificate, chain, &message, why);
    }
    if (fault == FAULT_NONE) {
        fault = vouch_holds(kms, &message, signature, &holds, why);
    }
    if (fault == FAULT_NONE && !holds) {
        fault = kms_tell(
            kms, FAULT_DENIED, why,
            "the store was altered: the CA does not vouch for its certificates, or for the "
            "name of the organization");
    }
    arena_clear(&arena);
    return fault;
}
