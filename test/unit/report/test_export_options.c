#include "report/export_options.h"

#include "support.h"

/* A setting and what it makes of options that were empty before; the cases of scripts are in cli/.
 */
static const struct row {
    const char *name, *text;
    struct export_options options;
    const char *container, *basepoint, *home_server;
} rows[] = {
    {"nothing set", "[Export]\n", {0}},
    {"objects", "[Export]\nExportObject=DL\n", {.objects = EXPORT_LISTS}},
    {"all objects", "[Export]\nExportObject=all", {.objects = EXPORT_ALL}},
    {"the last one counts",
     "[Export]\nExportObject=dl\nExportObject=Remote\n",
     {.objects = EXPORT_REMOTES}},
    {"case and blanks do not count", " [EXPORT] \r\n\t hiddenobjects = YES \r\n", {.hidden = true}},
    {"subcontainers", "[Export]\nSubcontainers=Yes", {.subcontainers = true}},
    {"raw mode", "[Export]\nRawMode=Yes", {.raw = true}},
    {"no is the default", "[Export]\nRawMode=No\nHiddenObjects=No", {0}},
    {"quiet", "[Export]\nInformationLevel=None", {.quiet = true}},
    {"not quiet", "[Export]\nInformationLevel=Minimal", {0}},
    {"separators by their number",
     "[Export]\nColumnSeparator=59\nQuoteCharacter=039\nMVSeparator=36",
     {.delimiter = ';', .quote = '\'', .separator = '$'}},
    {"the tab", "[Export]\nColumnSeparator=09", {.delimiter = '\t'}},
    {"the blank", "[Export]\nMVSeparator=32", {.separator = ' '}},
    {"ANSI", "[Export]\nCodePage=1252", {.ansi = true}},
    {"Unicode", "[Export]\nCodePage=-1", {.unicode = true}},
    {"the last code page counts", "[Export]\nCodePage=-1\nCodePage=0", {.ansi = true}},
    {"places",
     "[Export]\nContainer=Recipients\nBasepoint=/o=O/ou=S\nHomeServer=EX1\nBasepointOnly=Yes",
     {.basepoint_only = true},
     "Recipients",
     "/o=O/ou=S",
     "EX1"},
    {"an equals sign in a value", "[Export]\nContainer=cn=A=B", {0}, "cn=A=B"},
    {"an empty value is none", "[Export]\nContainer=\nMVSeparator=\nRawMode=", {0}},
    {"comments", "; a\n[Export]\n# b\n;Container=x\n", {0}},
    {"a section before and one behind",
     "[Import]\nX=y\n[Export]\nRawMode=Yes\n[Import]\nRawMode=No\nX\n",
     {.raw = true}},
    {"a section in two parts",
     "[Export]\nRawMode=Yes\n[Other]\n[Export]\nHiddenObjects=Yes\n",
     {.raw = true, .hidden = true}},
    {"the name of a server is known", "[Export]\nDirectoryService=EX1", {0}},
};

static unsigned bits_of(const struct export_options *o)
{
    return (unsigned)o->subcontainers | (unsigned)o->basepoint_only << 1 |
           (unsigned)o->hidden << 2 | (unsigned)o->raw << 3 | (unsigned)o->quiet << 4 |
           (unsigned)o->ansi << 5 | (unsigned)o->unicode << 6;
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *text = exact_copy(row->text, strlen(row->text));
    struct export_options got = {0};
    struct why why;

    assert_int_equal(export_options_read(span_of(text, strlen(row->text)), &got, &why), FAULT_NONE);
    assert_span(got.container, row->container != NULL ? row->container : "");
    assert_span(got.basepoint, row->basepoint != NULL ? row->basepoint : "");
    assert_span(got.home_server, row->home_server != NULL ? row->home_server : "");
    assert_int_equal(got.objects, row->options.objects);
    assert_int_equal(bits_of(&got), bits_of(&row->options));
    assert_int_equal(got.delimiter, row->options.delimiter);
    assert_int_equal(got.quote, row->options.quote);
    assert_int_equal(got.separator, row->options.separator);
    free(text);
}

static const struct refusal {
    const char *name, *text;
    enum fault fault;
    size_t line;
} refusals[] = {
    {"an empty file", "", FAULT_ABSENT, 0},
    {"no section", "RawMode=Yes\n", FAULT_ABSENT, 0},
    {"another section only", "[Import]\nRawMode=Yes\n", FAULT_ABSENT, 0},
    {"prose", "Dear Anna,\n", FAULT_SYNTAX, 1},
    {"a setting without a value", "[Export]\nRawMode\n", FAULT_SYNTAX, 2},
    {"an unknown setting", "[Export]\n\nRawModes=Yes", FAULT_SYNTAX, 3},
    {"an unknown kind", "[Export]\nExportObject=Mailboxes", FAULT_SYNTAX, 2},
    {"neither yes nor no", "[Export]\nRawMode=True", FAULT_SYNTAX, 2},
    {"a separator that is no number", "[Export]\nMVSeparator=%", FAULT_SYNTAX, 2},
    {"a letter", "[Export]\nMVSeparator=65", FAULT_SYNTAX, 2},
    {"a digit", "[Export]\nColumnSeparator=48", FAULT_SYNTAX, 2},
    {"a line end", "[Export]\nColumnSeparator=10", FAULT_SYNTAX, 2},
    {"a NUL", "[Export]\nQuoteCharacter=0", FAULT_SYNTAX, 2},
    {"beyond ASCII", "[Export]\nQuoteCharacter=167", FAULT_SYNTAX, 2},
    {"a number that wraps around", "[Export]\nMVSeparator=4294967333", FAULT_SYNTAX, 2},
    {"the backslash between values", "[Export]\nMVSeparator=92", FAULT_SYNTAX, 2},
    {"another code page", "[Export]\nCodePage=850", FAULT_SYNTAX, 2},
    {"another level", "[Export]\nInformationLevel=Most", FAULT_SYNTAX, 2},
};

static void refusal_holds(void **state)
{
    const struct refusal *row = *state;
    struct export_options got = {.separator = '&'};
    struct why why = {0};

    assert_int_equal(export_options_read(span_text(row->text), &got, &why), row->fault);
    assert_int_equal(why.offset, row->line);
    assert_non_null(why.rule);
    assert_int_equal(got.separator, '&'); /* nothing is written on failure */
}

static void what_is_not_told_stays(void **state)
{
    struct export_options got = {.objects = EXPORT_ALL, .hidden = true, .separator = '&'};
    struct why why;
    (void)state;

    assert_int_equal(export_options_read(span_text("[Export]\nHiddenObjects=No"), &got, &why),
                     FAULT_NONE);
    assert_int_equal(got.objects, EXPORT_ALL);
    assert_false(got.hidden);
    assert_int_equal(got.separator, '&');
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(refusals) + 1] = {
        cmocka_unit_test(what_is_not_told_stays)};
    size_t n = 1;

    n += TESTS_OF(tests + n, rows, row_holds);
    n += TESTS_OF(tests + n, refusals, refusal_holds);
    assert_int_equal(n, COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
