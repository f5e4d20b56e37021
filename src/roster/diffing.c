#include "roster/diffing.h"

#include <stdlib.h>

enum { NOTES_MAX = 1 << 26 };

enum fault diffing_wants(const struct diffing *diffing, struct diffing_batch *batch,
                         const struct entry *entry, struct diff_identity *identity, bool *wanted)
{
    size_t index;
    enum fault fault = diff_identify(&batch->maker, entry, identity);

    *wanted = fault == FAULT_NONE &&
              (!diffing->showing || (diff_side_find(diffing->side, identity, &index) &&
                                     diffing->side->records[index].wanted));
    return fault;
}

enum fault diffing_add(const struct diffing *diffing, struct diffing_batch *batch,
                       const struct row *row, const struct diff_identity *identity,
                       struct arena *arena, struct arena *kept, struct buffer *rows)
{
    struct diffing_note note = {
        .facts = {.identity = *identity}, .line = row->entry->line, .dn = row->entry->dn};
    enum fault fault = diff_facts_of(&batch->maker, row, arena, kept, &note.facts, &note.revoked,
                                     &note.revoked_count);

    if (fault == FAULT_NONE) {
        fault = arena_grow(kept, (void **)&batch->notes, sizeof(note), batch->count,
                           &batch->capacity, NOTES_MAX);
    }
    if (fault != FAULT_NONE) {
        return FAULT_RESOURCE;
    }
    if (diffing->showing || diffing->once) {
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
    fault = diff_side_add(diffing->side, &note->facts, note->revoked, note->revoked_count, &index);
    if (fault == FAULT_ABSENT) {
        return complain(note, twice[note->facts.identity.known], complaints, kept);
    }
    if (fault == FAULT_LIMIT) {
        return fault_at(FAULT_RESOURCE, 0, "more than 4294967294 mailboxes on one side", why);
    }
    if (fault == FAULT_NONE && diffing->once) {
        return diffing->take(diffing->context, diffing->side, index, text_of(note, rows), why);
    }
    return fault;
}

/* What came twice has been named in the first reading, and the first of them is shown. */
static enum fault show(const struct diffing *diffing, const struct diffing_note *note,
                       struct span rows, struct why *why)
{
    struct diff_record *record;
    size_t index;

    if (!diff_side_find(diffing->side, &note->facts.identity, &index)) {
        return FAULT_NONE;
    }
    record = &diffing->side->records[index];
    if (record->done) {
        return FAULT_NONE;
    }
    record->done = true;
    if (!diff_facts_equal(&record->facts, &note->facts)) {
        return fault_at(FAULT_RESOURCE, 0, "it was changed while it was being read (run it again)",
                        why);
    }
    return diffing->take(diffing->context, diffing->side, index, text_of(note, rows), why);
}

enum fault diffing_merge(const struct diffing *diffing, struct diffing_batch *batch,
                         struct span rows, struct complaints *complaints, struct arena *kept,
                         struct why *why)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct diffing_note *note = &batch->notes[i];
        enum fault fault;

        *why = (struct why){.rule = "out of memory"};
        fault = diffing->showing ? show(diffing, note, rows, why)
                                 : collect(diffing, note, rows, complaints, kept, why);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return FAULT_NONE;
}
