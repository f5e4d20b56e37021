#ifndef KMS_AUTHORITY_NAME_WRITE_H
#define KMS_AUTHORITY_NAME_WRITE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/cursor.h"

/*
 * Names that we write (RFC 5280, section 4.1.2.4): O and CN, each an RDN of its own, UTF8String.
 * What people type is a value there, never a part of the structure: nothing in it has to be
 * escaped.
 */
enum { NAME_CHARACTERS_MAX = 64 }; /* ub-organization-name and ub-common-name (appendix A.1) */

/* True when it is well-formed UTF-8 without a character that must not reach a terminal. */
MUST_USE bool name_is_writable(struct span text);

/* How many characters a UTF-8 text has. */
size_t name_characters(struct span text);

/* The first NAME_CHARACTERS_MAX characters of it, without blanks around them. */
struct span name_cut(struct span text);

/* Adds a Name; what is empty is left out. Both are writable, and not too long. */
void name_write(struct buffer *out, struct span organization, struct span common_name);

/* Adds a Name: these RDNs (the contents of another one), and a CN below them. */
void name_write_below(struct buffer *out, struct span rdns, struct span common_name);

#endif
