#include "entry/dn_name.h"

#include <assert.h>

#include "support.h"

/* A value as a DN has it, and its text; NULL: the same, since it cannot be undone, or need not. */
static const struct text_row {
    const char *name, *value, *text;
} text_rows[] = {
    {"a plain value", "Anna Berg", NULL},
    {"an empty one", "", NULL},
    {"an escaped comma", "Berg\\, Anna", "Berg, Anna"},
    {"all that has to be escaped", "\\\"\\+\\,\\;\\<\\>\\\\", "\"+,;<>\\"},
    {"and what may be", "\\#a\\=b\\ ", "#a=b "},
    {"a comma in hexadecimal", "Berg\\2C Anna", "Berg, Anna"},
    {"in small digits", "Berg\\2c Anna", "Berg, Anna"},
    {"RFC 4514's example", "Lu\\C4\\8Di\\C4\\87", "Lu\xc4\x8di\xc4\x87"},
    {"UTF-8, half of it escaped", "\xc4\\8d", "\xc4\x8d"},
    {"a line end", "Before\\0DAfter", "Before\rAfter"},
    {"ANSI beside an escape", "M\xfcller\\, Anna", "M\xfcller, Anna"},
    {"hex digits that no backslash marks", "2C", NULL},
    {"quotes", "\"Berg, Anna\"", "Berg, Anna"},
    {"quotes around an escaped one", "\"a\\\"b\"", "a\"b"},
    {"empty quotes", "\"\"", ""},
    {"an equals sign alone", "a=b", NULL},
    {"a quote that is not closed", "\"Berg", NULL},
    {"nor by an escaped one", "\"Berg\\\"", NULL},
    {"a quote alone", "\"", NULL},
    {"something behind the quotes", "\"a\"b", NULL},
    {"a quote within", "a\"b", NULL},
    {"and an escape beside it", "a\"b\\,c", NULL},
    {"a backslash at the end", "a\\", NULL},
    {"one before a letter", "a\\n, b\\, c", NULL},
    {"half a pair", "a\\2", NULL},
    {"half a pair and a letter", "a\\2G\\,", NULL},
    {"pairs that are no UTF-8", "M\\FCller", NULL},
    {"half a character", "a\\C4", NULL},
    {"pairs beside ANSI", "M\xfcller\\2C Anna", NULL},
    {"a NUL", "a\\00b", NULL},
    {"a BER value", "#04024869", NULL},
};

static void text_row_holds(void **state)
{
    const struct text_row *row = *state;
    size_t len = strlen(row->value);
    uint8_t *copy = exact_copy(row->value, len);
    struct arena arena = arena_with_max(1 << 20);
    struct span out = {0};

    assert_int_equal(dn_value_text(span_of(copy, len), &arena, &out), FAULT_NONE);
    assert_span(out, row->text != NULL ? row->text : row->value);
    arena_clear(&arena);
    free(copy);
}

static const struct trim_row {
    const char *name, *value, *trimmed;
} trim_rows[] = {
    {"nothing to trim", "a b", "a b"},
    {"blanks around", "  a ", "a"},
    {"an escaped blank at the end", "a\\  ", "a\\ "},
    {"a blank behind an escaped backslash", "a\\\\ ", "a\\\\"},
    {"an escaped blank behind one", "a\\\\\\ ", "a\\\\\\ "},
    {"a backslash at the end", "a\\", "a\\"},
    {"blanks only", "  ", ""},
    {"nothing", "", ""},
};

static void trim_row_holds(void **state)
{
    const struct trim_row *row = *state;
    size_t len = strlen(row->value);
    uint8_t *copy = exact_copy(row->value, len);

    assert_span(dn_value_trim(span_of(copy, len)), row->trimmed);
    free(copy);
}

static const struct rdn_row {
    const char *name, *dn;
    size_t length;
} rdn_rows[] = {
    {"the first comma ends it", "cn=a,ou=b,dc=c", 4},
    {"a semicolon too", "cn=a;ou=b", 4},
    {"an escaped one does not", "cn=a\\,b,ou=c", 7},
    {"nor a quoted one", "cn=\"a,b\",ou=c", 8},
    {"nor behind an escaped quote", "cn=\"a\\\",b\",ou=c", 10},
    {"an escaped backslash escapes nothing", "cn=a\\\\,ou=b", 6},
    {"a backslash at the end", "cn=a\\", 5},
    {"without one it is the whole", "cn=a", 4},
    {"nothing", "", 0},
};

static void rdn_row_holds(void **state)
{
    const struct rdn_row *row = *state;
    size_t len = strlen(row->dn);
    uint8_t *copy = exact_copy(row->dn, len);

    assert_int_equal(dn_first_rdn_length(span_of(copy, len)), row->length);
    free(copy);
}

static void memory_may_be_short(void **state)
{
    struct arena none = {0};
    struct span out = {0};

    (void)state;
    assert_int_equal(dn_value_text(span_text("a\\,b"), &none, &out), FAULT_RESOURCE);
    assert_int_equal(dn_value_text(span_text("\"a,b\""), &none, &out), FAULT_NONE);
    assert_span(out, "a,b");
    arena_clear(&none);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(text_rows) + COUNT(trim_rows) + COUNT(rdn_rows) + 1];
    size_t n = TESTS_OF(tests, text_rows, text_row_holds);

    n += TESTS_OF(tests + n, trim_rows, trim_row_holds);
    n += TESTS_OF(tests + n, rdn_rows, rdn_row_holds);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(memory_may_be_short);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
