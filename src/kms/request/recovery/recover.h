#ifndef KMS_REQUEST_RECOVERY_RECOVER_H
#define KMS_REQUEST_RECOVERY_RECOVER_H

#include "kms/request/recovery/recover_check.h"

/*
 * `recover`: an administrator asks for all encryption keys of a user, expired and revoked ones too.
 * Nothing is opened by that: it takes T agents who approve (approve.h), and him again to collect
 * (collect.h).
 */
enum {
    RECOVERY_VALID_USUAL = 3 * 86400, /* seconds */
    RECOVERY_VALID_MAX = 90 * 86400,
};

struct recover_wish {
    struct span address;
    struct span why;
    int64_t valid_for; /* seconds */
};

struct recover_result {
    uint8_t digest[TRANSCRIPT_SIZE];
    size_t key_count;
    int64_t expires;
    struct recovery_losses losses; /* keys that are left out, also after a refusal */
};

/*
 * Makes the request of all keys whose envelopes are what the CA bound to them, within the
 * transaction that the caller began, and adds its file to `file`. The caller brings the file to its
 * place, and then commits. One administrator has signed in.
 *
 * FAULT_ABSENT    there is no such user, or none of his keys is in escrow
 * FAULT_DENIED    not exactly one administrator asks; or every envelope was swapped or altered
 * FAULT_SYNTAX    the reason; FAULT_LIMIT a time that is too long, more keys than a request may
 *                 have: an audit row says it after each of these
 * FAULT_RESOURCE  the store, memory; the caller rolls back
 */
MUST_USE enum fault recover_ask(struct kms *kms, const struct recovery_cas *cas,
                                const struct recover_wish *wish, struct arena *arena,
                                struct buffer *file, struct recover_result *result,
                                struct why *why);

#endif
