#include "cert/pem.h"

#include "support.h"

#define BLOCK(label, body) "-----BEGIN " label "-----\n" body "-----END " label "-----\n"

/* Blocks in a text, as `label=body` with `!` for one that is broken. */
static const struct row {
    const char *name, *text, *told;
} rows[] = {
    {"one block", BLOCK("CERTIFICATE", "MIIB\n"), "CERTIFICATE=\nMIIB\n;"},
    {"two, with text around them", "x\n" BLOCK("A", "1\n") "y\n" BLOCK("B", "2\n") "z",
     "A=\n1\n;B=\n2\n;"},
    {"line ends of CR LF", "-----BEGIN A-----\r\n1\r\n-----END A-----\r\n", "A=\r\n1\r\n;"},
    {"an empty block", BLOCK("A", ""), "A=\n;"},
    {"a label of several words", BLOCK("TRUSTED CERTIFICATE", "1\n"), "TRUSTED CERTIFICATE=\n1\n;"},
    {"no block", "MIIB\n-----\n", ""},
    {"nothing", "", ""},
    {"no END", "-----BEGIN A-----\n1\n", "!"},
    {"no END, and a good one behind", "-----BEGIN A-----\n1\n" BLOCK("B", "2\n"), "!B=\n2\n;"},
    {"the END of another", "-----BEGIN A-----\n1\n-----END B-----\n" BLOCK("C", "3\n"),
     "!C=\n3\n;"},
    {"a label without an end", "-----BEGIN A\n1\n", "!"},
    {"END without a BEGIN", "-----END A-----\n" BLOCK("B", "2\n"), "B=\n2\n;"},
    {"a BEGIN cut off", "-----BEGI", ""},
    {"an END cut off", "-----BEGIN A-----\n1\n-----END A--", "!"},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    size_t len = strlen(row->text);
    uint8_t *block = exact_copy(row->text, len);
    struct cursor in = cursor_over(span_of(block, len));
    struct pem_block found;
    struct why why = {0};
    char told[256] = "";
    enum fault fault;

    while ((fault = pem_next(&in, &found, &why)) != FAULT_ABSENT) {
        if (fault != FAULT_NONE) {
            assert_int_equal(fault, FAULT_SYNTAX);
            assert_true(why.offset <= len);
            strcat(told, "!");
            continue;
        }
        strncat(told, (const char *)found.label.at, found.label.len);
        strcat(told, "=");
        strncat(told, (const char *)found.body.at, found.body.len);
        strcat(told, ";");
        assert_memory_equal(block + found.offset, "-----BEGIN ", 11);
    }
    assert_string_equal(told, row->told);
    free(block);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    (void)TESTS_OF(tests, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
