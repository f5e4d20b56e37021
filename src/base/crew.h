#ifndef BASE_CREW_H
#define BASE_CREW_H

#include <stddef.h>

#include "base/fault.h"

/*
 * Threads that do one kind of work on lists of things, one list after the other, while whoever
 * hands the lists in prepares the next one:
 *
 *     crew_begin(crew, first, n);      // prepares `second` meanwhile
 *     crew_wait(crew);                 // all of `first` is done
 *     crew_begin(crew, second, m);
 *
 * Whoever waits lends a hand, so that a crew of one needs no thread. Nothing is shared but the
 * list: each hand has tools of its own.
 */
struct crew;

struct crew_plan {
    size_t threads;                        /* hands, that of who waits included; 0 is 1 */
    size_t item_size;                      /* bytes of a thing in a list */
    void *context;                         /* handed to hire() */
    void *(*hire)(void *context);          /* the tools of a hand; NULL: without memory */
    void (*dismiss)(void *tools);          /* gives them back */
    void (*work)(void *tools, void *item); /* by one hand, on one thing */
};

/* FAULT_RESOURCE. Where no thread is to be had, fewer do the same work. */
MUST_USE enum fault crew_new(const struct crew_plan *plan, struct crew **out, struct why *why);
void crew_free(struct crew *crew); /* what is begun is finished first */

/* Hands in a list, which is the crew's until crew_wait(); the one before was waited for. */
void crew_begin(struct crew *crew, void *items, size_t count);

/* Returns when nothing that was handed in is left to do. */
void crew_wait(struct crew *crew);

#endif
