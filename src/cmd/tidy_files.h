#ifndef CMD_TIDY_FILES_H
#define CMD_TIDY_FILES_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/outfile.h"
#include "cmd/tidy_options.h"
#include "report/change.h"

/*
 * The two LDIFs of a tidying: what removes, and what puts back. What puts back is on the disk
 * before anything is changed, and never replaces an older one, which may be needed still: that one
 * is kept beside it under a number.
 */
struct tidy_files {
    const char *output_name; /* NULL: standard output */
    char *undo_name;         /* NULL: no such file is written */
    bool wants_output;       /* false: nobody asked for it, and a terminal is in its place */
    struct outfile output, undo;
    int undo_folder; /* its descriptor, to be synced; -1: none */
    struct buffer text;
    bool any; /* something has been written */
};

/* Opens both; false when that cannot be, which has been told. */
bool tidy_files_open(const struct tidy_options *options, struct tidy_files *out);

/* Adds the records of a change. Faults as outfile_write(); told which of the two it was. */
MUST_USE enum fault tidy_files_add(struct tidy_files *files, const struct change *change,
                                   struct why *why);

/*
 * Brings both to their places, what puts back first and synced to the disk, where there is
 * something to put back; false when that failed, which has been told.
 */
bool tidy_files_commit(struct tidy_files *files);

/* What is not committed is gone. */
void tidy_files_clear(struct tidy_files *files);

#endif
