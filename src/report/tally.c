#include "report/tally.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 64 };

/* What the names may take; a row's cells are short. */
#define NAMES_MAX ((size_t)64 << 20)

struct tally tally_with_max(size_t names)
{
    return (struct tally){.names = arena_with_max(NAMES_MAX), .max = names};
}

/* FNV-1a. Names that are made to collide make it slow, but `max` names only so slow. */
static size_t hash_of(struct span name)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ name.at[i]) * 0x100000001b3U;
    }
    return (size_t)(hash ^ hash >> 32);
}

/* The slot of the name, or the free one where it belongs. */
static size_t *find_slot(const struct tally *tally, struct span name)
{
    size_t at = hash_of(name) & (tally->slot_count - 1);

    while (tally->slots[at] != 0 && !span_equal(tally->items[tally->slots[at] - 1].name, name)) {
        at = (at + 1) & (tally->slot_count - 1);
    }
    return &tally->slots[at];
}

/* Doubles both tables; the slots stay half empty. */
static enum fault grow(struct tally *tally)
{
    size_t slot_count = tally->slot_count > 0 ? tally->slot_count * 2 : SLOTS_FIRST;
    struct tally_item *items = realloc(tally->items, slot_count / 2 * sizeof(*items));
    size_t *slots;

    if (items == NULL) {
        return FAULT_RESOURCE;
    }
    tally->items = items;
    slots = calloc(slot_count, sizeof(*slots));
    if (slots == NULL) {
        return FAULT_RESOURCE;
    }
    free(tally->slots);
    tally->slots = slots;
    tally->slot_count = slot_count;
    tally->capacity = slot_count / 2;
    for (size_t i = 0; i < tally->count; i++) {
        *find_slot(tally, tally->items[i].name) = i + 1;
    }
    return FAULT_NONE;
}

static enum fault find_item(struct tally *tally, struct span name, struct tally_item **out)
{
    size_t *slot = tally->slot_count > 0 ? find_slot(tally, name) : NULL;
    struct tally_item item = {0};
    enum fault fault = FAULT_NONE;

    if (slot != NULL && *slot != 0) {
        *out = &tally->items[*slot - 1];
        return FAULT_NONE;
    }
    if (tally->count == tally->max) {
        *out = &tally->rest;
        return FAULT_NONE;
    }
    if (tally->count == tally->capacity) {
        fault = grow(tally);
        if (fault != FAULT_NONE) {
            return fault;
        }
        slot = find_slot(tally, name);
    }
    fault = arena_copy(&tally->names, name, &item.name);
    if (fault == FAULT_NONE) {
        tally->items[tally->count++] = item;
        *slot = tally->count;
        *out = &tally->items[tally->count - 1];
    }
    return fault;
}

enum fault tally_add(struct tally *tally, struct span name, size_t kind)
{
    struct tally_item *item = NULL;
    enum fault fault = find_item(tally, name, &item);

    assert(kind < TALLY_KINDS);
    if (fault == FAULT_NONE) {
        item->counts[kind]++;
        item->sum++;
    }
    return fault;
}

static int compare(const void *left, const void *right)
{
    const struct tally_item *a = left, *b = right;
    size_t common = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = common > 0 ? memcmp(a->name.at, b->name.at, common) : 0;

    if (a->sum != b->sum) {
        return a->sum > b->sum ? -1 : 1;
    }
    if (order != 0) {
        return order;
    }
    return (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

void tally_sort(struct tally *tally)
{
    if (tally->count > 1) {
        qsort(tally->items, tally->count, sizeof(*tally->items), compare);
    }
}

void tally_clear(struct tally *tally)
{
    arena_clear(&tally->names);
    free(tally->items);
    free(tally->slots);
    *tally = (struct tally){.max = tally->max, .names = tally->names};
}
