#ifndef SOURCE_INTERNAL_H
#define SOURCE_INTERNAL_H

#include <stdatomic.h>

#include "source/filled.h"
#include "source/live.h"
#include "source/source.h"
#include "source/stream.h"

/* One source; shared by source.c, which reads it, and records.c, which takes it apart. */
struct source {
    struct source_options options;
    struct stream *stream; /* NULL: a live directory, or one that is filled */
    struct live *live;
    const struct filler *filler; /* NULL, but for one that is filled */
    uint64_t filled;             /* bytes that came of it */
    enum source_format format;
    struct csv_header *header;  /* CSV: the one in force; those before it hang behind it */
    struct csv_dialect dialect; /* CSV: the same for every header of the file */
    bool counts_lines;          /* batches tell their first line */
    struct batch carry;         /* read, but not yet handed out: the start of a record */
    uint64_t line;              /* number of the line at the start of the carry */
    uint64_t size;              /* of the file as stored; 0: unknown */
    bool first;                 /* no batch has been handed out */
    bool ended;                 /* the stream is at its end, or broke */
    enum fault end_fault;       /* why it ended; FAULT_NONE: the file's end */
    struct why end_why;
    struct batch left;      /* CSV: the start of a record, until the next batch is committed */
    uint64_t next_line;     /* of the first line that is not committed */
    bool names_certificate; /* LDIF: an entry had a certificate attribute */
    bool repeats;           /* it is a file, which stood at its start when it was opened */
    bool bare;              /* LDIF: no line of the file names a certificate attribute */
    bool incomplete;        /* LDIF: the file says that it holds a part only */
    uint64_t text_at;       /* which byte of the text the carry starts with */
    bool part_begun;        /* what is before the part has been passed over */
    atomic_bool part_ended; /* no record that comes is of the part */
};

/* source_read() for the whole file. */
MUST_USE enum fault source_read_batch(struct source *source, struct batch *batch, struct why *why);

/*
 * CSV: keeps the end of the batch, from `left` on, for the next one, by changing memory with it: a
 * quote that is never closed leaves more and more, which is not copied each time.
 */
void source_keep_left(struct source *source, struct batch *batch, struct span left);

/* Settles where the part begins and ends, before anything is read. */
void part_divide(struct source *source);

/* source_read() for a part. */
MUST_USE enum fault part_read(struct source *source, struct batch *batch, struct why *why);

/* Changes the memory of two batches, and how much of it is filled. */
static inline void batch_swap(struct batch *a, struct batch *b)
{
    const struct batch kept = *a;

    a->bytes = b->bytes;
    a->front = b->front;
    a->len = b->len;
    a->capacity = b->capacity;
    b->bytes = kept.bytes;
    b->front = kept.front;
    b->len = kept.len;
    b->capacity = kept.capacity;
}

#endif
