#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "entry/entry.h"
#include "verdict/verdict.h"

/*
 * Answers out: the roster in one of its formats.
 *
 * A row is written by whichever thread judged it, into a buffer of that thread's own
 * (format->row); the buffers are handed over one after the other in the order of the input
 * (report_take). So the work is done side by side and the output is the same every time.
 */

/* One mailbox and its answer. */
struct row {
    const struct entry *entry;
    const struct mailbox *mailbox;
    const struct verdict *verdict;
    const struct rules *rules;
    const char *source; /* name of the file it came from */
};

enum { SUMMARY_MARKS = 32 };

struct summary {
    uint64_t mailboxes;
    uint64_t shown;                    /* rows that were asked for */
    uint64_t uses[3];                  /* by enum uses_kms */
    uint64_t standing[STANDING_COUNT]; /* by enum standing */
    uint64_t marks[SUMMARY_MARKS];     /* by bit of verdict.marks */
    bool incomplete;                   /* a source says that it holds a part only */
};

/* Where the output goes; FAULT_RESOURCE stops the roster. */
typedef enum fault report_sink(void *context, struct span bytes, struct why *why);

struct export;

/* What is said of a source none of whose entries has any certificate attribute. */
#define REPORT_NO_CERTIFICATES                                                                     \
    "no entry has a certificate attribute: was it asked for? "                                     \
    "(ldapsearch … mail userCertificate userSMIMECertificate; ldifde -l …)"

struct report_options {
    int64_t at;
    const char *const *sources;
    size_t source_count;
    uint64_t part, parts;        /* of the sources, or 0: whole; told in json */
    const bool *bare;            /* of a part: whose entries in it have no certificate attribute */
    const char *basis;           /* of a part: a digest, equal where parts may be added up */
    bool summary_only;           /* the counts alone */
    size_t width;                /* table: columns of the terminal; 0: as wide as it needs */
    bool colour;                 /* table: on a terminal that wants it */
    const struct export *export; /* format_export(): whose header is written */
};

struct report {
    const struct format *format;
    struct report_options options;
    report_sink *sink;
    void *context;
    void *kept; /* the format's keeper's, between report_begin() and report_clear() */
    bool begun;
    bool any_row;
};

/*
 * For a format whose rows are no output yet: it gets them in the order of the input, one or many
 * at a time, and writes when it likes. Faults are those of the sink, or FAULT_RESOURCE.
 */
struct keeper {
    void *(*start)(const struct report_options *options); /* NULL: no memory */
    enum fault (*take)(void *kept, struct span rows, report_sink *sink, void *context,
                       struct why *why);
    enum fault (*end)(void *kept, const struct summary *summary, report_sink *sink, void *context,
                      struct why *why); /* before format->end */
    void (*free)(void *kept);
};

/* One way to write a roster. What a format does not need is NULL. */
struct format {
    const char *name;
    void (*begin)(struct buffer *out, const struct report_options *options);
    void (*row)(struct buffer *out, const struct row *row);
    void (*end)(struct buffer *out, const struct report_options *options,
                const struct summary *summary);
    void (*summary)(struct buffer *out, const struct report_options *options,
                    const struct summary *summary); /* alone, for --summary */
    const char *between;                            /* put between rows */
    bool lines;                                     /* a row tells its line */
    const struct keeper *keeper;                    /* NULL: what row() writes is the output */
    bool counts; /* no row is shown: the keeper counts all of them, whichever are asked for */
};

/* Finds a format by its name, or NULL. */
const struct format *format_find(struct span name);

/*
 * Writes what stands before the rows, once: a second call does nothing. Faults of the sink, or
 * FAULT_RESOURCE.
 */
MUST_USE enum fault report_begin(struct report *report, struct why *why);

/* True when rows are written of all mailboxes, whichever are asked for. */
bool report_wants_all(const struct report *report);

/* Takes over rows that format->row wrote, one or many. Faults of the sink, or FAULT_RESOURCE. */
MUST_USE enum fault report_take(struct report *report, struct span rows, struct why *why);

/*
 * Writes what stands after the rows; nothing where the report has not begun. Faults of the sink, or
 * FAULT_RESOURCE.
 */
MUST_USE enum fault report_end(struct report *report, const struct summary *summary,
                               struct why *why);

/* Frees what the report holds, not the sink's; it may begin anew then. */
void report_clear(struct report *report);

/* Adds what `row` contributed to the counts. */
void summary_count(struct summary *summary, const struct verdict *verdict);

/* Adds the counts of `part`. */
void summary_merge(struct summary *summary, const struct summary *part);

#endif
