#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * A password: in memory of its own that is not swapped out where the system lets us lock it, not
 * dumped, and wiped before it is given back. It is never printed; whoever hands its bytes on to a
 * library does so at the last moment.
 */
struct secret {
    uint8_t *at; /* NUL behind the last byte; NULL: there is none */
    size_t len;
    size_t held; /* bytes of memory, whole pages */
};

enum { SECRET_MAX = 4096 - 1 };

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

/* Wipes it and gives the memory back. */
void secret_clear(struct secret *secret);

#endif
