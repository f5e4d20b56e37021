#ifndef CMD_KMS_KMS_RESHARE_FILES_H
#define CMD_KMS_KMS_RESHARE_FILES_H

#include "cmd/kms/kms_passphrases.h"
#include "kms/request/recovery/reshare.h"

/* Shares that agents keep in files: `--share NAME=FILE`, read and written. */

/* The agents who hand over their shares: `--agent NAME` for each. */
struct hand_list {
    const char *at[VAULT_AGENTS_MAX];
    size_t count;
};

/* Takes `NAME`. NULL, or what is wrong with it. */
MUST_USE const char *hand_list_take(struct hand_list *hands, const char *argument);

/* Signs each of them in; false, told, when one cannot be. */
MUST_USE bool hand_list_sign_in(const struct hand_list *hands, struct kms_passphrases *passphrases,
                                struct kms *kms);

/* Takes `NAME=FILE`, and cuts it in two. NULL, or what is wrong with it. */
MUST_USE const char *share_files_take(struct share_files *files, char *argument);

/*
 * Writes each new share into DIR/NAME.share, mode 0600, where nothing is yet: a share of before may
 * be wanted until the act is done. Faults of p12_dir_open(), FAULT_DENIED: something is there; the
 * sentence names it. After a fault none of them is there.
 */
MUST_USE enum fault share_files_write(struct kms *kms, const char *dir,
                                      const struct reshare_result *result, struct why *why);

/* Takes them away again: the act did not come about. */
void share_files_remove(const char *dir, const struct reshare_result *result);

#endif
