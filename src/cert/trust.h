#ifndef CERT_TRUST_H
#define CERT_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "cert/cert.h"

/*
 * Whom a certificate comes from, and what that is worth: our KMS's certificates (--issuer),
 * the anchors to chain to (--trust) and the revocation lists (--crl). Signatures and chains are
 * checked by libcrypto; what is the same for all certificates of an issuer (its own chain, its
 * decoded key) is worked out once and kept.
 *
 * A store is filled first (trust_add_*), then sealed, then asked: asking is safe from
 * many threads at a time, each with a trust_session of its own. An answer depends on the store,
 * the certificate and what came with it, never on what was asked before.
 *
 * ISSUER. A certificate is ours, not foreign, when one of the CAs named issued it: names equal as
 * RFC 5280, section 7.1, compares them, authority key identifier (if both have one) equal to the
 * CA's subject key identifier, and the signature verifies with the CA's key. Who names a root
 * (`--issuer root.pem`) means all that root stands for: ours is too what was issued by a CA
 * certificate from the chain given, or from the anchors, that leads to a named one, link by link
 * by verified signatures, basic constraints, key usage and path lengths (X509_verify_cert()). Time
 * is no matter here: that a CA has expired does not make what it issued another's.
 *
 * TRUST. Untrusted is what X509_verify_cert() does not accept, with the certificates named as
 * anchors, the named issuers and the chain given as intermediates, any purpose, policies checked
 * (RFC 5280, section 6), all CAs judged at the time. It departs from it in three things:
 *
 * - an intermediate CA that is given as an anchor is one: a path may end there;
 * - the certificate's own validity is not judged here: whoever expired is expired, not untrusted;
 * - among CAs with one name the one whose key verifies is taken, not the first one.
 *
 * A CA that the lists given revoke, anywhere in a path, the anchor or named issuer included (but
 * for roots, which nobody could revoke), makes what is below it untrusted. So `untrusted` can be
 * set without any anchor, for a certificate that is ours through a revoked CA.
 *
 * Of the certificates that came along the first 32 are looked at; those with RSA keys of more
 * than 8192 bits or large exponents are passed over. A path has at most 8 of them.
 *
 * LISTS. How lists are believed is told in cert/lists.h. A list is verified by any certificate of
 * its issuer's name that is loaded and may sign lists, or by one that came along and signed the
 * certificate too. If loaded ones fit and none signed it, the list is refused: as if it had not
 * been given. If there is none, what it revokes is revoked, unverified; nothing is good by it.
 * Unverified is also what only a list with unknown critical extensions would tell of.
 */
struct trust;         /* what was loaded */
struct trust_session; /* one thread's use of it: digest contexts and the like */

/* NULL without memory. */
struct trust *trust_new(void);
void trust_free(struct trust *trust);

/*
 * Adds what `bytes` hold: certificates, PEM or DER, or PKCS#7; for trust_add_crls, lists, PEM or
 * DER. Other PEM blocks (keys) are passed over. Bytes are copied. `*added` counts them.
 *
 * FAULT_ABSENT    nothing of the kind in it; the store is as it was
 * FAULT_SYNTAX    something broken in it, or a certificate that can issue nothing, since its key or
 *                 extensions cannot be read; `*why` tells the byte, or where the PEM block begins
 * FAULT_LIMIT     a list longer than 1 GiB
 * FAULT_RESOURCE  memory
 *
 * After any other failure than FAULT_ABSENT the store can only be freed.
 */
MUST_USE enum fault trust_add_issuers(struct trust *, struct span bytes, size_t *added,
                                      struct why *why);
MUST_USE enum fault trust_add_anchors(struct trust *, struct span bytes, size_t *added,
                                      struct why *why);
MUST_USE enum fault trust_add_crls(struct trust *, struct span bytes, size_t *added,
                                   struct why *why);

/*
 * Ends the loading; `at` is the time at which chains and lists are judged (seconds since 1970).
 * FAULT_RESOURCE without memory.
 */
MUST_USE enum fault trust_seal(struct trust *trust, int64_t at, struct why *why);

/* NULL without memory. A session belongs to one thread. */
struct trust_session *trust_session_new(const struct trust *trust);
void trust_session_free(struct trust_session *session);

enum revocation {
    REVOCATION_NOT_ASKED,  /* no list was given */
    REVOCATION_GOOD,       /* the issuer's list does not name it */
    REVOCATION_REVOKED,    /* it does, as of the time */
    REVOCATION_UNVERIFIED, /* no current, verified list that covers it: nobody can tell */
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
    bool revocation_unverified; /* with UNVERIFIED; with REVOKED if nobody checked the list */
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
