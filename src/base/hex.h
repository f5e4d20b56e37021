#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/cursor.h"

/* How many hexadecimal digits, of either case, `text` starts with. */
MUST_USE size_t hex_run_length(struct span text);

/* The number that four digits make; -1 where one of them is none. */
MUST_USE int hex_number(const uint8_t at[4]);

/*
 * Decodes the longest run of hexadecimal digits at the start of `text`: two digits a byte.
 * Returns the number of digits in that run; an odd one means that the last digit has no partner
 * and was not written. `out` has room for half as many bytes as there are digits.
 */
MUST_USE size_t hex_decode_run(struct span text, uint8_t *out);

/* Writes two small digits for each byte, and a NUL behind them: 2 * bytes.len + 1 characters. */
void hex_text(struct span bytes, char *out);

#endif
