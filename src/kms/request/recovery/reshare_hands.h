#ifndef KMS_REQUEST_RECOVERY_RESHARE_HANDS_H
#define KMS_REQUEST_RECOVERY_RESHARE_HANDS_H

#include "kms/request/session/share.h"

/* The shares of agents who have signed in, for the acts that want T of them at once. */

/* Which agent's share comes from which file, where it is not in the store. */
struct share_files {
    struct share_file {
        const char *name, *file;
    } at[VAULT_AGENTS_MAX];
    size_t count;
};

/* The file that was given for an agent; NULL: none. */
const char *share_file_find(const struct share_files *files, const char *name);

struct share_hands {
    struct vault *vault;
    int64_t escrow; /* the generation */
    unsigned indexes[VAULT_AGENTS_MAX];
    struct secret shares[VAULT_AGENTS_MAX];
    int64_t persons[VAULT_AGENTS_MAX];
    size_t count; /* T: no more are opened than are needed */
};

/*
 * Opens the shares of the first T agents who have signed in and hold one of the present generation.
 * To be closed in either case: that wipes them.
 *
 * FAULT_DENIED    there are fewer; the sentence says how many. Or a share is not its agent's
 * FAULT_ABSENT    an agent keeps his share in a file, and none was given; or no recovery key
 * FAULT_SYNTAX, FAULT_RESOURCE  a file, or the store
 */
MUST_USE enum fault share_hands_open(struct kms *kms, const struct share_files *files,
                                     struct share_hands *out, struct why *why);
void share_hands_close(struct share_hands *hands);

#endif
