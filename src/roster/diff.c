#include "roster/diff.h"

#include <stdlib.h>

/* The texts of two rows, each of a record of 64 MiB. */
#define TEXT_MAX ((size_t)1 << 30)

/* One comparison. */
struct run {
    const struct diff *diff;
    struct diff_side sides[2];
    struct diffing diffing[2];
    struct diff_others others; /* of the old side, by address, while the new one is read */
    struct buffer old_text, new_text;
};

/* Passes of a comparison have no report of their own. */
static const struct format silent = {.name = ""};

static enum fault put_aside(void *context, struct diff_side *side, size_t index, struct span text,
                            struct why *why)
{
    struct diff_record *record = &side->records[index];

    record->text_length = (uint32_t)text.len; /* a batch's rows are at most 1 GiB */
    return spool_add(context, text, &record->place, why);
}

static enum fault fetch(struct run *run, enum diff_place place, size_t index, struct buffer *out,
                        struct why *why)
{
    const struct diff_record *record = &run->sides[place].records[index];

    buffer_reset(out);
    return spool_fetch(run->diff->spools[place], record->place, record->text_length, out, why);
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
    if (diffing->again) { /* it has been said */
        roster.complain = ignore;
    }
    *outcome = (struct outcome){0};
    fault = roster_run(&roster, outcome, why);
    report_clear(&report);
    return fault;
}

/* Of which rows the texts are put aside in the first reading. */
static enum diffing_keep keep_of(struct source *source, enum diff_place place)
{
    struct why ignored;

    if (source_format(source) == SOURCE_LIVE || source_rewind(source, &ignored) != FAULT_NONE) {
        return DIFFING_KEEP_ALL;
    }
    return place == DIFF_NEW ? DIFFING_KEEP_CHANGED : DIFFING_KEEP_NONE;
}

static void prepare(struct run *run, enum diff_place place, const struct keyed_key *key)
{
    run->diffing[place] = (struct diffing){.side = &run->sides[place],
                                           .key = *key,
                                           .format = run->diff->report->format,
                                           .keep = keep_of(run->diff->sources[place], place),
                                           .before = &run->sides[DIFF_OLD],
                                           .others = &run->others,
                                           .take = put_aside,
                                           .context = run->diff->spools[place]};
}

/* Marks whose rows will be shown, and lists the lines of those that are not put aside yet. */
static enum fault choose(struct run *run, enum diff_place place)
{
    struct diffing *diffing = &run->diffing[place];
    struct diff_side *side = &run->sides[place];
    size_t missing = 0;

    for (size_t i = 0; i < side->count; i++) {
        struct diff_record *record = &side->records[i];

        record->shown =
            record->change != DIFF_NONE && (run->diff->shown & 1U << record->change) != 0;
        missing += record->shown && record->text_length == 0;
    }
    if (missing == 0) {
        return FAULT_NONE;
    }
    diffing->lines = calloc(missing, sizeof(*diffing->lines));
    if (diffing->lines == NULL) {
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < side->count; i++) { /* in the order of the lines, as the records are */
        const struct diff_record *record = &side->records[i];

        if (record->shown && record->text_length == 0) {
            diffing->lines[diffing->line_count++] =
                (struct diffing_line){.line = record->place, .record = (uint32_t)i};
        }
    }
    return FAULT_NONE;
}

/* Reads a side again for the rows that are missing, all of which must come. */
static enum fault read_again(struct run *run, enum diff_place place, struct why *why)
{
    struct diffing *diffing = &run->diffing[place];
    struct outcome ignored;
    enum fault fault;

    if (diffing->line_count == 0) {
        return FAULT_NONE;
    }
    fault = source_rewind(run->diff->sources[place], why);
    diffing->again = true;
    if (fault == FAULT_NONE) {
        fault = read_side(run, place, &ignored, why);
    }
    for (size_t i = 0; i < diffing->line_count && fault == FAULT_NONE; i++) {
        if (!run->sides[place].records[diffing->lines[i].record].done) {
            fault = fault_at(FAULT_RESOURCE, 0,
                             "it was changed while it was being read (run it again)", why);
        }
    }
    return fault;
}

/* Shows the change of one mailbox: of one on the new side, or of one that has left. */
static enum fault show_one(struct run *run, enum diff_place place, size_t index, struct why *why)
{
    const struct diff_record *record = &run->sides[place].records[index];
    bool is_new = place == DIFF_NEW;
    enum fault fault = FAULT_NONE;

    buffer_reset(&run->old_text);
    buffer_reset(&run->new_text);
    if (is_new) {
        fault = fetch(run, DIFF_NEW, index, &run->new_text, why);
    }
    if (fault == FAULT_NONE && (!is_new || record->partner != DIFF_NOBODY)) {
        fault = fetch(run, DIFF_OLD, is_new ? record->partner : index, &run->old_text, why);
    }
    return fault == FAULT_NONE
               ? diff_report_add(run->diff->report, (enum diff_change)record->change,
                                 record->differs, buffer_span(&run->old_text),
                                 buffer_span(&run->new_text), why)
               : fault;
}

static enum fault show_all(struct run *run, const char **at_fault, struct why *why)
{
    enum fault fault = diff_report_begin(run->diff->report, why);

    for (int place = DIFF_OLD; place <= DIFF_NEW && fault == FAULT_NONE; place++) {
        *why = (struct why){.rule = "out of memory"};
        *at_fault = run->diff->names[place];
        fault = choose(run, (enum diff_place)place);
        if (fault == FAULT_NONE) {
            fault = read_again(run, (enum diff_place)place, why);
        }
    }
    if (fault == FAULT_NONE) {
        *at_fault = NULL;
    }
    for (int place = DIFF_NEW; place >= DIFF_OLD && fault == FAULT_NONE; place--) {
        const struct diff_side *side = &run->sides[place];

        for (size_t i = 0; i < side->count && fault == FAULT_NONE; i++) {
            if (side->records[i].shown &&
                (place == DIFF_NEW || side->records[i].partner == DIFF_NOBODY)) {
                fault = show_one(run, (enum diff_place)place, i, why);
            }
        }
    }
    return fault;
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
        if (fault == FAULT_NONE && place == DIFF_OLD) {
            *why = (struct why){.rule = "out of memory"};
            fault = diff_others_init(&run->others, &run->sides[DIFF_OLD], DIFF_OTHER_ADDRESS);
        }
    }
    diff_others_clear(&run->others);
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
    for (int place = DIFF_OLD; place <= DIFF_NEW; place++) {
        diff_side_clear(&run.sides[place]);
        free(run.diffing[place].lines);
    }
    buffer_clear(&run.old_text);
    buffer_clear(&run.new_text);
    return fault;
}
