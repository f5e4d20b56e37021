#ifndef CMD_KMS_KMS_PEOPLE_H
#define CMD_KMS_KMS_PEOPLE_H

#include "cmd/kms/kms_passphrases.h"
#include "kms/request/session/person.h"
#include "kms/request/session/policy.h"

/* The people that a command line names: `--admins A,B,...`, `--agents X,Y,...`. */
struct kms_people {
    struct person_choice at[KMS_PEOPLE_MAX];
    size_t count;
};

/*
 * Takes a list of names with commas between; who is in both lists is one person. NULL, or what is
 * wrong with it: nothing between two commas, a name twice, too many. Whether a name is one is asked
 * of kms/request.
 */
MUST_USE const char *kms_people_take(struct kms_people *people, const char *list, bool agents);

/*
 * Gives everybody the passphrase that he chose: from its file, or asked twice on the terminal.
 * False, told on stderr, when one cannot be had.
 */
MUST_USE bool kms_people_ask(struct kms_people *people, struct kms_passphrases *passphrases);

/* The names of the administrators or of the agents, for a row: at most KMS_PEOPLE_MAX. */
size_t kms_people_names(const struct kms_people *people, bool agents,
                        const char *out[KMS_PEOPLE_MAX]);

/* Says on stderr where a policy does not hold, since fewer may change it. */
void kms_policy_warn(const struct policy *policy);

void kms_people_clear(struct kms_people *people);

#endif
