#include "roster/engine.h"

enum fault worker_compare(struct worker *worker, const struct work *work, const struct entry *entry)
{
    const struct roster *roster = worker->engine->roster;
    const struct circumstances given = {.rules = &roster->rules,
                                        .site = roster->site,
                                        .session = worker->session,
                                        .habits = &worker->habits};
    struct mailbox mailbox;
    struct verdict verdict;
    uint32_t record;
    enum fault fault;

    if (!entry_is_mailbox(entry, roster->remotes) ||
        !diffing_wants(roster->diffing, entry, &record)) {
        return FAULT_NONE;
    }
    fault = judge_entry(entry, &given, &worker->entries, &mailbox, &verdict, &worker->complaints,
                        &worker->kept);
    if (fault == FAULT_NONE) {
        const struct row row = {.entry = entry,
                                .mailbox = &mailbox,
                                .verdict = &verdict,
                                .rules = &roster->rules,
                                .source = roster->names[work->source]};

        summary_count(&worker->summary, &verdict);
        fault = diffing_add(roster->diffing, &worker->diffed, &row, record, &worker->entries,
                            &worker->kept, &worker->rows);
    }
    return fault;
}

enum fault worker_commit_compared(struct worker *worker, struct why *why)
{
    const struct diffing *diffing = worker->engine->roster->diffing;

    return diffing == NULL ? FAULT_NONE
                           : diffing_merge(diffing, &worker->diffed, buffer_span(&worker->rows),
                                           &worker->complaints, &worker->kept, why);
}
