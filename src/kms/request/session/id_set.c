#include "kms/request/session/id_set.h"

#include <stdlib.h>

enum { FIRST_SIZE = 256 }; /* a power of two, as every size */

/* Where a number is, or would be. */
static size_t slot_of(const int64_t *slots, size_t size, int64_t id)
{
    size_t at = (size_t)(((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (size - 1);

    while (slots[at] != 0 && slots[at] != id) {
        at = (at + 1) & (size - 1);
    }
    return at;
}

bool id_set_has(const struct id_set *set, int64_t id)
{
    return set->size > 0 && set->slots[slot_of(set->slots, set->size, id)] == id;
}

static enum fault grow(struct id_set *set, struct why *why)
{
    const size_t size = set->size > 0 ? set->size * 2 : FIRST_SIZE;
    int64_t *slots = calloc(size, sizeof(*slots));

    if (slots == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    for (size_t i = 0; i < set->size; i++) {
        if (set->slots[i] != 0) {
            slots[slot_of(slots, size, set->slots[i])] = set->slots[i];
        }
    }
    free(set->slots);
    set->slots = slots;
    set->size = size;
    return FAULT_NONE;
}

enum fault id_set_add(struct id_set *set, int64_t id, struct why *why)
{
    size_t at;

    if (set->count + 1 > set->size / 2) {
        const enum fault fault = grow(set, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    at = slot_of(set->slots, set->size, id);
    set->count += set->slots[at] == 0;
    set->slots[at] = id;
    return FAULT_NONE;
}

void id_set_clear(struct id_set *set)
{
    free(set->slots);
    *set = (struct id_set){0};
}
