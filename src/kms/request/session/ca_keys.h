#ifndef KMS_REQUEST_SESSION_CA_KEYS_H
#define KMS_REQUEST_SESSION_CA_KEYS_H

#include "kms/authority/key.h"
#include "kms/request/session/session.h"
#include "kms/store/authority_rows.h"

/*
 * The CA's keys at rest: encrypted PKCS#8 under one passphrase of 256 random bits, which nobody
 * knows; it is sealed (HPKE) to each administrator, in a slot of his own. Whoever acts opens it
 * with the key that his passphrase opens.
 */

/* A new one, as hexadecimal text. FAULT_RESOURCE. */
MUST_USE enum fault ca_secret_make(struct secret *out, struct why *why);

/* Adds what a slot holds: the secret for the administrator of that name. FAULT_RESOURCE. */
MUST_USE enum fault ca_slot_seal(struct span store_id, struct span name,
                                 const uint8_t sealing[HPKE_KEY_SIZE], const struct secret *secret,
                                 struct buffer *out, struct why *why);

/*
 * The secret, by the slot of an administrator who has signed in.
 * FAULT_DENIED   none of them has signed in
 * FAULT_SYNTAX   his slot is missing, or does not open: the store is damaged
 * FAULT_RESOURCE
 */
MUST_USE enum fault ca_secret_open(struct kms *kms, struct secret *out, struct why *why);

/* FAULT_ABSENT: the store has no such key (an outside root); FAULT_SYNTAX, FAULT_RESOURCE. */
MUST_USE enum fault ca_key_open(struct kms *kms, enum authority_role role,
                                const struct secret *secret, struct private_key **out,
                                struct why *why);

/* The certificates above the issuing CA, DER one behind the other; empty where none is known. */
MUST_USE enum fault ca_chain(struct store *store, struct arena *arena, struct span *out,
                             struct why *why);

/* The meta value in which the chain to an outside root is kept. */
#define CA_OUTSIDE_CHAIN "outside-chain"

/* Opens kms->authority, where it is not open yet. Faults of kms_require(). */
MUST_USE enum fault ca_open(struct kms *kms, struct why *why);

/*
 * Within a transaction: a new secret for the CA's keys, sealed to those administrators who are in
 * office in this transaction; what the old one opened is of no use afterwards.
 */
MUST_USE enum fault ca_relock(struct kms *kms, struct why *why);

#endif
