#ifndef ROSTER_EXPORTING_H
#define ROSTER_EXPORTING_H

#include "base/arena.h"
#include "base/buffer.h"
#include "report/export.h"
#include "source/source.h"

/*
 * A directory export in place of a roster: the same batches, workers and order, but a row is made
 * of what an entry is, not of what is thought of it.
 */
struct exporting {
    const struct export *export;
    struct export_tally tally; /* of all that has been handed over */
};

/* FAULT_RESOURCE without memory. The caller calls exporting_clear(). */
MUST_USE enum fault exporting_init(const struct export *export, struct exporting *out,
                                   struct why *why);

void exporting_clear(struct exporting *exporting);

/* A tally of nothing, in the arena; FAULT_RESOURCE when it is exhausted. */
MUST_USE enum fault exporting_begin(const struct exporting *exporting, struct arena *arena,
                                    struct export_tally *out);

/*
 * Adds the row of an entry where it is wanted; `*added` tells. `*remark` is what a person should
 * know of it, or NULL. FAULT_RESOURCE when the arena is exhausted.
 */
MUST_USE enum fault exporting_add(const struct exporting *exporting, const struct entry *entry,
                                  struct arena *arena, struct buffer *rows,
                                  struct export_tally *tally, bool *added, const char **remark);

/* Adds what a batch of `source` has come upon, when its turn has come. */
void exporting_merge(struct exporting *exporting, const struct source *source,
                     const struct export_tally *tally);

#endif
