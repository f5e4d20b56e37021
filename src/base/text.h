#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"

/* Characters: UTF-8 (RFC 3629), UTF-16 and the ANSI code page, and what is safe to show. */

/* True when all bytes are below 80. */
bool text_is_ascii(struct span s);

/* True when `s` is well-formed UTF-8: no overlong form, no surrogate, nothing past U+10FFFF. */
MUST_USE bool text_is_utf8(struct span s);

/*
 * Reads one character of well-formed UTF-8 from a span that is not empty. A byte that
 * begins none is read as U+FFFD, so that the cursor always moves.
 */
uint32_t text_next(struct cursor *in);

/*
 * The small letter of a capital one, of ASCII, Latin, Greek and Cyrillic; any other character is
 * its own.
 */
uint32_t text_fold(uint32_t character);

/* Adds one character in UTF-8; a surrogate or a number past U+10FFFF becomes U+FFFD. */
void text_add(struct buffer *b, uint32_t character);

/* The character that `byte` is in Windows-1252, see text_add_guessed(). */
uint32_t text_of_ansi(uint8_t byte);

/*
 * Adds `s` in UTF-8: as it is when it is UTF-8 already, else read as Windows-1252, the code
 * page ("ANSI") in which Exchange's and csvde's exports come. Bytes that the code page leaves
 * open (81 8D 8F 90 9D) become the control characters of the same number.
 */
void text_add_guessed(struct buffer *b, struct span s);

/* Adds UTF-16 in UTF-8. A surrogate without its other half, or half a unit, becomes U+FFFD. */
enum text_order { TEXT_LITTLE_ENDIAN, TEXT_BIG_ENDIAN };
void text_add_utf16(struct buffer *b, struct span s, enum text_order order);

/*
 * One step of the same for a stream: decodes what it can of `in` into the `room` bytes at
 * `out`. `*used` tells how many bytes of `in` were taken, `*made` how many were written.
 * Less than all is taken when the room ends, or when a surrogate pair is cut at the end of `in`
 * and `last` does not say that nothing follows.
 */
void text_utf16_step(struct span in, enum text_order order, bool last, uint8_t *out, size_t room,
                     size_t *used, size_t *made);

/*
 * True for a character that must not reach a terminal or a diagnostic as it is: C0 and C1
 * controls, line and paragraph separators, and those that turn the writing direction.
 */
bool text_is_unsafe(uint32_t character);

/* Adds `s`, UTF-8 or Windows-1252, with every unsafe character as U+FFFD. */
void text_add_safe(struct buffer *b, struct span s);

#endif
