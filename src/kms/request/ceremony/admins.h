#ifndef KMS_REQUEST_CEREMONY_ADMINS_H
#define KMS_REQUEST_CEREMONY_ADMINS_H

#include "kms/request/session/person.h"
#include "kms/request/session/session.h"

/*
 * Changes of the people and of the policy. Administrators come and go by the policy's task
 * `admins`; who is a recovery agent changes with the shares (reshare), and is not touched here.
 */

enum admins_share { ADMINS_SHARE_NONE, ADMINS_SHARE_STORE, ADMINS_SHARE_FILE };

struct admins_person {
    struct span name; /* in the session's arena */
    bool is_admin, is_agent;
    enum admins_share share; /* of the recovery key as it is dealt now, and where he keeps it */
    int64_t since;
};

/* Who is in office, the policy, and the quorum of the agents. */
struct admins_list {
    struct admins_person people[KMS_PEOPLE_MAX];
    size_t count;
    struct policy policy;
    int64_t quorum;
};

/* FAULT_DENIED: the CA does not vouch for it (vouch.h); FAULT_RESOURCE, FAULT_SYNTAX. */
MUST_USE enum fault admins_list(struct kms *kms, struct admins_list *out, struct why *why);

/*
 * Adds an administrator, with new keys under the passphrase of `choice`, or makes one of an agent
 * (`choice->passphrase` is then his own, and he signs in with it). The acting administrators hand
 * him the CA's secret.
 *
 * FAULT_SYNTAX   a name that is none, or one like another's but for capital letters
 * FAULT_DENIED   too few administrators act; he is one already; the passphrase is weak, or wrong
 * FAULT_LIMIT    KMS_PEOPLE_MAX; FAULT_RESOURCE
 */
MUST_USE enum fault admins_add(struct kms *kms, const struct person_choice *choice,
                               struct why *why);

/*
 * Whether that name is somebody's in office who is no administrator: then admins_add() wants the
 * passphrase that he has. FAULT_RESOURCE, FAULT_SYNTAX: the store's.
 */
MUST_USE enum fault admins_is_agent(struct kms *kms, const char *name, bool *out, struct why *why);

/*
 * Takes the office from an administrator: the CA's secret is made anew, its keys are encrypted with
 * it, and it is sealed to those who stay. Who is an agent too stays one.
 *
 * FAULT_ABSENT   he is no administrator
 * FAULT_DENIED   too few act; none of those who act would stay; those who stay could not meet the
 *                policy
 * FAULT_RESOURCE, FAULT_SYNTAX
 */
MUST_USE enum fault admins_remove(struct kms *kms, const char *name, struct why *why);

/* Sets the policy; the task `policy`. FAULT_DENIED: too few act, or it cannot be met. */
MUST_USE enum fault admins_set_policy(struct kms *kms, const struct policy *policy,
                                      struct why *why);

/* vouched_policy() */
MUST_USE enum fault admins_get_policy(struct kms *kms, struct policy *out, struct why *why);

/*
 * A new passphrase for somebody who has signed in with his old one: his keys are locked anew, and
 * stay the same. FAULT_DENIED: weak, or the old one again; FAULT_RESOURCE.
 */
MUST_USE enum fault passphrase_change(struct kms *kms, const char *name,
                                      const struct secret *passphrase, struct why *why);

#endif
