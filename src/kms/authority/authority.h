#ifndef KMS_AUTHORITY_AUTHORITY_H
#define KMS_AUTHORITY_AUTHORITY_H

#include "cert/cert.h"
#include "kms/authority/ca.h"

/* What the files of this room ask of an authority beyond ca.h, and how they write what it signs. */

/* Its certificate's facts; they view its own bytes. */
const struct cert *authority_facts(const struct authority *authority);

const struct private_key *authority_key(const struct authority *authority);

/* The AlgorithmIdentifier of its signatures. */
struct span authority_algorithm(const struct authority *authority);

enum { RECOVERY_SPKI_MAX = 128 };

/*
 * Adds the SubjectPublicKeyInfo of a point of P-256 or P-384 (SEC 1), uncompressed.
 * FAULT_SYNTAX: it is none, or not on its curve; FAULT_RESOURCE
 */
MUST_USE enum fault recovery_spki(struct span point, struct buffer *out, struct why *why);

/* Adds a CertificationRequest (RFC 2986), signed by `key`. FAULT_RESOURCE */
MUST_USE enum fault request_write(struct span subject, struct span extensions,
                                  const struct private_key *key, struct buffer *out,
                                  struct why *why);

/* Adds a block of PEM (RFC 7468): lines of 64 digits. */
void pem_write(struct buffer *out, const char *label, struct span der);

#endif
