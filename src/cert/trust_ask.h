#ifndef CERT_TRUST_ASK_H
#define CERT_TRUST_ASK_H

#include "cert/trust_session.h"

enum { FIXED_MAX = 16 }; /* loaded certificates of one name that signed one certificate */

/* One certificate being asked about, and who signed it. Lives for one trust_ask(). */
struct ask {
    struct trust_session *session;
    const struct trust *trust;
    const struct cert *cert;
    const struct span *chain;
    size_t chain_count;
    struct leaf leaf;
    struct signed_part part;
    bool part_is_usual; /* else libcrypto takes the certificate apart */
    void *decoded;      /* libcrypto's, made when it is first needed */
    bool decoding_tried;
    const struct name_slot *issuer;

    const struct loaded *fixed[FIXED_MAX]; /* that signed it */
    size_t fixed_count;
    bool fixed_overflow;
    bool near_miss; /* the right name and key identifiers, another signature */

    bool guests_found;
    struct guest *guests[GUESTS_MAX]; /* that can be in its path */
    bool guest_signed[GUESTS_MAX];
    size_t guest_count;
    struct ca *guest_cas[GUESTS_MAX];
};

/* Finds which of the loaded certificates with the issuer's name signed it. */
MUST_USE enum fault ask_find_fixed(struct ask *ask);

/*
 * Finds those of the certificates that came along, GUESTS_MAX at most, which can be in a path of
 * this certificate, and which of them signed it. Once: a second call does nothing.
 */
MUST_USE enum fault ask_find_guests(struct ask *ask);

bool ask_is_signed_by_guest(const struct ask *ask);

/* The certificate as libcrypto's X509; NULL when it cannot be decoded. */
void *ask_decoded(struct ask *ask);

#endif
