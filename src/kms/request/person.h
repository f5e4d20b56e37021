#ifndef KMS_REQUEST_PERSON_H
#define KMS_REQUEST_PERSON_H

#include "kms/people/identity.h"

/*
 * A person's keys as the store keeps them: locked under his passphrase, bound to the store and to
 * his name, so that they do not open in another's place.
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
MUST_USE enum fault person_lock(struct span store_id, struct span name,
                                const struct identity *identity, const struct secret *passphrase,
                                struct buffer *out, struct why *why);

/* FAULT_DENIED: another passphrase, or altered; FAULT_SYNTAX, FAULT_LIMIT: damaged;
 * FAULT_RESOURCE. */
MUST_USE enum fault person_unlock(struct span store_id, struct span name, struct span locked,
                                  const struct secret *passphrase, struct identity *out,
                                  struct why *why);

#endif
