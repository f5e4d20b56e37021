#ifndef SOURCE_FILLED_H
#define SOURCE_FILLED_H

#include "source/live_frame.h"
#include "source/source.h"

/*
 * A source that is neither file nor directory: somebody else writes its entries (live_frame.h), a
 * batch at a time. To everybody who reads it, it is a live directory without DNs.
 */
struct filler {
    void *context;
    /* Begins, or begins again. Faults as source_start(). */
    enum fault (*start)(void *context, struct why *why);
    /*
     * Writes whole entries, as many as make a batch; called by one thread at a time. FAULT_ABSENT
     * behind the last, with nothing written; otherwise what is left cannot be read.
     */
    enum fault (*fill)(void *context, struct frame_writer *writer, struct why *why);
};

/* How many bytes make a batch. */
enum { FILLED_BATCH_SIZE = 256 * 1024 };

/*
 * Opens it; `filler` and `projection` (what of its values is kept as extras; NULL: nothing) live as
 * long. FAULT_RESOURCE without memory.
 */
MUST_USE enum fault source_open_filled(const struct filler *filler,
                                       const struct projection *projection, struct source **out,
                                       struct why *why);

/* source_start() and source_read() of one; where they fail, it is incomplete. */
MUST_USE enum fault filled_start(struct source *source, struct why *why);
MUST_USE enum fault filled_read(struct source *source, struct batch *batch, struct why *why);

#endif
