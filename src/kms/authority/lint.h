#ifndef KMS_AUTHORITY_LINT_H
#define KMS_AUTHORITY_LINT_H

#include <stdint.h>

#include "cert/cert.h"

/*
 * The last look at a user's certificate before it is signed, by the same reader and the same rules
 * by which keyroster-users(1) judges: nothing is issued that it would warn of. Beside them the
 * numbers of the CA/B Forum's S/MIME Baseline Requirements (sections 6.3.2, 7.1) and of RFC 5280
 * and RFC 8550.
 */
struct lint_ask {
    enum purpose purpose; /* PURPOSE_SIGNING or PURPOSE_ENCRYPTION: what it was ordered for */
    const struct span *addresses;
    size_t address_count; /* it names these, all of them, letter for letter, and no others */
    int64_t ca_not_after;
    int64_t now; /* its validity begins at most a day before, and not after */
};

/* The rules' sentences, in the order in which they are asked; NULL behind the last. */
const char *lint_rule(size_t index);

/* The rules that it breaks, a bit each by their index: for who wants to see all of them. */
MUST_USE uint32_t lint_broken(const struct cert *cert, const struct lint_ask *ask);

/*
 * Judges a certificate that cert_read() has read (its signature is not looked at).
 * FAULT_DENIED  `why->rule` is the sentence of the first rule that it breaks
 */
MUST_USE enum fault lint_certificate(const struct cert *cert, const struct lint_ask *ask,
                                     struct why *why);

#endif
