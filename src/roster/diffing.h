#ifndef ROSTER_DIFFING_H
#define ROSTER_DIFFING_H

#include "roster/diff_side.h"
#include "roster/judge.h"

/*
 * The comparison in place of a roster: the same batches, workers and order. A side is read once to
 * learn what there is, and where something is to be shown, once more for the rows of that.
 */

/* Gets the texts of rows that are wanted, in the order of the source. Faults stop the run. */
typedef enum fault diffing_take(void *context, struct diff_side *side, size_t index,
                                struct span text, struct why *why);

struct diffing {
    struct diff_side *side;
    struct keyed_key key;
    const struct diff_format *format;
    bool showing;       /* the second reading */
    bool once;          /* there is no second reading: every row is made a text in the first one */
    diffing_take *take; /* when showing, or `once` */
    void *context;
};

/* A mailbox on its way from the worker that judged it. */
struct diffing_note {
    struct diff_facts facts;
    uint64_t *revoked;
    size_t revoked_count;
    uint64_t line;
    struct span dn;
    size_t text_at, text_length; /* in the worker's rows; 0: none */
};

/* One worker's part. */
struct diffing_batch {
    struct diff_maker maker;
    struct diffing_note *notes; /* in the arena of the batch */
    size_t count, capacity;
};

/* True when the entry is to be judged; `*identity` is for diffing_add(). */
MUST_USE enum fault diffing_wants(const struct diffing *diffing, struct diffing_batch *batch,
                                  const struct entry *entry, struct diff_identity *identity,
                                  bool *wanted);

/*
 * Adds a mailbox to the batch, its text to `rows`. FAULT_RESOURCE when an arena is exhausted.
 */
MUST_USE enum fault diffing_add(const struct diffing *diffing, struct diffing_batch *batch,
                                const struct row *row, const struct diff_identity *identity,
                                struct arena *arena, struct arena *kept, struct buffer *rows);

/*
 * Hands the batch over, when its turn has come. What cannot be compared is a complaint, in `kept`.
 * FAULT_RESOURCE: memory, the disk, or a source that is not what it was in the first reading.
 */
MUST_USE enum fault diffing_merge(const struct diffing *diffing, struct diffing_batch *batch,
                                  struct span rows, struct complaints *complaints,
                                  struct arena *kept, struct why *why);

#endif
