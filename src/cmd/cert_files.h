#ifndef CMD_CERT_FILES_H
#define CMD_CERT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * The files that a command line names, opened before the first one is looked at: the process can
 * do without opening files from then on. Where there are more than it may have open, they are
 * opened when they are read.
 */
struct cert_files {
    const char *const *names;
    size_t count;
    struct cert_file *opened; /* one for each; NULL: none is open yet */
};

/* False without memory. What cannot be opened is told when it is read. */
MUST_USE bool cert_files_open(struct cert_files *files, const char *const *names, size_t count);

/* Reads the file to its end, and closes it. Faults as readfile(). */
MUST_USE enum fault cert_files_read(struct cert_files *files, size_t index, struct buffer *out,
                                    struct why *why);

void cert_files_clear(struct cert_files *files);

#endif
