#include "kms/request/recovery/recover_loss.h"

#include <string.h>

enum fault recovery_lose(struct recovery_losses *losses, struct arena *arena, struct span serial,
                         const char *what, struct why *why)
{
    const size_t size = strlen(what) + 1;
    char *copy = arena_take(arena, size);

    if (copy == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory for the request", why);
    }
    memcpy(copy, what, size);
    losses->at[losses->count++] = (struct recovery_loss){.serial = serial, .what = copy};
    return FAULT_NONE;
}

void recovery_losses_add_detail(const struct recovery_losses *losses, struct buffer *out)
{
    for (size_t i = 0; i < losses->count && i < LOSS_SERIALS; i++) {
        buffer_add_text(out, i == 0 ? ", left out: " : ",");
        buffer_add_hex(out, losses->at[i].serial);
    }
    if (losses->count > LOSS_SERIALS) {
        buffer_add_text(out, " and ");
        buffer_add_uint(out, losses->count - LOSS_SERIALS);
        buffer_add_text(out, " more");
    }
}

enum fault recovery_all_lost(struct kms *kms, const struct recovery_losses *losses, struct why *why)
{
    const size_t others = losses->count - 1;
    const char *first = losses->at[0].what;

    return others == 0
               ? kms_tell(kms, FAULT_DENIED, why, "%s", first)
               : kms_tell(kms, FAULT_DENIED, why, "%s; nor can %zu other key%s be recovered", first,
                          others, others == 1 ? "" : "s");
}
