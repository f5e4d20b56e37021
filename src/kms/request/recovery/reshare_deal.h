#ifndef KMS_REQUEST_RECOVERY_RESHARE_DEAL_H
#define KMS_REQUEST_RECOVERY_RESHARE_DEAL_H

#include "kms/request/recovery/reshare_hands.h"

/*
 * The shares of T agents dealt out to `count` new ones, of whom `quorum` will be needed: the new
 * dealing, and shares[i - 1] for new agent i. Every share is checked, and the public key stays.
 *
 * FAULT_DENIED, FAULT_LIMIT, FAULT_SYNTAX, FAULT_RESOURCE  as kms/vault/reshare.h. The shares are
 * the caller's to clear, after a fault too.
 */
MUST_USE enum fault reshare_deal(struct share_hands *hands, unsigned quorum, unsigned count,
                                 struct vault_public *public, struct secret shares[],
                                 struct why *why);

#endif
