#ifndef SOURCE_CSV_H
#define SOURCE_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/lines.h"

/*
 * Records and fields of a CSV text (RFC 4180, and the dialects of Exchange's Administrator,
 * csvde and spreadsheets). One function decides where a record ends, for whoever cuts a file
 * into batches and for whoever reads the records, so that both always agree.
 *
 * A quote opens a field only as its first byte; anywhere else it is a byte like others. A
 * quoted field may hold delimiters, line ends and doubled quotes; blanks may follow its end. A
 * quoted field that never ends, or goes on after its end, is broken: its record ends with the
 * line in which the field began, so that the lines after it are read as if nothing had been.
 */

/* CSV_FIELDS: how many fields are taken at once. */
enum { CSV_DELIMITER_MAX = 8, CSV_FIELDS = 32 };

struct csv_dialect {
    struct span delimiter; /* 1 to CSV_DELIMITER_MAX bytes; borrowed */
    int quote;             /* a byte, or -1 when nothing quotes */
};

/* Where a field ends. */
enum csv_stop {
    CSV_STOP_FIELD,      /* at a delimiter: another field follows */
    CSV_STOP_RECORD,     /* at the end of its record */
    CSV_STOP_INCOMPLETE, /* the text is too short to tell */
    CSV_STOP_BROKEN,     /* a quoted field is broken */
};

struct csv_field {
    struct span text; /* without its quotes; doubled ones are still doubled */
    bool quoted;
    bool doubled; /* holds a doubled quote: csv_field_text() undoes it */
    bool nul;     /* holds a NUL byte */
};

/* A walk over the fields of a text; csv_walk_of() is its start. */
struct csv_walk {
    size_t at;    /* where the next field starts, after CSV_STOP_RECORD the next record */
    size_t lines; /* line ends passed */
    struct lines_stops stops;
    int quote; /* as in the dialect */
    uint8_t delimiter;
    bool simple; /* the delimiter is one byte, and no quote */
};

static inline struct csv_walk csv_walk_of(const struct csv_dialect *dialect)
{
    const uint8_t delimiter = dialect->delimiter.at[0];
    const uint8_t quote = dialect->quote >= 0 ? (uint8_t)dialect->quote : (uint8_t)'\n';

    return (struct csv_walk){.stops = lines_stops_of(delimiter, '\n', '\0', quote),
                             .delimiter = delimiter,
                             .quote = dialect->quote,
                             .simple = dialect->delimiter.len == 1 && dialect->quote != delimiter};
}

/*
 * Takes the next field. `last` says that no byte follows `text`. `skip` bytes of the field, if it
 * is not quoted, are known to hold neither delimiter nor line end. An empty record has one empty
 * field, and a delimiter at the end of a record another.
 *
 * `*walk` and `*out` are written only where the field could be taken.
 */
enum csv_stop csv_walk_any(struct span text, const struct csv_dialect *dialect, bool last,
                           size_t skip, struct csv_walk *walk, struct csv_field *out);

static inline enum csv_stop csv_walk_next(struct span text, const struct csv_dialect *dialect,
                                          bool last, size_t skip, struct csv_walk *walk,
                                          struct csv_field *out)
{
    size_t from = walk->at;

    /* Nine of ten fields: not quoted, and another one follows. */
    if (from < text.len && walk->simple && text.at[from] != dialect->quote) {
        size_t stop = lines_next_stop(&walk->stops, text, from + skip);

        if (stop < text.len && text.at[stop] == walk->delimiter) {
            *out = (struct csv_field){.text = {text.at + from, stop - from}};
            walk->at = stop + 1;
            return CSV_STOP_FIELD;
        }
    }
    return csv_walk_any(text, dialect, last, skip, walk, out);
}

/*
 * In which of the next fields certificates may stand in hexadecimal, as bits, that of the first one
 * lowest, and what is between them. These tell their own length (entry/value.h, value_hex_claim),
 * which saves looking for the field's end. Whether it is true shows when they are decoded.
 */
struct csv_claims {
    uint32_t fields;
    uint8_t separator;
};

/*
 * Takes the next fields of a record as long as they are of the usual kinds: without NULs, quotes
 * that are doubled or stand within a field, and line ends in quotes. Returns how many. `*ended`:
 * the last of them is the record's last one.
 */
size_t csv_walk_fields(struct span text, const struct csv_claims *claims, struct csv_walk *walk,
                       struct csv_field out[CSV_FIELDS], bool *ended);

enum csv_end {
    CSV_COMPLETE,   /* a record ends here */
    CSV_INCOMPLETE, /* the text is too short to tell */
    CSV_BROKEN,     /* a quoted field is broken; the record ends with its line */
};

struct csv_record {
    struct span text; /* without the line end */
    size_t size;      /* bytes to the start of the next record */
    size_t lines;     /* line ends within these */
};

/*
 * Finds the record at the start of `text`, which is not empty. `last` says that no byte follows.
 * `*out` is written unless the answer is CSV_INCOMPLETE.
 */
enum csv_end csv_record_find(struct span text, const struct csv_dialect *dialect, bool last,
                             struct csv_record *out);

/*
 * How many bytes at the start of `text` are whole records; 0 when there is none. `text` starts
 * with a record.
 */
size_t csv_whole_records(struct span text, const struct csv_dialect *dialect);

/*
 * Takes the next field of a record that was found CSV_COMPLETE. False at its end. `*state` is
 * {0} at first.
 */
struct csv_fields {
    struct csv_walk walk;
    bool started, ended;
};
MUST_USE bool csv_field_next(struct span record, const struct csv_dialect *dialect,
                             struct csv_fields *state, struct csv_field *out);

/* The field's text, with doubled quotes undone in the arena. FAULT_RESOURCE without memory. */
MUST_USE enum fault csv_field_text(const struct csv_field *field, const struct csv_dialect *dialect,
                                   struct arena *arena, struct span *out);

#endif
