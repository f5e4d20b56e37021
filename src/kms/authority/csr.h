#ifndef KMS_AUTHORITY_CSR_H
#define KMS_AUTHORITY_CSR_H

#include "base/buffer.h"
#include "kms/authority/key.h"

/*
 * A certificate request of a user (PKCS#10, RFC 2986), taken for its key alone: who he is and which
 * addresses he has is known from the enrolment, and what the request says of it is not looked at.
 */
enum { CSR_MAX = 65536 };

/*
 * Reads a request, DER or PEM, checks that it is signed with the key in it (proof of possession),
 * and that this is a key to sign mail with: p256, p384, rsa2048, rsa3072, rsa4096 or ed25519 (an
 * RSA modulus of other lengths between is refused too), with a public exponent of at least 65537.
 * Adds the SubjectPublicKeyInfo to `spki`.
 *
 * FAULT_LIMIT   longer than CSR_MAX
 * FAULT_SYNTAX  no request, or bytes behind it
 * FAULT_DENIED  a key that we do not certify, or a signature that is not made with it
 * FAULT_RESOURCE
 */
MUST_USE enum fault csr_read(struct span request, enum key_kind *kind, struct buffer *spki,
                             struct why *why);

#endif
