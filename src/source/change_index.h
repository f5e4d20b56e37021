#ifndef SOURCE_CHANGE_INDEX_H
#define SOURCE_CHANGE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "source/kept.h"

/* What has been said of entries since the last roster, by their keys. */
enum change_kind {
    CHANGE_NONE, /* nothing yet */
    CHANGE_PRESENT,
    CHANGE_ENTRY,
    CHANGE_GONE,
};

struct change {
    uint8_t key[KEPT_KEY_SIZE];
    uint64_t at; /* of an entry: where it was put aside */
    uint32_t size;
    uint8_t kind;
    bool used; /* it was found in the last roster */
};

/* `{0}` is empty. Memory is that of the keys, whatever the entries take. */
struct change_index {
    struct change *slots; /* open addressing; kind CHANGE_NONE: free */
    size_t count, capacity;
};

/* The one of this key, of KEPT_KEY_SIZE bytes; NULL when nothing was said of it. */
struct change *change_find(const struct change_index *index, struct span key);

/*
 * The one of this key, which is made where there is none: its kind is to be set at once. NULL
 * without memory. What was found before is void.
 */
struct change *change_take(struct change_index *index, struct span key);

void change_index_clear(struct change_index *index);

#endif
