#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * A password, a private key, or what holds one: in memory of its own that is not swapped out where
 * the system lets us lock it, not dumped, and wiped before it is given back. It is never printed;
 * whoever hands its bytes on to a library does so at the last moment.
 */
struct secret {
    uint8_t *at; /* NUL behind the last byte; NULL: there is none */
    size_t len;
    size_t held; /* bytes of memory, whole pages */
};

enum {
    SECRET_MAX = 4096 - 1,   /* of those that people type or keep in a file */
    SECRET_NEW_MAX = 1 << 20 /* of those that we make: a PKCS#12 with the keys of many years */
};

static inline struct span secret_span(const struct secret *secret)
{
    return span_of(secret->at, secret->len);
}

/*
 * Reads a whole file, as it is but for one line end at its end (`\n` or `\r\n`); "-" is standard
 * input.
 *
 * FAULT_ABSENT    no such file
 * FAULT_DENIED    it may not be read
 * FAULT_LIMIT     longer than SECRET_MAX
 * FAULT_RESOURCE  memory, or a read error
 */
MUST_USE enum fault secret_read(const char *path, struct secret *out, struct why *why);

/*
 * Asks on the terminal, without an echo. FAULT_ABSENT where there is no terminal or nothing was
 * typed, FAULT_LIMIT, FAULT_RESOURCE as above.
 */
MUST_USE enum fault secret_ask(const char *prompt, struct secret *out, struct why *why);

/*
 * `len` bytes, all zero, to be filled by the caller; `len` may be 0, and then there is still a
 * place with its NUL.
 *
 * FAULT_LIMIT     more than SECRET_NEW_MAX
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault secret_new(size_t len, struct secret *out, struct why *why);

/* One with these bytes; faults as above. Whoever gave the bytes wipes them. */
MUST_USE enum fault secret_copy(struct span bytes, struct secret *out, struct why *why);

/* Gives the secret away: `*from` is empty afterwards. */
static inline struct secret secret_move(struct secret *from)
{
    struct secret moved = *from;

    *from = (struct secret){0};
    return moved;
}

/* Drops what is behind the first `len` bytes, and wipes it. Nothing happens when there is less. */
void secret_shorten(struct secret *secret, size_t len);

/* True when both hold the same bytes. Its time tells their lengths at most, never where they
 * differ. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* Wipes it and gives the memory back. */
void secret_clear(struct secret *secret);

#endif
