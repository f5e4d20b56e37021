#include "source/ldif_line.h"

#include "support.h"

static const char overlong[LDIF_LINE_MAX + 2];

/* A row is one sentence about the parser. A bug is fixed by adding its row first. */
static const struct row {
    const char *name, *line;
    size_t len;
    enum fault fault;
    size_t offset; /* where the fault is noticed */
    enum ldif_form form;
    const char *type, *options, *value;
} rows[] = {
    {"spaces before a value go", TEXT("cn:  Ada L"), 0, 0, LDIF_PLAIN, "cn", "", "Ada L"},
    {"two colons mean base64", TEXT("c;binary:: MI="), 0, 0, LDIF_BASE64, "c", "binary", "MI="},
    {"names may hold dashes", TEXT("x-a;l-de;b: x"), 0, 0, LDIF_PLAIN, "x-a", "l-de;b", "x"},
    {"a type may be an OID", TEXT("2.5.4.36: x"), 0, 0, LDIF_PLAIN, "2.5.4.36", "", "x"},
    {"a URL is told, not read", TEXT("p:< file:///x"), 0, 0, LDIF_URL, "p", "", "file:///x"},
    {"bare UTF-8 is kept", TEXT("sn: \xc3\x85s"), 0, 0, LDIF_PLAIN, "sn", "", "\xc3\x85s"},
    {"a value may be empty", TEXT("mail:"), 0, 0, LDIF_PLAIN, "mail", "", ""},
    {"an empty line is refused", TEXT(""), FAULT_SYNTAX, .offset = 0},
    {"a line has a type", TEXT(": x"), FAULT_SYNTAX, .offset = 0},
    {"an option has a name", TEXT("mail;: x"), FAULT_SYNTAX, .offset = 5},
    {"a line has a colon", TEXT("mail"), FAULT_SYNTAX, .offset = 4},
    {"a type holds no space", TEXT("mail : x"), FAULT_SYNTAX, .offset = 4},
    {"a NUL is refused", TEXT("cn: a\0b"), FAULT_SYNTAX, .offset = 5},
    {"a long line is refused", TEXT(overlong), FAULT_LIMIT, .offset = LDIF_LINE_MAX},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *block = exact_copy(row->line, row->len);
    struct ldif_line got = {0};
    struct why why = {0};

    assert_int_equal(ldif_line_parse(span_of(block, row->len), &got, &why), row->fault);
    if (row->fault == FAULT_NONE) {
        assert_int_equal(got.form, row->form);
        assert_span(got.type, row->type);
        assert_span(got.options, row->options);
        assert_span(got.value, row->value);
    } else {
        assert_null(got.type.at); /* nothing is written on failure */
        assert_int_equal(why.offset, row->offset);
    }
    free(block);
}

/* The property: cut anywhere, a line parses to its end or is refused; it never overreads. */
static void cut_line_is_safe(void **state)
{
    const char *line = *state;

    for (size_t len = 0; len < strlen(line); len++) {
        uint8_t *block = exact_copy(line, len);
        struct ldif_line got = {0};
        struct why why = {0};

        if (ldif_line_parse(span_of(block, len), &got, &why) == FAULT_NONE) {
            assert_ptr_equal(got.value.at + got.value.len, block + len);
        }
        free(block);
    }
}

int main(void)
{
    static char line[] = "userCertificate;binary:: MIIDdzCC";
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test_prestate(cut_line_is_safe, line)};

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 1] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
