#ifndef KMS_REQUEST_CEREMONY_INIT_H
#define KMS_REQUEST_CEREMONY_INIT_H

#include "base/buffer.h"
#include "kms/authority/key.h"
#include "kms/request/session/person.h"
#include "kms/request/session/policy.h"
#include "kms/request/session/session.h"
#include "kms/vault/group.h"

/*
 * The ceremony: a store is made, with its CA, its administrators, and a recovery key that is dealt
 * out to the agents and forgotten.
 */
struct init_order {
    const char *path;                   /* STORE: nothing is there, or an empty directory */
    const char *organization;           /* UTF-8 */
    const struct person_choice *people; /* each name once */
    size_t people_count;
    unsigned quorum; /* T, of the agents among them */
    enum key_kind key;
    enum vault_curve curve; /* of the recovery key */
    const char *crl_url;    /* empty: none */
    struct policy policy;
    bool outside;          /* the root is an outside one: a request for it is made */
    const char *share_dir; /* the agents' shares go there, NAME.share each; NULL: into the store */
};

enum { FINGERPRINT_SIZE = 32 };

/* What was made. Fingerprints are SHA-256 of certificates; all zero where there is none yet. */
struct init_result {
    uint8_t root[FINGERPRINT_SIZE], issuing[FINGERPRINT_SIZE], recovery[FINGERPRINT_SIZE];
    struct buffer request; /* PEM, for an outside root; the caller clears it */
};

/*
 * Whether an order can be met, as far as it can be told without its passphrases: to be asked before
 * they are typed.
 *
 * FAULT_SYNTAX  a name that is none, two that are alike, the organization's name, no administrator,
 *               too many people, the URL
 * FAULT_DENIED  not 2 <= T <= agents; a policy that so many administrators cannot meet; a kind of
 *               key that no CA has
 */
MUST_USE enum fault init_check(const struct init_order *order, struct why *why);

/*
 * Makes the store, whole or not at all: it is made beside its place and renamed when it is
 * complete. `told` holds a sentence that why->rule may point to.
 *
 * Faults of init_check(), and
 * FAULT_DENIED    something is at `path` or at a share's file already; a passphrase that is too
 *                 weak, or two people's that are equal; nothing may be made there
 * FAULT_ABSENT    the folder in which it is to be made, or share_dir, is not there
 * FAULT_RESOURCE  memory, the disk
 */
MUST_USE enum fault init_make(const struct init_order *order, int64_t now,
                              struct init_result *result, char told[KMS_TOLD_SIZE],
                              struct why *why);

/*
 * Takes what the outside root made of the request of init_make(), PEM or DER: the certificate of
 * the issuing CA and those above it. Signs the recovery certificate with it. Wants the
 * administrators of the task `policy`, who have signed in.
 *
 * FAULT_DENIED    too few administrators; a certificate that fails a check (issuing_install()); the
 *                 CA has its certificate already
 * FAULT_ABSENT    none of the certificates is for our key
 * FAULT_SYNTAX    no certificate; FAULT_RESOURCE
 */
MUST_USE enum fault init_install(struct kms *kms, struct span file, struct init_result *result,
                                 struct why *why);

#endif
