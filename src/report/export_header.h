#ifndef REPORT_EXPORT_HEADER_H
#define REPORT_EXPORT_HEADER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/encoding.h"
#include "report/export_options.h"
#include "source/csv.h"

/*
 * The first line of the administrator's header file, which chooses the columns of an export: in its
 * own order and spelling, with its own separator, in its own encoding. The file may be an earlier
 * export; only its first line counts.
 */
struct export_header {
    struct buffer text; /* the line in UTF-8, without its end */
    enum encoding encoding;
    struct csv_dialect dialect;
    uint8_t delimiter;  /* where dialect.delimiter looks */
    struct span *names; /* of the columns, unquoted; views into `text` or `unquoted` */
    size_t count;
    struct arena unquoted;
};

/* More of a header file than this is not looked at: its first line ends before. */
#define EXPORT_HEADER_MAX ((size_t)1 << 20)

enum { EXPORT_COLUMNS_MAX = 4000 };

/*
 * Reads the header from `head`, the first bytes of the file; `last` says that no byte follows.
 * What separates the columns is what makes most of its names known (entry/schema.h); a line with
 * one column shows none, and takes that of `options`.
 *
 * FAULT_SYNTAX    empty, no text, a quote that is never closed, or no name in it is known; or one
 *                 character is to separate and to quote
 * FAULT_LIMIT     the line does not end within `head`, or names too many columns
 * FAULT_RESOURCE  memory
 *
 * The caller frees `*out` with export_header_clear().
 */
MUST_USE enum fault export_header_read(struct span head, bool last,
                                       const struct export_options *options,
                                       struct export_header *out, struct why *why);

void export_header_clear(struct export_header *header);

#endif
