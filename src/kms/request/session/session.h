#ifndef KMS_REQUEST_SESSION_SESSION_H
#define KMS_REQUEST_SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/secret.h"
#include "kms/authority/profile.h"
#include "kms/people/identity.h"
#include "kms/request/session/anchor.h"
#include "kms/request/session/person_name.h"
#include "kms/request/session/policy.h"

struct store;
struct authority;

/*
 * One act on a store: it is opened, people sign in by their passphrases, the policy is asked, the
 * CA's keys open, and rows are written, each transaction with its audit row.
 *
 *     struct kms kms = {0};
 *
 *     kms_open(&kms, path, KMS_WRITE, "enrol", now, &why);
 *     kms_sign_in(&kms, "anna", &passphrase, &why);    // as often as there are passphrases
 *     kms_require(&kms, TASK_ENROL, &why);             // enough of them; kms.authority is there
 *     kms_begin(&kms, &why);
 *     ...                                              // rows, through kms.store
 *     kms_audit(&kms, address, "token", NULL, &why);
 *     kms_commit(&kms, &why);
 *     kms_close(&kms);
 *
 * A session belongs to one thread. Where a sentence needs a name in it, why->rule points to
 * kms->told, which is good until the next call.
 */

enum { KMS_TOLD_SIZE = 512, KMS_PEOPLE_MAX = 64, KMS_SUBJECT_SIZE = 512, KMS_ACT_SIZE = 32 };

enum kms_access {
    KMS_READ, /* no row can be written */
    KMS_WRITE,
};

/* Somebody who has signed in. */
struct kms_actor {
    int64_t id; /* of the person's row */
    char name[PERSON_NAME_SIZE];
    bool is_admin, is_agent;
    struct identity identity;
};

/* All is the session's; `{0}` is a closed one. */
struct kms {
    struct store *store;
    struct profile profile;       /* profile.conf as it was then, if the session writes */
    struct authority *authority;  /* the issuing CA; NULL until kms_require() */
    struct anchor anchor;         /* what who has signed in first has confirmed */
    struct private_key *vouching; /* the issuing CA's, where vouch.h has opened it */
    int64_t now;                  /* seconds; the time of everything in this act */
    size_t threads;               /* that a long reading may take, the caller's to set; 0: one */
    bool writes;
    bool in_transaction;
    struct arena arena;             /* for what lives as long as the session */
    struct span organization;       /* its name, in it */
    char act[KMS_ACT_SIZE];         /* the verb of the command line */
    char subject[KMS_SUBJECT_SIZE]; /* of the row when the act is refused */
    struct kms_actor actors[KMS_PEOPLE_MAX];
    size_t actor_count;
    char told[KMS_TOLD_SIZE];
};

/*
 * Opens the store at `path` for the verb `act`, and, if it writes, reads its profile.
 *
 * Faults are those of store_open(), and FAULT_SYNTAX where profile.conf is not to be read: the
 * sentence tells its line. The session is to be closed after a fault too, since it holds the
 * sentence.
 */
MUST_USE enum fault kms_open(struct kms *kms, const char *path, enum kms_access access,
                             const char *act, int64_t now, struct why *why);

/* Rolls back what was not committed, wipes every key and closes the store; kms->told stays. */
void kms_close(struct kms *kms);

/* What the act is about: an address, a serial, a name; what is too long is cut. */
void kms_subject(struct kms *kms, struct span subject);

/*
 * Signs one person in, administrator or agent. Twice is once.
 *
 * FAULT_DENIED  nobody of that name acts here (or does any more), or the passphrase is another
 *               one: where the session writes, an audit row of the attempt is in the store then,
 *               signed by those who are there already
 *               Or the CA does not vouch for his row (vouch.h)
 * FAULT_RESOURCE, FAULT_SYNTAX  the store gave out, or is damaged
 */
MUST_USE enum fault kms_sign_in(struct kms *kms, const char *name, const struct secret *passphrase,
                                struct why *why);

/* Who has signed in under that name; NULL where nobody has. */
const struct kms_actor *kms_actor_find(const struct kms *kms, const char *name);

/*
 * How many administrators are still missing for a task, or (TASK_COUNT) for an act that wants any
 * one; 0 when there are enough. FAULT_DENIED: the CA does not vouch for the policy; FAULT_RESOURCE,
 * FAULT_SYNTAX as above.
 */
MUST_USE enum fault kms_lacking(struct kms *kms, enum kms_task task, size_t *out, struct why *why);

/*
 * Goes on when enough administrators have signed in for the task, and opens the CA's keys:
 * kms->authority.
 *
 * FAULT_DENIED  too few; the sentence tells how many are needed and who is there; audited as above.
 *               Or the CA does not vouch for the policy
 * FAULT_ABSENT  the CA waits for the certificate of an outside root
 * FAULT_RESOURCE, FAULT_SYNTAX  as above
 */
MUST_USE enum fault kms_require(struct kms *kms, enum kms_task task, struct why *why);

/* The same for an act that wants any one administrator. */
MUST_USE enum fault kms_require_one(struct kms *kms, struct why *why);

/* As kms_require() (TASK_COUNT: any one), but leaves the CA's keys closed. */
MUST_USE enum fault kms_allow(struct kms *kms, enum kms_task task, struct why *why);

/* One transaction, whole or not at all; the store is locked for other writers until it ends. */
MUST_USE enum fault kms_begin(struct kms *kms, struct why *why);
MUST_USE enum fault kms_commit(struct kms *kms, struct why *why);
void kms_rollback(struct kms *kms); /* also where there is none */

/*
 * Adds an audit row within the transaction: the act, those who have signed in, the subject, the
 * result (`token`, `issued`, `revoked`, `done`, …) and a detail (may be empty), signed by each of
 * those who have signed in. Only an act that does something writes one.
 */
MUST_USE enum fault kms_audit(struct kms *kms, struct span subject, const char *result,
                              struct span detail, struct why *why);

/*
 * For a refusal by the rules of an act (not by kms_sign_in() and kms_require(), which do it
 * themselves): rolls back, writes the audit row with the result `refused` and the sentence in a
 * transaction of its own, and returns `fault`. The sentence stays the same, also when that row
 * could not be written; it is in kms->told afterwards. A session that only reads writes no row.
 */
enum fault kms_refuse(struct kms *kms, enum fault fault, struct why *why);

/* Writes a sentence into kms->told, points why->rule there and returns `fault`. */
MUST_USE enum fault kms_tell(struct kms *kms, enum fault fault, struct why *why, const char *format,
                             ...) __attribute__((format(printf, 4, 5)));

#endif
