#ifndef KMS_REQUEST_SESSION_SHARE_H
#define KMS_REQUEST_SESSION_SHARE_H

#include "base/buffer.h"
#include "kms/request/session/session.h"
#include "kms/vault/deal.h"

/*
 * An agent's share of the recovery key at rest: sealed to the agent (HPKE, to the key that his
 * passphrase opens), bound to the store, to the generation of shares, to its index and to his name.
 * It stands in the store, or, by `--share-dir`, in a file `NAME.share` of his own:
 *
 *     -----BEGIN KEYROSTER SHARE-----
 *     base64 of the sealed bytes
 *     -----END KEYROSTER SHARE-----
 */

/* What a sealed share is bound to. */
struct share_place {
    struct span store_id;
    int64_t escrow; /* the generation: id of its row */
    unsigned index; /* from 1 */
    const char *name;
};

/* Seals a share to the agent whose public sealing key is `sealing`. FAULT_RESOURCE. */
MUST_USE enum fault share_seal(const struct share_place *place, const uint8_t sealing[32],
                               const struct secret *share, struct buffer *out, struct why *why);

/* Opens it. FAULT_DENIED: not this agent's share of this generation, or altered. FAULT_RESOURCE. */
MUST_USE enum fault share_open(const struct share_place *place, const struct identity *identity,
                               struct span sealed, struct secret *out, struct why *why);

/* The text of a share's file. Faults are in `out`. */
void share_file_text(struct span sealed, struct buffer *out);

/* Reads one: appends the sealed bytes to `out`. FAULT_SYNTAX when it is none. FAULT_RESOURCE. */
MUST_USE enum fault share_file_read(struct span text, struct buffer *out, struct why *why);

/*
 * Opens the share that an agent who has signed in holds of the present generation: from the store,
 * or where `file` is given (NULL: none) from there; holds it against the commitments of `vault`,
 * the caller's, of that generation.
 *
 * FAULT_ABSENT  this person holds no share, or holds it in a file and none was given
 * FAULT_DENIED  as above, or it does not fit the commitments
 * FAULT_SYNTAX, FAULT_RESOURCE  the file or the store
 */
MUST_USE enum fault share_of_actor(struct kms *kms, const struct kms_actor *actor, const char *file,
                                   struct vault *vault, unsigned *index, struct secret *out,
                                   struct why *why);

/* Opens the vault of the present generation, for the caller to close. FAULT_ABSENT, FAULT_SYNTAX,
 * FAULT_RESOURCE: the store's. */
MUST_USE enum fault share_vault_open(struct kms *kms, struct vault **vault, int64_t *escrow,
                                     struct why *why);

#endif
