#ifndef TEST_UNIT_SOURCE_STREAMED_H
#define TEST_UNIT_SOURCE_STREAMED_H

#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "source/stream.h"
#include "support.h"

/* A stream over bytes that a test has made. */

enum { ROOM = 64 /* the least that a caller may give */, OUTPUT_MAX = 16 * 1024 * 1024 };

/* A file of these bytes that has no name. */
static inline int file_of(struct span bytes)
{
    int fd = memfd_create("stream", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.at, bytes.len), bytes.len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* Reads all, at most `room` bytes a time; the fault at the end. */
static inline enum fault read_all(struct stream *stream, size_t room, struct buffer *out,
                                  struct why *why)
{
    enum fault fault;
    size_t n;

    do {
        uint8_t *piece = malloc(room);

        assert_non_null(piece);
        fault = stream_read(stream, piece, room, &n, why);
        assert_in_range(n, 0, room);
        buffer_add(out, span_of(piece, n));
        free(piece);
    } while (fault == FAULT_NONE && n > 0);
    if (fault != FAULT_NONE) {
        uint8_t piece[ROOM];

        assert_non_null(why->rule);
        /* After a fault the stream is at its end. */
        assert_int_equal(stream_read(stream, piece, sizeof(piece), &n, why), FAULT_NONE);
        assert_int_equal(n, 0);
    }
    return fault;
}

static inline enum fault read_file_once(struct span bytes, const char *encoding, size_t room,
                                        bool ahead, struct buffer *out, struct why *why)
{
    struct stream *stream = NULL;
    enum fault fault;

    assert_int_equal(stream_open_take(file_of(bytes), encoding, &stream, why), FAULT_NONE);
    if (ahead) {
        stream_unpack_ahead(stream);
    }
    fault = read_all(stream, room, out, why);
    assert_int_equal(stream_position(stream) <= bytes.len, true);
    stream_free(stream);
    return fault;
}

/* Whoever unpacks, the reader or a thread, the same comes out. */
static inline enum fault read_file(struct span bytes, const char *encoding, size_t room,
                                   struct buffer *out, struct why *why)
{
    struct buffer ahead = buffer_with_max(OUTPUT_MAX);
    size_t before = out->len;
    struct why other = {0};
    enum fault fault = read_file_once(bytes, encoding, room, false, out, why);

    assert_int_equal(read_file_once(bytes, encoding, room, true, &ahead, &other), fault);
    assert_true(span_equal(buffer_span(&ahead), span_from(buffer_span(out), before)));
    if (fault != FAULT_NONE) {
        assert_string_equal(other.rule, why->rule);
        assert_int_equal(other.offset, why->offset);
    }
    buffer_clear(&ahead);
    return fault;
}

#endif
