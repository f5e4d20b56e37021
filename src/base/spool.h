#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stdint.h>

#include "base/buffer.h"

/*
 * Texts that are put aside in a file without a name, and fetched in another order: more than memory
 * is to hold. It lies in $TMPDIR, else in /var/tmp, can be opened by nobody else, and is gone when
 * it is closed, or when the process ends however that may be. One thread at a time.
 */
struct spool {
    int fd;
    uint64_t written;   /* bytes in the file */
    struct buffer tail; /* what comes behind them */
};

/* FAULT_RESOURCE when no such file can be made; `out` is closed then. */
MUST_USE enum fault spool_open(struct spool *out, struct why *why);

/* Puts `text` aside; `*at` is where it lies. FAULT_RESOURCE when the disk is full. */
MUST_USE enum fault spool_add(struct spool *spool, struct span text, uint64_t *at, struct why *why);

/* Adds the `length` bytes at `at` to `out`. FAULT_RESOURCE when they cannot be read, or no memory.
 */
MUST_USE enum fault spool_fetch(struct spool *spool, uint64_t at, size_t length, struct buffer *out,
                                struct why *why);

/* {.fd = -1} is a closed one. */
void spool_close(struct spool *spool);

#endif
