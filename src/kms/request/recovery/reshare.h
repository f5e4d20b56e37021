#ifndef KMS_REQUEST_RECOVERY_RESHARE_H
#define KMS_REQUEST_RECOVERY_RESHARE_H

#include "kms/request/recovery/reshare_hands.h"
#include "kms/request/session/person.h"

/*
 * `reshare`: other agents, or another quorum, for the same recovery key (kms/vault/reshare.h).
 * Envelopes stay as they are; requests that agents have approved already are to be asked anew.
 *
 * T of the agents until now have signed in, and as many administrators as the policy's task
 * `admins` wants. A new agent who is in the store already (an administrator, or an agent until now)
 * needs no passphrase: his share is sealed to him. Somebody new chooses one.
 */
struct reshare_order {
    const struct person_choice *agents; /* all agents from now on; passphrase NULL: in the store */
    size_t agent_count;
    unsigned quorum;
    const struct share_files *files; /* shares until now that are not in the store */
    bool in_files;                   /* the new shares are for files of the agents, not the store */
};

/* An agent's new share, sealed; what share_file_text() makes a file of. */
struct reshare_handout {
    char name[PERSON_NAME_SIZE];
    struct buffer sealed; /* the caller clears it; empty where the store keeps it */
};

struct reshare_result {
    struct reshare_handout handouts[VAULT_AGENTS_MAX]; /* one for each agent of the order */
    size_t count;
};

/*
 * Whether an agent of that name is in the store (an administrator, an agent), and so chooses no
 * passphrase. FAULT_RESOURCE, FAULT_SYNTAX: the store's.
 */
MUST_USE enum fault reshare_is_known(struct kms *kms, const char *name, bool *out, struct why *why);

/*
 * Deals anew. On success a transaction is open: the caller writes the files of those who keep their
 * shares themselves, and then commits (kms_commit()).
 *
 * FAULT_SYNTAX    a name that is none, or two alike; a file that is none of a share
 * FAULT_DENIED    not 2 <= T <= agents; too few administrators or agents act; a share that is not
 *                 its agent's; a passphrase that is too weak
 * FAULT_ABSENT    an agent keeps his share in a file, and none was given; or no recovery key: an
 *                 audit row says it after each of these
 * FAULT_LIMIT     more than KMS_PEOPLE_MAX people in office afterwards
 * FAULT_RESOURCE  the store, memory
 */
MUST_USE enum fault reshare_agents(struct kms *kms, const struct reshare_order *order,
                                   struct reshare_result *result, struct why *why);

void reshare_result_clear(struct reshare_result *result);

#endif
