#include "base/utc.h"

#include <assert.h>
#include <time.h>

#include "support.h"

static const struct parse_row {
    const char *name, *text;
    size_t len;
    enum fault fault;
    int64_t at;
} parse_rows[] = {
    {"the epoch", TEXT("1970-01-01T00:00:00Z"), 0, 0},
    {"a date is midnight UTC", TEXT("2026-11-01"), 0, 1793491200},
    {"a date and time", TEXT("2026-11-25T09:54:00Z"), 0, 1795600440},
    {"small letters (RFC 3339, 5.6)", TEXT("2026-11-25t09:54:00z"), 0, 1795600440},
    {"a space for the T", TEXT("2026-11-25 09:54:00Z"), 0, 1795600440},
    {"a fraction is dropped", TEXT("1985-04-12T23:20:50.52Z"), 0, 482196050},
    {"a long fraction too", TEXT("1985-04-12T23:20:50.999999999999Z"), 0, 482196050},
    {"an offset behind UTC", TEXT("1996-12-19T16:39:57-08:00"), 0, 851042397},
    {"an offset ahead of UTC", TEXT("1937-01-01T12:00:27.87+00:20"), 0, -1041337173},
    {"an unknown offset", TEXT("1970-01-01T00:00:01-00:00"), 0, 1},
    {"29 February of a leap year", TEXT("2024-02-29"), 0, 1709164800},
    {"29 February of 2000", TEXT("2000-02-29"), 0, 951782400},
    {"the days that 1582 left out are there", TEXT("1582-10-10"), 0, -12219724800},
    {"the first second of year 0", TEXT("0000-01-01T00:00:00Z"), 0, -62167219200},
    {"the last second of year 9999", TEXT("9999-12-31T23:59:59Z"), 0, 253402300799},
    {"nothing", TEXT(""), FAULT_SYNTAX, 0},
    {"a word", TEXT("yesterday"), FAULT_SYNTAX, 0},
    {"a year alone", TEXT("2026"), FAULT_SYNTAX, 0},
    {"a date without dashes", TEXT("20261125"), FAULT_SYNTAX, 0},
    {"a year of two digits", TEXT("26-11-25"), FAULT_SYNTAX, 0},
    {"a year of five digits", TEXT("12026-11-25"), FAULT_SYNTAX, 0},
    {"a month of one digit", TEXT("2026-1-25"), FAULT_SYNTAX, 0},
    {"a letter among the digits", TEXT("2026-1l-25"), FAULT_SYNTAX, 0},
    {"a sign among the digits", TEXT("2026-+1-25"), FAULT_SYNTAX, 0},
    {"month 0", TEXT("2026-00-25"), FAULT_SYNTAX, 0},
    {"month 13", TEXT("2026-13-01"), FAULT_SYNTAX, 0},
    {"day 0", TEXT("2026-11-00"), FAULT_SYNTAX, 0},
    {"31 November", TEXT("2026-11-31"), FAULT_SYNTAX, 0},
    {"30 February", TEXT("2026-02-30"), FAULT_SYNTAX, 0},
    {"29 February of a common year", TEXT("2026-02-29"), FAULT_SYNTAX, 0},
    {"29 February of 1900", TEXT("1900-02-29"), FAULT_SYNTAX, 0},
    {"hour 24", TEXT("2026-11-25T24:00:00Z"), FAULT_SYNTAX, 0},
    {"minute 60", TEXT("2026-11-25T09:60:00Z"), FAULT_SYNTAX, 0},
    {"a leap second", TEXT("2016-12-31T23:59:60Z"), FAULT_SYNTAX, 0},
    {"a time without its zone", TEXT("2026-11-25T09:54:00"), FAULT_SYNTAX, 0},
    {"a time without seconds", TEXT("2026-11-25T09:54Z"), FAULT_SYNTAX, 0},
    {"a T without a time", TEXT("2026-11-25T"), FAULT_SYNTAX, 0},
    {"a point without a fraction", TEXT("2026-11-25T09:54:00.Z"), FAULT_SYNTAX, 0},
    {"an offset without a colon", TEXT("2026-11-25T09:54:00+0100"), FAULT_SYNTAX, 0},
    {"an offset of 24 hours", TEXT("2026-11-25T09:54:00+24:00"), FAULT_SYNTAX, 0},
    {"an offset of 60 minutes", TEXT("2026-11-25T09:54:00+00:60"), FAULT_SYNTAX, 0},
    {"something behind the Z", TEXT("2026-11-25T09:54:00Z "), FAULT_SYNTAX, 0},
    {"something behind the date", TEXT("2026-11-25Z"), FAULT_SYNTAX, 0},
    {"a NUL behind the date", TEXT("2026-11-25\0"), FAULT_SYNTAX, 0},
    {"an offset to before year 0", TEXT("0000-01-01T00:00:00+00:01"), FAULT_SYNTAX, 0},
    {"an offset to past year 9999", TEXT("9999-12-31T23:59:59-00:01"), FAULT_SYNTAX, 0},
};

static void parse_row_holds(void **state)
{
    const struct parse_row *row = *state;
    uint8_t *text = exact_copy(row->text, row->len);
    int64_t at = 12345;
    struct why why = {0};

    assert_int_equal(utc_parse(span_of(text, row->len), &at, &why), row->fault);
    if (row->fault == FAULT_NONE) {
        assert_true(at == row->at);
    } else {
        assert_true(at == 12345);
        assert_non_null(why.rule);
        assert_true(why.offset <= row->len);
    }
    free(text);
}

static const struct duration_row {
    const char *name, *text;
    size_t len;
    enum fault fault;
    int64_t seconds;
} duration_rows[] = {
    {"days", TEXT("30d"), 0, 2592000},
    {"hours", TEXT("12h"), 0, 43200},
    {"minutes", TEXT("10m"), 0, 600},
    {"seconds", TEXT("2s"), 0, 2},
    {"no time at all", TEXT("0d"), 0, 0},
    {"zeros in front", TEXT("0000000000000000000000000030d"), 0, 2592000},
    {"10,000 years", TEXT("3660000d"), 0, 316224000000},
    {"nothing", TEXT(""), FAULT_SYNTAX, 0},
    {"a number without a unit", TEXT("30"), FAULT_SYNTAX, 0},
    {"a unit without a number", TEXT("d"), FAULT_SYNTAX, 0},
    {"an unknown unit", TEXT("30w"), FAULT_SYNTAX, 0},
    {"a capital unit", TEXT("30D"), FAULT_SYNTAX, 0},
    {"two units", TEXT("30dh"), FAULT_SYNTAX, 0},
    {"all units", TEXT("30dhms"), FAULT_SYNTAX, 0},
    {"two durations", TEXT("1d2h"), FAULT_SYNTAX, 0},
    {"a negative one", TEXT("-1d"), FAULT_SYNTAX, 0},
    {"a signed one", TEXT("+1d"), FAULT_SYNTAX, 0},
    {"a fraction", TEXT("1.5d"), FAULT_SYNTAX, 0},
    {"blanks", TEXT("30 d"), FAULT_SYNTAX, 0},
    {"a NUL behind it", TEXT("30d\0"), FAULT_SYNTAX, 0},
    {"a day more than 10,000 years", TEXT("3660001d"), FAULT_SYNTAX, 0},
    {"a number past 64 bits", TEXT("99999999999999999999s"), FAULT_SYNTAX, 0},
    {"a number that 64 bits wrap to 1", TEXT("18446744073709551617d"), FAULT_SYNTAX, 0},
};

static void duration_row_holds(void **state)
{
    const struct duration_row *row = *state;
    uint8_t *text = exact_copy(row->text, row->len);
    int64_t seconds = 12345;
    struct why why = {0};

    assert_int_equal(utc_parse_duration(span_of(text, row->len), &seconds, &why), row->fault);
    if (row->fault == FAULT_NONE) {
        assert_true(seconds == row->seconds);
    } else {
        assert_true(seconds == 12345);
        assert_non_null(why.rule);
    }
    free(text);
}

static const struct field_row {
    const char *name;
    struct utc_fields fields;
    bool good;
} field_rows[] = {
    {"a date that is", {2026, 2, 28, 23, 59, 59}, true},
    {"a leap day", {2400, 2, 29, 0, 0, 0}, true},
    {"a year before 0", {-1, 12, 31, 0, 0, 0}, false},
    {"a year past 9999", {10000, 1, 1, 0, 0, 0}, false},
    {"no month", {2026, 0, 1, 0, 0, 0}, false},
    {"a thirteenth month", {2026, 13, 1, 0, 0, 0}, false},
    {"no day", {2026, 1, 0, 0, 0, 0}, false},
    {"30 February", {2028, 2, 30, 0, 0, 0}, false},
    {"31 April", {2026, 4, 31, 0, 0, 0}, false},
    {"a negative hour", {2026, 1, 1, -1, 0, 0}, false},
    {"hour 24", {2026, 1, 1, 24, 0, 0}, false},
    {"a negative minute", {2026, 1, 1, 0, -1, 0}, false},
    {"minute 60", {2026, 1, 1, 0, 60, 0}, false},
    {"a negative second", {2026, 1, 1, 0, 0, -1}, false},
    {"second 60", {2026, 1, 1, 0, 0, 60}, false},
};

static void field_row_holds(void **state)
{
    const struct field_row *row = *state;
    int64_t at = 12345;

    assert_int_equal(utc_from_fields(&row->fields, &at), row->good);
    assert_true(row->good == (at != 12345));
}

/* The property: every day of 10,000 years comes back, and is what the C library says it is. */
static void days_come_back(void **state)
{
    int64_t at = -62167219200;

    (void)state;
    for (uint32_t second = 0; at <= 253402300799; at += UTC_DAY, second = (second + 7919) % 86400) {
        struct utc_fields fields = utc_to_fields(at + second);
        time_t then = (time_t)(at + second);
        int64_t back = 0;
        struct tm tm;

        assert_true(utc_from_fields(&fields, &back));
        assert_true(back == at + second);
        assert_non_null(gmtime_r(&then, &tm));
        assert_true(fields.year == tm.tm_year + 1900 && fields.month == tm.tm_mon + 1 &&
                    fields.day == tm.tm_mday && fields.hour == tm.tm_hour &&
                    fields.minute == tm.tm_min && fields.second == tm.tm_sec);
    }
}

/* The property: what is written is read as the same time. */
static void text_comes_back(void **state)
{
    uint64_t seed = 3;

    (void)state;
    for (int turn = 0; turn < 100000; turn++) {
        uint64_t range = 253402300799 + 62167219200 + 1;
        uint64_t random = (uint64_t)random_next(&seed) << 32 | random_next(&seed);
        int64_t at = (int64_t)(random % range) - 62167219200, back = 0;
        char text[UTC_TEXT_SIZE], date[UTC_DATE_SIZE];
        struct why why;

        utc_text(at, text);
        assert_int_equal(strlen(text), UTC_TEXT_SIZE - 1);
        assert_int_equal(utc_parse(span_text(text), &back, &why), FAULT_NONE);
        assert_true(back == at);
        utc_date(at, date);
        assert_int_equal(strlen(date), UTC_DATE_SIZE - 1);
        assert_memory_equal(date, text, UTC_DATE_SIZE - 1);
    }
}

static void times_out_of_range_are_held(void **state)
{
    char text[UTC_TEXT_SIZE];

    (void)state;
    utc_text(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
    utc_text(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
}

int main(void)
{
    struct CMUnitTest tests[3 + COUNT(parse_rows) + COUNT(duration_rows) + COUNT(field_rows)] = {
        cmocka_unit_test(days_come_back), cmocka_unit_test(text_comes_back),
        cmocka_unit_test(times_out_of_range_are_held)};
    size_t n = 3;

    n += TESTS_OF(tests + n, parse_rows, parse_row_holds);
    n += TESTS_OF(tests + n, duration_rows, duration_row_holds);
    n += TESTS_OF(tests + n, field_rows, field_row_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
