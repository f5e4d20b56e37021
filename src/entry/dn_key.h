#ifndef ENTRY_DN_KEY_H
#define ENTRY_DN_KEY_H

#include "base/buffer.h"
#include "base/cursor.h"

/*
 * Adds a form of a distinguished name that is the same for all ways to write it that differ in what
 * does not count (RFC 4514 on how it is written, RFC 4518 on how values compare):
 *
 * - upper and lower case, of types and of values, in the letters that text_fold() knows;
 * - blanks around `,` `+` and `=`, and more than one within a value;
 * - `;` in place of `,` and quotes around a value (RFC 2253, section 4);
 * - escapes: `\2C` is `\,`, and an escaped letter is the letter;
 * - the order of the parts of an RDN with several.
 *
 * A name of Exchange, `/o=Org/ou=Site/cn=Recipients/cn=anna`, is a row of RDNs too, of an order and
 * a separator of its own; it is never the same as an LDAP one.
 *
 * What is neither UTF-8 nor a DN is taken as Windows-1252 and as far as it goes: the form is the
 * same for equal texts in any case. Values compare as text, whatever their syntax:
 * `serialNumber=01` is another than `serialNumber=1`, and types that have two names (`E`,
 * `emailAddress`, an OID) are two.
 */
void dn_add_key(struct buffer *out, struct span dn);

#endif
