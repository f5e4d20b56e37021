#ifndef KMS_REQUEST_SESSION_RECOVERY_CERTIFICATE_H
#define KMS_REQUEST_SESSION_RECOVERY_CERTIFICATE_H

#include "base/cursor.h"

struct vault_public;

/*
 * The recovery certificate names the key to which users' keys are escrowed: whoever could put
 * another one into the store would get every key that is made afterwards. So it is looked at before
 * each use.
 */

/*
 * Whether it is for the key of that dealing, and of the form that recovery_certificate_make()
 * gives: for key agreement only, without an address or an extended key usage. By its form a user's
 * certificate, which our CA signed as well, does not pass for it.
 * FAULT_SYNTAX: `why->rule` says what is wrong; FAULT_RESOURCE
 */
MUST_USE enum fault recovery_certificate_check(struct span certificate,
                                               const struct vault_public *public, struct why *why);

/* Whether the CA of that certificate signed it. FAULT_SYNTAX, FAULT_RESOURCE */
MUST_USE enum fault recovery_certificate_is_by(struct span certificate, struct span ca_certificate,
                                               struct why *why);

#endif
