#ifndef SOURCE_UNPACK_H
#define SOURCE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/* Decompression step by step: gzip by zlib, zstd by libzstd, many members or frames in a row. */
enum unpack_kind { UNPACK_NONE, UNPACK_GZIP, UNPACK_ZSTD };

struct unpack;

/* UNPACK_NONE when `head`, the first bytes of the file, is compressed by neither. */
enum unpack_kind unpack_detect(struct span head);

/* NULL without memory; never for UNPACK_NONE. */
struct unpack *unpack_new(enum unpack_kind kind);
void unpack_free(struct unpack *unpack);

/*
 * Decompresses what it can of `*in`, which it moves on, into `room` bytes at `out`; `*n` tells
 * how many it made. It may make none while `*in` still holds too little.
 *
 * FAULT_SYNTAX  the data is damaged
 * FAULT_LIMIT   the window that the data asks for is larger than we agree to hold (128 MiB)
 */
MUST_USE enum fault unpack_step(struct unpack *unpack, struct cursor *in, uint8_t *out, size_t room,
                                size_t *n, struct why *why);

/* True when the last member or frame is complete, so that the file may end here. */
bool unpack_at_end(const struct unpack *unpack);

#endif
