#ifndef BASE_UTC_H
#define BASE_UTC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * Points in time, as seconds since 1970-01-01T00:00:00Z without leap seconds (POSIX), from
 * year 0 to year 9999. No function here reads a clock: only cmd/ does.
 */

enum { UTC_DAY = 86400, UTC_TEXT_SIZE = 21, UTC_DATE_SIZE = 11 };

struct utc_fields {
    int year, month, day;     /* 2026, 1..12, 1..31 */
    int hour, minute, second; /* 0..23, 0..59, 0..59 */
};

/* False when a field is outside its range (30 February, hour 24, second 60). */
MUST_USE bool utc_from_fields(const struct utc_fields *fields, int64_t *out);

/* `at` must lie in the years 0 to 9999; what does not is held to the nearest end. */
struct utc_fields utc_to_fields(int64_t at);

/*
 * Reads `2026-11-25T09:54:00Z`, with a fraction or an offset (`+01:00`) too, or
 * `2026-11-25`, which is midnight UTC (RFC 3339).
 * FAULT_SYNTAX when it is neither, or lies outside those years once it is UTC, or in a leap second;
 * a fraction of a second is dropped.
 */
MUST_USE enum fault utc_parse(struct span text, int64_t *out, struct why *why);

/* Writes `2026-11-25T09:54:00Z` and a NUL. */
void utc_text(int64_t at, char out[UTC_TEXT_SIZE]);

/* Writes `2026-11-25` and a NUL. */
void utc_date(int64_t at, char out[UTC_DATE_SIZE]);

/*
 * Reads a duration: a number and one of d, h, m, s: `30d`, `12h`, `10m`, `2s`; in seconds.
 * FAULT_SYNTAX when it is something else or longer than 10,000 years.
 */
MUST_USE enum fault utc_parse_duration(struct span text, int64_t *out, struct why *why);

#endif
