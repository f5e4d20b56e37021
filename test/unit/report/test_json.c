#include "report/json.h"

#include "support.h"

enum { TEXT_MAX = 1024 };

static const struct row {
    const char *name, *text;
    size_t len;
    const char *json;
} rows[] = {
    {"plain text", TEXT("Anna"), "\"Anna\""},
    {"nothing", TEXT(""), "\"\""},
    {"quotes and backslashes", TEXT("a\"b\\c"), "\"a\\\"b\\\\c\""},
    {"escapes with a letter", TEXT("\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\""},
    {"other controls by number", TEXT("\x01\x1f"), "\"\\u0001\\u001f\""},
    {"NUL", TEXT("a\0b"), "\"a\\u0000b\""},
    {"DEL and a slash stand", TEXT("\x7f/"), "\"\x7f/\""},
    {"UTF-8 stands", TEXT("\xc3\xb6\xf0\x9f\x98\x80"), "\"\xc3\xb6\xf0\x9f\x98\x80\""},
    /* From here on none is UTF-8. */
    {"Windows-1252 becomes UTF-8", TEXT("\xf6\x80"), "\"\xc3\xb6\xe2\x82\xac\""},
    {"… of the whole string, not by pieces", TEXT("\xc3\xb6\"\xff"),
     "\"\xc3\x83\xc2\xb6\\\"\xc3\xbf\""},
    {"a surrogate is no UTF-8", TEXT("\xed\xa0\x80"), "\"\xc3\xad\xc2\xa0\xe2\x82\xac\""},
    {"half a character", TEXT("a\xc3"), "\"a\xc3\x83\""},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct buffer out = buffer_with_max(TEXT_MAX);
    uint8_t *block = exact_copy(row->text, row->len);

    json_add_string(&out, span_of(block, row->len));
    assert_span(buffer_span(&out), row->json);
    buffer_clear(&out);
    free(block);
}

/* Escaping in place is what adding a string is, for text that is UTF-8. */
static void escaping_in_place_is_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows) - 4; i++) {
        struct buffer out = buffer_with_max(TEXT_MAX);

        buffer_add_text(&out, "\"");
        buffer_add(&out, span_of(rows[i].text, rows[i].len));
        json_escape_from(&out, 1);
        buffer_add_text(&out, "\"");
        assert_span(buffer_span(&out), rows[i].json);
        buffer_clear(&out);
    }
}

static void no_room_is_a_fault(void **state)
{
    struct buffer out = buffer_with_max(4);

    (void)state;
    buffer_add_text(&out, "\"\"\"");
    json_escape_from(&out, 0);
    assert_int_equal(out.fault, FAULT_LIMIT);
    assert_span(buffer_span(&out), "\"\"\"");
    buffer_clear(&out);
}

static void names_follow_a_comma(void **state)
{
    struct buffer out = buffer_with_max(TEXT_MAX);

    (void)state;
    json_add_name(&out, "dn");
    assert_span(buffer_span(&out), ",\"dn\":");
    buffer_clear(&out);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {
        cmocka_unit_test(escaping_in_place_is_the_same),
        cmocka_unit_test(no_room_is_a_fault),
        cmocka_unit_test(names_follow_a_comma),
    };

    (void)TESTS_OF(tests + 3, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
