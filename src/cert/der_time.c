#include "cert/der_time.h"

#include "base/ascii.h"
#include "base/utc.h"
#include "cert/der.h"

/* 9999-12-31T23:59:59Z, which no offset may pass. */
static const int64_t last_second = 253402300799;

enum { UTC_TIME_LEAST = 13, GENERALIZED_TIME_LEAST = 15, OFFSET_YEAR_LEAST = 1900 };

/* Two digits, the only number that these types know. */
static bool take_pair(struct cursor *in, int *out)
{
    const uint8_t *at = in->rest.at;
    struct span seen;

    if (in->rest.len < 2 || !ascii_is_digit(at[0]) || !ascii_is_digit(at[1])) {
        return false;
    }
    *out = (at[0] - '0') * 10 + (at[1] - '0');
    return cursor_take(in, 2, &seen);
}

static bool take_year(struct cursor *in, uint8_t tag, int *out)
{
    int century, year;

    if (tag == DER_UTC_TIME) {
        if (!take_pair(in, &year)) {
            return false;
        }
        *out = year < 50 ? 2000 + year : 1900 + year;
        return true;
    }
    if (!take_pair(in, &century) || !take_pair(in, &year)) {
        return false;
    }
    *out = century * 100 + year;
    return true;
}

static bool is_zone(const struct cursor *in)
{
    return in->rest.len > 0 &&
           (in->rest.at[0] == 'Z' || in->rest.at[0] == '+' || in->rest.at[0] == '-');
}

/* Seconds may be left out (X.680, 46.2), and a GeneralizedTime's have a fraction. */
static bool take_seconds(struct cursor *in, uint8_t tag, int *out)
{
    *out = 0;
    if (!is_zone(in) && !take_pair(in, out)) {
        return false;
    }
    if (tag != DER_GENERALIZED_TIME || !cursor_step(in, '.')) {
        return true;
    }
    return cursor_run(in, ascii_is_digit).len > 0;
}

/* Reads `Z`, or `+0100` and gives what is to be taken off, in seconds. */
static bool take_zone(struct cursor *in, int64_t *seconds)
{
    int sign = 1;
    int hours, minutes;

    *seconds = 0;
    if (cursor_step(in, 'Z')) {
        return true;
    }
    if (cursor_step(in, '-')) {
        sign = -1;
    } else if (!cursor_step(in, '+')) {
        return false;
    }
    if (!take_pair(in, &hours) || !take_pair(in, &minutes) || hours > 12 || minutes > 59) {
        return false; /* libcrypto knows no offset past 12 hours */
    }
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool read_time(uint8_t tag, struct span text, int64_t *out)
{
    struct cursor in = cursor_over(text);
    struct utc_fields f = {0};
    int64_t offset, at;

    if (text.len < (tag == DER_UTC_TIME ? UTC_TIME_LEAST : GENERALIZED_TIME_LEAST) ||
        !take_year(&in, tag, &f.year) || !take_pair(&in, &f.month) || !take_pair(&in, &f.day) ||
        !take_pair(&in, &f.hour) || !take_pair(&in, &f.minute) ||
        !take_seconds(&in, tag, &f.second) || !take_zone(&in, &offset) || in.rest.len > 0 ||
        !utc_from_fields(&f, &at)) {
        return false;
    }
    *out = at - offset;
    if (offset == 0) {
        return true;
    }
    f = utc_to_fields(*out);
    return f.year >= OFFSET_YEAR_LEAST && *out <= last_second;
}

bool der_take_time(struct cursor *in, int64_t *out)
{
    struct cursor ahead = *in;
    struct der_element element;

    if (!der_next(&ahead, &element) ||
        (element.tag != DER_UTC_TIME && element.tag != DER_GENERALIZED_TIME) ||
        !read_time(element.tag, element.contents, out)) {
        return false;
    }
    *in = ahead;
    return true;
}
