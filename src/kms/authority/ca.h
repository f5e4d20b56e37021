#ifndef KMS_AUTHORITY_CA_H
#define KMS_AUTHORITY_CA_H

#include "base/buffer.h"
#include "kms/authority/key.h"
#include "kms/authority/profile.h"

/*
 * The certificates of the CA (RFC 5280): a root that signs itself and, with it, an issuing CA; or
 * an issuing CA that an outside root signs. Certificates are DER. A *chain* is the certificates
 * above the issuing CA one behind the other, DER, the one that signed it first, the root last; it
 * may be empty.
 */

/* Organization names go into O= and CN=: UTF-8, 1 to 64 characters (RFC 5280, appendix A.1), no
 * controls. */
MUST_USE enum fault organization_check(struct span name, struct why *why);

/*
 * Makes the root: CN `<organization> Root CA`, valid from `now` for profile->root_validity.
 *
 * FAULT_SYNTAX    the name of the organization is no such one
 * FAULT_DENIED    `kind` is none for a CA
 * FAULT_RESOURCE
 */
MUST_USE enum fault root_make(struct span organization, enum key_kind kind,
                              const struct profile *profile, int64_t now,
                              struct buffer *certificate, struct private_key **key,
                              struct why *why);

/*
 * Makes the certificate of the issuing CA for `spki`, signed by the root: CN `<organization>
 * Issuing CA`, pathLenConstraint 0, valid for profile->ca_validity, never past the root's end.
 * Faults as of root_make(); FAULT_DENIED also when the root has ended or `root_key` is not its key.
 */
MUST_USE enum fault issuing_make(struct span organization, struct span root,
                                 const struct private_key *root_key, struct span spki,
                                 const struct profile *profile, int64_t now,
                                 struct buffer *certificate, struct why *why);

/*
 * The request for an outside root to sign (PKCS#10, RFC 2986), PEM: subject and extensions as
 * issuing_make() would write them. Faults as of root_make().
 */
MUST_USE enum fault issuing_request(struct span organization, const struct private_key *key,
                                    struct buffer *pem, struct why *why);

/*
 * Takes what the outside root gave: `file` is PEM or DER, the certificate for `spki` and, if it is
 * PEM, those above it, in any order. Checked: that one of them is for this key; that it is a CA
 * (basic constraints, critical), may sign certificates and lists (key usage), is valid at `now`,
 * and for a day at least; that it has a subject and a subject key identifier; that each certificate
 * of the chain that is there signed the one below it and may do so.
 *
 * FAULT_SYNTAX  no certificate, or a broken one
 * FAULT_ABSENT  none of them is for this key
 * FAULT_DENIED  it is, and it fails a check: `why->rule` says which
 */
MUST_USE enum fault issuing_install(struct span file, struct span spki, int64_t now,
                                    struct buffer *certificate, struct buffer *chain,
                                    struct why *why);

/* The next certificate of a chain; false at its end. */
MUST_USE bool chain_next(struct cursor *chain, struct span *certificate);

/*
 * The issuing CA, ready to sign. Reading and signing is safe from many threads at a time.
 */
struct authority;

/*
 * Puts certificate, key and chain together; the bytes are copied, and the key is taken on success.
 * FAULT_SYNTAX broken; FAULT_DENIED the key is another's; FAULT_RESOURCE
 */
MUST_USE enum fault authority_take(struct span certificate, struct span chain,
                                   struct private_key *key, struct authority **out,
                                   struct why *why);

void authority_free(struct authority *authority);

struct span authority_certificate(const struct authority *authority);
struct span authority_chain(const struct authority *authority);
int64_t authority_not_after(const struct authority *authority);

/* Adds a signature as private_key_sign() does. */
MUST_USE enum fault authority_sign(const struct authority *authority, struct span message,
                                   struct buffer *out, struct why *why);

/*
 * Makes the certificate of the recovery key, to which keys are escrowed: CN `<organization> Key
 * Recovery`, key usage keyAgreement, no extended key usage (so that no mail client takes it), valid
 * as long as the issuing CA. `point` is the public key on P-256 or P-384 (SEC 1, compressed or
 * not); it is written uncompressed, as every reader takes it.
 *
 * FAULT_SYNTAX  no point of one of these curves, or the name
 * FAULT_DENIED  the issuing CA has ended
 * FAULT_RESOURCE
 */
MUST_USE enum fault recovery_certificate_make(const struct authority *authority,
                                              struct span organization, struct span point,
                                              int64_t now, struct buffer *certificate,
                                              struct why *why);

#endif
