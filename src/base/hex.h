#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/cursor.h"

/*
 * Decodes the longest run of hexadecimal digits, of either case, at the start of `text`: two
 * digits a byte. Returns the number of digits in that run; an odd one means that the last
 * digit has no partner and was not written. `out` has room for text.len / 2 bytes.
 */
MUST_USE size_t hex_decode_run(struct span text, uint8_t *out);

#endif
