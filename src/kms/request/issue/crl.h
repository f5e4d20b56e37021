#ifndef KMS_REQUEST_ISSUE_CRL_H
#define KMS_REQUEST_ISSUE_CRL_H

#include "base/buffer.h"
#include "kms/request/session/session.h"

/*
 * The act `crl`: a revocation list of now, the whole or one of `parts` parts, which together have
 * every entry once. Where profile.conf has no URL for each part, a part has a name of its own, and
 * serials alone decide which entry stands in which part. Its number is greater
 * than that of every list before, parts too, and it is of no earlier time: where another session
 * was done meanwhile, kms->now becomes the time of the audit's last row. Who is held or revoked
 * stands in it until he has stood in one list that was made after his certificate had ended (RFC
 * 5280, section 3.3).
 */
enum { CRL_PARTS_MAX = PROFILE_PARTS_MAX };

struct crl_asked {
    uint32_t part, parts; /* K of N; 0 of 0: the whole */
};

struct crl_made {
    int64_t number, this_update, next_update, entries;
};

/*
 * Adds the list to `der`, and begins and leaves open the transaction that notes it: the caller
 * brings the file to its place and commits (kms_commit()), or rolls back. The session has the CA
 * open.
 *
 * FAULT_DENIED  certificates name more parts by their URLs than are asked for; one that is revoked
 *               by the audit is not so by its row
 * FAULT_LIMIT   `der` is full
 * FAULT_RESOURCE, FAULT_SYNTAX
 */
MUST_USE enum fault crl_begin(struct kms *kms, const struct crl_asked *asked, struct buffer *der,
                              struct crl_made *out, struct why *why);

#endif
