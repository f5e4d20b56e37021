#ifndef DIRECTORY_REPEAT_H
#define DIRECTORY_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Finds out that a server goes round in a ring, page after page. The cookie of a page cannot tell:
 * it means something to the server alone, and honest ones use the same each time (RFC 2696,
 * section 2). The entries can, since no DN comes twice. The first of one page is kept to compare
 * with, changed for a later one at twice the distance each time, so that a ring of any length is
 * found (R. Brent, 1980). `{0}` is the start.
 */
struct repeat {
    uint64_t kept;
    uint64_t pages, keep_at;
    unsigned empty; /* pages without an entry, in a row */
};

enum { REPEAT_EMPTY_MAX = 64 };

/* Notes that a page begins, its first DN having this digest. True when it was there before. */
bool repeat_begins(struct repeat *repeat, uint64_t digest);

/* Notes that a page ended without an entry. True when there were too many such in a row. */
bool repeat_was_empty(struct repeat *repeat);

#endif
