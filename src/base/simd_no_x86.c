#include "base/simd_levels.h"

/* Built where the processor is no x86. */
const struct simd *simd_avx2(void) { return NULL; }
const struct simd *simd_avx512(void) { return NULL; }
