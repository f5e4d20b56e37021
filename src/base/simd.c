#include "base/simd.h"

#include <stdatomic.h>
#include <string.h>

#include "base/simd_levels.h"

/* Set once, by whoever asks first; all would set the same. */
static _Atomic(const struct simd *) chosen;

size_t simd_levels(const struct simd *out[SIMD_LEVELS_MAX])
{
    const struct simd *const known[SIMD_LEVELS_MAX] = {simd_scalar(), simd_neon(), simd_avx2(),
                                                       simd_avx512()};
    size_t n = 0;

    for (size_t i = 0; i < SIMD_LEVELS_MAX; i++) {
        if (known[i] != NULL) {
            out[n++] = known[i];
        }
    }
    return n;
}

const struct simd *simd_best(void)
{
    const struct simd *best = atomic_load_explicit(&chosen, memory_order_relaxed);
    const struct simd *levels[SIMD_LEVELS_MAX];

    if (best == NULL) {
        best = levels[simd_levels(levels) - 1];
        atomic_store_explicit(&chosen, best, memory_order_relaxed);
    }
    return best;
}

int simd_use(const char *name)
{
    const struct simd *levels[SIMD_LEVELS_MAX];
    size_t n = simd_levels(levels);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(levels[i]->name, name) == 0) {
            atomic_store(&chosen, levels[i]);
            return 1;
        }
    }
    return 0;
}
