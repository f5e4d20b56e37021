#ifndef CMD_TIDY_APPLY_H
#define CMD_TIDY_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/spool.h"
#include "cmd/progress.h"
#include "directory/directory.h"

/* What is to be done, and where. */
struct tidy_applying {
    struct directory *directory;
    const char *name; /* of the directory, for diagnostics */
    struct spool *changes;
    uint64_t size; /* bytes of the changes */
    uint64_t entries;
    struct progress *progress;
};

/*
 * Asks on the terminal, with `question`, whether to go on; anything but "y" or "yes" is a no.
 */
bool tidy_apply_ask(struct span question);

/*
 * Does the changes, one entry after the other. What fails is told by its DN, and the rest is done;
 * tells the count at the end. Returns the exit status.
 */
int tidy_apply(const struct tidy_applying *applying);

#endif
