#ifndef KMS_REQUEST_SESSION_CHAIN_VOUCH_H
#define KMS_REQUEST_SESSION_CHAIN_VOUCH_H

#include "kms/request/session/session.h"

/*
 * The issuing CA vouches for its own certificate, for those above it, and for the name of the
 * organization. The certificates go into every PKCS#12, where readers find their roots: whoever can
 * write to the store, and has no passphrase, could put a root of his own there, which certifies the
 * same key. The name stands in users' certificates.
 *
 * `certificate` is the issuing CA's, `chain` what ca_chain() gives; the session's transaction has
 * them in the store. Faults are the store's, and those of ca_secret_open().
 */
MUST_USE enum fault chain_vouch(struct kms *kms, struct span certificate, struct span chain,
                                struct why *why);

/* FAULT_DENIED: the CA does not vouch for them; FAULT_RESOURCE, FAULT_SYNTAX: the store. */
MUST_USE enum fault chain_check(struct kms *kms, struct span certificate, struct span chain,
                                struct why *why);

#endif
