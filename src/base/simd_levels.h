#ifndef BASE_SIMD_LEVELS_H
#define BASE_SIMD_LEVELS_H

#include "base/simd.h"

/* Each is NULL where the processor, or the kind of machine, does not have it. */
const struct simd *simd_scalar(void);
const struct simd *simd_avx2(void);
const struct simd *simd_avx512(void);
const struct simd *simd_neon(void);

#endif
