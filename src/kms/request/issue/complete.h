#ifndef KMS_REQUEST_ISSUE_COMPLETE_H
#define KMS_REQUEST_ISSUE_COMPLETE_H

#include "kms/request/issue/issue.h"
#include "kms/request/issue/token.h"
#include "kms/request/session/p12_dir.h"

/*
 * The act `complete`: what a user does with his token. His signing key is his own (a CSR) or is
 * made for him and kept nowhere; the encryption key is made here and is in escrow before he has it.
 *
 *     complete_look()    is the token good, and whose is it?
 *     complete_make()    keys, certificates, PKCS#12; no rows
 *     complete_settle()  the token is used, the file is there, the rows are committed
 *
 * A token that is refused is counted, and the refusal is audited; as long as the secret part is
 * wrong, nothing is told of whether there is such a token.
 */
struct complete {
    struct token token;
    int64_t user;
    struct issue_order order;
    struct issue issue;
    bool is_at_file; /* complete_settle() failed at the file, and not at the store */
};

/*
 * FAULT_DENIED  the token is not good; or, when its secret part is right: it was used, voided,
 *               tried too often, or has expired; or the user's certificates are held
 * FAULT_SYNTAX  it does not look like a token; or the store is damaged
 * FAULT_RESOURCE
 */
MUST_USE enum fault complete_look(struct kms *kms, struct span token, struct complete *out,
                                  struct why *why);

/*
 * Takes the signing key out of a CSR, PEM or DER. Faults of csr_read(), audited: the token stays as
 * it is.
 */
MUST_USE enum fault complete_take_csr(struct kms *kms, struct complete *complete, struct span csr,
                                      struct why *why);

/* Faults of issue_make(), those that are no matter of memory audited. */
MUST_USE enum fault complete_make(struct kms *kms, const struct issue_terms *terms,
                                  struct complete *complete, struct why *why);

/*
 * Places the PKCS#12 as `name` and commits. FAULT_DENIED: the token was used meanwhile; faults of
 * the store and of p12_dir.h. After a failure the file is not
 * there, or what was there before is again, and the token is good still.
 */
MUST_USE enum fault complete_settle(struct kms *kms, const struct issue_terms *terms,
                                    const struct p12_dir *dir, const char *name,
                                    struct complete *complete, struct why *why);

void complete_clear(struct complete *complete);

#endif
