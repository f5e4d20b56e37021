#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/simd.h"

/*
 * Decodes base64 (RFC 4648, section 4), in one piece or folded: line ends (LF or CR LF),
 * spaces and tabs between the digits are skipped, so that the lines of an LDIF value or of
 * PEM can be handed over as they stand. Padding at the end is right or is missing whole.
 *
 * `out` has room for base64_room(text.len) bytes; `*n` tells how many were written.
 *
 * FAULT_SYNTAX  a byte outside the alphabet, digits after padding, one digit left over, or
 *               bits after the last byte that are not zero; `*why` tells where. What `out`
 *               holds then is undefined, `*n` is not written.
 */
MUST_USE enum fault base64_decode(struct span text, uint8_t *out, size_t *n, struct why *why);

/* Whole vectors are written, the last one beyond its end. */
static inline size_t base64_room(size_t digits) { return digits / 4 * 3 + 3 + SIMD_SLACK; }

/* Adds the bytes in base64, padded, in one piece. */
void base64_add(struct buffer *out, struct span bytes);

#endif
