#ifndef CERT_LISTS_H
#define CERT_LISTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "cert/crl.h"

/*
 * What the revocation lists of one issuer say of a certificate. RFC 5280, section 6.3, with the
 * caution of somebody who must not call a revoked certificate good:
 *
 * - That a list names a certificate is believed of every list that is not refused: of a part, of
 *   one that has run out, of one whose signature nobody could check (`unverified` is set then).
 *   It counts from its revocation date on; removeFromCRL is no revocation.
 * - That a certificate is good needs lists that are verified, current at the time, and cover it:
 *   all reasons together; a part (issuing distribution point) only where the certificate's own
 *   CRL distribution points name it (with a full name; one relative to the issuer is not looked
 *   for); a list with another authority key identifier than the certificate's not at all, since
 *   CAs that change keys keep a list for each key, unless the list's key certified the other one.
 * - Of several lists with the same scope and key the newest of those made by the time counts;
 *   one made later (thisUpdate) only adds revocations that were before the time.
 * - A delta list changes the complete list that it fits (section 5.2.4). By itself it only
 *   revokes.
 */
enum { LIST_UNKNOWN, LIST_GOOD, LIST_REVOKED };

struct list_query {
    struct span serial; /* content octets of the INTEGER */
    struct span authority_key_id;
    struct span points; /* contents of CRLDistributionPoints; empty when absent */
    bool is_ca;
    int64_t at;
    /* Checks an unchecked list with keys that came with the certificate; NULL: nobody can. */
    bool (*vouch)(void *context, const struct crl *crl);
    /* Whether the key that signed the certificate was certified by the CA's key with this id. */
    bool (*is_rolled_over)(void *context, struct span key_id);
    void *context;
};

struct list_answer {
    int said; /* LIST_… */
    struct crl_entry entry;
    bool unverified; /* rests on a list whose signature nobody checked */
};

/*
 * Brings the lists of one issuer, with their states set, into the order in which they are asked:
 * the newest first; finds which are the newest of their scope, and which delta belongs to which.
 */
void lists_seal(struct crl **lists, size_t count, int64_t at);

struct list_answer lists_ask(struct crl *const *lists, size_t count,
                             const struct list_query *query);

#endif
