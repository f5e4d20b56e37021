#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * Memory that goes at once: what belongs to one batch of entries is taken from one arena
 * and dropped by one arena_reset(). The roster's inner loop takes from here, never from
 * malloc(): after the first batches an arena has the blocks it needs.
 *
 *     struct arena arena = arena_with_max((size_t)64 << 20);
 *     uint8_t *out = arena_take(&arena, n);     // NULL when the maximum is reached
 *     arena_reset(&arena);                      // every pointer taken is void now
 *     arena_clear(&arena);                      // gives the memory back
 */
struct arena_block;

struct arena {
    struct arena_block *first, *current;
    size_t used; /* bytes taken from `current` */
    size_t held; /* bytes of all blocks */
    size_t max;  /* `held` never passes this; 0 means nothing can be taken */
};

static inline struct arena arena_with_max(size_t max) { return (struct arena){.max = max}; }

/*
 * Takes `n` bytes, aligned for any type, not cleared. NULL when memory or the arena's
 * maximum is exhausted: the caller answers FAULT_RESOURCE or FAULT_LIMIT.
 */
MUST_USE void *arena_take(struct arena *arena, size_t n);

/* As arena_take(), for `count` things of `size` bytes; NULL also when the product overflows. */
MUST_USE void *arena_take_array(struct arena *arena, size_t count, size_t size);

/*
 * Gives back what lies behind the first `n` bytes of `taken`, which must be what was taken
 * last; for a caller who had to ask for the most that it could need.
 */
void arena_trim(struct arena *arena, const void *taken, size_t n);

/* A copy of `s` in the arena. FAULT_RESOURCE when it is exhausted; `*out` is not written then. */
MUST_USE enum fault arena_copy(struct arena *arena, struct span s, struct span *out);

/*
 * Makes room for one more element in an array that lives in the arena: doubles it when
 * `count` has reached `*capacity`. The old place stays taken until the reset.
 * FAULT_LIMIT when the array holds `max` elements, FAULT_RESOURCE when memory is out.
 */
MUST_USE enum fault arena_grow(struct arena *arena, void **array, size_t size, size_t count,
                               size_t *capacity, size_t max);

/* Forgets everything taken; keeps one block, so that the next batch asks for no memory. */
void arena_reset(struct arena *arena);

/* Gives all memory back; the arena can be used again. */
void arena_clear(struct arena *arena);

#endif
