#ifndef REPORT_CERT_REPORT_H
#define REPORT_CERT_REPORT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "cert/bundle.h"
#include "cert/cert.h"
#include "verdict/verdict.h"

/* The facts of one certificate, for programs and for people. */

/* Where a certificate comes from. */
struct cert_origin {
    const char *file; /* NULL: not of a file but of a mailbox, and the object has no "file" */
    size_t index;     /* of the block in the file, or of the certificate in the mailbox */
    enum bundle_form form;
    bool chain;            /* tag 0x0004 says so; CA certificates are chain ones in any case */
    struct span attribute; /* name as the source writes it; empty: of no attribute */
    int64_t at;            /* text: for people who read it at this time; 0: at no time */
};

/*
 * Adds the JSON object of keyroster-cert(1), without a line end. FAULT_RESOURCE when libcrypto
 * gives no digest; what was added of the object then is no JSON.
 */
MUST_USE enum fault cert_report_add_json(struct buffer *out, const struct cert *cert,
                                         const struct cert_origin *origin);

/* The same with a line end behind. */
MUST_USE enum fault cert_report_add_json_line(struct buffer *out, const struct cert *cert,
                                              const struct cert_origin *origin);

/* Adds a few lines for people, who count from 1, with a blank one behind. FAULT_RESOURCE as above,
 * or memory. */
MUST_USE enum fault cert_report_add_text(struct buffer *out, const struct cert *cert,
                                         const struct cert_origin *origin);

/*
 * Adds the object of a roster row's certificate, the `index`th of its mailbox. A digest that
 * libcrypto does not give is kept in out->fault.
 */
void candidate_add_json(struct buffer *out, const struct candidate *candidate, size_t index);

#endif
