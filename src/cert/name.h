#ifndef CERT_NAME_H
#define CERT_NAME_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "cert/cert.h"

/*
 * Adds a Name (header included, as in struct cert) as RFC 4514 text: most specific RDN first,
 * `+` within an RDN, the short names of RFC 4514 and RFC 4519 (CN, L, ST, O, OU, C, STREET,
 * DC, UID; and the further ones of RFC 4519 where both OpenSSL and we can agree), emailAddress
 * by its name, any other type as OID with `#hex` of its value's DER. Every string type is
 * turned into UTF-8 (T61String as Latin-1); a value that is no string is `#hex`. Control
 * characters but NUL stand as they are, as RFC 4514 has it: the caller makes them safe.
 *
 * FAULT_SYNTAX when `name` is no Name; cert_read() has refused such certificates already.
 */
MUST_USE enum fault name_add(struct buffer *out, struct span name);

/*
 * The name that people would call the holder or issuer by: the first of commonName,
 * organizationalUnitName, organizationName, emailAddress; else the whole name.
 */
MUST_USE enum fault name_add_short(struct buffer *out, struct span name);

/*
 * Adds an OBJECT IDENTIFIER's content octets in dots: `1.2.840.113549.1.1.11`. FAULT_SYNTAX,
 * and nothing is added, when they are none, or an arc has more than 128 bits.
 */
MUST_USE enum fault oid_add(struct buffer *out, struct span oid);

/* The name of a named curve (SECG or RFC 5639, `secp256r1`), or NULL when we know none. */
const char *curve_name(struct span oid);

/* `RSA`, `EC`, … as interface.md's key.type spells them; NULL for KEY_OTHER (then the OID). */
const char *key_type_name(enum key_type type);

#endif
