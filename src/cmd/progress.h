#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A progress line on stderr for long work, on a terminal only: it appears after a second, is
 * renewed a few times a second, and is wiped before anything else is written.
 */
struct progress {
    bool wanted;
    bool shown;
    int64_t next_ms; /* when it is to be renewed */
};

struct progress progress_start(bool wanted);

/* `size` 0: the size of the file is unknown. */
void progress_show(struct progress *progress, const char *source, uint64_t position, uint64_t size,
                   uint64_t mailboxes);

void progress_clear(struct progress *progress);

#endif
