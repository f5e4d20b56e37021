#include "cmd/kms/kms_recovery.h"

#include <stdio.h>

#include "cmd/kms/kms.h"

void kms_outcome_add_losses(struct kms_outcome *outcome, const char *name,
                            const struct recovery_losses *losses)
{
    char sentence[KMS_TOLD_SIZE + 16];

    for (size_t i = 0; i < losses->count; i++) {
        (void)snprintf(sentence, sizeof(sentence), "left out: %s", losses->at[i].what);
        complain(name, 0, sentence);
    }
    outcome->lost += losses->count;
}

int kms_outcome_status(const struct kms_outcome *outcome, size_t count)
{
    if (outcome->failed == 0 && outcome->lost == 0) {
        return EXIT_DONE;
    }
    return outcome->failed < count ? EXIT_SOME : EXIT_NOT_DONE;
}
