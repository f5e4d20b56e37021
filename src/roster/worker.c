#include <stdio.h>

#include "base/text.h"
#include "roster/engine.h"
#include "roster/select.h"

enum { NOTES_MAX = 1 << 22, SENTENCE_SIZE = 1024 };

/* Notes the keys of a mailbox's own certificates, to be merged when its turn comes. */
static enum fault note_keys(struct worker *worker, const struct mailbox *mailbox)
{
    for (size_t i = 0; i < mailbox->count; i++) {
        const struct candidate *candidate = &mailbox->candidates[i];
        struct key_note note = {.mailbox = worker->mailboxes};
        enum fault fault;

        if (candidate->chain || candidate->duplicate) {
            continue;
        }
        fault = key_id_of(&candidate->cert, &note.id);
        if (fault == FAULT_NONE) {
            fault = arena_grow(&worker->kept, (void **)&worker->notes, sizeof(note),
                               worker->note_count, &worker->note_capacity, NOTES_MAX);
        }
        if (fault != FAULT_NONE) {
            return FAULT_RESOURCE;
        }
        worker->notes[worker->note_count++] = note;
    }
    return FAULT_NONE;
}

static enum fault warn_of_shared_keys(const struct keys *keys, const struct mailbox *mailbox,
                                      struct verdict *verdict)
{
    for (size_t i = 0; i < mailbox->count; i++) {
        const struct candidate *candidate = &mailbox->candidates[i];
        struct key_id id;

        if (candidate->chain || candidate->duplicate) {
            continue;
        }
        if (key_id_of(&candidate->cert, &id) != FAULT_NONE) {
            return FAULT_RESOURCE;
        }
        if (keys_are_shared(keys, &id)) {
            verdict->warnings |= WARNING_SHARED_KEY;
        }
    }
    return FAULT_NONE;
}

static void report_row(struct worker *worker, const struct work *work, const struct entry *entry,
                       const struct mailbox *mailbox, const struct verdict *verdict)
{
    const struct roster *roster = worker->engine->roster;
    const struct row row = {.entry = entry,
                            .mailbox = mailbox,
                            .verdict = verdict,
                            .rules = &roster->rules,
                            .source = roster->names[work->source]};

    summary_count(&worker->summary, verdict);
    if (report_wants_all(roster->report)) {
        roster->report->format->row(&worker->rows, &row);
        return;
    }
    if (!roster->report->options.summary_only && selection_has(&roster->selection, &row)) {
        worker->wants_lines |= worker->records.first_line == 0 && entry_name(entry).len == 0;
        roster->report->format->row(&worker->rows, &row);
        worker->summary.shown++;
    }
}

/* A tidying makes a row of a mailbox from which something is to be removed. */
static enum fault tidy_row(struct worker *worker, const struct entry *entry,
                           const struct mailbox *mailbox, const struct verdict *verdict)
{
    const struct roster *roster = worker->engine->roster;
    const struct row row = {.entry = entry, .mailbox = mailbox, .verdict = verdict};
    const struct tidying_output out = {.rows = &worker->rows,
                                       .tally = &worker->tidied,
                                       .complaints = &worker->complaints,
                                       .kept = &worker->kept};
    bool added = false;
    enum fault fault = FAULT_NONE;

    summary_count(&worker->summary, verdict);
    if (selection_has(&roster->selection, &row)) {
        fault = tidying_add(roster->tidying, entry, mailbox, &roster->rules, &worker->entries, &out,
                            &added);
        worker->summary.shown += added;
    }
    return fault;
}

static enum fault take_entry(struct worker *worker, const struct work *work,
                             const struct entry *entry)
{
    const struct engine *engine = worker->engine;
    const struct circumstances given = {.rules = &engine->rules,
                                        .site = engine->roster->site,
                                        .session = worker->session,
                                        .witness = engine->roster->witness,
                                        .habits = &worker->habits};
    struct mailbox mailbox;
    struct verdict verdict;
    enum fault fault;

    if (!entry_is_mailbox(entry, engine->roster->remotes)) {
        return FAULT_NONE;
    }
    fault = judge_entry(entry, &given, &worker->entries, &mailbox, &verdict, &worker->complaints,
                        &worker->kept);
    if (fault == FAULT_NONE && engine->keys != NULL) {
        fault = engine->collecting ? note_keys(worker, &mailbox)
                                   : warn_of_shared_keys(engine->keys, &mailbox, &verdict);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    worker->mailboxes++;
    if (engine->roster->tidying != NULL) {
        return tidy_row(worker, entry, &mailbox, &verdict);
    }
    report_row(worker, work, entry, &mailbox, &verdict);
    return FAULT_NONE;
}

static enum fault note(struct worker *worker, uint64_t line, const char *rule, size_t offset)
{
    const struct complaint complaint = {.line = line, .rule = rule, .offset = offset};

    return complaints_add(&worker->complaints, &worker->kept, &complaint);
}

static enum fault note_entry(struct worker *worker, const struct entry *entry, const char *rule)
{
    const struct complaint complaint = {.line = entry->line, .dn = entry->dn, .rule = rule};

    return complaints_add(&worker->complaints, &worker->kept, &complaint);
}

static enum fault note_remarks(struct worker *worker, const struct entry *entry)
{
    enum fault fault = FAULT_NONE;

    if (entry->remark != NULL) {
        fault = note_entry(worker, entry, entry->remark);
    }
    if (fault == FAULT_NONE && entry->dropped > 0) {
        fault =
            note_entry(worker, entry,
                       "more than 262144 values or addresses in one record: the rest was left out");
    }
    return fault;
}

/* Values that could not be read stand in the export as they are; whoever made it should know. */
static enum fault note_values(struct worker *worker, const struct entry *entry)
{
    static const char *const lost = "the exporting tool wrote the name of a type in place of the "
                                    "certificate, which the export cannot show either";
    size_t told = 0;
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < entry->value_count && fault == FAULT_NONE; i++) {
        const struct value *value = &entry->values[i].value;
        struct complaint complaint = {.line = entry->line, .dn = entry->dn, .value = i + 1};

        if (value->state == VALUE_BYTES || told++ >= COMPLAINTS_A_RECORD) {
            continue;
        }
        complaint.rule = value->state == VALUE_LOST ? lost : value->why.rule;
        complaint.offset = value->state == VALUE_LOST ? 0 : value->why.offset;
        fault = complaints_add(&worker->complaints, &worker->kept, &complaint);
    }
    if (fault == FAULT_NONE && told > COMPLAINTS_A_RECORD) {
        const struct complaint rest = {
            .line = entry->line, .dn = entry->dn, .further = told - COMPLAINTS_A_RECORD};

        fault = complaints_add(&worker->complaints, &worker->kept, &rest);
    }
    return fault;
}

/* An export makes a row of every object that it is to hold, whatever it thinks of it. */
static enum fault export_entry(struct worker *worker, const struct entry *entry)
{
    const char *remark = NULL;
    bool added = false;
    enum fault fault = exporting_add(worker->engine->roster->exporting, entry, &worker->entries,
                                     &worker->rows, &worker->tally, &added, &remark);

    if (fault == FAULT_NONE && added) {
        worker->summary.mailboxes++;
        worker->summary.shown++;
        fault = note_values(worker, entry);
    }
    return fault == FAULT_NONE && remark != NULL ? note_entry(worker, entry, remark) : fault;
}

static void worker_begin(struct worker *worker)
{
    arena_reset(&worker->kept);
    buffer_reset(&worker->rows);
    worker->complaints = (struct complaints){0};
    worker->summary = (struct summary){0};
    worker->diffed.notes = NULL;
    worker->diffed.count = worker->diffed.capacity = 0;
    worker->tidied = (struct tidy_tally){0};
    worker->wants_lines = false;
    worker->notes = NULL;
    worker->note_count = worker->note_capacity = 0;
    worker->mailboxes = 0;
}

enum fault worker_judge(struct worker *worker, const struct work *work, struct why *why)
{
    enum fault fault = FAULT_NONE;

    worker_begin(worker);
    if (worker->engine->roster->exporting != NULL) {
        fault = exporting_begin(worker->engine->roster->exporting, &worker->kept, &worker->tally);
    }
    if (fault == FAULT_NONE && worker->batch.skipped != NULL) {
        /* Before the batch's first line; what is too small to subtract from, the base makes up. */
        fault = note(worker, worker->batch.first_line - worker->batch.skipped_lines,
                     worker->batch.skipped, 0);
    }
    while (fault == FAULT_NONE) {
        struct entry entry;
        struct why reason = {0};
        uint64_t line = 0;

        arena_reset(&worker->entries);
        fault = records_next(&worker->records, &worker->entries, &entry, &line, &reason);
        if (fault == FAULT_ABSENT) {
            fault = FAULT_NONE;
            break;
        }
        if (fault == FAULT_NONE) {
            fault = note_remarks(worker, &entry);
            if (fault == FAULT_NONE) {
                fault = worker->engine->roster->exporting != NULL ? export_entry(worker, &entry)
                        : worker->engine->roster->diffing != NULL
                            ? worker_compare(worker, work, &entry)
                            : take_entry(worker, work, &entry);
            }
            if (fault == FAULT_RESOURCE) { /* this record was too much; the others may not be */
                fault = note_entry(worker, &entry, "out of memory for this record: skipped");
            }
        } else {
            fault = note(worker, line, reason.rule, reason.offset);
        }
    }
    if (fault == FAULT_NONE && worker->rows.fault != FAULT_NONE) {
        fault = worker->rows.fault;
    }
    return fault == FAULT_NONE ? FAULT_NONE
                               : fault_at(FAULT_RESOURCE, 0, "out of memory for a batch", why);
}

/* Something a person should know, though all of the input could be read. */
static void hint(struct engine *engine, const struct work *work, const char *sentence)
{
    engine->roster->complain(engine->roster->context, engine->roster->names[work->source], 0,
                             span_text(sentence));
}

/* `certificate value 2: an odd number of hexadecimal digits, at byte 17`. */
static int put_sentence(char *out, size_t room, const struct complaint *c)
{
    if (c->further > 0) {
        return snprintf(out, room, "%zu more values of this record cannot be read", c->further);
    }
    if (c->value > 0 && c->offset > 0) {
        return snprintf(out, room, "certificate value %zu: %s, at byte %zu", c->value, c->rule,
                        c->offset);
    }
    if (c->value > 0) {
        return snprintf(out, room, "certificate value %zu: %s", c->value, c->rule);
    }
    if (c->offset > 0) {
        return snprintf(out, room, "%s, at byte %zu", c->rule, c->offset);
    }
    return snprintf(out, room, "%s", c->rule);
}

/* An entry of a live directory has a DN where a record of a file has a line. */
static void complain(struct engine *engine, const struct work *work, const struct complaint *c)
{
    const struct roster *roster = engine->roster;
    bool live = source_format(roster->sources[work->source]) == SOURCE_LIVE;
    struct buffer out = buffer_with_max((size_t)2 * SENTENCE_SIZE);
    char sentence[SENTENCE_SIZE];
    int n = put_sentence(sentence, sizeof(sentence), c);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof(sentence) ? (size_t)n : sizeof(sentence) - 1;

    if (live && c->dn.len > 0) {
        text_add_safe(&out, span_upto(c->dn, SENTENCE_SIZE / 2));
        buffer_add_text(&out, ": ");
    }
    buffer_add(&out, span_of(sentence, length));
    engine->outcome.complaints++;
    roster->complain(roster->context, roster->names[work->source], live ? 0 : c->line,
                     buffer_span(&out));
    buffer_clear(&out);
}

/* Whoever asks for no certificate need not be told that there is none. */
static bool wants_certificates(const struct roster *roster)
{
    return roster->exporting == NULL || roster->exporting->export->last_certificate > 0;
}

/* What can be said of a source only when all of it has been read. */
static void end_source(struct engine *engine, const struct work *work)
{
    const struct source *source = engine->roster->sources[work->source];

    if (work->fault != FAULT_NONE && work->fault != FAULT_ABSENT) {
        complain(engine, work, &(struct complaint){.rule = work->why.rule});
    }
    if (wants_certificates(engine->roster) && !source_shows_certificates(source)) {
        if (engine->roster->bare != NULL) {
            engine->roster->bare[work->source] = true;
        } else {
            complain(engine, work, &(struct complaint){.rule = REPORT_NO_CERTIFICATES});
        }
    }
    if (source_live_facts(source).hidden) {
        complain(engine, work,
                 &(struct complaint){.rule = "the directory shows this user no certificate of "
                                             "anybody: nobody has one, or they may not be read "
                                             "(bind as one who may: -D, -y)"});
    }
    engine->outcome.summary.incomplete |= source_is_incomplete(source);
}

static enum fault merge_notes(struct worker *worker, struct why *why)
{
    struct engine *engine = worker->engine;

    for (size_t i = 0; i < worker->note_count; i++) {
        if (keys_note(engine->keys, &worker->notes[i].id,
                      engine->mailboxes + worker->notes[i].mailbox) != FAULT_NONE) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory for --shared-keys", why);
        }
    }
    engine->mailboxes += worker->mailboxes;
    return FAULT_NONE;
}

static void show_progress(struct engine *engine, const struct work *work)
{
    const struct roster *roster = engine->roster;

    if (roster->progress != NULL) {
        roster->progress(roster->context, roster->names[work->source], work->position, work->size,
                         engine->outcome.summary.mailboxes);
    }
}

/*
 * Settles what the records of the batch were. They are read again where an earlier batch changed
 * that, or where a row without a name has to be called by its line, which is known now.
 */
static enum fault settle_records(struct worker *worker, const struct work *work,
                                 uint64_t *line_base, struct why *why)
{
    struct source *source = worker->engine->roster->sources[work->source];
    enum fault fault = FAULT_ABSENT;

    if (worker->wants_lines) {
        records_drop(&worker->records);
    } else {
        fault = records_commit(&worker->records, line_base);
    }
    if (fault == FAULT_ABSENT) {
        fault = source_join(source, &worker->batch, why);
        if (fault == FAULT_NONE) {
            worker->records = records_of(source, &worker->batch);
            fault = worker_judge(worker, work, why);
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
        fault = records_commit(&worker->records, line_base);
    }
    return fault == FAULT_NONE ? FAULT_NONE : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

static enum fault commit_batch(struct worker *worker, const struct work *work, struct why *why)
{
    struct engine *engine = worker->engine;
    uint64_t line_base = 0;
    enum fault fault = settle_records(worker, work, &line_base, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (engine->collecting) {
        return merge_notes(worker, why);
    }
    if (engine->roster->exporting != NULL) {
        exporting_merge(engine->roster->exporting, engine->roster->sources[work->source],
                        &worker->tally);
    } else if (worker->batch.first &&
               !source_names_mailboxes(engine->roster->sources[work->source])) {
        hint(engine, work,
             "no column names the mailbox: rows are called by their line "
             "(add Display Name, E-mail Addresses or DN to the export)");
    }
    if (engine->roster->tidying != NULL) {
        engine->roster->tidying->tally.kept += worker->tidied.kept;
    }
    fault = worker_commit_compared(worker, why);
    for (size_t i = 0; i < worker->complaints.count; i++) {
        worker->complaints.at[i].line += line_base;
        complain(engine, work, &worker->complaints.at[i]);
    }
    summary_merge(&engine->outcome.summary, &worker->summary);
    show_progress(engine, work);
    return fault != FAULT_NONE || engine->roster->diffing != NULL
               ? fault
               : report_take(engine->roster->report, buffer_span(&worker->rows), why);
}

/* A record that the last batch left, and no further batch has come: the file's last one. */
static enum fault commit_left(struct worker *worker, const struct work *work, struct why *why)
{
    struct source *source = worker->engine->roster->sources[work->source];
    enum fault fault;

    worker->batch.len = worker->batch.beyond = 0;
    worker->batch.last = true;
    worker->batch.first = false;
    worker->batch.skipped = NULL;
    worker->batch.skipped_lines = 0;
    fault = source_join(source, &worker->batch, why);
    if (fault == FAULT_NONE) {
        worker->records = records_of(source, &worker->batch);
        fault = worker_judge(worker, work, why);
    }
    return fault == FAULT_NONE ? commit_batch(worker, work, why) : fault;
}

enum fault worker_commit(struct worker *worker, const struct work *work, struct why *why)
{
    struct engine *engine = worker->engine;

    /* Where no source can be read at all, nothing is reported either. */
    if (!engine->collecting && (work->kind == WORK_BATCH || work->kind == WORK_ENDED)) {
        enum fault fault = report_begin(engine->roster->report, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    switch (work->kind) {
    case WORK_BATCH:
        return commit_batch(worker, work, why);
    case WORK_FAILED:
        if (!engine->collecting) {
            engine->outcome.unread_sources++;
            engine->outcome.summary.incomplete |=
                source_is_incomplete(engine->roster->sources[work->source]);
            complain(engine, work, &(struct complaint){.rule = work->why.rule});
        }
        break;
    case WORK_ENDED:
        if (source_has_left(engine->roster->sources[work->source])) {
            enum fault fault = commit_left(worker, work, why);

            if (fault != FAULT_NONE) {
                return fault;
            }
        }
        if (!engine->collecting) {
            end_source(engine, work);
        }
        break;
    case WORK_FINISHED:
        break;
    }
    return FAULT_NONE;
}
