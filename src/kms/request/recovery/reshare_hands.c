#include "kms/request/recovery/reshare_hands.h"

#include <string.h>

const char *share_file_find(const struct share_files *files, const char *name)
{
    for (size_t i = 0; files != NULL && i < files->count; i++) {
        if (strcmp(files->at[i].name, name) == 0) {
            return files->at[i].file;
        }
    }
    return NULL;
}

static enum fault open_one(struct kms *kms, const struct share_files *files,
                           const struct kms_actor *actor, struct share_hands *hands,
                           struct why *why)
{
    enum fault fault =
        share_of_actor(kms, actor, share_file_find(files, actor->name), hands->vault,
                       &hands->indexes[hands->count], &hands->shares[hands->count], why);

    if (fault == FAULT_NONE) {
        hands->persons[hands->count++] = actor->id;
    }
    return fault == FAULT_NONE || fault == FAULT_RESOURCE
               ? fault
               : kms_tell(kms, fault, why, "%s: %s", actor->name, why->rule);
}

enum fault share_hands_open(struct kms *kms, const struct share_files *files,
                            struct share_hands *out, struct why *why)
{
    unsigned needed = 0;
    enum fault fault = share_vault_open(kms, &out->vault, &out->escrow, why);

    if (fault == FAULT_NONE) {
        needed = vault_public(out->vault)->quorum;
    }
    for (size_t i = 0; i < kms->actor_count && out->count < needed && fault == FAULT_NONE; i++) {
        if (kms->actors[i].is_agent) {
            fault = open_one(kms, files, &kms->actors[i], out, why);
        }
    }
    if (fault == FAULT_NONE && out->count < needed) {
        fault = kms_tell(kms, FAULT_DENIED, why,
                         "%s takes %u recovery agents, and %zu %s (--passphrase NAME=FILE)",
                         kms->act, needed, out->count, out->count == 1 ? "acts" : "act");
    }
    return fault;
}

void share_hands_close(struct share_hands *hands)
{
    if (hands == NULL) {
        return;
    }
    for (size_t i = 0; i < VAULT_AGENTS_MAX; i++) {
        secret_clear(&hands->shares[i]);
    }
    hands->count = 0;
    vault_close(hands->vault);
    hands->vault = NULL;
}
