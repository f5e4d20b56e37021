#ifndef ROSTER_DIFFING_H
#define ROSTER_DIFFING_H

#include "roster/diff_side.h"
#include "roster/judge.h"

/*
 * The comparison in place of a roster: the same batches, workers and order. A side is read once to
 * learn what there is, and where rows of it are to be shown that have not been put aside then, once
 * more for these, which are known by their lines.
 */

/* Whose rows are made a text, and handed over, in the first reading. */
enum diffing_keep {
    DIFFING_KEEP_NONE,
    DIFFING_KEEP_CHANGED, /* those that are another than on the side read before */
    DIFFING_KEEP_ALL,     /* there is no second reading */
};

/* A row of the second reading. */
struct diffing_line {
    uint64_t line;
    uint32_t record;
};

/* Gets the texts of rows that are wanted, in the order of the source. Faults stop the run. */
typedef enum fault diffing_take(void *context, struct diff_side *side, size_t index,
                                struct span text, struct why *why);

struct diffing {
    struct diff_side *side;
    struct keyed_key key;
    const struct diff_format *format;
    enum diffing_keep keep;
    const struct diff_side *before;   /* KEEP_CHANGED: the other side */
    const struct diff_others *others; /* KEEP_CHANGED: of `before`, by address */
    bool again;                       /* the second reading, of `lines`, which ascend */
    struct diffing_line *lines;
    size_t line_count;
    diffing_take *take;
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
    uint32_t record;             /* in the second reading */
};

/* One worker's part. */
struct diffing_batch {
    struct diff_maker maker;
    struct diffing_note *notes; /* in the arena of the batch */
    size_t count, capacity;
};

/* True when the entry is to be judged; `*record` is for diffing_add(). */
MUST_USE bool diffing_wants(const struct diffing *diffing, const struct entry *entry,
                            uint32_t *record);

/*
 * Adds a mailbox to the batch, its text to `rows`. FAULT_RESOURCE when an arena is exhausted.
 */
MUST_USE enum fault diffing_add(const struct diffing *diffing, struct diffing_batch *batch,
                                const struct row *row, uint32_t record, struct arena *arena,
                                struct arena *kept, struct buffer *rows);

/*
 * Hands the batch over, when its turn has come. What cannot be compared is a complaint, in `kept`.
 * FAULT_RESOURCE: memory, the disk, or a source that is not what it was in the first reading.
 */
MUST_USE enum fault diffing_merge(const struct diffing *diffing, struct diffing_batch *batch,
                                  struct span rows, struct complaints *complaints,
                                  struct arena *kept, struct why *why);

#endif
