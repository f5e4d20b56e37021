#ifndef CERT_CA_H
#define CERT_CA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * A certificate that others may be issued by, decoded by libcrypto once and asked many times.
 * It does not change after ca_read(), so threads may share it.
 */
struct ca {
    uint64_t id;                  /* the owner's: never given twice, so that a cache may name it */
    void *x509;                   /* libcrypto's X509 */
    void *key;                    /* its EVP_PKEY, which the X509 owns */
    struct span der;              /* the ca's own copy */
    struct span subject, issuer;  /* Name, header included */
    struct span serial;           /* content octets of the INTEGER */
    struct span authority_key_id; /* empty when absent */
    struct span subject_key_id;   /* empty when absent */
    bool is_ca;                   /* basic constraints say so, in a version 3 certificate */
    bool is_root;                 /* signed itself: nobody stands above it who could revoke it */
    bool signs_lists;             /* key usage allows cRLSign, or is absent */
    bool judges_leaves;           /* has constraints that one leaf may fail and another pass */
    bool dear;                    /* its key takes long to verify with: see ca_read() */
};

/*
 * Decodes the certificate that fills `der`, its key and its extensions. A key is dear when it is
 * RSA with more than 8192 bits or an exponent past 64 bits, with which a sender of chain
 * certificates could keep us busy.
 *
 * FAULT_SYNTAX    no certificate, extensions that cannot be read (RFC 5280, section 4.2), or a
 *                 key that libcrypto cannot use
 * FAULT_RESOURCE  memory
 *
 * `*out` is written on success only; ca_free() releases it.
 */
MUST_USE enum fault ca_read(struct span der, struct ca **out, struct why *why);
void ca_free(struct ca *ca);

bool ca_has_same_key(const struct ca *a, const struct ca *b);

/* True when an authority key identifier (RFC 5280, section 4.2.1.1) does not speak against it. */
static inline bool ca_fits_key_id(const struct ca *ca, struct span authority_key_id)
{
    return authority_key_id.len == 0 || ca->subject_key_id.len == 0 ||
           span_equal(authority_key_id, ca->subject_key_id);
}

#endif
