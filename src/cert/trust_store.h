#ifndef CERT_TRUST_STORE_H
#define CERT_TRUST_STORE_H

#include "cert/ca.h"
#include "cert/canonical.h"
#include "cert/chain.h"
#include "cert/crl.h"
#include "cert/trust.h"

/* What the files trust*.c share: what was loaded, and how it is found. */

/* A certificate that an administrator named. */
struct loaded {
    struct ca *ca;
    struct canonical *subject, *issuer_name;
    bool issuer, anchor;
    bool revoked;     /* a list says so, as of the time */
    size_t key_index; /* the same for all certificates of one name with one key */
};

struct loaded_list {
    struct crl *crl;
    struct canonical *issuer;
};

/* A name, with the certificates that carry it and the lists made in it. */
struct authority {
    const struct canonical *name;
    struct loaded *cas;
    size_t ca_count;
    struct crl **lists;
    size_t list_count;
};

struct trust {
    struct loaded *cas; /* as they came; trust_seal() orders them by subject */
    size_t ca_count, ca_room;
    struct loaded_list *lists; /* as they came; trust_seal() orders them by issuer */
    size_t list_count, list_room;
    bool has_issuers, has_anchors, has_lists;

    /* From here on: made by trust_seal(). */
    int64_t at;
    struct authority *authorities; /* in canonical order */
    size_t authority_count;
    struct crl **crls; /* of `lists`, in the same order; authorities view it */
    struct ca **issuers, **anchors, **other_issuers, **other_anchors; /* not of the other kind */
    size_t issuer_count, anchor_count, other_issuer_count, other_anchor_count;
    struct chain_question who;     /* is this CA one of ours, or from one of ours? */
    struct chain_question trusted; /* does this certificate chain to an anchor? */
    size_t key_count;
    bool has_odd_anchor; /* an anchor that is a plain leaf (cert/leaf.h) */
};

/* The authority with this name, or NULL. */
const struct authority *trust_authority(const struct trust *trust, const struct canonical *name);

/* True when a list that is not refused names the CA certificate as revoked. */
bool trust_is_revoked(const struct trust *trust, const struct authority *issuer,
                      const struct ca *ca);

#endif
