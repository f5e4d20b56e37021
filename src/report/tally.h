#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/fault.h"

/*
 * Counts by name: how many rows of each container, issuer, key. Its memory is bounded by the number
 * of names; what comes under further ones is counted together.
 */
enum { TALLY_KINDS = 3 };

struct tally_item {
    struct span name; /* in the tally's own memory */
    uint64_t counts[TALLY_KINDS];
    uint64_t sum;
};

struct tally {
    struct arena names;
    struct tally_item *items; /* in the order in which they first came, until tally_sort() */
    size_t count, capacity;
    size_t *slots; /* hash table: an item's index plus one, 0: free */
    size_t slot_count;
    size_t max;             /* names */
    struct tally_item rest; /* of the names beyond `max` */
};

struct tally tally_with_max(size_t names);

/* Counts one of the `kind` (below TALLY_KINDS). FAULT_RESOURCE: no memory. */
MUST_USE enum fault tally_add(struct tally *tally, struct span name, size_t kind);

/* Puts the largest first, those of the same size by their names. Nothing can be added after it. */
void tally_sort(struct tally *tally);

void tally_clear(struct tally *tally);

#endif
