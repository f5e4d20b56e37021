#ifndef KMS_REQUEST_SESSION_VOUCH_H
#define KMS_REQUEST_SESSION_VOUCH_H

#include "kms/request/session/session.h"
#include "kms/store/people_rows.h"

/*
 * The issuing CA vouches for each person's row and for the policy: whoever can write to the
 * database cannot give himself an office, or somebody else other keys, or lower the policy. Who has
 * signed in has confirmed the CA's key (anchor.h); in a session in which nobody has, what is said
 * here holds as far as the CA is the right one.
 *
 * An old row, vouched for when it was true, can be put back by whoever kept an old database: a
 * vouched row was true once, not for sure today.
 *
 * Calls that read end with FAULT_DENIED where the CA does not vouch for what they read; calls that
 * write want an administrator who has signed in, and a transaction, and are told the whole row as
 * it is meant to be, so that nothing is signed that was only read. Sentences are in kms->told.
 */

/* A person's row that was read; `person->vouched` is what was signed. */
MUST_USE enum fault vouch_check(struct kms *kms, const struct person_row *person, struct why *why);

/* person_get() and person_list(), each row checked. */
MUST_USE enum fault vouched_get(struct kms *kms, int64_t id, struct arena *arena,
                                struct person_row *out, struct why *why);
MUST_USE enum fault vouched_list(struct kms *kms, struct arena *arena, struct person_row **out,
                                 size_t *count, struct why *why); /* who is in office */

/* Signs a row that is there, for the ceremony; the others do it themselves. */
MUST_USE enum fault vouch_sign(struct kms *kms, const struct person_row *person, struct why *why);

/* person_add(), person_set_roles() and person_end(); faults of those, and of ca_secret_open(). */
MUST_USE enum fault vouch_add(struct kms *kms, const struct person_row *person, int64_t *id,
                              struct why *why);
MUST_USE enum fault vouch_set_roles(struct kms *kms, const struct person_row *person, bool is_admin,
                                    bool is_agent, struct why *why);
MUST_USE enum fault vouch_end(struct kms *kms, const struct person_row *person, struct why *why);

/* The policy in force, all tasks at once. */
MUST_USE enum fault vouched_policy(struct kms *kms, struct policy *out, struct why *why);
MUST_USE enum fault vouch_policy(struct kms *kms, const struct policy *policy, struct why *why);

#endif
