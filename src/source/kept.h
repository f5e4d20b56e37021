#ifndef SOURCE_KEPT_H
#define SOURCE_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "source/live_frame.h"
#include "source/source.h"

/*
 * The last roster of a live directory, kept in a file for the next one: the entries as they were
 * told (live_frame.h), not what was judged of them, since that depends on the day. A file is
 *
 *     head   "keyroster kept\n" version(1)  order  length(identity) identity
 *     body   entry...                       as in a batch
 *     tail   0 flags count(8) length(cookie) cookie  length(tail)  digest
 *
 * Numbers take four bytes, `count` eight, in the order of the machine that `order` shows; `digest`
 * is the CRC-32 of all that is before it. `identity` says what was asked of whom; `cookie` is what
 * the directory wants to hear next time. Both are opaque here.
 *
 * An entry has, as its last value, its key under the name ";key", which no attribute can have: the
 * sixteen bytes by which the directory knows it whatever it is called.
 */
enum {
    KEPT_KEY_SIZE = 16,
    KEPT_IDENTITY_MAX = 64 * 1024,
    KEPT_COOKIE_MAX = 64 * 1024,
};

/* What its tail tells. */
struct kept_tail {
    struct span cookie; /* empty: nothing can be asked for but the whole */
    uint64_t count;     /* entries */
    bool hidden;        /* the directory showed this user no certificate of anybody */
};

/*
 * True for the first bytes of such a file, of whichever version and however damaged: what begins
 * otherwise is somebody's, and not to be replaced. KEPT_HEAD_SIZE bytes are looked at.
 */
enum { KEPT_HEAD_SIZE = 15 };
bool kept_is_one(struct span head);

/* One being written; the descriptor is the caller's. `{0}` is nothing. */
struct kept_writer {
    int fd;
    struct buffer pending;
    uint32_t digest;
    uint64_t count;
};

/*
 * Begins a file anew, whatever has been written to the descriptor.
 *
 * FAULT_LIMIT     the identity is too long
 * FAULT_RESOURCE  memory, disk
 */
MUST_USE enum fault kept_begin(struct kept_writer *writer, int fd, struct span identity,
                               struct why *why);

/* Adds one whole entry as it stands in a batch. FAULT_RESOURCE. */
MUST_USE enum fault kept_add(struct kept_writer *writer, struct span entry, struct why *why);

/* Writes the tail; its count is the writer's own. FAULT_RESOURCE, FAULT_LIMIT. */
MUST_USE enum fault kept_end(struct kept_writer *writer, const struct kept_tail *tail,
                             struct why *why);

void kept_writer_clear(struct kept_writer *writer);

/* One being read; the descriptor is the caller's. `{0}` is nothing. */
struct kept_reader {
    int fd;
    struct buffer identity;
    struct kept_tail tail;
    uint64_t body_at, body_end, at; /* in the file */
    uint32_t head_digest, digest;   /* of what has been read so far */
    uint32_t told_digest;
    uint64_t count;
    struct buffer tail_bytes;
    uint8_t *carry; /* the start of an entry */
    size_t carry_len;
};

/*
 * Reads head and tail.
 *
 * FAULT_SYNTAX    no such file, one of another version or machine, or one that is damaged
 * FAULT_RESOURCE  memory; it cannot be read
 */
MUST_USE enum fault kept_open(struct kept_reader *reader, int fd, struct why *why);

/*
 * Fills the batch with the next whole entries.
 *
 * FAULT_ABSENT    the file is at its end, and whole
 * FAULT_SYNTAX    it is damaged: nothing that was read of it is to be believed
 * FAULT_RESOURCE  memory; it cannot be read
 */
MUST_USE enum fault kept_read(struct kept_reader *reader, struct batch *batch, struct why *why);

/* Back to the first entry. */
void kept_rewind(struct kept_reader *reader);

void kept_reader_clear(struct kept_reader *reader);

/* The key of an entry; empty where it has none. */
struct span kept_key_of(const struct frame *frame);

/* Adds the key, which is empty or has KEPT_KEY_SIZE bytes. FAULT_RESOURCE. */
MUST_USE enum fault kept_put_key(struct frame_writer *writer, struct span key);

#endif
