#include "report/export_header.h"

#include "support.h"

enum { NAMES_MAX = 4 };

static const struct row {
    const char *name, *head;
    size_t len;
    struct export_options options;
    char delimiter, quote;
    enum encoding encoding;
    const char *names[NAMES_MAX];
} rows[] = {
    {"a comma", TEXT("cn,mail\r\n"), {0}, ',', '"', ENCODING_ASCII, {"cn", "mail"}},
    {"the last line without its end", TEXT("cn,mail"), {0}, ',', '"', 0, {"cn", "mail"}},
    {"only the first line counts", TEXT("cn;mail\nx,y,z"), {0}, ';', '"', 0, {"cn", "mail"}},
    {"a tab", TEXT("cn\tDisplay Name\n"), {0}, '\t', '"', 0, {"cn", "Display Name"}},
    {"a column nobody knows", TEXT("Shoe-Size;cn\n"), {0}, ';', '"', 0, {"Shoe-Size", "cn"}},
    {"a column without a name", TEXT("cn,,mail,\n"), {0}, ',', '"', 0, {"cn", "", "mail", ""}},
    {"names in quotes", TEXT("\"cn\",\"a \"\"b\"\"\"\n"), {0}, ',', '"', 0, {"cn", "a \"b\""}},
    {"in apostrophes", TEXT("'cn';'mail'\n"), {0}, ';', '\'', 0, {"cn", "mail"}},
    {"an option is no column",
     TEXT("userCertificate;binary\n"),
     {0},
     ',',
     '"',
     0,
     {"userCertificate;binary"}},
    {"two names are two columns", TEXT("mail;cn\n"), {0}, ';', '"', 0, {"mail", "cn"}},
    {"its own separator counts",
     TEXT("cn,mail\n"),
     {.delimiter = ';'},
     ',',
     '"',
     0,
     {"cn", "mail"}},
    {"one column takes what is told",
     TEXT("cn\n"),
     {.delimiter = ';', .quote = '\''},
     ';',
     '\'',
     0,
     {"cn"}},
    {"its own quote counts", TEXT("\"cn\"\n"), {.quote = '\''}, ',', '"', 0, {"cn"}},
    {"UTF-8",
     TEXT("cn,Gr\xc3\xb6\xc3\x9f"
          "e\n"),
     {0},
     ',',
     '"',
     ENCODING_UTF8,
     {"cn", "Gr\xc3\xb6\xc3\x9f"
            "e"}},
    {"with its mark",
     TEXT("\xef\xbb\xbf"
          "cn\n"),
     {0},
     ',',
     '"',
     ENCODING_UTF8_MARK,
     {"cn"}},
    {"ANSI in a later line", TEXT("cn\nM\xfcller\n"), {0}, ',', '"', ENCODING_ANSI, {"cn"}},
    {"UTF-16",
     TEXT("\xff\xfe"
          "c\0n\0\r\0\n\0"),
     {0},
     ',',
     '"',
     ENCODING_UTF16_LE,
     {"cn"}},
    {"ASCII in a code page that is told",
     TEXT("cn\n"),
     {.ansi = true},
     ',',
     '"',
     ENCODING_ANSI,
     {"cn"}},
    {"ASCII, to be Unicode", TEXT("cn\n"), {.unicode = true}, ',', '"', ENCODING_UTF16_LE, {"cn"}},
    {"UTF-8 stays, whatever is told",
     TEXT("\xef\xbb\xbf"
          "cn"),
     {.unicode = true},
     ',',
     '"',
     ENCODING_UTF8_MARK,
     {"cn"}},
    {"raw: an alias may stand beside others",
     TEXT("cn,First Name\n"),
     {.raw = true},
     ',',
     '"',
     0,
     {"cn", "First Name"}},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *head = exact_copy(row->head, row->len);
    struct export_header got;
    struct why why;
    size_t count = 0;

    assert_int_equal(export_header_read(span_of(head, row->len), true, &row->options, &got, &why),
                     FAULT_NONE);
    free(head); /* nothing looks into it any more */
    assert_int_equal(got.dialect.delimiter.len, 1);
    assert_int_equal(got.dialect.delimiter.at[0], row->delimiter);
    assert_int_equal(got.dialect.quote, row->quote);
    assert_int_equal(got.encoding, row->encoding);
    while (count < NAMES_MAX && row->names[count] != NULL) {
        assert_true(count < got.count);
        assert_span(got.names[count], row->names[count]);
        count++;
    }
    assert_int_equal(got.count, count);
    export_header_clear(&got);
    export_header_clear(&got);
    export_header_clear(NULL);
}

static const struct refusal {
    const char *name, *head;
    size_t len;
    bool last;
    struct export_options options;
    enum fault fault;
} refusals[] = {
    {"an empty file", TEXT(""), true, {0}, FAULT_SYNTAX},
    {"a mark alone", TEXT("\xff\xfe"), true, {0}, FAULT_SYNTAX},
    {"an empty first line", TEXT("\ncn\n"), true, {0}, FAULT_SYNTAX},
    {"blanks", TEXT(" \t \r\n"), true, {0}, FAULT_SYNTAX},
    {"a NUL", TEXT("cn\0,mail\n"), true, {0}, FAULT_SYNTAX},
    {"a control character", TEXT("cn,\x1b[1m\n"), true, {0}, FAULT_SYNTAX},
    {"no name is known", TEXT("foo,bar\n"), true, {0}, FAULT_SYNTAX},
    {"separators alone", TEXT(",,,\n"), true, {0}, FAULT_SYNTAX},
    {"a quote that is never closed", TEXT("cn,\"mail\n"), true, {0}, FAULT_SYNTAX},
    {"a quote that goes on", TEXT("cn,\"mail\"x\n"), true, {0}, FAULT_SYNTAX},
    {"raw: aliases alone", TEXT("First Name,Display Name\n"), true, {.raw = true}, FAULT_SYNTAX},
    {"one character for two things",
     TEXT("cn\n"),
     true,
     {.delimiter = ';', .quote = ';'},
     FAULT_SYNTAX},
    {"a line that goes on", TEXT("cn,mail"), false, {0}, FAULT_LIMIT},
};

static void refusal_holds(void **state)
{
    const struct refusal *row = *state;
    uint8_t *head = exact_copy(row->head, row->len);
    struct export_header got;
    struct why why = {0};

    assert_int_equal(
        export_header_read(span_of(head, row->len), row->last, &row->options, &got, &why),
        row->fault);
    assert_non_null(why.rule);
    assert_null(got.names);
    free(head);
}

static void columns_have_a_limit(void **state)
{
    static char head[3 * (EXPORT_COLUMNS_MAX + 1)];
    struct export_options options = {0};
    struct export_header got;
    struct why why = {0};
    (void)state;

    for (size_t i = 0; i <= EXPORT_COLUMNS_MAX; i++) {
        memcpy(head + 3 * i, "cn,", 3);
    }
    head[sizeof(head) - 1] = '\n';
    assert_int_equal(export_header_read(span_of(head, sizeof(head)), true, &options, &got, &why),
                     FAULT_LIMIT);
    head[sizeof(head) - 4] = '\n';
    assert_int_equal(export_header_read(span_of(head, sizeof(head)), true, &options, &got, &why),
                     FAULT_NONE);
    assert_int_equal(got.count, EXPORT_COLUMNS_MAX);
    export_header_clear(&got);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(refusals) + 1] = {
        cmocka_unit_test(columns_have_a_limit)};
    size_t n = 1;

    n += TESTS_OF(tests + n, rows, row_holds);
    n += TESTS_OF(tests + n, refusals, refusal_holds);
    assert_int_equal(n, COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
