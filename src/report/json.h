#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"

/* Parts of JSON (RFC 8259). What is added is valid whatever the bytes are. */

/*
 * Adds a string with its quotes: `s` is UTF-8 or else Windows-1252 (see text_add_guessed()).
 * Quotes, backslashes, controls and the line ends of Unicode are escaped, nothing else is.
 */
void json_add_string(struct buffer *out, struct span s);

/*
 * Escapes in place what was added to `out` since it was `start` bytes long, which is UTF-8: for
 * text that others add piece by piece. The caller adds the quotes, the first one before `start`.
 */
void json_escape_from(struct buffer *out, size_t start);

/* Adds `,"name":`; `name` is one of ours and needs no escapes. */
void json_add_name(struct buffer *out, const char *name);

#endif
