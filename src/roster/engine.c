#include "roster/engine.h"

#include <assert.h>
#include <stdlib.h>

#include "source/source.h"

/* Rows of one batch, and what a batch's records may take beside it. */
#define ROWS_MAX  ((size_t)1 << 30)
#define ARENA_MAX ((size_t)1 << 30)

/*
 * Waits until everything that was read has been reported, and has the witness told. The seat is
 * taken: nobody reads on meanwhile.
 */
static void settle_earlier(struct engine *engine, uint64_t ticket)
{
    const struct witness *witness = engine->roster->witness;
    bool whole;

    (void)pthread_mutex_lock(&engine->turn);
    while (engine->served != ticket && engine->fault == FAULT_NONE) {
        (void)pthread_cond_wait(&engine->next, &engine->turn);
    }
    whole = engine->fault == FAULT_NONE && engine->outcome.unread_sources == 0 &&
            !engine->outcome.summary.incomplete;
    (void)pthread_mutex_unlock(&engine->turn);
    witness->settle(witness->context, whole);
}

static bool wants_settling(const struct engine *engine)
{
    const struct roster *roster = engine->roster;

    return roster->witness != NULL && roster->witness->settle != NULL &&
           engine->source + 1 == roster->source_count;
}

struct work engine_read(struct engine *engine, struct batch *batch)
{
    const struct roster *roster = engine->roster;
    struct work work = {.ticket = engine->tickets++};

    if (engine->source == roster->source_count) {
        work.kind = WORK_FINISHED;
        return work;
    }
    work.source = engine->source;
    if (!engine->started) {
        if (wants_settling(engine)) {
            settle_earlier(engine, work.ticket);
        }
        work.fault = source_start(roster->sources[work.source], &work.why);
        if (work.fault != FAULT_NONE) {
            engine->source++;
            work.kind = WORK_FAILED;
            return work;
        }
        engine->started = true;
    }
    work.kind = WORK_BATCH;
    work.fault = source_read(roster->sources[work.source], batch, &work.why);
    source_progress(roster->sources[work.source], &work.position, &work.size);
    if (work.fault != FAULT_NONE) {
        work.kind = WORK_ENDED;
        engine->source++;
        engine->started = false;
    }
    return work;
}

/* Waits until all earlier tickets have been served; false when the run has been stopped. */
static bool take_turn(struct engine *engine, const struct work *work)
{
    (void)pthread_mutex_lock(&engine->turn);
    while (engine->served != work->ticket && engine->fault == FAULT_NONE) {
        (void)pthread_cond_wait(&engine->next, &engine->turn);
    }
    if (engine->fault != FAULT_NONE) {
        (void)pthread_mutex_unlock(&engine->turn);
        return false;
    }
    return true;
}

/* Ends the turn; a fault stops the run for everybody. */
static void end_turn(struct engine *engine, enum fault fault, const struct why *why)
{
    engine->served++;
    if (fault != FAULT_NONE && engine->fault == FAULT_NONE) {
        engine->fault = fault;
        engine->why = *why;
    }
    (void)pthread_cond_broadcast(&engine->next);
    (void)pthread_mutex_unlock(&engine->turn);
}

/* One piece of work from the reader's seat to the end of its turn; false when there is no more. */
static bool work_once(struct worker *worker)
{
    struct engine *engine = worker->engine;
    struct why why = {0};
    struct work work;
    enum fault fault = FAULT_NONE;

    (void)pthread_mutex_lock(&engine->seat);
    work = engine_read(engine, &worker->batch);
    (void)pthread_mutex_unlock(&engine->seat);
    if (work.kind == WORK_BATCH) {
        /* Which header is in force changes with a turn: look while nobody has one. */
        (void)pthread_mutex_lock(&engine->turn);
        worker->records = records_of(engine->roster->sources[work.source], &worker->batch);
        (void)pthread_mutex_unlock(&engine->turn);
        fault = worker_judge(worker, &work, &why);
    }
    if (!take_turn(engine, &work)) {
        records_drop(&worker->records);
        return false;
    }
    if (fault == FAULT_NONE) {
        fault = worker_commit(worker, &work, &why);
    }
    end_turn(engine, fault, &why);
    return fault == FAULT_NONE && work.kind != WORK_FINISHED;
}

static void *worker_main(void *context)
{
    while (work_once(context)) {
    }
    return NULL;
}

static enum fault worker_init(struct worker *worker, struct engine *engine, struct why *why)
{
    worker->engine = engine;
    worker->entries = arena_with_max(ARENA_MAX);
    worker->kept = arena_with_max(ARENA_MAX);
    worker->rows = buffer_with_max(ROWS_MAX);
    if (engine->roster->diffing != NULL &&
        diff_maker_init(&worker->diffed.maker, &engine->roster->diffing->key) != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (engine->roster->trust != NULL) {
        worker->session = trust_session_new(engine->roster->trust);
        if (worker->session == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    return FAULT_NONE;
}

static void worker_clear(struct worker *worker)
{
    trust_session_free(worker->session);
    diff_maker_clear(&worker->diffed.maker);
    records_drop(&worker->records); /* where a fault came before the commit */
    batch_clear(&worker->batch);
    arena_clear(&worker->entries);
    arena_clear(&worker->kept);
    buffer_clear(&worker->rows);
}

/* Runs the workers, the calling thread as one of them, until no work is left. */
static void run_workers(struct worker *workers, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        /* Where no thread is to be had, fewer do the same work. */
        workers[i].running =
            pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) == 0;
    }
    (void)worker_main(&workers[0]);
    for (size_t i = 1; i < count; i++) {
        if (workers[i].running) {
            (void)pthread_join(workers[i].thread, NULL);
        }
    }
}

/* Where only the counts are shown, nobody asks for warnings. */
static struct rules rules_of(const struct roster *roster)
{
    struct rules rules = roster->rules;

    rules.without_warnings = roster->report->options.summary_only &&
                             !report_wants_all(roster->report) && roster->tidying == NULL &&
                             roster->diffing == NULL;
    return rules;
}

/* One reading of all sources. */
static enum fault run_once(const struct roster *roster, struct keys *keys, bool collecting,
                           struct outcome *out, struct why *why)
{
    struct engine engine = {
        .roster = roster, .rules = rules_of(roster), .keys = keys, .collecting = collecting};
    struct worker *workers = calloc(roster->threads, sizeof(*workers));
    enum fault fault = FAULT_NONE;

    assert(roster->threads > 0);
    if (workers == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    (void)pthread_mutex_init(&engine.seat, NULL);
    (void)pthread_mutex_init(&engine.turn, NULL);
    (void)pthread_cond_init(&engine.next, NULL);
    for (size_t i = 0; i < roster->threads && fault == FAULT_NONE; i++) {
        fault = worker_init(&workers[i], &engine, why);
    }
    if (fault == FAULT_NONE) {
        run_workers(workers, roster->threads);
        fault = engine.fault;
        *why = engine.why;
        *out = engine.outcome;
    }
    for (size_t i = 0; i < roster->threads; i++) {
        worker_clear(&workers[i]);
    }
    (void)pthread_cond_destroy(&engine.next);
    (void)pthread_mutex_destroy(&engine.turn);
    (void)pthread_mutex_destroy(&engine.seat);
    free(workers);
    return fault;
}

/* Reads everything once to learn which keys are shared, and goes back to the start. */
static enum fault collect_keys(const struct roster *roster, struct keys *keys, struct why *why)
{
    struct outcome ignored;
    enum fault fault = FAULT_NONE;

    /* A source that cannot be read twice is told before the first reading, not after it. */
    for (size_t i = 0; i < roster->source_count && fault == FAULT_NONE; i++) {
        if (source_rewind(roster->sources[i], why) != FAULT_NONE) {
            return fault_at(FAULT_RESOURCE, 0,
                            "--shared-keys reads every source twice, which a pipe cannot be "
                            "(save it to a file first)",
                            why);
        }
    }
    if (fault == FAULT_NONE) {
        fault = run_once(roster, keys, true, &ignored, why);
    }
    for (size_t i = 0; i < roster->source_count && fault == FAULT_NONE; i++) {
        fault = source_rewind(roster->sources[i], why);
    }
    return fault;
}

enum fault roster_run(const struct roster *roster, struct outcome *out, struct why *why)
{
    struct keys *keys = NULL;
    enum fault fault = FAULT_NONE;

    if (roster->shared_keys) {
        keys = keys_new();
        fault = keys == NULL ? fault_at(FAULT_RESOURCE, 0, "out of memory", why)
                             : collect_keys(roster, keys, why);
    }
    if (fault == FAULT_NONE) {
        fault = run_once(roster, keys, false, out, why);
    }
    if (fault == FAULT_NONE && roster->witness != NULL && roster->witness->total != NULL) {
        roster->witness->total(roster->witness->context, out->summary.marks);
    }
    if (fault == FAULT_NONE) {
        fault = report_end(roster->report, &out->summary, why);
    }
    keys_free(keys);
    return fault;
}
