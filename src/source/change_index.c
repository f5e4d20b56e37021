#include "source/change_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024 };

/* Keys are random as a rule, but not in every part: all of it is mixed. */
static size_t slot_of(const uint8_t *key, size_t capacity)
{
    uint64_t low, high;

    memcpy(&low, key, sizeof(low));
    memcpy(&high, key + sizeof(low), sizeof(high));
    low = (low ^ (high * 0x9E3779B97F4A7C15U)) * 0xFF51AFD7ED558CCDU;
    return (size_t)(low ^ low >> 32) & (capacity - 1);
}

static struct change *place_of(const struct change_index *index, const uint8_t *key)
{
    size_t slot = slot_of(key, index->capacity);

    while (index->slots[slot].kind != CHANGE_NONE &&
           memcmp(index->slots[slot].key, key, KEPT_KEY_SIZE) != 0) {
        slot = (slot + 1) & (index->capacity - 1);
    }
    return &index->slots[slot];
}

struct change *change_find(const struct change_index *index, struct span key)
{
    struct change *place;

    if (index->count == 0 || key.len != KEPT_KEY_SIZE) {
        return NULL;
    }
    place = place_of(index, key.at);
    return place->kind != CHANGE_NONE ? place : NULL;
}

static bool grow(struct change_index *index)
{
    struct change_index grown = {.capacity =
                                     index->capacity > 0 ? 2 * index->capacity : FIRST_CAPACITY};

    grown.slots = calloc(grown.capacity, sizeof(*grown.slots));
    if (grown.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < index->capacity; i++) {
        if (index->slots[i].kind != CHANGE_NONE) {
            *place_of(&grown, index->slots[i].key) = index->slots[i];
            grown.count++;
        }
    }
    free(index->slots);
    *index = grown;
    return true;
}

struct change *change_take(struct change_index *index, struct span key)
{
    struct change *place;

    assert(key.len == KEPT_KEY_SIZE);
    if (2 * (index->count + 1) > index->capacity && !grow(index)) {
        return NULL;
    }
    place = place_of(index, key.at);
    if (place->kind == CHANGE_NONE) {
        memcpy(place->key, key.at, KEPT_KEY_SIZE);
        index->count++;
    }
    return place;
}

void change_index_clear(struct change_index *index)
{
    free(index->slots);
    *index = (struct change_index){0};
}
