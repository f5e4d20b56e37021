#include "roster/diffing.h"

#include <stdlib.h>

enum { NOTES_MAX = 1 << 26 };

static int compare_lines(const void *left, const void *right)
{
    const struct diffing_line *a = left, *b = right;

    return (a->line > b->line) - (a->line < b->line);
}

bool diffing_wants(const struct diffing *diffing, const struct entry *entry, uint32_t *record)
{
    const struct diffing_line wanted = {.line = entry->line};
    const struct diffing_line *found = NULL;

    *record = 0;
    if (!diffing->again) {
        return true;
    }
    if (diffing->line_count > 0) {
        found =
            bsearch(&wanted, diffing->lines, diffing->line_count, sizeof(wanted), compare_lines);
    }
    *record = found != NULL ? found->record : 0;
    return found != NULL;
}

/* Whether the row will be shown, as far as can be told before all of its side is known. */
static bool is_changed(const struct diffing *diffing, const struct diffing_note *note)
{
    const struct diff_facts *facts = &note->facts;
    size_t index;
    unsigned differs;

    if (note->revoked_count > 0) { /* the other side may have the same one */
        return true;
    }
    if (!diff_side_find(diffing->before, &facts->identity, &index) &&
        !diff_others_find(diffing->others, facts->address, &index)) {
        return true;
    }
    return diff_change_of(&diffing->before->records[index].facts, facts, &differs) != DIFF_NONE;
}

enum fault diffing_add(const struct diffing *diffing, struct diffing_batch *batch,
                       const struct row *row, uint32_t record, struct arena *arena,
                       struct arena *kept, struct buffer *rows)
{
    struct diffing_note note = {.line = row->entry->line, .dn = row->entry->dn, .record = record};
    enum fault fault = diff_identify(&batch->maker, row->entry, &note.facts.identity);

    if (fault == FAULT_NONE) {
        fault = diff_facts_of(&batch->maker, row, arena, kept, &note.facts, &note.revoked,
                              &note.revoked_count);
    }
    if (fault == FAULT_NONE) {
        fault = arena_grow(kept, (void **)&batch->notes, sizeof(note), batch->count,
                           &batch->capacity, NOTES_MAX);
    }
    if (fault != FAULT_NONE) {
        return FAULT_RESOURCE;
    }
    if (diffing->again || diffing->keep == DIFFING_KEEP_ALL ||
        (diffing->keep == DIFFING_KEEP_CHANGED && is_changed(diffing, &note))) {
        note.text_at = rows->len;
        diffing->format->row(rows, row);
        note.text_length = rows->len - note.text_at;
    }
    batch->notes[batch->count++] = note;
    return FAULT_NONE;
}

static struct span text_of(const struct diffing_note *note, struct span rows)
{
    return span_upto(span_from(rows, note->text_at), note->text_length);
}

static enum fault complain(const struct diffing_note *note, const char *rule,
                           struct complaints *complaints, struct arena *kept)
{
    const struct complaint complaint = {.line = note->line, .dn = note->dn, .rule = rule};

    return complaints_add(complaints, kept, &complaint);
}

static enum fault collect(const struct diffing *diffing, const struct diffing_note *note,
                          struct span rows, struct complaints *complaints, struct arena *kept,
                          struct why *why)
{
    static const char *const twice[] = {
        [DIFF_BY_NAME] =
            "a mailbox with this name came before, and neither has a DN or an address: "
            "this one is not compared",
        [DIFF_BY_ADDRESS] = "a mailbox with this address came before, and neither has a DN: this "
                            "one is not compared",
        [DIFF_BY_DN] = "a mailbox with this DN came before: this one is not compared",
    };
    size_t index;
    enum fault fault;

    if (note->facts.identity.known == DIFF_BY_NOTHING) {
        return complain(note,
                        "a mailbox without a DN, an address or a name: it cannot be compared "
                        "(add one of them to the export)",
                        complaints, kept);
    }
    fault = diff_side_add(diffing->side, &note->facts, note->line, note->revoked,
                          note->revoked_count, &index);
    if (fault == FAULT_ABSENT) {
        return complain(note, twice[note->facts.identity.known], complaints, kept);
    }
    if (fault == FAULT_LIMIT) {
        return fault_at(FAULT_RESOURCE, 0, "more than 4294967294 mailboxes on one side", why);
    }
    if (fault == FAULT_NONE && note->text_length > 0) {
        return diffing->take(diffing->context, diffing->side, index, text_of(note, rows), why);
    }
    return fault;
}

static enum fault show(const struct diffing *diffing, const struct diffing_note *note,
                       struct span rows, struct why *why)
{
    struct diff_record *record = &diffing->side->records[note->record];

    record->done = true;
    if (!diff_facts_equal(&record->facts, &note->facts)) {
        return fault_at(FAULT_RESOURCE, 0, "it was changed while it was being read (run it again)",
                        why);
    }
    return diffing->take(diffing->context, diffing->side, note->record, text_of(note, rows), why);
}

enum fault diffing_merge(const struct diffing *diffing, struct diffing_batch *batch,
                         struct span rows, struct complaints *complaints, struct arena *kept,
                         struct why *why)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct diffing_note *note = &batch->notes[i];
        enum fault fault;

        *why = (struct why){.rule = "out of memory"};
        fault = diffing->again ? show(diffing, note, rows, why)
                               : collect(diffing, note, rows, complaints, kept, why);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return FAULT_NONE;
}
