#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * Bytes that grow at their end, up to a stated maximum: output being made, messages.
 *
 * Adding never has to be checked step by step. The first failure is kept in `fault`, what
 * is added after it is dropped, and the caller asks once, when the text is complete.
 */
struct buffer {
    uint8_t *at;
    size_t len, capacity;
    size_t max;       /* `len` never passes this */
    enum fault fault; /* FAULT_LIMIT at the maximum, FAULT_RESOURCE without memory */
};

static inline struct buffer buffer_with_max(size_t max) { return (struct buffer){.max = max}; }

static inline struct span buffer_span(const struct buffer *b) { return span_of(b->at, b->len); }

/*
 * Makes room for `n` more bytes and gives the place to write them; the caller then adds
 * what it wrote to `b->len`. NULL, and `fault` is set, when there is no room.
 */
uint8_t *buffer_grow(struct buffer *b, size_t n);
MUST_USE static inline uint8_t *buffer_room(struct buffer *b, size_t n)
{
    return b->at != NULL && b->fault == FAULT_NONE && n <= b->capacity - b->len ? b->at + b->len
                                                                                : buffer_grow(b, n);
}

static inline void buffer_add(struct buffer *b, struct span s)
{
    uint8_t *room = s.len > 0 ? buffer_room(b, s.len) : NULL;

    if (room != NULL) {
        memcpy(room, s.at, s.len);
        b->len += s.len;
    }
}

static inline void buffer_add_byte(struct buffer *b, uint8_t byte)
{
    uint8_t *room = buffer_room(b, 1);

    if (room != NULL) {
        *room = byte;
        b->len++;
    }
}

void buffer_add_text(struct buffer *b, const char *text); /* a text of ours, NUL-terminated */
void buffer_add_uint(struct buffer *b, uint64_t n);       /* in decimal */
void buffer_add_hex(struct buffer *b, struct span s);     /* in lower-case hexadecimal */

/* Empties it and its fault; keeps the memory for the next text. */
static inline void buffer_reset(struct buffer *b)
{
    b->len = 0;
    b->fault = FAULT_NONE;
}

/* Gives the memory back. */
void buffer_clear(struct buffer *b);

#endif
