#ifndef REPORT_CERT_WORDS_H
#define REPORT_CERT_WORDS_H

#include "base/buffer.h"
#include "cert/bundle.h"
#include "cert/cert.h"

/* The words of keyroster-cert(1) for what a certificate says. */

enum { KEY_USAGE_COUNT = 9 };

/* The name that RFC 5280 gives bit `i` of key usage, from 0; bit 1 is `nonRepudiation`. */
const char *key_usage_name(unsigned i);

const char *purpose_name(enum purpose purpose);      /* "both" … */
const char *bundle_form_name(enum bundle_form form); /* "x509" … */

/*
 * Adds a serial number (content octets of an INTEGER) in hexadecimal, whole bytes without
 * leading zero bytes: `01`, zero as `00`, a negative one as `-` and its magnitude.
 */
void serial_add(struct buffer *out, struct span serial);

/* Adds the OID in dots, or `#` and its octets in hexadecimal when an arc is past 128 bits. */
void oid_add_always(struct buffer *out, struct span oid);

/* What people call a signature algorithm or an extended key usage; NULL: by its OID only. */
const char *oid_nickname(struct span oid);

#endif
