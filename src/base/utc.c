#include "base/utc.h"

#include "base/ascii.h"

/* Days from 0000-01-01 to 1970-01-01; DAYS_TO_1970 counts from 0000-03-01. */
enum { DAYS_OF_1970 = 719528, DAYS_TO_1970 = 719468, DAYS_IN_ERA = 146097, YEARS_IN_ERA = 400 };

/* Seconds of 0000-01-01T00:00:00Z and of 9999-12-31T23:59:59Z. */
static const int64_t utc_least = -62167219200, utc_most = 253402300799;

static unsigned is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool utc_from_fields(const struct utc_fields *f, int64_t *out)
{
    static const struct {
        uint16_t days, before; /* in a year that is not a leap year */
    } months[] = {{0, 0},    {31, 0},   {28, 31},  {31, 59},  {30, 90},  {31, 120}, {30, 151},
                  {31, 181}, {31, 212}, {30, 243}, {31, 273}, {30, 304}, {31, 334}};
    /* Unsigned, what is negative is too large as well. */
    unsigned year = (unsigned)f->year, month = (unsigned)f->month, day = (unsigned)f->day;
    unsigned hour = (unsigned)f->hour, minute = (unsigned)f->minute, second = (unsigned)f->second;
    unsigned leap = is_leap(year), leaps, days;

    if (year > 9999 || month - 1 >= 12 || hour > 23 || minute > 59 || second > 59 ||
        day - 1 >= months[month].days + (month == 2 ? leap : 0)) {
        return false;
    }
    leaps = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400; /* before it, year 0 too */
    days = year * 365 + leaps + months[month].before + (month > 2 ? leap : 0) + day - 1;
    *out = ((int64_t)days - DAYS_OF_1970) * UTC_DAY + (hour * 60 + minute) * 60 + second;
    return true;
}

struct utc_fields utc_to_fields(int64_t at)
{
    at = at < utc_least ? utc_least : at > utc_most ? utc_most : at;

    int64_t days = (at >= 0 ? at : at - (UTC_DAY - 1)) / UTC_DAY;
    int64_t seconds = at - days * UTC_DAY;
    int64_t z = days + DAYS_TO_1970;
    int64_t era = (z >= 0 ? z : z - (DAYS_IN_ERA - 1)) / DAYS_IN_ERA;
    int64_t day_of_era = z - era * DAYS_IN_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);

    return (struct utc_fields){
        .year = (int)(year_of_era + era * YEARS_IN_ERA + (month <= 2 ? 1 : 0)),
        .month = month,
        .day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1),
        .hour = (int)(seconds / 3600),
        .minute = (int)(seconds / 60 % 60),
        .second = (int)(seconds % 60),
    };
}

/* Reads exactly `digits` decimal digits. */
static bool take_number(struct cursor *in, size_t digits, int *out)
{
    struct span seen;
    int n = 0;

    if (!cursor_take(in, digits, &seen)) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        if (!ascii_is_digit(seen.at[i])) {
            return false;
        }
        n = n * 10 + (seen.at[i] - '0');
    }
    *out = n;
    return true;
}

static bool take_date(struct cursor *in, struct utc_fields *f)
{
    return take_number(in, 4, &f->year) && cursor_step(in, '-') && take_number(in, 2, &f->month) &&
           cursor_step(in, '-') && take_number(in, 2, &f->day);
}

static bool take_time(struct cursor *in, struct utc_fields *f)
{
    if (!(take_number(in, 2, &f->hour) && cursor_step(in, ':') && take_number(in, 2, &f->minute) &&
          cursor_step(in, ':') && take_number(in, 2, &f->second))) {
        return false;
    }
    return !cursor_step(in, '.') || cursor_run(in, ascii_is_digit).len > 0;
}

/* Reads `Z` or `+01:00` and gives what is to be taken off, in seconds. */
static bool take_offset(struct cursor *in, int64_t *seconds)
{
    int hours = 0, minutes = 0;
    int sign = 1;

    *seconds = 0;
    if (cursor_step(in, 'Z') || cursor_step(in, 'z')) {
        return true;
    }
    if (cursor_step(in, '-')) {
        sign = -1;
    } else if (!cursor_step(in, '+')) {
        return false;
    }
    if (!(take_number(in, 2, &hours) && cursor_step(in, ':') && take_number(in, 2, &minutes)) ||
        hours > 23 || minutes > 59) {
        return false;
    }
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

enum fault utc_parse(struct span text, int64_t *out, struct why *why)
{
    struct cursor in = cursor_over(text);
    struct utc_fields fields = {0};
    int64_t offset = 0;
    int64_t at;
    bool good = take_date(&in, &fields);

    if (good && in.rest.len > 0) {
        good = (cursor_step(&in, 'T') || cursor_step(&in, 't') || cursor_step(&in, ' ')) &&
               take_time(&in, &fields) && take_offset(&in, &offset);
    }
    if (!good || in.rest.len > 0) {
        return fault_at(FAULT_SYNTAX, in.offset,
                        "RFC 3339: a time is YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ", why);
    }
    if (!utc_from_fields(&fields, &at)) {
        return fault_at(FAULT_SYNTAX, in.offset, "RFC 3339: there is no such date or time", why);
    }
    at -= offset;
    if (at < utc_least || at > utc_most) {
        return fault_at(FAULT_SYNTAX, in.offset, "a time lies in the years 0 to 9999, as UTC", why);
    }
    *out = at;
    return FAULT_NONE;
}

/* Writes a number of two digits. */
static void put_pair(char *out, unsigned n)
{
    out[0] = (char)('0' + n / 10);
    out[1] = (char)('0' + n % 10);
}

void utc_text(int64_t at, char out[UTC_TEXT_SIZE])
{
    struct utc_fields f = utc_to_fields(at);

    memcpy(out, "0000-00-00T00:00:00Z", UTC_TEXT_SIZE);
    put_pair(out, (unsigned)f.year / 100);
    put_pair(out + 2, (unsigned)f.year % 100);
    put_pair(out + 5, (unsigned)f.month);
    put_pair(out + 8, (unsigned)f.day);
    put_pair(out + 11, (unsigned)f.hour);
    put_pair(out + 14, (unsigned)f.minute);
    put_pair(out + 17, (unsigned)f.second);
}

void utc_date(int64_t at, char out[UTC_DATE_SIZE])
{
    char text[UTC_TEXT_SIZE];

    utc_text(at, text);
    memcpy(out, text, UTC_DATE_SIZE - 1);
    out[UTC_DATE_SIZE - 1] = '\0';
}

enum fault utc_parse_duration(struct span text, int64_t *out, struct why *why)
{
    static const struct {
        uint8_t unit;
        int64_t seconds;
    } units[] = {{'d', UTC_DAY}, {'h', 3600}, {'m', 60}, {'s', 1}};
    const int64_t longest = (int64_t)10000 * 366 * UTC_DAY;
    struct cursor in = cursor_over(text);
    struct span digits = cursor_run(&in, ascii_is_digit);
    int64_t n = 0;

    for (size_t i = 0; i < digits.len && n <= longest; i++) {
        n = n * 10 + (digits.at[i] - '0');
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (digits.len > 0 && in.rest.len == 1 && in.rest.at[0] == units[i].unit &&
            n <= longest / units[i].seconds) {
            *out = n * units[i].seconds;
            return FAULT_NONE;
        }
    }
    return fault_at(FAULT_SYNTAX, in.offset, "a duration is a number and d, h, m or s: 30d", why);
}
