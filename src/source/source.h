#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "entry/entry.h"
#include "source/csv_header.h"
#include "source/ldif.h"
#include "source/live_options.h"

/*
 * Where entries come from: one export file, a pipe, or a live directory, read in batches.
 *
 *     source_open()   before the process gives up its rights: takes hold of the file
 *     source_connect() the same for a directory: connects, which a file does not need
 *     source_start()  reads the first bytes: which format, which columns
 *     source_read()   fills one batch with whole records; one caller at a time, in order
 *     records_next()  takes the entries out of a batch; many batches at a time, in any order
 *     records_commit() in the order of the batches
 *
 * The reader holds what one batch needs and no more, however long the file is.
 */

enum source_format { SOURCE_UNTOLD, SOURCE_CSV, SOURCE_LDIF, SOURCE_LIVE };

/*
 * One of `of` pieces of about the same size that a file is divided into, 1 <= number <= of; {0}:
 * the whole. A record belongs to the piece that its first byte lies in, and is read to its end. So
 * each record is in one piece, and the pieces one after the other are the file.
 */
struct source_part {
    uint64_t number, of; /* at most SOURCE_PARTS_MAX */
};
#define SOURCE_PARTS_MAX 1000000000U

/* What a user may say, instead of having it recognised. */
struct source_options {
    enum source_format format;
    const char *encoding; /* NULL: recognise */
    struct csv_options csv;
    int follow_folder;               /* descriptor; -1: `:<` is never followed */
    const struct live_options *live; /* NULL: no live directory can be read */
    bool count_lines;                /* batches tell their first line: where rows show theirs */
    bool unpack_ahead;               /* stream_unpack_ahead() */
    size_t batch_size; /* SOURCE_BATCH_MIN to SOURCE_RECORD_MAX; 0: the usual one, 1 MiB */
    struct source_part part;
};

/* A longer record is named and skipped. */
#define SOURCE_RECORD_MAX ((size_t)64 << 20)

#define SOURCE_BATCH_MIN ((size_t)64)

/*
 * Bytes of whole records, perhaps none where one was skipped. `{0}`: source_read() gives memory.
 *
 * Of a CSV the reader only looks for the last line end, which may lie within a quoted field:
 * looking at every quote would keep all threads waiting. Whoever takes the batch apart finds out,
 * and leaves the start of such a record to the next batch when the turn of that one comes
 * (source_join).
 */
struct batch {
    uint8_t *bytes;
    size_t len, capacity;
    size_t front;           /* bytes of its memory that lie before `bytes` */
    uint64_t at;            /* which byte of the file's text the first one is */
    size_t beyond;          /* CSV: records that begin in so many bytes at the end are others' */
    uint64_t first_line;    /* 0 where lines are not counted */
    bool first;             /* it holds the file's first records */
    bool last;              /* nothing of the file follows */
    bool torn;              /* the stream broke within its last record */
    const char *skipped;    /* why something between the last batch and this one was skipped */
    uint64_t skipped_lines; /* how many lines that were */
    uint64_t skipped_at;    /* which byte of the text it began with */
};

struct source;

/*
 * Opens `path`, or standard input for "-". Nothing is read yet.
 *
 * FAULT_ABSENT    no such file, no such encoding
 * FAULT_DENIED    it may not be read
 * FAULT_SYNTAX    a directory; a part was asked for of what is no file that can be read anywhere
 * FAULT_RESOURCE  memory, descriptors
 */
MUST_USE enum fault source_open(const char *path, const struct source_options *options,
                                struct source **out, struct why *why);

/*
 * Connects to a live directory and binds; does nothing for a file. The faults are those of
 * directory_connect(); their sentences, and those of the calls that follow, live until the next
 * one of this source.
 */
MUST_USE enum fault source_connect(struct source *source, struct why *why);

/*
 * Reads the first bytes and decides what the file is. An LDIF file is looked through to the first
 * line that names a certificate attribute, so that entries know when there is none. Of a live
 * directory: begins the search, with
 * the faults of directory_search() where it brings nothing.
 *
 * FAULT_SYNTAX    neither LDIF nor a CSV with a header that we know; or the stream is damaged; or a
 *                 part was asked for of a compressed file
 * FAULT_ABSENT    a header without a certificate column
 * FAULT_LIMIT     the header line is too long
 * FAULT_RESOURCE  memory, or the file cannot be read
 */
MUST_USE enum fault source_start(struct source *source, struct why *why);

/*
 * Fills `batch` with the next whole records: at least one, unless it says that one was skipped.
 *
 * The first batch of a part comes when all that is before it has been read, though not taken apart.
 *
 * FAULT_ABSENT    the file, or the part of it, is at its end
 * otherwise       the stream broke (stream.h): what came before has been handed out, nothing
 * follows
 */
MUST_USE enum fault source_read(struct source *source, struct batch *batch, struct why *why);

void batch_clear(struct batch *batch);

/* One pass over the records of a batch. */
struct records {
    struct source *source;
    struct batch *batch;             /* whose memory records_commit() may take over */
    const struct csv_header *began;  /* CSV: the header in force at the start of the batch */
    const struct csv_header *header; /* CSV: the one in force */
    struct csv_header *replacement;  /* CSV: a second header that this batch came upon */
    struct span rest;                /* CSV */
    struct csv_walk walk;            /* CSV: what has been seen of `rest` */
    uint64_t line;                   /* CSV */
    struct ldif_reading ldif;        /* LDIF */
    struct cursor live;              /* a live directory */
    bool names_certificate;          /* LDIF: some entry had a certificate attribute */
    bool torn;                       /* the last record is not whole */
    bool last;                       /* nothing follows the batch */
    size_t beyond;                   /* CSV: as in the batch */
    struct span left;                /* CSV: the start of a record that goes on in the next batch */
    uint64_t first_line;             /* as the batch tells it; 0: lines are told from 0 on */
    uint64_t skipped_lines;          /* before the batch */
};

struct records records_of(struct source *source, struct batch *batch);

/*
 * Takes the next entry; its spans live as long as the batch and the arena's contents do.
 * `*line` is where a fault is. An entry may carry a remark on how it stood there. What `*out` holds
 * after a fault means nothing: it is filled as the reading goes.
 *
 * FAULT_ABSENT    the batch is at its end
 * FAULT_SYNTAX    a record that cannot be read: name it, the next call goes on
 * FAULT_LIMIT     LDIF: one whose DN is too long: name it, the next call goes on
 * FAULT_RESOURCE  no memory for this record: name it, the next call goes on
 */
MUST_USE enum fault records_next(struct records *records, struct arena *arena, struct entry *out,
                                 uint64_t *line, struct why *why);

/*
 * Ends the pass, in the order of the batches; not to be called at the same time from two threads.
 * `*line_base` is what has to be added to the lines that this pass told: zero where they are
 * counted.
 *
 * What has been read of the batch is void then: the start of a record that is left for the next
 * one stays in its memory, for which it gets other memory.
 *
 * FAULT_ABSENT    nothing is settled: the batch has to be read again, with source_join() and
 *                 records_of(), since an earlier one held a second header, or left a record
 */
MUST_USE enum fault records_commit(struct records *records, uint64_t *line_base);

/*
 * Puts what earlier batches left in front of this one, which may be empty at the end of the file,
 * and tells it its first line. In the order of the batches. FAULT_RESOURCE without memory.
 */
MUST_USE enum fault source_join(struct source *source, struct batch *batch, struct why *why);

/* True when something was left for a batch that did not come: join it to an empty one. */
bool source_has_left(const struct source *source);

/* Frees what a pass holds that was not committed. */
void records_drop(struct records *records);

enum source_format source_format(const struct source *source);

/* CSV: the columns of the header in force. NULL, and 0 of them, for what has no header. */
const struct entry_column *source_columns(const struct source *source, size_t *count);

/* CSV: a column tells which mailbox a row is. LDIF: always true. */
bool source_names_mailboxes(const struct source *source);

/* False when no entry so far has had any certificate attribute: was it asked for? */
bool source_shows_certificates(const struct source *source);

/*
 * True when only a part came: the file itself says so (ldapsearch's result line), it broke off (a
 * compressed file that is damaged or ends early, a disk that cannot be read on), or the live
 * directory ended the search early.
 */
bool source_is_incomplete(const struct source *source);

/* Of a live directory; all is zero for a file. */
struct live_facts source_live_facts(const struct source *source);

/* Bytes read so far and in all, as stored; `*size` is 0 for a pipe. For a progress line. */
void source_progress(const struct source *source, uint64_t *position, uint64_t *size);

/* Back to the state after source_open(). FAULT_RESOURCE when the file can be read only once. */
MUST_USE enum fault source_rewind(struct source *source, struct why *why);

void source_free(struct source *source);

#endif
