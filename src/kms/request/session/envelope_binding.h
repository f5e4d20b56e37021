#ifndef KMS_REQUEST_SESSION_ENVELOPE_BINDING_H
#define KMS_REQUEST_SESSION_ENVELOPE_BINDING_H

#include <stdint.h>

#include "kms/authority/binding.h"

/*
 * The binding record of an envelope as its row keeps it (struct envelope_row), so that it can be
 * checked by what the store has: the length of the address in 2 bytes, the most significant first;
 * the user's address when the certificate was issued; the signature of kms/authority/binding.h. In
 * what is signed, the user is his number in decimal.
 */
struct envelope_subject {
    struct span store_id;
    int64_t user;            /* the number of the user's row */
    struct span serial;      /* as in struct certificate_row: without a leading zero byte */
    struct span certificate; /* the encryption certificate, DER */
    struct span cms;         /* the envelope, DER */
};

enum { ENVELOPE_BINDING_MAX = 2 + 512 + 512 };

/*
 * Adds the record for an envelope that is just being made. Reading `authority` is safe from many
 * threads. FAULT_LIMIT: the address is longer than 512 bytes; else faults of binding_sign().
 */
MUST_USE enum fault envelope_bind(const struct authority *authority,
                                  const struct envelope_subject *subject, struct span address,
                                  struct buffer *out, struct why *why);

/*
 * Checks the record `binding`; `cas` are the certificates of the issuing CA, of today and of
 * former times, any of which may have signed it. `*address` views the address in it.
 *
 * FAULT_DENIED    this CA did not bind this envelope to this user, serial and certificate
 * FAULT_SYNTAX    no such record, or a certificate that is none
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault envelope_bound(const struct span cas[], size_t ca_count,
                                   const struct envelope_subject *subject, struct span binding,
                                   struct span *address, struct why *why);

/* The same for many envelopes: `cas` are made of the public keys of those certificates. */
MUST_USE enum fault envelope_bound_with(struct key_verifier *const cas[], size_t ca_count,
                                        const struct envelope_subject *subject, struct span binding,
                                        struct span *address, struct why *why);

#endif
