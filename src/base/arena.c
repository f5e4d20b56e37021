#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARENA_ALIGN = 16,
    ARENA_BLOCK = 256 * 1024,
    ARRAY_FIRST = 8,
};

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(ARENA_ALIGN) uint8_t bytes[];
};

static struct arena_block *block_new(struct arena *arena, size_t n)
{
    size_t size = n > ARENA_BLOCK ? n : ARENA_BLOCK;
    struct arena_block *block;

    if (size > arena->max - arena->held && n < size) {
        size = n; /* close to the maximum: take just what is asked for */
    }
    if (arena->held > arena->max || size > arena->max - arena->held) {
        return NULL;
    }
    block = malloc(sizeof(*block) + size);
    if (block == NULL) {
        return NULL;
    }
    block->next = NULL;
    block->size = size;
    arena->held += size;
    return block;
}

void *arena_take(struct arena *arena, size_t n)
{
    struct arena_block *block = arena->current;
    void *taken;

    if (n > SIZE_MAX - sizeof(*block) - ARENA_ALIGN) {
        return NULL;
    }
    n = (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (block == NULL || n > block->size - arena->used) {
        block = block_new(arena, n);
        if (block == NULL) {
            return NULL;
        }
        if (arena->current == NULL) {
            arena->first = block;
        } else {
            arena->current->next = block;
        }
        arena->current = block;
        arena->used = 0;
    }
    taken = block->bytes + arena->used;
    arena->used += n;
    return taken;
}

void arena_trim(struct arena *arena, const void *taken, size_t n)
{
    size_t start = (size_t)((const uint8_t *)taken - arena->current->bytes);

    assert(start <= arena->used && n <= arena->used - start);
    arena->used = start + (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    return arena_take(arena, count * size);
}

enum fault arena_copy(struct arena *arena, struct span s, struct span *out)
{
    uint8_t *copy = arena_take(arena, s.len);

    if (copy == NULL) {
        return FAULT_RESOURCE;
    }
    if (s.len > 0) {
        memcpy(copy, s.at, s.len);
    }
    *out = span_of(copy, s.len);
    return FAULT_NONE;
}

enum fault arena_grow(struct arena *arena, void **array, size_t size, size_t count,
                      size_t *capacity, size_t max)
{
    size_t wanted = *capacity == 0 ? ARRAY_FIRST : *capacity * 2;
    void *grown;

    if (count >= max) {
        return FAULT_LIMIT;
    }
    if (count < *capacity) {
        return FAULT_NONE;
    }
    grown = arena_take_array(arena, wanted, size);
    if (grown == NULL) {
        return FAULT_RESOURCE;
    }
    if (count > 0) {
        memcpy(grown, *array, count * size);
    }
    *array = grown;
    *capacity = wanted;
    return FAULT_NONE;
}

static void free_from(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;

        free(block);
        block = next;
    }
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = arena->first;

    arena->used = 0;
    if (keep == NULL) {
        return;
    }
    free_from(keep->next);
    keep->next = NULL;
    arena->current = keep;
    arena->held = keep->size;
    if (keep->size > ARENA_BLOCK) { /* one huge record must not be paid for ever after */
        free(keep);
        arena->first = arena->current = NULL;
        arena->held = 0;
    }
}

void arena_clear(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    free_from(arena->first);
    *arena = arena_with_max(arena->max);
}
