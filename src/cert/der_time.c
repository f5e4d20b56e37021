#include "cert/der_time.h"

#include "base/ascii.h"
#include "base/utc.h"
#include "base/word.h"
#include "cert/der.h"

/* 9999-12-31T23:59:59Z, which no offset may pass. */
static const int64_t last_second = 253402300799;

enum { UTC_TIME_LEAST = 11, GENERALIZED_TIME_LEAST = 13, OFFSET_YEAR_LEAST = 1900 };

/* Reads numbers of two digits, the only ones that these types know. */
static bool take_pairs(struct cursor *in, size_t count, int out[])
{
    struct span digits;
    unsigned most = 0;

    if (!cursor_take(in, count * 2, &digits)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned high = (unsigned)digits.at[i * 2] - '0';
        unsigned low = (unsigned)digits.at[i * 2 + 1] - '0';

        most |= (unsigned)(high > 9) | (unsigned)(low > 9);
        out[i] = (int)(high * 10 + low);
    }
    return most == 0;
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
    if (!is_zone(in) && !take_pairs(in, 1, out)) {
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
    int offset[2]; /* hours, minutes */

    *seconds = 0;
    if (cursor_step(in, 'Z')) {
        return true;
    }
    if (cursor_step(in, '-')) {
        sign = -1;
    } else if (!cursor_step(in, '+')) {
        return false;
    }
    if (!take_pairs(in, 2, offset) || offset[0] > 12 || offset[1] > 59) {
        return false; /* libcrypto knows no offset past 12 hours */
    }
    *seconds = sign * (offset[0] * 3600 + offset[1] * 60);
    return true;
}

static bool read_time(uint8_t tag, struct span text, int64_t *out)
{
    enum { CENTURY, YEAR, MONTH, DAY, HOUR, MINUTE, PAIRS };
    struct cursor in = cursor_over(text);
    struct utc_fields f;
    int pairs[PAIRS];
    int second;
    int64_t offset, at;

    if (text.len < (tag == DER_UTC_TIME ? UTC_TIME_LEAST : GENERALIZED_TIME_LEAST)) {
        return false;
    }
    if (tag == DER_UTC_TIME ? !take_pairs(&in, PAIRS - YEAR, pairs + YEAR)
                            : !take_pairs(&in, PAIRS, pairs)) {
        return false;
    }
    if (tag == DER_UTC_TIME) {
        pairs[CENTURY] = pairs[YEAR] < 50 ? 20 : 19;
    }
    if (!take_seconds(&in, tag, &second) || !take_zone(&in, &offset) || in.rest.len > 0) {
        return false;
    }
    f = (struct utc_fields){.year = pairs[CENTURY] * 100 + pairs[YEAR],
                            .month = pairs[MONTH],
                            .day = pairs[DAY],
                            .hour = pairs[HOUR],
                            .minute = pairs[MINUTE],
                            .second = second};
    if (!utc_from_fields(&f, &at)) {
        return false;
    }
    *out = at - offset;
    if (offset == 0) {
        return true;
    }
    return utc_to_fields(*out).year >= OFFSET_YEAR_LEAST && *out <= last_second;
}

/* Octets of a UTCTime as RFC 5280 writes it, header included: YYMMDDhhmmssZ. */
enum { USUAL_TIME = 15 };

/*
 * Reads such a time; false for any other form, and for a date that there is not. From 1950 to 2049
 * every fourth year is a leap year, which spares utc_from_fields() half of its work.
 */
static bool read_usual_time(const uint8_t *at, int64_t *out)
{
    enum { DAYS_1950_TO_1970 = 7305 };
    static const struct {
        uint16_t days, before; /* in a year that is not a leap year */
    } months[16] = {{0, 0},    {31, 0},   {28, 31},  {31, 59},  {30, 90},  {31, 120}, {30, 151},
                    {31, 181}, {31, 212}, {30, 243}, {31, 273}, {30, 304}, {31, 334}};
    uint64_t date = word_at(at + 2); /* YYMMDDhh */
    uint64_t time = word_at(at + 6); /* DDhhmmss */
    uint64_t begin = word_pairs(date), end = word_pairs(time);
    unsigned year = (unsigned)(begin & 0xff), month = (unsigned)(begin >> 16 & 0xff);
    unsigned day = (unsigned)(end & 0xff), hour = (unsigned)(end >> 16 & 0xff);
    unsigned minute = (unsigned)(end >> 32 & 0xff), second = (unsigned)(end >> 48);
    unsigned since = year < 50 ? year + 50 : year - 50; /* 1950 */
    unsigned leap = since % 4 == 2, days;

    if (at[0] != DER_UTC_TIME || at[1] != USUAL_TIME - 2 || at[USUAL_TIME - 1] != 'Z' ||
        !word_is_digits(date) || !word_is_digits(time) || month > 12 || hour > 23 || minute > 59 ||
        second > 59 || day - 1 >= months[month].days + (month == 2 ? leap : 0)) {
        return false;
    }
    days = since * 365 + (since + 1) / 4 + months[month].before + (month > 2 ? leap : 0) + day - 1;
    *out = ((int64_t)days - DAYS_1950_TO_1970) * UTC_DAY + (hour * 60 + minute) * 60 + second;
    return true;
}

bool der_take_time(struct cursor *in, int64_t *out)
{
    size_t start = in->offset;
    uint8_t tag = der_is_next(in, DER_UTC_TIME) ? DER_UTC_TIME : DER_GENERALIZED_TIME;
    struct span text;

    if (in->rest.len >= USUAL_TIME && read_usual_time(in->rest.at, out)) {
        der_advance(in, USUAL_TIME);
        return true;
    }
    if (!der_take(in, tag, &text) || !read_time(tag, text, out)) {
        der_rewind(in, start);
        return false;
    }
    return true;
}

bool der_take_validity(struct cursor *in, int64_t *not_before, int64_t *not_after)
{
    enum { HEADER = 2, SIZE = HEADER + 2 * USUAL_TIME };
    const uint8_t *at = in->rest.at;

    if (in->rest.len < SIZE || at[0] != DER_SEQUENCE || at[1] != SIZE - HEADER ||
        !read_usual_time(at + HEADER, not_before) ||
        !read_usual_time(at + HEADER + USUAL_TIME, not_after)) {
        return false;
    }
    der_advance(in, SIZE);
    return true;
}
