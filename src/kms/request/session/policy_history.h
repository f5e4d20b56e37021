#ifndef KMS_REQUEST_SESSION_POLICY_HISTORY_H
#define KMS_REQUEST_SESSION_POLICY_HISTORY_H

#include "kms/request/session/session.h"

/*
 * The policy, held against the last audit row that set one: who kept an old database can put an old
 * policy back, which the CA did vouch for, but not that row. It is found by an index, and its own
 * hash and signatures are verified; that it is the last one is told by the chain (audit.h). Where
 * nobody ever set one, the policy is that of the ceremony.
 *
 * FAULT_DENIED: it is another one, or nobody signed the row. Faults of the store. kms->told.
 */
MUST_USE enum fault policy_history_check(struct kms *kms, const struct policy *policy,
                                         struct why *why);

#endif
