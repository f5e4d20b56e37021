#include "kms/request/recovery/rebuild.h"

#include "kms/vault/rebuild.h"

static enum fault rebuild(struct kms *kms, const struct share_files *files, struct secret *pem,
                          struct why *why)
{
    struct share_hands hands = {0};
    enum fault fault = share_hands_open(kms, files, &hands, why);

    if (fault == FAULT_NONE) {
        fault = vault_rebuild(hands.vault, hands.indexes, hands.shares, hands.count, pem, why);
    }
    share_hands_close(&hands);
    return fault;
}

enum fault rebuild_key(struct kms *kms, const struct share_files *files, struct secret *pem,
                       struct why *why)
{
    static const char subject[] = "recovery key";
    static const char detail[] = "the whole recovery key goes into a file";
    enum fault fault = rebuild(kms, files, pem, why);

    if (fault == FAULT_NONE) {
        fault = kms_begin(kms, why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_audit(kms, span_text(subject), "rebuilt", span_text(detail), why);
    }
    if (fault != FAULT_NONE) {
        secret_clear(pem);
        kms_subject(kms, span_text(subject));
        return kms_refuse(kms, fault, why);
    }
    return FAULT_NONE;
}
