#include "report/export.h"

#include "support.h"

/* Entries are made as a source makes them, and the row is looked at; sources are tried in cli/. */

enum { ARENA_SIZE = 1 << 20, KEPT_MAX = 6 };

static const struct entry_style exchange = {.separator = '%', .backslash = true};
static const struct entry_style scripts = {.separator = ';'};
static const struct entry_style ldif = {.separator = 0};
static const struct entry_style ldif_bytes = {.separator = 0, .binary = true};

/* A field or a line of the source. */
struct field {
    const char *name, *text;
    const struct entry_style *style;
};

struct made {
    struct export_header header;
    struct export export;
    struct arena arena;
    struct entry entry;
    struct export_tally tally;
    bool met[64], filled[64];
};

static void make(struct made *made, const char *header, const struct export_options *options,
                 const struct field *fields)
{
    struct why why;

    *made = (struct made){.arena = arena_with_max(ARENA_SIZE)};
    made->tally.met = made->met;
    made->tally.filled = made->filled;
    assert_int_equal(export_header_read(span_text(header), true, options, &made->header, &why),
                     FAULT_NONE);
    assert_int_equal(export_init(&made->header, options, &made->export, &why), FAULT_NONE);
    for (size_t i = 0; i < KEPT_MAX && fields[i].name != NULL; i++) {
        struct entry_column column = {.attribute = attribute_find(span_text(fields[i].name), NULL),
                                      .name = span_text(fields[i].name)};
        struct span text = span_text(fields[i].text);

        column.route = projection_route(made->export.projection, &column);
        if (column.route > 0) {
            assert_int_equal(
                projection_keep(&made->entry, column.route, text, fields[i].style, &made->arena),
                FAULT_NONE);
        }
        assert_int_equal(entry_add(&made->entry, &column, text, fields[i].style, &made->arena),
                         FAULT_NONE);
    }
}

static void unmake(struct made *made)
{
    export_clear(&made->export);
    export_header_clear(&made->header);
    arena_clear(&made->arena);
}

static const struct row_case {
    const char *name, *header;
    struct export_options options;
    struct field fields[KEPT_MAX];
    const char *row, *remark; /* a word of the remark; NULL: none */
} rows[] = {
    {"an empty object", "cn,title", {0}, {{0}}, ","},
    {"as the source has it",
     "title,sn",
     {0},
     {{"sn", "Berg", &ldif}, {"title", "Dr.", &ldif}},
     "Dr.,Berg"},
    {"the very name before another one",
     "Directory Name,Common-Name",
     {0},
     {{"Common-Name", "Anna", &exchange}, {"Directory Name", "aberg", &exchange}},
     "aberg,Anna"},
    {"another one where the very name is not there",
     "Directory Name,Common-Name",
     {0},
     {{"cn", "Anna", &ldif}},
     "Anna,Anna"},
    {"a second value of a single attribute is told",
     "title,cn",
     {0},
     {{"title", "Dr.", &ldif}, {"title", "Prof.", &ldif}},
     "Dr.,",
     "second value"},
    {"but not of a name", "cn,title", {0}, {{"cn", "A", &ldif}, {"cn", "B", &ldif}}, "A,"},
    {"values joined in another way",
     "description,cn",
     {0},
     {{"description", "a;b%", &scripts}},
     "\"a%b\\%\","},
    {"a field that is joined as it should be stays",
     "Members,cn",
     {0},
     {{"Members", "a\\%b%c\\d", &exchange}},
     "a\\%b%c\\d,"},
    {"bytes from hexadecimal digits",
     "objectGUID,cn",
     {0},
     {{"objectGUID", "X'00ab'", &scripts}},
     "00AB,"},
    {"bytes as they come",
     "objectGUID,cn",
     {0},
     {{"objectGUID", "\x01\xff", &ldif_bytes}},
     "01FF,"},
    {"an unknown attribute of text", "x-y,cn", {0}, {{"x-y", "a%b", &ldif_bytes}}, "\"a\\%b\","},
    {"an unknown attribute of bytes", "x-y,cn", {0}, {{"x-y", "\x01\xff", &ldif_bytes}}, "01FF,"},
    {"an unknown column of a table", "x-y,cn", {0}, {{"x-y", "a%b\\", &exchange}}, "a%b\\,"},
    {"a name that no other column shows",
     "Display Name,title",
     {0},
     {{"uid", "anna", &ldif}},
     "anna,"},
    {"but not where one does", "Display Name,uid", {0}, {{"uid", "anna", &ldif}}, ",anna"},
    {"raw: no other name", "Display-Name,title", {.raw = true}, {{"uid", "anna", &ldif}}, ","},
    {"the class", "Obj-Class,cn", {0}, {{"objectClass", "top;group", &scripts}}, "dl,"},
    {"the class of what has no word in Exchange",
     "Obj-Class,cn",
     {0},
     {{"objectClass", "top;container", &scripts}},
     "container,"},
    {"LDAP's class of a custom recipient",
     "objectClass,cn",
     {0},
     {{"Obj-Class", "Remote", &exchange}},
     "contact,"},
    {"a mailbox without an address gets none, by which it would be none",
     "objectClass,cn",
     {0},
     {{"Obj-Class", "mailbox", &exchange}},
     ","},
    {"the address alone",
     "mail,cn",
     {0},
     {{"proxyAddresses", "smtp:b@x;SMTP:a@x", &scripts}},
     "a@x,"},
    {"mail among the addresses",
     "E-mail Addresses,cn",
     {0},
     {{"proxyAddresses", "smtp:b@x", &ldif}, {"mail", "a@x", &ldif}},
     "smtp:b@x%SMTP:a@x,"},
    {"mail that is there already comes first, as it came",
     "E-mail Addresses,cn",
     {0},
     {{"mail", "a@x", &ldif},
      {"proxyAddresses", "smtp:b@x", &ldif},
      {"proxyAddresses", "SMTP:a@x", &ldif}},
     "SMTP:a@x%smtp:b@x,"},
    {"a certificate", "cn,X509-Cert", {0}, {{"userCertificate", "3000ab", &exchange}}, ",3000AB"},
    {"one that could not be read",
     "cn,X509-Cert",
     {0},
     {{"userCertificate", "300", &exchange}},
     ",300"},
    {"one that was lost",
     "cn,X509-Cert",
     {0},
     {{"userCertificate", "System.Byte[]", &scripts}},
     ",System.Byte[]"},
    {"TRUE in Exchange's words",
     "Hide from AB,cn",
     {0},
     {{"msExchHideFromAddressLists", "TRUE", &ldif}},
     "1,"},
    {"one empty column", "cn", {0}, {{0}}, "\"\""},
    {"a delimiter of the header", "cn;title", {0}, {{"cn", "a;b,c", &ldif}}, "\"a;b,c\";"},
    {"ANSI", "cn,title", {.ansi = true}, {{"cn", "\xc3\xa4", &ldif}}, "\xe4,"},
    {"a character that it lacks",
     "cn,title",
     {.ansi = true},
     {{"cn", "\xce\xa9", &ldif}},
     "?,",
     "code page"},
};

static void row_holds(void **state)
{
    const struct row_case *row = *state;
    struct buffer out = buffer_with_max(4096);
    struct export_sheet sheet;
    const char *remark = NULL;
    struct made made;

    make(&made, row->header, &row->options, row->fields);
    assert_int_equal(export_sheet_make(&made.export, &made.entry, &made.arena, &made.tally, &sheet),
                     FAULT_NONE);
    assert_int_equal(export_add_row(&out, &made.export, &sheet, &made.arena, &made.tally, &remark),
                     FAULT_NONE);
    assert_true(out.len > 2);
    assert_span(span_upto(buffer_span(&out), out.len - 2), row->row);
    assert_span(span_from(buffer_span(&out), out.len - 2), "\r\n");
    assert_int_equal(remark != NULL, row->remark != NULL);
    assert_true(remark == NULL || strstr(remark, row->remark) != NULL);
    buffer_clear(&out);
    unmake(&made);
}

static void a_row_is_cut_off_before_what_is_unknown(void **state)
{
    static const struct field fields[KEPT_MAX] = {{"cn", "Anna", &ldif}};
    static const char *const headers[] = {"cn,X509-Cert,title", "X509-Cert,cn", "cn,title"};
    static const char *const expected[] = {"Anna\r\n", "?\r\n", "Anna,\r\n"};
    const struct export_options options = {0};
    (void)state;

    for (size_t i = 0; i < 2 * COUNT(headers); i++) {
        struct buffer out = buffer_with_max(4096);
        struct export_sheet sheet;
        const char *remark;
        struct made made;

        make(&made, headers[i / 2], &options, fields);
        made.entry.cut_off = i % 2 == 0;
        made.entry.hidden = i % 2 == 1; /* by the directory, from whoever asks */
        assert_int_equal(
            export_sheet_make(&made.export, &made.entry, &made.arena, &made.tally, &sheet),
            FAULT_NONE);
        assert_int_equal(
            export_add_row(&out, &made.export, &sheet, &made.arena, &made.tally, &remark),
            FAULT_NONE);
        assert_span(buffer_span(&out), expected[i / 2]);
        buffer_clear(&out);
        unmake(&made);
    }
}

static void the_header_is_written_first(void **state)
{
    static const struct field none[KEPT_MAX] = {{0}};
    struct report_options options = {0};
    struct buffer out = buffer_with_max(4096);
    struct made made;
    (void)state;

    make(&made, "cn;\"Shoe Size\"\n", &(struct export_options){.unicode = true}, none);
    options.export = &made.export;
    format_export()->begin(&out, &options);
    assert_int_equal(out.len, 2 + 2 * strlen("cn;\"Shoe Size\"\r\n"));
    assert_memory_equal(out.at,
                        "\xff\xfe"
                        "c\0n\0;\0\"\0",
                        10);
    assert_null(format_find(span_text("export")));
    buffer_clear(&out);
    unmake(&made);
}

static void what_no_column_shows_is_counted(void **state)
{
    static const struct field fields[KEPT_MAX] = {{"userSMIMECertificate", "3000", &exchange},
                                                  {"userCertificate", "3000", &exchange}};
    const struct export_options options = {0};
    struct buffer out = buffer_with_max(4096);
    struct export_sheet sheet;
    struct made made;
    const char *remark;
    bool has = true;
    (void)state;

    make(&made, "cn,X509-Cert,Hide from AB,title", &options, fields);
    assert_int_equal(export_sheet_make(&made.export, &made.entry, &made.arena, &made.tally, &sheet),
                     FAULT_NONE);
    assert_int_equal(export_add_row(&out, &made.export, &sheet, &made.arena, &made.tally, &remark),
                     FAULT_NONE);
    assert_span(buffer_span(&out), ",3000,,\r\n");
    assert_int_equal(made.tally.partly, 1);
    assert_int_equal(made.tally.unshown, 0);
    assert_string_equal(made.tally.unshown_name, "Tagged-X509-Cert");
    assert_true(made.met[1]);
    assert_false(made.met[3]);
    assert_int_equal(export_has(&made.export, &sheet, &made.arena, &made.tally, &has), FAULT_NONE);
    assert_true(has);
    assert_int_equal(made.tally.hidden, 0);
    buffer_clear(&out);
    unmake(&made);
}

static void what_looks_like_none_is_counted_and_cut_off(void **state)
{
    static const struct field fields[KEPT_MAX] = {{"userCertificate", "3000", &exchange},
                                                  {"title", "Dr", &exchange}};
    static const struct {
        const char *header, *row;
        unsigned unshown;
    } cases[] = {
        {"title,Tagged-X509-Cert", "Dr\r\n", 1},
        {"Tagged-X509-Cert,title", ",Dr\r\n", 1}, /* no other column is lost */
        {"title,User-Cert", "Dr,3000\r\n", 0},
        {"title,cn", "Dr,\r\n", 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer out = buffer_with_max(4096);
        struct export_sheet sheet;
        const char *remark;
        struct made made;

        make(&made, cases[i].header, &(struct export_options){0}, fields);
        assert_int_equal(
            export_sheet_make(&made.export, &made.entry, &made.arena, &made.tally, &sheet),
            FAULT_NONE);
        assert_int_equal(
            export_add_row(&out, &made.export, &sheet, &made.arena, &made.tally, &remark),
            FAULT_NONE);
        assert_span(buffer_span(&out), cases[i].row);
        assert_int_equal(made.tally.unshown, cases[i].unshown);
        assert_int_equal(made.tally.partly, 0);
        buffer_clear(&out);
        unmake(&made);
    }
}

/* Whatever memory there is: a row is whole or is not there. */
static void memory_runs_out(void **state)
{
    static const struct field fields[KEPT_MAX] = {
        {"cn", "Anna", &ldif}, {"mail", "anna@x", &ldif}, {"description", "a;b", &scripts}};
    const struct export_options options = {.ansi = true};
    (void)state;

    for (int tries = 0; tries < 2; tries++) {
        struct buffer out = buffer_with_max(4096);
        struct arena small = arena_with_max(0);
        struct export_sheet sheet;
        const char *remark = NULL;
        bool has;
        struct made made;

        make(&made, "cn,E-mail Addresses,description", &options, fields);
        assert_int_equal(export_sheet_make(&made.export, &made.entry, &small, &made.tally, &sheet),
                         FAULT_RESOURCE);
        assert_int_equal(
            export_sheet_make(&made.export, &made.entry, &made.arena, &made.tally, &sheet),
            FAULT_NONE);
        assert_int_equal(export_add_row(&out, &made.export, &sheet, &small, &made.tally, &remark),
                         FAULT_RESOURCE);
        assert_int_equal(out.len, 0);
        assert_int_equal(export_has(&made.export, &sheet, &small, &made.tally, &has), FAULT_NONE);
        buffer_clear(&out);
        arena_clear(&small);
        unmake(&made);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 5] = {
        cmocka_unit_test(a_row_is_cut_off_before_what_is_unknown),
        cmocka_unit_test(the_header_is_written_first),
        cmocka_unit_test(what_looks_like_none_is_counted_and_cut_off),
        cmocka_unit_test(what_no_column_shows_is_counted),
        cmocka_unit_test(memory_runs_out),
    };

    TESTS_OF(tests + 5, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
