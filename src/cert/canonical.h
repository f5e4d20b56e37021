#ifndef CERT_CANONICAL_H
#define CERT_CANONICAL_H

#include <stdbool.h>

#include "base/cursor.h"

/*
 * Names in the form in which they are compared (RFC 5280, section 7.1, as libcrypto's
 * X509_NAME_cmp() does it): without regard to case, string type and blanks beyond one.
 */
struct canonical;

/* Decodes a Name, header included. NULL when it is none, or without memory. */
struct canonical *canonical_new(struct span name);
void canonical_free(struct canonical *name);

/* Less than, equal to or greater than zero, in an order of the library's own. */
int canonical_order(const struct canonical *a, const struct canonical *b);

/* True when both encoded Names are the same; equal bytes are told at once. */
MUST_USE bool canonical_equal(struct span a, struct span b);

#endif
