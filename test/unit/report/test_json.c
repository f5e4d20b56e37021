#include "report/json.h"

#include "support.h"

enum { TEXT_MAX = 1024, NO_UTF8 = 5 /* the last rows of the table */ };

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
    {"a slash and what HTML minds stand", TEXT("</script>&'"), "\"</script>&'\""},
    {"DEL and C1 controls, which a terminal obeys", TEXT("\x7f\xc2\x80\xc2\x9b\xc2\x9f"),
     "\"\\u007f\\u0080\\u009b\\u009f\""},
    {"what follows them stands", TEXT("\xc2\xa0\xc3\x80"), "\"\xc2\xa0\xc3\x80\""},
    {"the line ends of Unicode", TEXT("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\""},
    {"what is beside them stands", TEXT("\xe2\x80\xa7\xe2\x80\xaa\xe2\x81\xa8"),
     "\"\xe2\x80\xa7\xe2\x80\xaa\xe2\x81\xa8\""},
    {"UTF-8 stands", TEXT("\xc3\xb6\xf0\x9f\x98\x80"), "\"\xc3\xb6\xf0\x9f\x98\x80\""},
    /* From here on none is UTF-8. */
    {"Windows-1252 becomes UTF-8", TEXT("\xf6\x80"), "\"\xc3\xb6\xe2\x82\xac\""},
    {"… of the whole string, not by pieces", TEXT("\xc3\xb6\"\xff"),
     "\"\xc3\x83\xc2\xb6\\\"\xc3\xbf\""},
    {"a byte that it leaves open", TEXT("\x81\xf6"), "\"\\u0081\xc3\xb6\""},
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
    for (size_t i = 0; i < COUNT(rows) - NO_UTF8; i++) {
        struct buffer out = buffer_with_max(TEXT_MAX);

        buffer_add_text(&out, "\"");
        buffer_add(&out, span_of(rows[i].text, rows[i].len));
        json_escape_from(&out, 1);
        buffer_add_text(&out, "\"");
        assert_span(buffer_span(&out), rows[i].json);
        buffer_clear(&out);
    }
}

/* The property: what is escaped is escaped piece by piece, wherever it stands. */
static void every_piece_is_escaped_by_itself(void **state)
{
    static const char *const pieces[] = {"a",        "\"",          "\\",       "\n",
                                         "\x01",     "\x7f",        "\xc3\xb6", "\xe2\x80\xa8",
                                         "\xc2\x85", "\xe2\x82\xac"};
    uint64_t seed = 23;

    (void)state;
    for (int turn = 0; turn < 20000; turn++) {
        struct buffer text = buffer_with_max(TEXT_MAX), out = buffer_with_max(TEXT_MAX);
        struct buffer want = buffer_with_max(TEXT_MAX);

        for (size_t n = random_next(&seed) % 40; n > 0; n--) {
            const char *piece = pieces[random_next(&seed) % COUNT(pieces)];
            struct buffer alone = buffer_with_max(10);

            buffer_add_text(&text, piece);
            json_add_string(&alone, span_text(piece));
            buffer_add(&want, span_of(alone.at + 1, alone.len - 2));
            buffer_clear(&alone);
        }
        buffer_add(&out, buffer_span(&text));
        json_escape_from(&out, 0);
        assert_true(span_equal(buffer_span(&out), buffer_span(&want)));
        buffer_clear(&text);
        buffer_clear(&out);
        buffer_clear(&want);
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
    struct CMUnitTest tests[COUNT(rows) + 4] = {
        cmocka_unit_test(escaping_in_place_is_the_same),
        cmocka_unit_test(every_piece_is_escaped_by_itself),
        cmocka_unit_test(no_room_is_a_fault),
        cmocka_unit_test(names_follow_a_comma),
    };

    (void)TESTS_OF(tests + 4, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
