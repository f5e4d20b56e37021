#include "kms/request/session/person_name.h"

#include "support.h"

#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct check_row {
    const char *name, *text;
    size_t len;
    enum fault fault;
} check_rows[] = {
    {"a word", TEXT("anna"), FAULT_NONE},
    {"two words", TEXT("Anna Berg"), FAULT_NONE},
    {"letters past ASCII", TEXT("\xc3\x85sa"), FAULT_NONE},
    {"an address", TEXT("anna.berg@example.org"), FAULT_NONE},
    {"one letter", TEXT("a"), FAULT_NONE},
    {"64 bytes", TEXT(A63 "b"), FAULT_NONE},
    {"a dot and a dash inside", TEXT("a.b-c_d"), FAULT_NONE},
    {"a word that stands for something in one place", TEXT("new"), FAULT_NONE},
    {"a word that begins like one that is taken", TEXT("p123"), FAULT_NONE},
    {"nothing", TEXT(""), FAULT_SYNTAX},
    {"65 bytes", TEXT(A63 "bc"), FAULT_SYNTAX},
    {"a comma", TEXT("a,b"), FAULT_SYNTAX},
    {"an equals sign", TEXT("a=b"), FAULT_SYNTAX},
    {"a slash", TEXT("a/b"), FAULT_SYNTAX},
    {"a backslash", TEXT("a\\b"), FAULT_SYNTAX},
    {"a quote", TEXT("a\"b"), FAULT_SYNTAX},
    {"a NUL", TEXT("a\0b"), FAULT_SYNTAX},
    {"a line end", TEXT("a\nb"), FAULT_SYNTAX},
    {"an escape", TEXT("a\x1b[31m"), FAULT_SYNTAX},
    {"a turn of the writing direction",
     TEXT("a\xe2\x80\xae"
          "b"),
     FAULT_SYNTAX},
    {"not UTF-8", TEXT("a\xff"), FAULT_SYNTAX},
    {"half a character", TEXT("a\xc3"), FAULT_SYNTAX},
    {"a space before", TEXT(" a"), FAULT_SYNTAX},
    {"a space behind", TEXT("a "), FAULT_SYNTAX},
    {"like an option", TEXT("-a"), FAULT_SYNTAX},
    {"like a hidden file", TEXT(".a"), FAULT_SYNTAX},
    {"the word for a PKCS#12", TEXT("p12"), FAULT_SYNTAX},
    {"in capitals too", TEXT("P12"), FAULT_SYNTAX},
};

static void check_holds(void **state)
{
    const struct check_row *row = *state;
    uint8_t *block = exact_copy(row->text, row->len);
    struct why why = {0};

    assert_int_equal(person_name_check(span_of(block, row->len), &why), row->fault);
    assert_true((why.rule != NULL) == (row->fault != FAULT_NONE));
    free(block);
}

static const struct alike_row {
    const char *name, *a, *b;
    bool alike;
} alike_rows[] = {
    {"the same", "anna", "anna", true},
    {"but for a capital letter", "anna", "Anna", true},
    {"past ASCII too", "\xc3\xa5sa", "\xc3\x85SA", true},
    {"another one", "anna", "anne", false},
    {"a shorter one", "anna", "ann", false},
    {"a longer one", "ann", "anna", false},
    {"nothing and something", "", "a", false},
    {"a letter and the same with a mark", "asa", "\xc3\xa5sa", false},
};

static void alike_holds(void **state)
{
    const struct alike_row *row = *state;

    assert_true(person_name_is_alike(span_text(row->a), span_text(row->b)) == row->alike);
    assert_true(person_name_is_alike(span_text(row->b), span_text(row->a)) == row->alike);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(check_rows) + COUNT(alike_rows)];
    size_t count = TESTS_OF(tests, check_rows, check_holds);

    (void)TESTS_OF(tests + count, alike_rows, alike_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
