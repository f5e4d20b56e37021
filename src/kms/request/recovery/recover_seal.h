#ifndef KMS_REQUEST_RECOVERY_RECOVER_SEAL_H
#define KMS_REQUEST_RECOVERY_RECOVER_SEAL_H

#include "kms/request/recovery/recovery_request.h"

/*
 * What of a recovery is sealed: the private half of the request's key to its requester, and the
 * partial results of each agent to that key. So T partial results, which open an envelope, can be
 * read by the one who asked, and by nobody who has the store and all other passphrases.
 */

/* HPKE, info "keyroster request key v1", aad the request's digest. FAULT_RESOURCE */
MUST_USE enum fault request_key_seal(const struct recovery_request *request,
                                     const uint8_t sealing[HPKE_KEY_SIZE],
                                     const struct secret *private, struct buffer *out,
                                     struct why *why);

/* FAULT_DENIED: this is not whom it was sealed to, or it was altered. FAULT_RESOURCE */
MUST_USE enum fault request_key_open(const struct recovery_request *request,
                                     const struct identity *requester, struct span sealed,
                                     struct secret *out, struct why *why);

/*
 * An approval: what one agent gives for one request. The results, one for each key of the request
 * in its order, are encoded (partial_encode()) one behind the other and sealed: HPKE, info
 * "keyroster partial results v1", aad the transcript "keyroster approval v1" of {request's digest,
 * agent's name, generation of shares}.
 */
struct recover_approval {
    const struct recovery_request *request;
    struct span agent; /* his name */
    int64_t escrow;    /* the generation of the share that they were made with */
};

/* FAULT_LIMIT, FAULT_RESOURCE */
MUST_USE enum fault approval_seal(const struct recover_approval *approval,
                                  const struct secret *partials, struct buffer *out,
                                  struct why *why);

/* FAULT_DENIED: not sealed by this name, for this request and generation; FAULT_RESOURCE */
MUST_USE enum fault approval_open(const struct recover_approval *approval,
                                  const struct secret *private, struct span sealed,
                                  struct secret *out, struct why *why);

/*
 * What the agent signs: the transcript "keyroster approval signature v1" of the same and the sealed
 * results. FAULT_RESOURCE
 */
MUST_USE enum fault approval_digest(const struct recover_approval *approval, struct span sealed,
                                    uint8_t out[TRANSCRIPT_SIZE], struct why *why);

#endif
