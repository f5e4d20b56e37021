#ifndef DIRECTORY_LULL_H
#define DIRECTORY_LULL_H

#include <stdbool.h>

/*
 * When to rest before waiting for the next entry. A server sends its entries one at a time, and
 * each that comes while somebody waits wakes him up. That costs the server more than the entry
 * does, and where both share the machine it is put aside for it. So whoever has read all that came
 * rests for a moment first, and then finds a few dozen. Not at the end of a page, when it is the
 * server who waits, and not where the last rest brought next to nothing.
 */
struct lull {
    unsigned left; /* entries that may still come with this page */
    unsigned came; /* since all was read the last time */
};

enum {
    /* A fast server fills the buffer of a local socket, 200 kB, in twice the time. */
    LULL_US = 100,
    LULL_PAGE_END = 32,
    LULL_WORTH = 3, /* as many entries make up for a rest */
};

/* A page begins, of so many entries at most; 0: nobody knows of how many. */
struct lull lull_start(unsigned page_size);

/* Notes that an entry has come. */
void lull_count(struct lull *lull);

/* True when a rest of LULL_US pays. To be asked when all is read that has come. */
bool lull_is_due(struct lull *lull);

#endif
