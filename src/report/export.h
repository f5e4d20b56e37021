#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "entry/entry.h"
#include "entry/projection.h"
#include "report/export_header.h"
#include "report/export_options.h"
#include "report/report.h"

/*
 * The directory export of Exchange's Administrator, from any source: a row for each object, its
 * columns chosen by a header. The rules are those of Exchange 5.5 ("Selecting a Separator" in its
 * Maintenance and Troubleshooting; Q146304, Q152472):
 *
 *   - fields are separated by `,` and lines end with CR LF
 *   - an attribute that may have many values joins them by `%`; within a value `%` is `\%` and `\`
 *     is `\\`; in one that has a single value, a backslash stands alone
 *   - a field with a separator, a quote, a backslash that protects or a line end in it is quoted by
 *     `"`, and a quote within it is doubled
 *   - bytes are hexadecimal digits
 */
struct export
{
    const struct export_header *header; /* borrowed, as all of this is */
    struct export_options options;
    struct projection *projection; /* the columns of the header, then those of enum export_extra */
    uint8_t separator;             /* between values */
    uint32_t shown;                /* bit n: a column of the header means enum attribute n */
    size_t last_certificate;       /* the last column of certificates, from 1 on; 0: none */
};

/* What has to be known of an object, whether the header asks for it or not. */
enum export_extra { EXPORT_OBJECT_CLASS, EXPORT_HIDE, EXPORT_HOME_SERVER, EXPORT_EXTRAS };

/* What a thread has come upon; see export_tally_merge(). */
struct export_tally {
    bool *met;         /* for each column: some source has the attribute */
    bool *filled;      /* for each column of the header: some object has a value */
    uint64_t in_place; /* objects at home where it is asked for */
    uint64_t assumed;  /* of those exported: their container names no site, and may be of another */
    uint64_t hidden;   /* objects left out because they are hidden */
    uint64_t partly;   /* objects with some certificates in an attribute that no column shows */
    uint64_t unshown;  /* objects with certificates, none of which a column shows */
    const char *unshown_name; /* the column that would show them */
};

/* Borrows the header. FAULT_RESOURCE without memory. The caller calls export_clear(). */
MUST_USE enum fault export_init(const struct export_header *header,
                                const struct export_options *options, struct export *out,
                                struct why *why);

void export_clear(struct export *export);

/*
 * The format that writes what stands before the rows: the byte order mark of the header's encoding,
 * and the header. Rows come from export_add_row(); format_find() does not know it, since it is no
 * way to write a roster.
 */
const struct format *format_export(void);

/* One object, sorted into columns. Everything in it lives in the arena that it was made in. */
struct export_item {
    struct span text;                /* an extra's */
    const struct entry_style *style; /* NULL: a certificate */
    const struct entry_value *value;
    enum projection_fit fit;
    size_t next; /* in the same column, from 1 on; 0: none */
};

struct export_slot {
    size_t first, last; /* items, from 1 on; 0: none */
    enum projection_fit best;
};

struct export_sheet {
    const struct entry *entry;
    struct export_item *items;
    struct export_slot *slots; /* by column */
    size_t count, capacity;    /* of items */
    bool shown;                /* a column of certificates has some */
    enum attribute unshown;    /* … and this one's stand in no column; ATTRIBUTE_OTHER: none */
};

/* Sorts what an entry has into columns. FAULT_RESOURCE when the arena is exhausted. */
MUST_USE enum fault export_sheet_make(const struct export *export, const struct entry *entry,
                                      struct arena *arena, struct export_tally *tally,
                                      struct export_sheet *out);

/*
 * The text values of a column: those that fit it best, and what is added to them. Empty ones are
 * left out. `bytes` says that a value is no text, but stands for bytes in hexadecimal.
 */
struct export_text {
    struct span text;
    bool bytes;
    bool added;
    bool verbatim; /* a whole field of a source, of which nobody knows how many values it has */
};

struct export_texts {
    struct export_text *at;
    size_t count, capacity;
};

MUST_USE enum fault export_sheet_texts(const struct export *export,
                                       const struct export_sheet *sheet, size_t column,
                                       struct arena *arena, struct export_texts *out);

/*
 * Tells whether the object is of the kind that is exported, at home where it is asked for, and not
 * hidden. FAULT_RESOURCE when the arena is exhausted.
 */
MUST_USE enum fault export_has(const struct export *export, const struct export_sheet *sheet,
                               struct arena *arena, struct export_tally *tally, bool *out);

/*
 * Adds the row of an object, and counts certificates that it leaves out, where the header asks for
 * any at all. `*remark` tells what could not be written as it is, for a
 * diagnostic; NULL where nothing was lost. FAULT_RESOURCE when the arena is exhausted.
 */
MUST_USE enum fault export_add_row(struct buffer *out, const struct export *export,
                                   const struct export_sheet *sheet, struct arena *arena,
                                   struct export_tally *tally, const char **remark);

#endif
