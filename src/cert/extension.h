#ifndef CERT_EXTENSION_H
#define CERT_EXTENSION_H

#include "base/cursor.h"
#include "cert/cert.h"

/* 2.5.29, "id-ce", before the one octet that tells which extension it is. */
enum {
    CE_SUBJECT_KEY_ID = 14,
    CE_KEY_USAGE = 15,
    CE_SUBJECT_ALT_NAME = 17,
    CE_BASIC_CONSTRAINTS = 19,
    CE_NAME_CONSTRAINTS = 30,
    CE_CRL_DISTRIBUTION_POINTS = 31,
    CE_CERTIFICATE_POLICIES = 32,
    CE_POLICY_MAPPINGS = 33,
    CE_AUTHORITY_KEY_ID = 35,
    CE_POLICY_CONSTRAINTS = 36,
    CE_EXT_KEY_USAGE = 37,
    CE_INHIBIT_ANY_POLICY = 54,
};

struct cert_habits;

/*
 * Reads Extensions (RFC 5280, section 4.2): from the SEQUENCE OF that fills `in` into the
 * fields of `cert` that tell of them.
 *
 * What is wrong inside an extension's value leaves the certificate one, as in d2i_X509(), and
 * is told by `cert->extension_broken`; the fact it would have stated is the least that it could
 * be: no key usage, no purpose, no name, no CA. So is it where an extension stands twice, which
 * section 4.2 forbids: the first one holds.
 *
 * `habits` may be NULL (cert/habit.h).
 *
 * False where the list itself is broken; `in` then stands at the extension that is.
 */
MUST_USE bool extensions_read(struct cursor *in, struct cert_habits *habits, struct cert *cert);

#endif
