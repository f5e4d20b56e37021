#include "source/source.h"

#include "entry/projection.h"
#include "sourced.h"

/* What a projection keeps of one file, in any format: each extra as its column and its text. */

static const struct row {
    const char *name, *text;
    const char *kept; /* "column=text|" for each extra of each entry, ';' behind an entry */
    size_t values;    /* certificates of all entries, which are kept as ever */
} rows[] = {
    {"columns of a table", "Display Name,title,Shoe-Size,Tagged-X509-Cert\r\nAnna,Dr.,37,3000\r\n",
     "2=Dr.|1=37|;", 1},
    {"under other names", "cn;Title;surname;userCertificate\nAnna;Dr.;Berg;3000\n",
     "2=Dr.|0=Berg|;", 1},
    {"a header that nothing else is known of", "Last name,Shoe-Size\nBerg,37\n", "0=Berg|1=37|;",
     0},
    {"quotes are undone", "sn,mail\n\"Berg \"\"B\"\"\",a@x\n", "0=Berg \"B\"|;", 0},
    {"an empty field is nothing", "sn,mail,title\n,a@x,\nBerg,b@x,\n", ";0=Berg|;", 0},
    {"columns of a second header",
     "mail,userCertificate,title\na@x,,Dr.\nuserCertificate,mail,sn\n,b@x,Berg\n",
     "2=Dr.|;0=Berg|;", 0},
    {"lines of LDIF",
     "dn: cn=a\nsn: Berg\nuserCertificate;binary:: MAA=\ntitle:: RHIu\ndescription: x\n",
     "0=Berg|2=Dr.|;", 1},
    {"options and case", "dn: cn=a\nSN;lang-de: Berg\n", "0=Berg|;", 0},
    {"a value by URL is not followed", "dn: cn=a\nsn:< file:///etc/hostname\n", ";", 0},
    {"one that cannot be decoded is none", "dn: cn=a\nsn:: *\ntitle: Dr.\n", "2=Dr.|;", 0},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    const struct span names[] = {span_text("Last name"), span_text("Shoe-Size"),
                                 span_text("Title")};
    struct source_options options = usual;
    struct file file = file_of(span_text(row->text));
    struct arena arena = arena_with_max(1 << 20);
    struct buffer kept = buffer_with_max(4096);
    struct projection *projection;
    struct batch batch = {0};
    struct source *source;
    struct why why;
    size_t values = 0;

    assert_int_equal(projection_new(names, COUNT(names), false, &projection, &why), FAULT_NONE);
    options.csv.projection = projection;
    options.csv.any_columns = true;
    source = open_file(&file, &options);
    assert_int_equal(source_start(source, &why), FAULT_NONE);
    while (source_read(source, &batch, &why) == FAULT_NONE) {
        struct records records = records_of(source, &batch);
        struct entry entry;
        uint64_t line;
        enum fault fault;

        while ((fault = records_next(&records, &arena, &entry, &line, &why)) != FAULT_ABSENT) {
            for (size_t i = 0; fault == FAULT_NONE && i < entry.extra_count; i++) {
                size_t count;
                const struct projection_target *target =
                    projection_targets(projection, entry.extras[i].route, &count);

                assert_int_equal(count, 1);
                buffer_add_uint(&kept, target->column);
                buffer_add_byte(&kept, '=');
                buffer_add(&kept, entry.extras[i].text);
                buffer_add_byte(&kept, '|');
            }
            buffer_add_text(&kept, fault == FAULT_NONE ? ";" : "");
            values += fault == FAULT_NONE ? entry.value_count : 0;
        }
        records_drop(&records);
    }
    assert_span(buffer_span(&kept), row->kept);
    assert_int_equal(values, row->values);
    batch_clear(&batch);
    source_free(source);
    projection_free(projection);
    buffer_clear(&kept);
    arena_clear(&arena);
    (void)close(file.fd);
}

static void a_table_without_certificates_is_refused_unless_allowed(void **state)
{
    struct file file = file_of(span_text("mail,title\na@x,Dr.\n"));
    struct source *source = open_file(&file, &usual);
    struct why why;
    size_t count;

    (void)state;
    assert_int_equal(source_start(source, &why), FAULT_ABSENT);
    assert_null(source_columns(source, &count));
    assert_int_equal(count, 0);
    source_free(source);
    (void)close(file.fd);
}

static void columns_are_told(void **state)
{
    struct file file = file_of(span_text("mail,X509-Cert\n"));
    struct source *source = open_file(&file, &usual);
    const struct entry_column *columns;
    struct why why;
    size_t count;

    (void)state;
    assert_int_equal(source_start(source, &why), FAULT_NONE);
    columns = source_columns(source, &count);
    assert_int_equal(count, 2);
    assert_span(columns[1].name, "X509-Cert");
    assert_int_equal(columns[1].route, 0);
    source_free(source);
    (void)close(file.fd);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(a_table_without_certificates_is_refused_unless_allowed),
        cmocka_unit_test(columns_are_told),
    };

    TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
