#include "source/csv_header.h"

#include "base/buffer.h"
#include "support.h"

/* One letter for what a column means to us. */
static char letter(enum attribute attribute)
{
    static const char letters[ATTRIBUTE_COUNT + 1] = "-ndcyamAoOb12";

    return letters[attribute];
}

/* ---- headers that can be read ---- */

static const struct row {
    const char *name, *text, *columns; /* one letter a column, see letter() */
    const char *delimiter;
    char separator; /* of values; 0: `;` */
    const char *said_delimiter, *said_quote, *said_separator;
    size_t left; /* bytes of the text that are records */
} rows[] = {
    {"Exchange's own names", "Obj-Class,Display Name,E-mail Addresses,Tagged-X509-Cert\r\n", "odA1",
     ",", '%'},
    {"any order", "Tagged-X509-Cert,Obj-Container,Directory Name\n", "1by", ",", '%'},
    {"schema names", "Common-Name,Proxy-Addresses,X509-Cert,User-Cert\n", "cA22", ",", '%'},
    {"case does not count", "TAGGED-X509-CERT,display name\n", "1d", ",", '%'},
    {"blanks around a name do not count", " Tagged-X509-Cert , Display Name \n", "1d", ",", '%'},
    {"a column that we do not know", "Phone,Tagged-X509-Cert,Home-Server\n", "-1-", ",", '%'},
    {"LDAP's names", "DN,objectClass,mail,userCertificate;binary\n", "nOm2", ","},
    {"Active Directory's names", "distinguishedName,proxyAddresses,userSMIMECertificate\n", "nA1",
     ","},
    {"names in quotes", "\"DN\",\"mail\",\"userCertificate\"\n", "nm2", ","},
    {"a quoted name with a line end", "\"DN\",\"a\nb\",\"userCertificate\"\nx,y,z\n", "n-2", ",",
     .left = 6},
    {"an apostrophe as quote", "'DN','mail','userCertificate'\n", "nm2", ","},
    {"semicolons", "DN;mail;userCertificate\n", "nm2", ";"},
    {"semicolons and an option", "mail;userCertificate;binary\n", "m2-", ";"},
    {"an option at the end of its name", "userCertificate;binary;mail\n", "2-m", ";"},
    {"a name after a semicolon is no option", "userCertificate;Phone\n", "2-", ";"},
    {"options are no columns", "userCertificate;binary;lang-de\n", "2", ","},
    {"tabs", "DN\tmail\tuserCertificate\n", "nm2", "\t"},
    {"bars", "DN|mail|userCertificate\n", "nm2", "|"},
    {"per cent between columns", "Display Name%Tagged-X509-Cert\n", "d1", "%", '%'},
    {"a circumflex", "Display Name^Tagged-X509-Cert\n", "d1", "^", '%'},
    {"a tilde", "Display Name~Tagged-X509-Cert\n", "d1", "~", '%'},
    {"one column", "Tagged-X509-Cert\n", "1", ",", '%'},
    {"one column and no line end", "userCertificate", "2", ","},
    {"records stay behind", "mail,userCertificate\na,b\n", "m2", ",", .left = 4},
    {"PowerShell's line", "#TYPE Selected.User\r\n\"mail\",\"userCertificate\"\r\nx,\r\n", "m2",
     ",", .left = 4},
    {"a spreadsheet's line", "sep=|\r\nmail|userCertificate|a,cn,dn\r\n", "m2-", "|"},
    {"a spreadsheet's tab", "sep=\t\r\nmail\tuserCertificate\r\n", "m2", "\t"},
    {"a spreadsheet's line that says nothing", "sep=\r\nmail;userCertificate\r\n", "m2", ";"},
    {"empty lines come first", "\r\n\n  \nmail,userCertificate\n", "m2", ","},
    {"a delimiter that is told", "mail,::userCertificate\n", "-2", "::", .said_delimiter = "::"},
    {"a delimiter that is told counts more", "sep=;\nmail,userCertificate;binary\n", "m2", ",",
     .said_delimiter = ","},
    {"a quote that is told", "~mail~,~userCertificate~\n", "m2", ",", .said_quote = "~"},
    {"no quote", "mail,\"x,userCertificate\n", "m-2", ",", .said_quote = "none"},
    {"a separator that is told", "mail,userCertificate\n", "m2", ",", '|', .said_separator = "|"},
    {"a separator told for Exchange", "Tagged-X509-Cert\n", "1", ",", '#', .said_separator = "#"},
};

static struct csv_options options_of(const struct row *row)
{
    struct csv_options options = {0};

    if (row->said_delimiter != NULL) {
        options.delimiter = span_text(row->said_delimiter);
    }
    if (row->said_quote != NULL) {
        options.quote = span_text(row->said_quote);
    }
    if (row->said_separator != NULL) {
        options.separator = span_text(row->said_separator);
    }
    return options;
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    size_t len = strlen(row->text), size = 0;
    uint8_t *block = exact_copy(row->text, len);
    struct csv_options options = options_of(row);
    struct csv_header *header = NULL;
    struct why why = {0};
    char columns[16] = {0};

    assert_int_equal(csv_header_read(span_of(block, len), true, &options, &header, &size, &why),
                     FAULT_NONE);
    free(block); /* the header keeps nothing of it */
    assert_in_range(header->count, 1, sizeof(columns) - 1);
    for (size_t i = 0; i < header->count; i++) {
        columns[i] = letter(header->columns[i].attribute);
    }
    assert_string_equal(columns, row->columns);
    assert_span(header->dialect.delimiter, row->delimiter);
    assert_int_equal(header->style.separator, row->separator != 0 ? row->separator : ';');
    assert_int_equal(header->style.backslash, header->exchange);
    assert_int_equal(header->separator_said, row->said_separator != NULL);
    assert_int_equal(len - size, row->left);
    assert_true(attribute_is_certificate(header->columns[header->last_certificate].attribute));
    csv_header_free(header);
}

/* ---- headers that cannot ---- */

static const struct refusal {
    const char *name, *text;
    enum fault fault;
    size_t offset;
    const char *said_delimiter;
} refusals[] = {
    {"an empty file", "", FAULT_SYNTAX},
    {"empty lines alone", "\n\r\n \n", FAULT_SYNTAX},
    {"no name that is known",
     "Gr\xC3\xB6\xC3\x9F"
     "e,Farbe\n1,2\n",
     FAULT_SYNTAX},
    {"bytes that are no text",
     "\x7F"
     "ELF\x02\x01\x01",
     FAULT_SYNTAX},
    {"no certificate column", "Display Name,Obj-Class\n", FAULT_ABSENT},
    {"no certificate column after PowerShell's line", "#TYPE X\nmail,cn\n", FAULT_ABSENT, 8},
    {"a quote that is never closed", "\"mail,userCertificate\n\n\n", FAULT_SYNTAX},
    {"another delimiter is told", "mail,userCertificate\n", FAULT_SYNTAX, .said_delimiter = ";"},
};

static void refusal_holds(void **state)
{
    const struct refusal *row = *state;
    size_t len = strlen(row->text), size = 77;
    uint8_t *block = exact_copy(row->text, len);
    struct csv_options options = {0};
    struct csv_header *header = NULL;
    struct why why = {0};

    if (row->said_delimiter != NULL) {
        options.delimiter = span_text(row->said_delimiter);
    }
    assert_int_equal(csv_header_read(span_of(block, len), true, &options, &header, &size, &why),
                     row->fault);
    assert_null(header);
    assert_int_equal(size, 77);
    assert_int_equal(why.offset, row->offset);
    assert_non_null(why.rule);
    free(block);
}

static void a_header_ends_within_what_is_seen(void **state)
{
    static const struct csv_options none;
    static const char text[] = "mail,userCertificate";
    struct csv_header *header = NULL;
    struct why why = {0};
    size_t size;

    (void)state;
    assert_int_equal(csv_header_read(span_text(text), false, &none, &header, &size, &why),
                     FAULT_LIMIT);
    assert_null(header);
    assert_int_equal(csv_header_read(span_text(text), true, &none, &header, &size, &why),
                     FAULT_NONE);
    csv_header_free(header);
}

static void a_hundred_thousand_columns(void **state)
{
    enum { COLUMNS = 100000 };
    static const struct csv_options none;
    struct buffer text = buffer_with_max((size_t)1 << 24);
    struct csv_header *header = NULL;
    struct why why = {0};
    size_t size;

    (void)state;
    for (size_t i = 0; i < COLUMNS - 1; i++) {
        buffer_add_text(&text, "Day-");
        buffer_add_uint(&text, i);
        buffer_add_byte(&text, ',');
    }
    buffer_add_text(&text, "Tagged-X509-Cert\r\n");
    assert_int_equal(csv_header_read(buffer_span(&text), false, &none, &header, &size, &why),
                     FAULT_NONE);
    assert_int_equal(header->count, COLUMNS);
    assert_int_equal(header->last_certificate, COLUMNS - 1);
    assert_int_equal(size, text.len);
    csv_header_free(header);
    buffer_clear(&text);
}

/* What may be said of a mailbox, and whose file it is. */
static const struct flags_row {
    const char *name, *text;
    bool exchange, names_mailbox, has_obj_class;
} flags_rows[] = {
    {"a certificate alone names nobody", "Tagged-X509-Cert\n", true, false, false},
    {"a name", "Display Name,X509-Cert\n", true, true, false},
    {"an address", "mail,userCertificate\n", false, true, false},
    {"Exchange's class", "Obj-Class,User-Cert\n", true, false, true},
    {"LDAP's class", "objectClass,userCertificate\n", false, false, false},
    {"a name that only Exchange has", "Home-Server,userCertificate\n", true, false, false},
};

static void flags_hold(void **state)
{
    static const struct csv_options none;
    const struct flags_row *row = *state;
    struct csv_header *header = NULL;
    struct why why = {0};
    size_t size;

    assert_int_equal(csv_header_read(span_text(row->text), true, &none, &header, &size, &why),
                     FAULT_NONE);
    assert_int_equal(header->exchange, row->exchange);
    assert_int_equal(header->names_mailbox, row->names_mailbox);
    assert_int_equal(header->has_obj_class, row->has_obj_class);
    csv_header_free(header);
}

/* ---- a second header within the file ---- */

static const struct second_row {
    const char *name, *record;
    bool repeats, same;
} second_rows[] = {
    {"the header again", "Display Name,Phone,Tagged-X509-Cert", true, true},
    {"the header again, other aliases", "display-name,Phone,tagged-x509-cert", true, true},
    {"other columns", "Display Name,Tagged-X509-Cert", true, false},
    {"another order", "Tagged-X509-Cert,Phone,Display Name", true, false},
    {"a mailbox", "Anna,12,3082", false, false},
    {"a mailbox whose name is one of ours", "mail,12,3082", false, false},
    {"a header without certificates", "Display Name,mail,cn", false, false},
    {"one name of ours in four", "Tagged-X509-Cert,a,b,c", false, false},
    {"an empty record", "", false, false},
};

static struct csv_header *usual_header(void)
{
    static const struct csv_options options = {.separator = {(const uint8_t *)"|", 1}};
    struct csv_header *header = NULL;
    struct why why = {0};
    size_t size;

    assert_int_equal(csv_header_read(span_text("Display Name,Phone,Tagged-X509-Cert\n"), true,
                                     &options, &header, &size, &why),
                     FAULT_NONE);
    return header;
}

static void second_row_holds(void **state)
{
    const struct second_row *row = *state;
    struct csv_header *header = usual_header();
    bool same = false;

    assert_int_equal(csv_header_repeats(header, span_text(row->record), &same), row->repeats);
    if (row->repeats) {
        assert_int_equal(same, row->same);
    }
    csv_header_free(header);
}

static void a_replacement_keeps_the_dialect(void **state)
{
    struct csv_header *header = usual_header();
    struct csv_header *second = csv_header_replace(header, span_text("userCertificate,mail"));

    (void)state;
    assert_non_null(second);
    second->older = header; /* freed with it */
    assert_int_equal(second->count, 2);
    assert_int_equal(second->last_certificate, 0);
    assert_false(second->exchange);
    assert_int_equal(second->style.separator, '|');
    assert_span(second->dialect.delimiter, ",");
    assert_ptr_equal(second->dialect.delimiter.at, second->delimiter);
    csv_header_free(second);
    csv_header_free(NULL);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(refusals) + COUNT(flags_rows) + COUNT(second_rows) +
                            3] = {cmocka_unit_test(a_header_ends_within_what_is_seen),
                                  cmocka_unit_test(a_hundred_thousand_columns),
                                  cmocka_unit_test(a_replacement_keeps_the_dialect)};
    size_t n = 3;

    n += TESTS_OF(tests + n, rows, row_holds);
    n += TESTS_OF(tests + n, refusals, refusal_holds);
    n += TESTS_OF(tests + n, flags_rows, flags_hold);
    n += TESTS_OF(tests + n, second_rows, second_row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
