#include "source/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#define ORDER_MARK 0x01020304U
#define MAGIC      "keyroster kept\n\1"

/* An entry that has just been kept from growing, its key, and the value that came last. */
#define ENTRY_MAX (SOURCE_RECORD_MAX + 4096)

enum {
    NUMBER = sizeof(uint32_t),
    MAGIC_SIZE = sizeof(MAGIC) - 1,
    HEAD_SIZE = MAGIC_SIZE + 2 * NUMBER,
    TAIL_FIXED = 3 * NUMBER + 8,          /* before the cookie */
    TAIL_LEAST = TAIL_FIXED + 2 * NUMBER, /* with an empty one */
    TAIL_MOST = TAIL_LEAST + KEPT_COOKIE_MAX,
    FLAG_HIDDEN = 1,
    WRITE_AT_ONCE = 256 * 1024,
    BATCH_SIZE = 256 * 1024,
};

static const char key_name[] = ";key";
static const char damaged[] = "damaged";

static uint32_t number_at(const uint8_t *at)
{
    uint32_t number;

    memcpy(&number, at, NUMBER);
    return number;
}

static void add_number(struct buffer *out, size_t number)
{
    const uint32_t small = (uint32_t)number;

    buffer_add(out, span_of(&small, NUMBER));
}

static uint32_t digest_on(uint32_t digest, struct span bytes)
{
    return bytes.len == 0 ? digest : (uint32_t)crc32_z(digest, bytes.at, bytes.len);
}

bool kept_is_one(struct span head)
{
    return span_equal(span_upto(head, KEPT_HEAD_SIZE), span_of(MAGIC, KEPT_HEAD_SIZE));
}

/* ---- writing ---- */

static enum fault write_out(struct kept_writer *writer, struct why *why)
{
    struct span bytes = buffer_span(&writer->pending);

    if (writer->pending.fault != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    writer->digest = digest_on(writer->digest, bytes);
    while (bytes.len > 0) {
        ssize_t n = write(writer->fd, bytes.at, bytes.len);

        if (n < 0 && errno != EINTR) {
            return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), why);
        }
        bytes = span_from(bytes, n > 0 ? (size_t)n : 0);
    }
    buffer_reset(&writer->pending);
    return FAULT_NONE;
}

enum fault kept_begin(struct kept_writer *writer, int fd, struct span identity, struct why *why)
{
    if (identity.len > KEPT_IDENTITY_MAX) {
        return fault_at(FAULT_LIMIT, 0, "more is asked for than can be kept (a shorter filter?)",
                        why);
    }
    if (lseek(fd, 0, SEEK_SET) != 0 || ftruncate(fd, 0) != 0) {
        return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), why);
    }
    writer->pending.max = 2 * (size_t)WRITE_AT_ONCE + ENTRY_MAX;
    buffer_reset(&writer->pending);
    writer->fd = fd;
    writer->digest = 0;
    writer->count = 0;
    buffer_add(&writer->pending, span_of(MAGIC, MAGIC_SIZE));
    add_number(&writer->pending, ORDER_MARK);
    add_number(&writer->pending, identity.len);
    buffer_add(&writer->pending, identity);
    return write_out(writer, why);
}

enum fault kept_add(struct kept_writer *writer, struct span entry, struct why *why)
{
    writer->count++;
    buffer_add(&writer->pending, entry);
    return writer->pending.len < WRITE_AT_ONCE ? FAULT_NONE : write_out(writer, why);
}

enum fault kept_end(struct kept_writer *writer, const struct kept_tail *tail, struct why *why)
{
    struct buffer *out = &writer->pending;
    enum fault fault;

    if (tail->cookie.len > KEPT_COOKIE_MAX) {
        return fault_at(FAULT_LIMIT, 0, "the directory's cookie is too long to be kept", why);
    }
    add_number(out, 0);
    add_number(out, tail->hidden ? FLAG_HIDDEN : 0);
    buffer_add(out, span_of(&writer->count, sizeof(writer->count)));
    add_number(out, tail->cookie.len);
    buffer_add(out, tail->cookie);
    add_number(out, TAIL_LEAST + tail->cookie.len);
    fault = write_out(writer, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    add_number(out, writer->digest);
    return write_out(writer, why);
}

void kept_writer_clear(struct kept_writer *writer)
{
    buffer_clear(&writer->pending);
    *writer = (struct kept_writer){0};
}

/* ---- reading ---- */

static enum fault read_at(int fd, uint64_t at, void *out, size_t n, struct why *why)
{
    for (size_t got = 0; got < n;) {
        ssize_t now = pread(fd, (uint8_t *)out + got, n - got, (off_t)(at + got));

        if (now < 0 && errno != EINTR) {
            return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), why);
        }
        if (now == 0) {
            return fault_at(FAULT_SYNTAX, 0, damaged, why);
        }
        got += now > 0 ? (size_t)now : 0;
    }
    return FAULT_NONE;
}

/* Reads `n` bytes of the file into an empty buffer. */
static enum fault read_into(int fd, uint64_t at, size_t n, struct buffer *out, struct why *why)
{
    uint8_t *room;
    enum fault fault = FAULT_NONE;

    out->max = n > 0 ? n : 1;
    buffer_reset(out);
    room = buffer_room(out, n);
    if (room == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (n > 0) {
        fault = read_at(fd, at, room, n, why);
    }
    if (fault == FAULT_NONE) {
        out->len = n;
    }
    return fault;
}

static enum fault read_head(struct kept_reader *reader, uint64_t size, struct why *why)
{
    uint8_t head[HEAD_SIZE];
    uint32_t length;
    enum fault fault;

    if (size < HEAD_SIZE + TAIL_LEAST) {
        return fault_at(FAULT_SYNTAX, 0, damaged, why);
    }
    fault = read_at(reader->fd, 0, head, sizeof(head), why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (memcmp(head, MAGIC, MAGIC_SIZE) != 0 || number_at(head + MAGIC_SIZE) != ORDER_MARK) {
        return fault_at(FAULT_SYNTAX, 0, "of another version of keyroster, or another machine",
                        why);
    }
    length = number_at(head + MAGIC_SIZE + NUMBER);
    if (length > KEPT_IDENTITY_MAX || length > size - HEAD_SIZE - TAIL_LEAST) {
        return fault_at(FAULT_SYNTAX, 0, damaged, why);
    }
    fault = read_into(reader->fd, HEAD_SIZE, length, &reader->identity, why);
    reader->body_at = HEAD_SIZE + length;
    reader->head_digest =
        digest_on(digest_on(0, span_of(head, sizeof(head))), buffer_span(&reader->identity));
    return fault;
}

static enum fault read_tail(struct kept_reader *reader, uint64_t size, struct why *why)
{
    uint8_t ending[2 * NUMBER];
    const uint8_t *tail;
    uint32_t length, cookie;
    enum fault fault = read_at(reader->fd, size - sizeof(ending), ending, sizeof(ending), why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    length = number_at(ending);
    reader->told_digest = number_at(ending + NUMBER);
    if (length < TAIL_LEAST || length > TAIL_MOST || length > size - reader->body_at) {
        return fault_at(FAULT_SYNTAX, 0, damaged, why);
    }
    reader->body_end = size - length;
    fault = read_into(reader->fd, reader->body_end, length, &reader->tail_bytes, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    tail = reader->tail_bytes.at;
    cookie = number_at(tail + TAIL_FIXED - NUMBER);
    if (number_at(tail) != 0 || cookie != length - TAIL_LEAST) {
        return fault_at(FAULT_SYNTAX, 0, damaged, why);
    }
    reader->tail = (struct kept_tail){.cookie = span_of(tail + TAIL_FIXED, cookie),
                                      .hidden = (number_at(tail + NUMBER) & FLAG_HIDDEN) != 0};
    memcpy(&reader->tail.count, tail + 2 * (size_t)NUMBER, sizeof(reader->tail.count));
    return FAULT_NONE;
}

enum fault kept_open(struct kept_reader *reader, int fd, struct why *why)
{
    struct stat status;
    uint64_t size;
    enum fault fault;

    if (fstat(fd, &status) != 0) {
        return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), why);
    }
    size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
    reader->fd = fd;
    fault = read_head(reader, size, why);
    if (fault == FAULT_NONE) {
        fault = read_tail(reader, size, why);
    }
    if (fault == FAULT_NONE) {
        kept_rewind(reader);
    }
    return fault;
}

void kept_rewind(struct kept_reader *reader)
{
    reader->at = reader->body_at;
    reader->digest = reader->head_digest;
    reader->count = 0;
    reader->carry_len = 0;
}

/* How many bytes of whole entries there are; `*wanted` what the next one takes in all. */
static bool find_whole(struct kept_reader *reader, struct span bytes, size_t *whole, size_t *wanted)
{
    size_t at = 0;

    *wanted = NUMBER;
    while (bytes.len - at >= NUMBER) {
        size_t size = number_at(bytes.at + at);

        if (size == 0 || size > ENTRY_MAX) {
            return false;
        }
        *wanted = NUMBER + size;
        if (bytes.len - at < *wanted) {
            break;
        }
        at += *wanted;
        reader->count++;
        *wanted = NUMBER;
    }
    *whole = at;
    return true;
}

static enum fault make_room(struct batch *batch, size_t capacity, struct why *why)
{
    uint8_t *grown;

    if (batch->capacity >= capacity) {
        return FAULT_NONE;
    }
    grown = realloc(batch->bytes, capacity);
    if (grown == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    batch->bytes = grown;
    batch->capacity = capacity;
    return FAULT_NONE;
}

/* Reads on until the batch holds `n` bytes, or the body is at its end. */
static enum fault fill(struct kept_reader *reader, struct batch *batch, size_t n, struct why *why)
{
    const uint64_t left = reader->body_end - reader->at;
    size_t more = n > batch->len ? n - batch->len : 0;
    enum fault fault = make_room(batch, n, why);

    more = more < left ? more : (size_t)left;
    if (fault == FAULT_NONE && more > 0) {
        fault = read_at(reader->fd, reader->at, batch->bytes + batch->len, more, why);
    }
    if (fault == FAULT_NONE) {
        reader->digest = digest_on(reader->digest, span_of(batch->bytes + batch->len, more));
        reader->at += more;
        batch->len += more;
    }
    return fault;
}

static enum fault carry_over(struct kept_reader *reader, struct batch *batch, size_t whole,
                             struct why *why)
{
    const size_t rest = batch->len - whole;
    uint8_t *grown = rest > 0 ? realloc(reader->carry, rest) : reader->carry;

    if (rest > 0 && grown == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    reader->carry = grown;
    if (rest > 0) {
        memcpy(reader->carry, batch->bytes + whole, rest);
    }
    reader->carry_len = rest;
    batch->len = whole;
    return FAULT_NONE;
}

/* At the end of the body: is it the one that was written? */
static enum fault check_whole(struct kept_reader *reader, struct why *why)
{
    const struct span tail = buffer_span(&reader->tail_bytes);

    if (reader->count == reader->tail.count &&
        digest_on(reader->digest, span_upto(tail, tail.len - NUMBER)) == reader->told_digest) {
        return FAULT_ABSENT;
    }
    return fault_at(FAULT_SYNTAX, 0, damaged, why);
}

enum fault kept_read(struct kept_reader *reader, struct batch *batch, struct why *why)
{
    size_t whole = 0, wanted = BATCH_SIZE;
    enum fault fault = make_room(batch, BATCH_SIZE + reader->carry_len, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    *batch = (struct batch){.bytes = batch->bytes, .capacity = batch->capacity};
    if (reader->carry_len > 0) {
        memcpy(batch->bytes, reader->carry, reader->carry_len);
    }
    batch->len = reader->carry_len;
    reader->carry_len = 0;
    while (whole == 0) {
        size_t before = batch->len;

        fault = fill(reader, batch, wanted > BATCH_SIZE ? wanted : BATCH_SIZE, why);
        if (fault != FAULT_NONE) {
            return fault;
        }
        if (batch->len == 0) {
            return check_whole(reader, why);
        }
        if (!find_whole(reader, span_of(batch->bytes, batch->len), &whole, &wanted) ||
            (whole == 0 && batch->len == before && reader->at == reader->body_end)) {
            return fault_at(FAULT_SYNTAX, 0, damaged, why);
        }
    }
    return carry_over(reader, batch, whole, why);
}

void kept_reader_clear(struct kept_reader *reader)
{
    buffer_clear(&reader->identity);
    buffer_clear(&reader->tail_bytes);
    free(reader->carry);
    *reader = (struct kept_reader){0};
}

struct span kept_key_of(const struct frame *frame)
{
    struct frame walk = *frame;
    struct span name = {0}, value = {0}, key = {0};

    while (frame_value_next(&walk, &name, &value) == FAULT_NONE) {
        if (span_is(name, key_name) && value.len == KEPT_KEY_SIZE) {
            key = value;
        }
    }
    return key;
}

enum fault kept_put_key(struct frame_writer *writer, struct span key)
{
    /* It has to be there however long the entry is. */
    const size_t max = writer->max;
    const bool cut = writer->cut;
    enum fault fault = FAULT_NONE;

    if (key.len > 0) {
        writer->max = max + 64;
        fault = frame_value(writer, span_text(key_name), key);
        writer->max = max;
        writer->cut = cut;
    }
    return fault;
}
