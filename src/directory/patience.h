#ifndef DIRECTORY_PATIENCE_H
#define DIRECTORY_PATIENCE_H

#include <stdint.h>

#include "directory/directory.h"

/*
 * Waiting for a library with an end to it. libldap has time limits, but not everywhere: with GnuTLS
 * it waits for ever in a handshake with a silent server, and Kerberos waits as long as it likes. So
 * the work is done by a thread of its own; whoever waits for it looks whether answers still come,
 * ends the connection under it when they do not, and at last leaves it alone.
 */
enum patience_end {
    PATIENCE_DONE,
    PATIENCE_LOST, /* the thread did not come back: what it works with belongs to it for ever */
    PATIENCE_NO_THREAD,
};

/* Runs `work`; each of its answers must come within the time limit of the directory. */
enum patience_end patience_run(struct directory *directory, void (*work)(void *context),
                               void *context);

/* The same rule for those who wait in a way of their own. */
struct patience {
    struct directory *directory;
    uint64_t answers; /* as many as there were when the clock was last set */
    int64_t since_ms; /* when that was */
    bool aborted;
};

enum { PATIENCE_TICK_MS = 50 };

struct patience patience_start(struct directory *directory);

/*
 * To be asked every PATIENCE_TICK_MS or so. Ends the connection when the time is over; false when
 * even that has not helped for a while: the thread is lost.
 */
bool patience_lasts(struct patience *patience);

#endif
