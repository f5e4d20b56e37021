#ifndef DIRECTORY_ELEMENT_H
#define DIRECTORY_ELEMENT_H

#include <stdbool.h>

#include "base/cursor.h"

/*
 * Elements of BER as LDAP has them (RFC 4511, 5.1): a tag of one byte, a definite length, a body.
 * Nothing is copied; what is read points into what is read from. A cursor moves on success only.
 */
enum { /* universal tags of X.690, 8.1.2 */
       ELEMENT_BOOLEAN = 0x01,
       ELEMENT_OCTETS = 0x04,
       ELEMENT_ENUMERATED = 0x0A,
       ELEMENT_SEQUENCE = 0x30,
       ELEMENT_SET = 0x31,
};

/* Takes one element. False where none stands, or it is longer than what is left. */
MUST_USE bool element_take(struct cursor *in, uint8_t *tag, struct span *body);

/* Takes one element if it has this tag. */
MUST_USE bool element_take_tagged(struct cursor *in, uint8_t wanted, struct span *body);

/*
 * Opens the body of a PartialAttribute (RFC 4511, 4.1.7): its name, and the elements of its values,
 * which are octets. What the standard lets stand behind them (RFC 4511, 4) is passed over. False
 * when it is none.
 */
MUST_USE bool element_open_attribute(struct span body, struct span *name, struct cursor *values);

#endif
