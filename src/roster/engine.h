#ifndef ROSTER_ENGINE_H
#define ROSTER_ENGINE_H

#include <pthread.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "cert/habit.h"
#include "roster/judge.h"
#include "roster/keys.h"
#include "roster/roster.h"

/* One run over all sources; shared by the threads. */
struct engine {
    const struct roster *roster;
    struct rules rules; /* those of the roster, narrowed to what the output shows */
    struct keys *keys;  /* --shared-keys, else NULL */
    bool collecting;    /* the first of two readings: keys are noted, nothing is reported */

    pthread_mutex_t seat; /* the reader's: guards what follows, up to `turn` */
    size_t source;        /* index of the source being read */
    bool started;         /* it has been started */
    uint64_t tickets;     /* handed out */

    pthread_mutex_t turn; /* guards what follows */
    pthread_cond_t next;
    uint64_t served; /* tickets whose turn is over */
    struct outcome outcome;
    enum fault fault; /* why the run stops early */
    struct why why;
    uint64_t mailboxes; /* numbers of mailboxes, for keys */
};

/* What a thread gets from the reader's seat. */
enum work_kind {
    WORK_BATCH,    /* records to judge */
    WORK_FAILED,   /* the source could not be started: it is left out */
    WORK_ENDED,    /* the source is at its end, or broke */
    WORK_FINISHED, /* no source is left */
};

struct work {
    enum work_kind kind;
    uint64_t ticket;
    size_t source;
    enum fault fault; /* FAILED, ENDED */
    struct why why;
    uint64_t position, size; /* of the reading, for a progress line */
};

/* One thread's belongings; all of it is reused from batch to batch. */
struct worker {
    struct engine *engine;
    pthread_t thread;
    bool running; /* `thread` was started */
    struct trust_session *session;
    struct cert_habits habits; /* what certificates have had in common so far */
    struct batch batch;
    struct arena entries; /* one record at a time */
    struct arena kept;    /* one batch at a time */
    struct buffer rows;
    struct complaints complaints;
    struct summary summary;
    struct export_tally tally; /* an export's, in `kept` */
    struct diffing_batch diffed;
    struct tidy_tally tidied; /* a tidying's */
    struct records records;
    bool wants_lines;       /* a row is called by its line, and the batch does not tell its own */
    struct key_note *notes; /* collecting: keys of the batch, in `kept` */
    size_t note_count, note_capacity;
    uint64_t mailboxes; /* of the batch */
};

struct key_note {
    struct key_id id;
    uint64_t mailbox; /* within the batch */
};

/* Reads the next batch, or tells what else there is to do. Called with the seat taken. */
struct work engine_read(struct engine *engine, struct batch *batch);

/* Judges the batch; FAULT_RESOURCE when memory is out. */
MUST_USE enum fault worker_judge(struct worker *worker, const struct work *work, struct why *why);

/* worker_diff.c: the same for an entry of a comparison, and what its batch came to. */
MUST_USE enum fault worker_compare(struct worker *worker, const struct work *work,
                                   const struct entry *entry);
MUST_USE enum fault worker_commit_compared(struct worker *worker, struct why *why);

/* Hands over what came of the work. Called in the order of the tickets, with the turn taken. */
MUST_USE enum fault worker_commit(struct worker *worker, const struct work *work, struct why *why);

#endif
