#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/cursor.h"

/*
 * Decodes hexadecimal digits of either case, two a byte, nothing else between them.
 * `out` has room for text.len / 2 bytes; that many are written.
 *
 * FAULT_SYNTAX  an odd number of digits, or a byte that is no digit; `*why` tells where.
 *               What `out` holds then is undefined.
 */
MUST_USE enum fault hex_decode(struct span text, uint8_t *out, struct why *why);

#endif
