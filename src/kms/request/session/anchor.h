#ifndef KMS_REQUEST_SESSION_ANCHOR_H
#define KMS_REQUEST_SESSION_ANCHOR_H

#include "base/arena.h"
#include "kms/authority/key.h"
#include "kms/vault/deal.h"

struct store;

/*
 * What the ceremony made once and for all: the recovery key's public half, which resharing does not
 * change, and the issuing CA's. Everybody's keys are locked to both (person.h), so whoever signs in
 * by his passphrase confirms them; the recovery key is escrowed to, and the issuing CA's key
 * vouches for people, policy and envelopes.
 */
struct anchor {
    struct span recovery_key;     /* the point; in the arena that was given, as the next one */
    struct span issuing_key;      /* SubjectPublicKeyInfo, DER; empty: nothing was read */
    struct key_verifier *issuing; /* checks by it */
};

/*
 * Reads it, as the store has it now. FAULT_SYNTAX: it is damaged; FAULT_RESOURCE. To be cleared.
 */
MUST_USE enum fault anchor_read(struct store *store, struct arena *arena, struct anchor *out,
                                struct why *why);
void anchor_clear(struct anchor *anchor);

/*
 * Whether what was read again, at another time, is still the same; FAULT_SYNTAX where it is not. An
 * anchor that was not read yet holds nothing against anything.
 */
MUST_USE enum fault anchor_holds_vault(const struct anchor *anchor,
                                       const struct vault_public *public, struct why *why);
MUST_USE enum fault anchor_holds_issuing(const struct anchor *anchor, struct span spki,
                                         struct why *why);

#endif
