#include "base/simd_levels.h"

/* Built where the processor is no 64-bit ARM. */
const struct simd *simd_neon(void) { return NULL; }
