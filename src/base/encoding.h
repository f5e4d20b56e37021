#ifndef BASE_ENCODING_H
#define BASE_ENCODING_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/cursor.h"

/* In which encoding a text file is written; for files that are to be written as another one is. */
enum encoding {
    ENCODING_ASCII, /* nothing but ASCII: it does not tell; written as UTF-8 */
    ENCODING_UTF8,
    ENCODING_UTF8_MARK, /* with its byte order mark */
    ENCODING_UTF16_LE,  /* both with a byte order mark */
    ENCODING_UTF16_BE,
    ENCODING_ANSI, /* Windows-1252 */
};

/*
 * Tells from the first bytes of a text in which encoding it is. `*mark` is the length of the byte
 * order mark, which is no text. UTF-16 without a mark is known by the NUL of its first character.
 */
enum encoding encoding_find(struct span head, size_t *mark);

/* Adds text of the encoding in UTF-8. */
void encoding_add_decoded(struct buffer *out, struct span text, enum encoding encoding);

/* The byte order mark that a file of the encoding begins with; empty for most. */
struct span encoding_mark(enum encoding encoding);

/*
 * Adds `text`, which is UTF-8, in the encoding. False when a character has no place in it (of
 * ENCODING_ANSI only): `?` stands for it.
 */
bool encoding_add(struct buffer *out, struct span text, enum encoding encoding);

#endif
