#ifndef SOURCE_CSV_HEADER_H
#define SOURCE_CSV_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "entry/entry.h"
#include "entry/projection.h"
#include "source/csv.h"

/*
 * The header line of a CSV export: which column means what, and in which dialect the file is
 * written. It is recognised by the names in it, whatever the separator.
 */
struct csv_header {
    struct entry_column *columns;
    size_t count;
    uint8_t *text; /* the header line, which the columns' names look into */
    struct csv_dialect dialect;
    struct entry_style style;
    bool separator_said;     /* style.separator was told by the user */
    bool exchange;           /* the header of an Exchange directory export */
    bool names_mailbox;      /* a column tells the mailbox's name, alias, DN or address */
    bool has_obj_class;      /* a column tells the class of objects in Exchange's words */
    size_t last_certificate; /* index of the last certificate column */
    uint32_t *certificates;  /* which columns are for certificates: CSV_FIELDS a number, as bits */
    uint8_t delimiter[CSV_DELIMITER_MAX]; /* where dialect.delimiter looks */
    const struct projection *projection;  /* as csv_options has it */
    struct csv_header *older; /* replaced by this one in the same file; see csv_header_replace */
};

/* What a user said on the command line; empty spans and zero: recognise it. */
struct csv_options {
    struct span delimiter;
    struct span quote;                   /* one byte, or "none" */
    struct span separator;               /* between the values of one field: one byte */
    const struct projection *projection; /* attributes that are kept as extras; NULL: none */
    bool any_columns;                    /* a header without a certificate column will do */
};

/*
 * True when what follows the semicolons in a column's name are options (RFC 4522, RFC 3866, Active
 * Directory's range): `userCertificate;binary`, but not `userCertificate;Phone`.
 */
MUST_USE bool csv_header_options_known(struct span name);

/*
 * Reads the header from the start of `head`, the first bytes of the file; `last` says that no
 * byte follows. PowerShell's `#TYPE` line, a spreadsheet's `sep=;` line and empty lines before
 * it are passed over. `*size` tells how many bytes are not records.
 *
 * FAULT_SYNTAX    no name in the first line is known: no header, or no CSV at all
 * FAULT_ABSENT    a header without a certificate column
 * FAULT_LIMIT     the header does not end within `head`
 * FAULT_RESOURCE  memory
 *
 * The caller frees `*out` with csv_header_free().
 */
MUST_USE enum fault csv_header_read(struct span head, bool last, const struct csv_options *options,
                                    struct csv_header **out, size_t *size, struct why *why);

/*
 * True when `record` is a header line too, as where two exports were joined; it is the same one
 * when `*same`. Such a record names a certificate attribute and knows at least half of its names.
 */
MUST_USE bool csv_header_repeats(const struct csv_header *header, struct span record, bool *same);

/*
 * A header of the columns that `record` names, written in the dialect of `header`. NULL
 * without memory; the caller frees it, or hangs what it replaces behind it.
 */
struct csv_header *csv_header_replace(const struct csv_header *header, struct span record);

/* Frees it and all that it replaced. */
void csv_header_free(struct csv_header *header);

#endif
