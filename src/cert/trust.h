#ifndef CERT_TRUST_H
#define CERT_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "cert/cert.h"

/*
 * Whom a certificate comes from, and what that is worth: our KMS's certificates (--issuer),
 * the anchors to chain to (--trust) and the revocation lists (--crl). Signatures, chains
 * and CRLs are checked by libcrypto; what is the same for all certificates of an issuer (its own
 * chain, its decoded key) is worked out once and kept.
 *
 * A store is filled first (trust_add_*), then sealed, then asked: asking is safe from
 * many threads at a time, each with a trust_session of its own.
 */
struct trust;         /* what was loaded */
struct trust_session; /* one thread's use of it: digest contexts and the like */

/* NULL without memory. */
struct trust *trust_new(void);
void trust_free(struct trust *trust);

/*
 * Adds what `bytes` hold: certificates, PEM or DER, or PKCS#7; for trust_add_crls, lists, PEM or
 * DER. Bytes are copied. `*added` counts them.
 *
 * FAULT_SYNTAX    nothing readable in it, or something broken beside it; `*why` tells
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault trust_add_issuers(struct trust *, struct span bytes, size_t *added,
                                      struct why *why);
MUST_USE enum fault trust_add_anchors(struct trust *, struct span bytes, size_t *added,
                                      struct why *why);
MUST_USE enum fault trust_add_crls(struct trust *, struct span bytes, size_t *added,
                                   struct why *why);

/* Ends the loading; `at` is the time at which chains and lists are judged (seconds). */
MUST_USE enum fault trust_seal(struct trust *trust, int64_t at, struct why *why);

/* NULL without memory. A session belongs to one thread. */
struct trust_session *trust_session_new(const struct trust *trust);
void trust_session_free(struct trust_session *session);

enum revocation {
    REVOCATION_NOT_ASKED,  /* no list was given */
    REVOCATION_GOOD,       /* the issuer's list does not name it */
    REVOCATION_REVOKED,    /* it does, as of the time */
    REVOCATION_UNVERIFIED, /* no current, verified list of its issuer: nobody can tell */
};

/* What trust_ask() answers. `{0}` is the answer where nothing was given. */
struct trust_answer {
    bool foreign;   /* issuers were named, and none of them signed it */
    bool untrusted; /* anchors were named, and it does not chain to one at the time */
    const char
        *untrusted_why; /* a static sentence, e.g. "unable to get local issuer certificate" */
    enum revocation revocation;
    int64_t revoked_at;         /* when REVOKED */
    const char *revoked_reason; /* RFC 5280 name (keyCompromise, …), or NULL when none is given */
    bool revocation_unverified; /* REVOKED too may rest on a list whose signature nobody checked */
};

/*
 * Judges one certificate. `chain` are `count` further certificates that came with it (PKCS#7,
 * tag 0x0004, other CA certificates of the mailbox) and may serve as intermediates.
 *
 * FAULT_RESOURCE when libcrypto is out of memory; a bad certificate is an answer, not a fault.
 */
MUST_USE enum fault trust_ask(struct trust_session *session, const struct cert *cert,
                              const struct span *chain, size_t count, struct trust_answer *out);

#endif
