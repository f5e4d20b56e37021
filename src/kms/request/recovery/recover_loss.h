#ifndef KMS_REQUEST_RECOVERY_RECOVER_LOSS_H
#define KMS_REQUEST_RECOVERY_RECOVER_LOSS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "kms/request/session/session.h"

/*
 * The keys that are left out of a recovery, since their envelope, the CA's record of it or the
 * certificate in the store is missing or not what it was. The others of the user come back all the
 * same; each that does not is named to whoever acts, and in the audit.
 */
struct recovery_loss {
    struct span serial;
    const char *what; /* a sentence that names the serial */
};

/* All in an arena. `at` has room for every key that was asked for: whoever begins sees to it. */
struct recovery_losses {
    struct recovery_loss *at;
    size_t count;
};

/* Adds one; `what` is copied to the arena. FAULT_RESOURCE */
MUST_USE enum fault recovery_lose(struct recovery_losses *losses, struct arena *arena,
                                  struct span serial, const char *what, struct why *why);

/*
 * Adds the serials to an audit row's detail, behind a comma: `, left out: 01ab,02cd`, and the
 * number of the others where there are more than LOSS_SERIALS. Nothing where none is left out.
 */
enum { LOSS_SERIALS = 16, LOSS_DETAIL_MAX = 1024 };
void recovery_losses_add_detail(const struct recovery_losses *losses, struct buffer *out);

/* Where no key is left: FAULT_DENIED, with the sentence of the first one, and how many more. */
MUST_USE enum fault recovery_all_lost(struct kms *kms, const struct recovery_losses *losses,
                                      struct why *why);

#endif
