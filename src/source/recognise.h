#ifndef SOURCE_RECOGNISE_H
#define SOURCE_RECOGNISE_H

#include <stdbool.h>

#include "base/cursor.h"

/* What the first bytes of a file tell of it. */

enum encoding {
    ENCODING_UNTOLD, /* to be recognised from the first bytes */
    ENCODING_BYTES,  /* UTF-8 or ANSI: handed on as they are */
    ENCODING_UTF16LE,
    ENCODING_UTF16BE,
    ENCODING_ICONV,
};

/* Advice for a kind of file that people hand over by mistake, or NULL. */
const char *recognise_stranger(struct span head);

/*
 * The encoding by its mark, whose length goes into `*mark`, or of UTF-16 without one, since text of
 * ASCII letters has every other byte zero; else ENCODING_BYTES.
 */
enum encoding recognise_encoding(struct span head, size_t *mark);

/* True when lines end with CR alone; `last` says that nothing follows. */
bool recognise_bare_cr(struct span wide, bool last);

/* True with `version:` or `dn:` in the first line that is neither empty nor a comment. */
bool recognise_ldif(struct span head);

#endif
