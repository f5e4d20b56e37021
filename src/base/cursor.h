#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/fault.h"

/* Bytes that somebody else owns. `at` may be NULL when `len` is zero. */
struct span {
    const uint8_t *at;
    size_t len; /* bytes */
};

/* A position in untrusted bytes. It moves on success only, and never past the end. */
struct cursor {
    struct span rest; /* what has not been read */
    size_t offset;    /* bytes read so far, for messages */
};

static inline struct span span_of(const void *at, size_t len)
{
    return (struct span){.at = at, .len = len};
}

/* A NUL-terminated text of ours as a span, without its NUL. Never for untrusted bytes. */
static inline struct span span_text(const char *text) { return span_of(text, strlen(text)); }

/* `s` without its first `n` bytes; empty when it has no more than that. */
static inline struct span span_from(struct span s, size_t n)
{
    return n < s.len ? span_of(s.at + n, s.len - n) : span_of(NULL, 0);
}

/* The first `n` bytes of `s`, or all of it when it is shorter. */
static inline struct span span_upto(struct span s, size_t n)
{
    return span_of(s.at, n < s.len ? n : s.len);
}

/* True when both spans hold the same bytes. Not for secrets: its time tells where they differ. */
static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* True when `s` is the text `text`, byte for byte. */
static inline bool span_is(struct span s, const char *text)
{
    return span_equal(s, span_text(text));
}

/* Finds the first `byte` in `s`; `*index` is written when there is one. */
MUST_USE static inline bool span_find(struct span s, uint8_t byte, size_t *index)
{
    const uint8_t *hit = s.len > 0 ? memchr(s.at, byte, s.len) : NULL;

    if (hit == NULL) {
        return false;
    }
    *index = (size_t)(hit - s.at);
    return true;
}

static inline struct cursor cursor_over(struct span input)
{
    return (struct cursor){.rest = input, .offset = 0};
}

/* Reads `n` bytes into `*out` as a view. False, and nothing moves, when fewer remain. */
MUST_USE static inline bool cursor_take(struct cursor *c, size_t n, struct span *out)
{
    if (c->rest.len < n) {
        return false;
    }
    *out = span_of(c->rest.at, n);
    if (n > 0) {
        c->rest.at += n;
        c->rest.len -= n;
        c->offset += n;
    }
    return true;
}

/* Steps over `byte` if it comes next; false, and nothing moves, if it does not. */
MUST_USE static inline bool cursor_step(struct cursor *c, uint8_t byte)
{
    struct span seen;

    return c->rest.len > 0 && c->rest.at[0] == byte && cursor_take(c, 1, &seen);
}

/* Reads the longest run of bytes for which `belongs` is true; the run may be empty. */
static inline struct span cursor_run(struct cursor *c, bool (*belongs)(uint8_t))
{
    struct span run = {0};
    size_t n = 0;

    while (n < c->rest.len && belongs(c->rest.at[n])) {
        n++;
    }
    return cursor_take(c, n, &run) ? run : (struct span){0};
}

#endif
