#ifndef CMD_KMS_KMS_RECOVERY_H
#define CMD_KMS_KMS_RECOVERY_H

#include "kms/request/recovery/recover_loss.h"

/* What `recover`, `approve` and `collect` have in common: requests one by one, keys left out. */
struct kms_outcome {
    size_t failed; /* requests that were refused */
    size_t lost;   /* keys that were left out of the others */
};

/* Names each key that is left out of one request; `name` is its address or file. */
void kms_outcome_add_losses(struct kms_outcome *outcome, const char *name,
                            const struct recovery_losses *losses);

/* The exit status for so many requests. */
int kms_outcome_status(const struct kms_outcome *outcome, size_t count);

#endif
