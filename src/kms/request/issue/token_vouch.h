#ifndef KMS_REQUEST_ISSUE_TOKEN_VOUCH_H
#define KMS_REQUEST_ISSUE_TOKEN_VOUCH_H

#include "kms/request/session/session.h"
#include "kms/store/token_rows.h"

/*
 * The issuing CA vouches for a token's row, and for whom it was made out to: name and addresses of
 * the user as they were then. Whoever changes them in the proper way voids the token (enrol.h), so
 * they are the same when it is used; whoever can write to the database, and has no passphrase, can
 * neither make a token, nor put its end off, nor give it to another user or another name.
 *
 * What ends a token early (used, voided, tried) is not signed. The audit tells of its use, which
 * complete.h asks; one that was voided or tried too often could be made open again, by who has it.
 */

/* Adds the signature for `row` to `out`, within the transaction; the user's row is there. Faults of
 * the store, and of ca_secret_open(). */
MUST_USE enum fault token_vouch(struct kms *kms, const struct token_row *row, struct buffer *out,
                                struct why *why);

/* Whether it holds, of a token that is neither used nor voided. FAULT_RESOURCE, FAULT_SYNTAX. */
MUST_USE enum fault token_vouch_check(struct kms *kms, const struct token_row *row, bool *out,
                                      struct why *why);

#endif
