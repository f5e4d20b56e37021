#ifndef KMS_REQUEST_INSPECT_CERTIFICATES_H
#define KMS_REQUEST_INSPECT_CERTIFICATES_H

#include "base/buffer.h"
#include "kms/request/session/session.h"

/*
 * Adds the certificates of the CA in PEM: the issuing CA's, then those above it, the root's last.
 * FAULT_ABSENT: the CA waits for the certificate of an outside root. FAULT_SYNTAX, FAULT_RESOURCE.
 */
MUST_USE enum fault certificates_pem(struct kms *kms, struct buffer *out, struct why *why);

#endif
