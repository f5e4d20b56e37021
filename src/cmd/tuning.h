#ifndef CMD_TUNING_H
#define CMD_TUNING_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How the work is done, never what comes of it: for measuring, and for tests that hold all ways
 * to the same output. Told by the environment (keyroster(1), ENVIRONMENT).
 *
 *     KEYROSTER_SIMD   the level of vector instructions
 *     KEYROSTER_BATCH  the size of a batch
 */

/* Reads both, before any thread is started. False, and told, when one says no such thing. */
bool tuning_read(void);

/* In bytes; 0: the usual one. */
size_t tuning_batch_size(void);

#endif
