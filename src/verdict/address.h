#ifndef VERDICT_ADDRESS_H
#define VERDICT_ADDRESS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/cursor.h"

/*
 * Mail addresses as directories and certificates write them: UTF-8 or Windows-1252, blanks
 * around them, upper and lower case as somebody once typed them.
 */

/* Longest address whose letters outside ASCII are compared, in characters (RFC 5321: 256). */
enum { ADDRESS_MAX = 320 };

enum address_match {
    ADDRESS_DIFFERENT,
    ADDRESS_SAME_BUT_CASE, /* Apple Mail takes these for different ones */
    ADDRESS_SAME,
};

/* True when `text` can be an address at all: something before an '@' and something after it. */
MUST_USE bool address_is_one(struct span text);

/*
 * Compares two addresses, local parts too without regard to case: RFC 5321 would let them
 * differ, no directory does. Letters fold in ASCII, Latin, Greek and Cyrillic. A domain written
 * as A-labels (`xn--...`, RFC 5890) is the same as the one in its own letters.
 */
MUST_USE enum address_match address_compare(struct span a, struct span b);

/* Adds the address in a form that is the same for all for which address_compare() says so. */
void address_add_key(struct buffer *out, struct span address);

#endif
