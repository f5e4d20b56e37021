#include "kms/request/issue/token.h"

#include "support.h"

static const char store[] = "0123456789abcdef0123456789abcdef";

static const struct row {
    const char *name, *text;
    size_t len;
    enum fault fault;
    const char *means;
} rows[] = {
    {"as it is printed", TEXT("01234-56789-ABCDE-FGHJK"), 0, "01234-56789-ABCDE-FGHJK"},
    {"small letters", TEXT("mnpqr-stvwx-yzabc-defgh"), 0, "MNPQR-STVWX-YZABC-DEFGH"},
    {"without hyphens", TEXT("0123456789ABCDEFGHJK"), 0, "01234-56789-ABCDE-FGHJK"},
    {"blanks, as somebody typed them", TEXT(" 01234 56789  ABCDE FGHJK "), 0,
     "01234-56789-ABCDE-FGHJK"},
    {"a file's line end", TEXT("01234-56789-ABCDE-FGHJK\r\n"), 0, "01234-56789-ABCDE-FGHJK"},
    {"letters that look like digits", TEXT("OoiIl-L0000-00000-00000"), 0,
     "00111-10000-00000-00000"},
    {"nothing", TEXT(""), FAULT_SYNTAX},
    {"one character short", TEXT("01234-56789-ABCDE-FGHJ"), FAULT_SYNTAX},
    {"one too many", TEXT("01234-56789-ABCDE-FGHJKM"), FAULT_SYNTAX},
    {"a letter that is left out: U", TEXT("U1234-56789-ABCDE-FGHJK"), FAULT_SYNTAX},
    {"a sign", TEXT("01234-56789-ABCDE-FGH/K"), FAULT_SYNTAX},
    {"NUL", TEXT("01234-56789-ABCDE-FGHJK\0"), FAULT_SYNTAX},
    {"a letter outside ASCII",
     TEXT("\xc3\x84"
          "1234-56789-ABCDE-FGHJK"),
     FAULT_SYNTAX},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *block = exact_copy(row->text, row->len);
    struct token token = {0};
    struct why why = {0};

    assert_int_equal(token_read(span_text(store), span_of(block, row->len), &token, &why),
                     row->fault);
    if (row->fault == FAULT_NONE) {
        assert_string_equal(token.text, row->means);
        assert_int_equal(strlen(token.name), 6);
    } else {
        assert_string_equal(token.text, "");
        assert_non_null(why.rule);
    }
    free(block);
}

static void what_was_made_is_read(void **state)
{
    struct token made, read;
    struct why why = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(token_make(span_text(store), &made, &why), FAULT_NONE);
        assert_int_equal(token_read(span_text(store), span_text(made.text), &read, &why),
                         FAULT_NONE);
        assert_string_equal(made.name, read.name);
        assert_true(token_fits(&read, span_of(made.digest, sizeof(made.digest))));
        assert_false(token_fits(&read, span_of(made.digest, sizeof(made.digest) - 1)));
    }
}

static void every_character_counts(void **state)
{
    static const char text[] = "01234-56789-ABCDE-FGHJK";
    struct token whole, changed;
    struct why why = {0};

    (void)state;
    assert_int_equal(token_read(span_text(store), span_text(text), &whole, &why), FAULT_NONE);
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        char other[sizeof(text)];

        memcpy(other, text, sizeof(text));
        if (other[i] == '-') {
            continue;
        }
        other[i] = other[i] == 'Z' ? 'Y' : 'Z';
        assert_int_equal(token_read(span_text(store), span_text(other), &changed, &why),
                         FAULT_NONE);
        assert_false(token_fits(&changed, span_of(whole.digest, sizeof(whole.digest))));
    }
}

static void another_store_has_another_digest(void **state)
{
    struct token here, there;
    struct why why = {0};
    const struct span text = span_text("01234-56789-ABCDE-FGHJK");

    (void)state;
    assert_int_equal(token_read(span_text(store), text, &here, &why), FAULT_NONE);
    assert_int_equal(token_read(span_text("another"), text, &there, &why), FAULT_NONE);
    assert_false(token_fits(&here, span_of(there.digest, sizeof(there.digest))));
}

static void cleared_ones_are_empty(void **state)
{
    struct token token = {0};
    static const struct token nothing;
    struct why why = {0};

    (void)state;
    assert_int_equal(token_make(span_text(store), &token, &why), FAULT_NONE);
    token_clear(&token);
    assert_memory_equal(&token, &nothing, sizeof(token));
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 4] = {
        cmocka_unit_test(what_was_made_is_read),
        cmocka_unit_test(every_character_counts),
        cmocka_unit_test(another_store_has_another_digest),
        cmocka_unit_test(cleared_ones_are_empty),
    };

    TESTS_OF(tests + 4, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
