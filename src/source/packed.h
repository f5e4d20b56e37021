#ifndef SOURCE_PACKED_H
#define SOURCE_PACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "source/unpack.h"

/*
 * A compressed file, read and unpacked: by a thread of its own that runs a few pieces ahead of
 * its reader, or by the reader itself, as it asks for more. What comes out is the same.
 */
struct packed;

/*
 * `fd` stays the caller's, who does not read it meanwhile; `head` is what was read of it already,
 * at most PACKED_HEAD_MAX bytes, and is copied. Where no thread is to be had, the reader unpacks,
 * although `ahead` is true. NULL without memory; never for UNPACK_NONE.
 */
struct packed *packed_new(int fd, enum unpack_kind kind, struct span head, bool ahead);

#define PACKED_HEAD_MAX ((size_t)128 << 10)

/*
 * The next bytes, at most `room`, unpacked; `*n` is 0 at the end and with a fault only.
 *
 * FAULT_SYNTAX    the data is damaged, or the file ends early
 * FAULT_LIMIT     unpack.h: a window too large
 * FAULT_RESOURCE  the file cannot be read
 *
 * What came before a fault has been handed out; the fault is told from then on.
 */
MUST_USE enum fault packed_read(struct packed *packed, uint8_t *out, size_t room, size_t *n,
                                struct why *why);

/*
 * As packed_read(), without copying: changes `*memory`, of PACKED_MEMORY bytes from malloc(), for
 * other such memory, in which the bytes are: `*text`, with at least PACKED_FRONT bytes of room in
 * front of it. Only where packed_is_ahead(); nothing is changed where there are no bytes.
 */
MUST_USE enum fault packed_swap(struct packed *packed, uint8_t **memory, struct span *text,
                                struct why *why);

enum {
    PACKED_FRONT = 64 * 1024,
    PACKED_MEMORY = PACKED_FRONT + 512 * 1024,
};

/* True when a thread unpacks. */
bool packed_is_ahead(const struct packed *packed);

/* Bytes read of the file, as stored, for what has been handed out. */
uint64_t packed_position(const struct packed *packed);

/* Ends the thread, also one that waits for a pipe in which nothing comes. */
void packed_free(struct packed *packed);

#endif
