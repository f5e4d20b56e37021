#ifndef CERT_CHAIN_H
#define CERT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "cert/ca.h"

/*
 * Whole paths (RFC 5280, section 6), built and judged by libcrypto's X509_verify_cert(): any
 * purpose, policies checked, a path may end at any of the trusted (X509_V_FLAG_PARTIAL_CHAIN).
 *
 * One thing differs: an issuer is who signed, not who has the right name. So of two certificates
 * of a CA with one name and two keys the right one is taken, and a stray certificate in a
 * mailbox cannot come between; everything that X509_verify_cert() says yes to, we do.
 */

/* What libcrypto does for one certificate ends here: intermediates in a path, signatures. */
enum { CHAIN_DEPTH_MAX = 8, CHAIN_SIGNATURES_MAX = 64 };

struct chain_question {
    struct ca **trusted; /* where a path may end */
    size_t trusted_count;
    struct ca **helpers; /* loaded ones that may stand in between */
    size_t helper_count;
    bool who_only; /* asked of a CA: does it come from the trusted; time and policies aside */
    int64_t at;

    void *store, *trusted_stack, *helper_stack; /* libcrypto's; made by chain_question_seal() */
};

MUST_USE enum fault chain_question_seal(struct chain_question *question, struct why *why);
void chain_question_clear(struct chain_question *question);

/*
 * Tells of each CA of the path that was found, as far as it goes, upwards; of the one asked about
 * too if `who_only`.
 */
typedef void chain_visitor(void *context, const struct ca *ca);

struct chain_answer {
    bool good;
    const char *why;     /* when not good: libcrypto's sentence, static */
    bool about_the_leaf; /* another leaf of the same issuer could get another answer */
};

/* Decodes a certificate into libcrypto's X509; NULL when it cannot be. */
MUST_USE void *chain_leaf_new(struct span der);
void chain_leaf_free(void *leaf);

/*
 * Judges `leaf`, an X509 of libcrypto, with `extra` certificates after the question's helpers.
 * The leaf's own time is not judged. `visit` may be NULL.
 *
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault chain_ask(const struct chain_question *question, void *leaf,
                              struct ca *const *extra, size_t count, chain_visitor *visit,
                              void *context, struct chain_answer *out);

/* True when `ca` signed `leaf`: X509_verify(). */
MUST_USE bool chain_is_signed(const struct ca *ca, void *leaf);

#endif
