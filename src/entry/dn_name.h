#ifndef ENTRY_DN_NAME_H
#define ENTRY_DN_NAME_H

#include "base/arena.h"
#include "base/cursor.h"

/* How many bytes the first RDN of a DN has: up to the first comma (or semicolon, RFC 2253, 4) that
 * neither a backslash nor a quote protects (RFC 4514, 3). */
size_t dn_first_rdn_length(struct span dn);

/* Without the blanks around it; one that a backslash protects belongs to the value. */
struct span dn_value_trim(struct span value);

/*
 * The text of a value in a DN: `Berg\, Anna`, `Berg\2C Anna` and `"Berg, Anna"` are `Berg, Anna`
 * (RFC 4514, 2.4 and 3; the quotes are those of RFC 2253, 4). `value` is trimmed. It stays as it is
 * where there is nothing to undo; where that cannot be done: a backslash before anything else, hex
 * pairs that make no UTF-8 or a NUL, a quote that is not closed; and where it is the `#` form of a
 * BER value.
 *
 * FAULT_RESOURCE  the arena is exhausted
 */
MUST_USE enum fault dn_value_text(struct span value, struct arena *arena, struct span *out);

#endif
