#ifndef KMS_REQUEST_SESSION_PERSON_H
#define KMS_REQUEST_SESSION_PERSON_H

#include "kms/people/identity.h"

struct kms;

/*
 * A person's keys as the store keeps them: locked under his passphrase, bound to the store, to his
 * name, and to the recovery key and the issuing CA's key that the ceremony made (kms->anchor). So
 * they do not open in another's place, and nobody signs in where somebody has put another recovery
 * key, to which new keys would be escrowed, or another CA, which could bind envelopes to whom it
 * likes.
 */

/* A name and a passphrase that have just been chosen. */
struct person_choice {
    const char *name;
    const struct secret *passphrase;
    bool is_admin, is_agent;
};

/*
 * Whether the passphrase is good enough (passphrase_check()), with the words that everybody would
 * try here: the organisation and the name. FAULT_DENIED, FAULT_RESOURCE.
 */
MUST_USE enum fault person_choice_check(const struct person_choice *choice,
                                        const char *organization, struct why *why);

/* Adds the locked form. FAULT_RESOURCE. */
MUST_USE enum fault person_lock(const struct kms *kms, struct span name,
                                const struct identity *identity, const struct secret *passphrase,
                                struct buffer *out, struct why *why);

/*
 * FAULT_DENIED: another passphrase, another recovery key, or altered; FAULT_SYNTAX, FAULT_LIMIT:
 * damaged; FAULT_RESOURCE.
 */
MUST_USE enum fault person_unlock(const struct kms *kms, struct span name, struct span locked,
                                  const struct secret *passphrase, struct identity *out,
                                  struct why *why);

#endif
