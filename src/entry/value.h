#ifndef ENTRY_VALUE_H
#define ENTRY_VALUE_H

#include "base/arena.h"
#include "base/cursor.h"

/*
 * The text forms in which exports write a binary value, and how several of them share one field:
 *
 *     308201A4…%3082…            Exchange's directory export: bare hexadecimal, `%` between
 *     X'308201a4…';X'3082…'      csvde
 *     MIIBpDCC…|MIIB…            base64, by scripts; folded lines and PEM armour too
 *     30-82-01-A4-…              [BitConverter]::ToString
 *     30:82:01:A4:…              openssl
 *     0x308201A4…                SQL Server
 *     System.Byte[]              the exporting tool threw the bytes away
 */
enum value_state {
    VALUE_BYTES,  /* `bytes` hold the value, decoded */
    VALUE_BROKEN, /* it could not be decoded: `why` tells the byte of the field and the rule */
    VALUE_LOST,   /* a type name stands in place of the bytes */
};

struct value {
    enum value_state state;
    struct span bytes; /* BYTES: in the arena; otherwise the text, a view into the field */
    struct why why;    /* BROKEN only */
    bool lied;         /* its digits end before they claim to (value_hex_claim) */
};

/*
 * How many bytes at the start of `text` are, by what they claim of their own length (X.690, 8.1.3),
 * certificates in bare hexadecimal with `separator` between them; 0: none. Only the first bytes of
 * each have been looked at: whether the claim is true shows when they are decoded.
 */
size_t value_hex_claim(struct span text, uint8_t separator);

/*
 * Takes the next value of a field and what separates it from the one after. `separator` is
 * what the source joins values by; where the values show another of the usual ones
 * (`% ; | , & ^ # @ ! $ "`), that one counts. Empty values are passed over.
 *
 * FAULT_ABSENT    the field is at its end
 * FAULT_RESOURCE  the arena is exhausted
 */
MUST_USE enum fault value_next(struct cursor *field, uint8_t separator, struct arena *arena,
                               struct value *out);

#endif
