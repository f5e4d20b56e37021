#ifndef BASE_SIMD_H
#define BASE_SIMD_H

#include <stddef.h>
#include <stdint.h>

enum { SIMD_BLOCK = 64, SIMD_SLACK = 64, SIMD_LEVELS_MAX = 4 };

/*
 * The inner loops of decoding, as fast as the processor can: one table of functions a level of
 * vector instructions, and one in plain C that every other must equal (test_simd.c holds them
 * to that on random and hostile input). Callers use hex.h, base64.h and lines.h.
 *
 * A function works on whole blocks of its own size and stops where it does not know further; the
 * caller goes on from there in plain C. So each is small, and none has to treat an end.
 */
struct simd {
    const char *name; /* "scalar", "avx2", "avx512", "neon" */

    /*
     * Decodes blocks of hexadecimal digits, either case, up to the first block that holds something
     * else or is not whole. Returns the digits taken; half as many bytes are written.
     */
    size_t (*hex_blocks)(const uint8_t *text, size_t len, uint8_t *out);

    /*
     * Copies blocks of `text` to `out` without spaces, tabs, CR and LF. `out` has room for as many
     * bytes as `text`, and SIMD_SLACK more. Returns the bytes taken; `*made` those written.
     */
    size_t (*squeeze_blocks)(const uint8_t *text, size_t len, uint8_t *out, size_t *made);

    /*
     * Decodes blocks of base64 digits up to the first block that holds something else or is not
     * whole. Returns the digits taken, a multiple of 4; three quarters as many bytes are written.
     * `out` has room for base64_room(len) and SIMD_SLACK more.
     */
    size_t (*base64_blocks)(const uint8_t *text, size_t len, uint8_t *out);

    /*
     * Passes over blocks in which no line ends for good: every LF in them is followed by a space.
     * A block that reaches to the end of `text` is not looked at, since its last byte may be
     * such an LF. Returns the bytes passed; adds to `*lines` the LFs among them.
     */
    size_t (*folded_blocks)(const uint8_t *text, size_t len, size_t *lines);

    /*
     * Which of the first 64 bytes, or of as many as there are, end a line for good, as bits, that
     * of the first byte lowest: LFs that no space follows. `*folds`: those that a space follows.
     */
    uint64_t (*line_ends)(const uint8_t *text, size_t len, uint64_t *folds);

    /*
     * Which of the first 64 bytes, or of as many as there are, are one of the four bytes that
     * `marks` is made of: a bit for each byte, that of the first one lowest.
     */
    uint64_t (*stops_of)(const uint8_t *text, size_t len, uint32_t marks);
};

/* The best level that this processor has, or the one that simd_use() said. */
const struct simd *simd_best(void);

/*
 * All levels that this processor has, plain C first. Returns how many were written to `out`.
 */
size_t simd_levels(const struct simd *out[SIMD_LEVELS_MAX]);

/* Takes the level of that name from now on, before any thread is started. 0 when there is no such.
 */
int simd_use(const char *name);

#endif
