#ifndef KMS_REQUEST_SESSION_AUDIT_H
#define KMS_REQUEST_SESSION_AUDIT_H

#include "base/buffer.h"
#include "kms/request/session/session.h"
#include "kms/store/audit_rows.h"

/*
 * The audit, verified, and its head: where the chain ended at some time, kept elsewhere, so that a
 * chain that was cut off or written anew later is found out.
 *
 * A head is a JSON object (RFC 8259):
 *
 *     {"version":1,"store":"...","seq":17,"at":"2026-11-30T12:00:00Z","hash":"...",
 *      "signatures":[{"name":"anna","signature":"..."}]}
 *
 * hash and signatures in hexadecimal. What is signed is the transcript "keyroster audit head v1" of
 * store, seq, at (seconds) and hash, by Ed25519.
 */
enum { AUDIT_HEAD_MAX = 65536 };

/*
 * Adds the head of the chain as it is now, signed by those who have signed in (nobody: unsigned).
 * FAULT_ABSENT: there is no row yet. FAULT_RESOURCE, FAULT_SYNTAX: the store's.
 */
MUST_USE enum fault audit_head_write(struct kms *kms, struct buffer *out, struct why *why);

/*
 * Reads one. FAULT_SYNTAX: it is none; FAULT_DENIED: of another store, or a signature in it is not
 * by the person it names. FAULT_RESOURCE.
 */
MUST_USE enum fault audit_head_read(struct kms *kms, struct span text, struct audit_head *out,
                                    struct why *why);

/* Whether a signature of an audit row is by that key: for audit_rows.h. */
MUST_USE bool audit_signature_fits(struct span signing, struct span hash, struct span signature);

/*
 * Verifies the whole chain, and where `kept` is not NULL, that it goes through that head. As
 * audit_verify(): a broken chain is told in `*out`.
 */
MUST_USE enum fault audit_check_chain(struct kms *kms, const struct audit_head *kept,
                                      struct audit_verdict *out, struct why *why);

/*
 * The same, and where the chain is whole, that the CA vouches for everybody whose key may have
 * signed in it (vouch.h): else FAULT_DENIED.
 */
MUST_USE enum fault audit_check(struct kms *kms, const struct audit_head *kept,
                                struct audit_verdict *out, struct why *why);

#endif
