#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

/* Byte classes that do not depend on the locale, unlike those of <ctype.h>. */

static inline bool ascii_is_digit(uint8_t b) { return b >= '0' && b <= '9'; }

static inline bool ascii_is_alpha(uint8_t b)
{
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
}

static inline bool ascii_is_alnum(uint8_t b) { return ascii_is_alpha(b) || ascii_is_digit(b); }

static inline bool ascii_is_space(uint8_t b) { return b == ' '; }

static inline bool ascii_is_blank(uint8_t b)
{
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

static inline bool ascii_is_hex(uint8_t b)
{
    return ascii_is_digit(b) || (b >= 'a' && b <= 'f') || (b >= 'A' && b <= 'F');
}

/* What a hexadecimal digit is worth; of use only where ascii_is_hex() says that it is one. */
static inline uint8_t ascii_hex_value(uint8_t b)
{
    return (uint8_t)(ascii_is_digit(b) ? b - '0' : (b | 0x20) - 'a' + 10);
}

static inline uint8_t ascii_lower(uint8_t b)
{
    return b >= 'A' && b <= 'Z' ? (uint8_t)(b + ('a' - 'A')) : b;
}

/* True when both spans are the same bytes, letters of ASCII compared without their case. */
static inline bool ascii_equal_nocase(struct span a, struct span b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

/* True when `s` begins with `prefix`, letters of ASCII compared without their case. */
static inline bool ascii_starts_nocase(struct span s, struct span prefix)
{
    return s.len >= prefix.len && ascii_equal_nocase(span_of(s.at, prefix.len), prefix);
}

/* `s` without the blanks (space, tab, CR, LF) at its ends. */
static inline struct span ascii_trim(struct span s)
{
    while (s.len > 0 && ascii_is_blank(s.at[0])) {
        s = span_from(s, 1);
    }
    while (s.len > 0 && ascii_is_blank(s.at[s.len - 1])) {
        s.len--;
    }
    return s;
}

#endif
