#include "cert/der_time.h"

#include "base/utc.h"
#include "cert/der.h"

#include "build.h"

enum { UTC = DER_UTC_TIME, GENERALIZED = DER_GENERALIZED_TIME };

static const struct row {
    const char *name;
    uint8_t tag;
    const char *text;
    const char *at; /* NULL: refused */
} rows[] = {
    {"a UTCTime", UTC, "260228235959Z", "2026-02-28T23:59:59Z"},
    {"years from 50 on are of the last century", UTC, "500101000000Z", "1950-01-01T00:00:00Z"},
    {"years before 50 are of this one", UTC, "491231235959Z", "2049-12-31T23:59:59Z"},
    {"a GeneralizedTime", GENERALIZED, "20500101000000Z", "2050-01-01T00:00:00Z"},
    {"the end of time", GENERALIZED, "99991231235959Z", "9999-12-31T23:59:59Z"},
    {"the year 0", GENERALIZED, "00000101000000Z", "0000-01-01T00:00:00Z"},
    {"a leap day", UTC, "280229000000Z", "2028-02-29T00:00:00Z"},
    {"an offset to the east", UTC, "260101003000+0100", "2025-12-31T23:30:00Z"},
    {"an offset to the west", GENERALIZED, "20260101003000-0930", "2026-01-01T10:00:00Z"},
    {"seconds may be left out", UTC, "2601010000Z", "2026-01-01T00:00:00Z"},
    {"… with an offset too", UTC, "2601010000+0000", "2026-01-01T00:00:00Z"},
    {"a fraction is dropped", GENERALIZED, "20260101000001.999Z", "2026-01-01T00:00:01Z"},
    {"a UTCTime has no fraction", UTC, "260101000001.9Z", NULL},
    {"a fraction has digits", GENERALIZED, "20260101000001.Z", NULL},
    {"30 February", UTC, "260230000000Z", NULL},
    {"29 February of another year", UTC, "260229000000Z", NULL},
    {"month 13", UTC, "261301000000Z", NULL},
    {"day 0", UTC, "260100000000Z", NULL},
    {"hour 24", UTC, "260101240000Z", NULL},
    {"second 60", UTC, "260101000060Z", NULL},
    {"a letter among the digits", UTC, "26010100000aZ", NULL},
    {"a small z", UTC, "260101000000z", NULL},
    {"no zone", UTC, "2601010000000", NULL},
    {"an offset past 12 hours", UTC, "260101000000+1300", NULL},
    {"an offset of 60 minutes", UTC, "260101000000+0060", NULL},
    {"half an offset", UTC, "260101000000+01", NULL},
    {"an offset past the end of time", GENERALIZED, "99991231235959-0001", NULL},
    {"an offset before libcrypto's time", GENERALIZED, "19000101000000+0001", NULL},
    {"something behind the Z", UTC, "260101000000Z0", NULL},
    {"a date alone", UTC, "260101", NULL},
    {"a long year in a UTCTime", UTC, "20260101000000Z", NULL},
    {"a short year in a GeneralizedTime", GENERALIZED, "260101000000Z", NULL},
    {"another type", DER_IA5_STRING, "260101000000Z", NULL},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct built b = {.len = strlen(row->text)};
    struct cursor in;
    int64_t got = -1;
    char text[UTC_TEXT_SIZE];

    memcpy(b.at, row->text, b.len);
    build_wrap(&b, 0, row->tag);
    in = cursor_over(span_of(b.at, b.len));
    if (row->at == NULL) {
        assert_false(der_take_time(&in, &got));
        assert_int_equal(in.offset, 0);
        return;
    }
    assert_true(der_take_time(&in, &got));
    assert_int_equal(in.rest.len, 0);
    utc_text(got, text);
    assert_string_equal(text, row->at);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    (void)TESTS_OF(tests, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
