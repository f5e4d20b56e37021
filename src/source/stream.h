#ifndef SOURCE_STREAM_H
#define SOURCE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * The bytes of an export as text in UTF-8 or in the ANSI code page: read from a file or a
 * pipe, decompressed (gzip, zstd), turned from UTF-16 or from the encoding that was named,
 * without a byte order mark. What it is, is recognised from its first bytes.
 *
 * A single CR as line end (old Macs) becomes LF, when the first bytes show no other.
 */
struct stream;

/*
 * Takes the descriptor, which is closed with the stream, also on failure. `encoding` is a
 * name that iconv knows, or NULL to recognise it: UTF-8, UTF-16 or the ANSI code page.
 *
 * FAULT_ABSENT    there is no such encoding
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault stream_open_take(int fd, const char *encoding, struct stream **out,
                                     struct why *why);

/*
 * From the first read on, a compressed file is unpacked by a thread of its own, a few pieces ahead
 * of the reader. What is read does not depend on it.
 */
void stream_unpack_ahead(struct stream *stream);

/* True when stream_open_take() can read the encoding `name`. */
MUST_USE bool stream_knows_encoding(const char *name);

/*
 * Reads up to `room` bytes; `*n` is 0 at the end only. `room` is at least 64.
 *
 * FAULT_SYNTAX    the compressed data is damaged or ends early, or is of a kind that cannot be read
 * FAULT_LIMIT     a zstd frame that asks for more memory than we agree to use
 * FAULT_RESOURCE  the file cannot be read, or memory
 *
 * What came before a fault has been handed out; after it the stream is at its end.
 */
MUST_USE enum fault stream_read(struct stream *stream, uint8_t *out, size_t room, size_t *n,
                                struct why *why);

/*
 * As stream_read(), without copying: packed_swap(). Only where stream_swaps(), which is so for
 * text that is unpacked ahead and needs no other change.
 */
MUST_USE enum fault stream_swap(struct stream *stream, uint8_t **memory, struct span *text,
                                struct why *why);
bool stream_swaps(const struct stream *stream);

/*
 * Two places in the file of which the stream tells what they are in its text: a byte of the file as
 * it is stored, said before the first read. Not for a compressed file.
 */
enum { STREAM_MARKS = 2 };
void stream_mark(struct stream *stream, size_t mark, uint64_t stored);

/*
 * How many bytes of text stem from what is stored before that byte; UINT64_MAX as long as the
 * reading has not come so far. A character that the byte lies within counts as after it.
 */
uint64_t stream_marked(const struct stream *stream, size_t mark);

/* After the first read: the file is compressed. */
bool stream_is_packed(const struct stream *stream);

/* Bytes read of the file so far, as stored: for a progress line. */
uint64_t stream_position(const struct stream *stream);

/*
 * Back to the start of the file, for a second reading. FAULT_RESOURCE when it is no file that
 * can be read twice.
 */
MUST_USE enum fault stream_rewind(struct stream *stream, struct why *why);

void stream_free(struct stream *stream);

#endif
