#include "roster/diff.h"

/* The texts of two rows, each of a record of 64 MiB. */
#define TEXT_MAX ((size_t)1 << 30)

/* One comparison. */
struct run {
    const struct diff *diff;
    struct diff_side sides[2];
    struct diffing diffing[2];
    struct buffer old_text, new_text;
};

/* Passes of a comparison have no report of their own. */
static const struct format silent = {.name = ""};

static enum fault put_aside(void *context, struct diff_side *side, size_t index, struct span text,
                            struct why *why)
{
    struct diff_record *record = &side->records[index];

    record->text_length = (uint32_t)text.len; /* a batch's rows are at most 1 GiB */
    return spool_add(context, text, &record->text_at, why);
}

static enum fault fetch(struct run *run, enum diff_place place, size_t index, struct buffer *out,
                        struct why *why)
{
    const struct diff_record *record = &run->sides[place].records[index];

    buffer_reset(out);
    return spool_fetch(run->diff->spools[place], record->text_at, record->text_length, out, why);
}

/* Shows the change of a mailbox of the new side, whose text is `new`. */
static enum fault show_new(struct run *run, size_t index, struct span new, struct why *why)
{
    const struct diff_record *record = &run->sides[DIFF_NEW].records[index];
    enum fault fault = FAULT_NONE;

    buffer_reset(&run->old_text);
    if (record->partner != DIFF_NOBODY) {
        fault = fetch(run, DIFF_OLD, record->partner, &run->old_text, why);
    }
    return fault == FAULT_NONE
               ? diff_report_add(run->diff->report, (enum diff_change)record->change,
                                 record->differs, buffer_span(&run->old_text), new, why)
               : fault;
}

static enum fault take_new(void *context, struct diff_side *side, size_t index, struct span text,
                           struct why *why)
{
    (void)side;
    return show_new(context, index, text, why);
}

static void ignore(void *context, const char *source, uint64_t line, struct span sentence)
{
    (void)context;
    (void)source;
    (void)line;
    (void)sentence;
}

/* Reads one side, the first or the second time. */
static enum fault read_side(struct run *run, enum diff_place place, struct outcome *outcome,
                            struct why *why)
{
    struct diffing *diffing = &run->diffing[place];
    struct source *source = run->diff->sources[place];
    struct report report = {.format = &silent};
    struct roster roster = *run->diff->judged;
    enum fault fault;

    roster.sources = &source;
    roster.names = &run->diff->names[place];
    roster.source_count = 1;
    roster.diffing = diffing;
    roster.report = &report;
    if (diffing->showing) { /* it has been said */
        roster.complain = ignore;
    }
    *outcome = (struct outcome){0};
    fault = roster_run(&roster, outcome, why);
    report_clear(&report);
    return fault;
}

static void prepare(struct run *run, enum diff_place place, const struct keyed_key *key)
{
    struct source *source = run->diff->sources[place];
    struct why ignored;

    run->diffing[place] = (struct diffing){.side = &run->sides[place],
                                           .key = *key,
                                           .format = run->diff->report->format,
                                           .once = source_format(source) == SOURCE_LIVE ||
                                                   source_rewind(source, &ignored) != FAULT_NONE,
                                           .take = put_aside,
                                           .context = run->diff->spools[place]};
}

/* Marks whose rows will be shown; returns how many of that side. */
static size_t want(struct run *run, enum diff_place place)
{
    struct diff_side *side = &run->sides[place];
    size_t wanted = 0;

    for (size_t i = 0; i < side->count; i++) {
        struct diff_record *record = &side->records[i];

        record->wanted =
            record->change != DIFF_NONE && (run->diff->shown & 1U << record->change) != 0;
        wanted += record->wanted;
    }
    return wanted;
}

/* Reads a side again for the rows that are wanted; all of them must come. */
static enum fault read_again(struct run *run, enum diff_place place, struct why *why)
{
    struct diffing *diffing = &run->diffing[place];
    struct diff_side *side = &run->sides[place];
    struct outcome ignored;
    enum fault fault = source_rewind(run->diff->sources[place], why);

    diffing->showing = true;
    if (place == DIFF_NEW) {
        diffing->take = take_new;
        diffing->context = run;
    }
    if (fault == FAULT_NONE) {
        fault = read_side(run, place, &ignored, why);
    }
    for (size_t i = 0; i < side->count && fault == FAULT_NONE; i++) {
        if (side->records[i].wanted && !side->records[i].done) {
            fault = fault_at(FAULT_RESOURCE, 0,
                             "it was changed while it was being read (run it again)", why);
        }
    }
    return fault;
}

/* The changes of a new side whose rows have been put aside. */
static enum fault show_kept(struct run *run, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t k = 0; k < run->sides[DIFF_NEW].count && fault == FAULT_NONE; k++) {
        if (run->sides[DIFF_NEW].records[k].wanted) {
            fault = fetch(run, DIFF_NEW, k, &run->new_text, why);
            if (fault == FAULT_NONE) {
                fault = show_new(run, k, buffer_span(&run->new_text), why);
            }
        }
    }
    return fault;
}

static enum fault show_left(struct run *run, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < run->sides[DIFF_OLD].count && fault == FAULT_NONE; i++) {
        const struct diff_record *record = &run->sides[DIFF_OLD].records[i];

        if (record->wanted && record->partner == DIFF_NOBODY) {
            fault = fetch(run, DIFF_OLD, i, &run->old_text, why);
            if (fault == FAULT_NONE) {
                fault = diff_report_add(run->diff->report, DIFF_LEFT, 0,
                                        buffer_span(&run->old_text), (struct span){0}, why);
            }
        }
    }
    return fault;
}

static enum fault show_all(struct run *run, const char **at_fault, struct why *why)
{
    size_t old_wanted = want(run, DIFF_OLD), new_wanted = want(run, DIFF_NEW);
    enum fault fault = diff_report_begin(run->diff->report, why);

    if (fault == FAULT_NONE && old_wanted > 0 && !run->diffing[DIFF_OLD].once) {
        *at_fault = run->diff->names[DIFF_OLD];
        fault = read_again(run, DIFF_OLD, why);
    }
    if (fault == FAULT_NONE && new_wanted > 0) {
        *at_fault = run->diff->names[DIFF_NEW];
        fault = run->diffing[DIFF_NEW].once ? show_kept(run, why) : read_again(run, DIFF_NEW, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    *at_fault = NULL;
    return show_left(run, why);
}

/* Both readings, and the changes between them. */
static enum fault compare(struct run *run, struct diff_outcome *out, const char **at_fault,
                          struct why *why)
{
    struct keyed_key key;
    enum fault fault = keyed_key_new(&key);

    *why = (struct why){.rule = "the system has no randomness"};
    for (int place = DIFF_OLD; place <= DIFF_NEW && fault == FAULT_NONE; place++) {
        struct outcome outcome;

        prepare(run, (enum diff_place)place, &key);
        *at_fault = run->diff->names[place];
        fault = read_side(run, (enum diff_place)place, &outcome, why);
        out->complaints += outcome.complaints;
        out->incomplete |= outcome.summary.incomplete;
        out->unread |= outcome.unread_sources > 0;
    }
    if (fault != FAULT_NONE || out->unread) {
        return fault;
    }
    *at_fault = NULL;
    *why = (struct why){.rule = "out of memory"};
    fault = diff_compare(&run->sides[DIFF_OLD], &run->sides[DIFF_NEW], out->counts);
    if (fault == FAULT_NONE) {
        fault = show_all(run, at_fault, why);
    }
    return fault == FAULT_NONE
               ? diff_report_end(run->diff->report, out->counts, out->incomplete, why)
               : fault;
}

enum fault diff_run(const struct diff *diff, struct diff_outcome *out, const char **at_fault,
                    struct why *why)
{
    struct run run = {
        .diff = diff, .old_text = buffer_with_max(TEXT_MAX), .new_text = buffer_with_max(TEXT_MAX)};
    enum fault fault;

    *out = (struct diff_outcome){0};
    *at_fault = NULL;
    fault = compare(&run, out, at_fault, why);
    diff_side_clear(&run.sides[DIFF_OLD]);
    diff_side_clear(&run.sides[DIFF_NEW]);
    buffer_clear(&run.old_text);
    buffer_clear(&run.new_text);
    return fault;
}
