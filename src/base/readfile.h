#ifndef BASE_READFILE_H
#define BASE_READFILE_H

#include "base/buffer.h"

/*
 * Reads a whole file, or standard input for "-", to the end of `out`, up to out->max bytes.
 *
 * FAULT_ABSENT    no such file
 * FAULT_DENIED    it may not be read
 * FAULT_SYNTAX    a directory
 * FAULT_LIMIT     larger than out->max
 * FAULT_RESOURCE  memory, or a read error
 */
MUST_USE enum fault readfile(const char *path, struct buffer *out, struct why *why);

/* The same in two steps: opens it (standard input for "-"), to be closed by the caller … */
MUST_USE enum fault readfile_open(const char *path, int *fd, struct why *why);

/* … and reads what is left of it. */
MUST_USE enum fault readfile_from(int fd, struct buffer *out, struct why *why);

#endif
