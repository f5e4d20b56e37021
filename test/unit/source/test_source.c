#include "source/source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <zlib.h>

#include "sourced.h"

/* ---- small files ---- */

static const struct row {
    const char *name, *text, *want;
    enum source_format format;
} rows[] = {
    {"CSV", CSV_HEADER "Anna,3082\nBert,\n", "2 Anna =2\n3 Bert\n"},
    {"LDIF", "dn: cn=Anna\nuserCertificate:: MII=\n\ndn: cn=Bert\n", "1 Anna =2\n4 Bert\n"},
    {"LDIF behind comments", "# made by\n#  hand\n\nversion: 1\n\ndn: cn=Anna\n", "6 Anna\n"},
    {"an empty file", "", "end: the file is empty: nothing was exported\n"},
    {"an empty LDIF, if it is told so", "", "end: none\n", SOURCE_LDIF},
    {"a header alone", CSV_HEADER, "end: none\n"},
    {"a header without a line end", "userCertificate", "end: none\n"},
    {"lines are counted from the file's start", "#TYPE x\n\n" CSV_HEADER "Anna,\n", "4 Anna\n"},
    {"an empty line is no mailbox", CSV_HEADER "\nAnna,\n\n", "3 Anna\n"},
    {"in one column an empty line is one", "userCertificate\n\n3082\n", "2 \n3  =2\n"},
    {"records of many lines", CSV_HEADER "\"An\nna\",\nBert,\n", "2 An\nna\n4 Bert\n"},
    {"a broken line", CSV_HEADER "\"An\"na,\nBert,\n", "2 ! a quoted field that \n3 Bert\n"},
    {"a quote that is never closed", CSV_HEADER "Anna,\"30\nBert,\n",
     "2 ! a quoted field that \n3 Bert\n"},
    {"a NUL", CSV_HEADER "Anna,\nB@rt,\n", "2 Anna\n3 ! a NUL byte: skipped \n"},
    {"fewer fields", CSV_HEADER "Anna\n", "2 Anna ~ ? fewer fields than th\n"},
    {"fewer fields, but the certificate's is there", "Tagged-X509-Cert,Phone\n3082\n",
     "2  =2 ? fewer fields than th\n"},
    {"more fields, and they hold something", CSV_HEADER "Anna,,x\nBert,\n",
     "2 Anna ~ ? more fields than the\n3 Bert\n"},
    {"more fields, and no certificate among them", CSV_HEADER "Berg, (HR),3082\nBert,\n",
     "2 Berg ~ ? more fields than the\n3 Bert\n"},
    {"more fields behind a certificate", CSV_HEADER "Anna,3082,x\n",
     "2 Anna =2 ? more fields than the\n"},
    {"more fields, all empty", CSV_HEADER "Anna,,,\n", "2 Anna ? more fields than the\n"},
    {"many values", CSV_HEADER "Anna,3082%308201\n", "2 Anna =2 =3\n"},
    {"a value that is broken", CSV_HEADER "Anna,308%3082\n", "2 Anna x3 =2\n"},
    {"the header again", CSV_HEADER "Anna,\n" CSV_HEADER "Bert,\n",
     "2 Anna\n3 ! the header again: th\n4 Bert\n"},
    {"another header", CSV_HEADER "Anna,\nTagged-X509-Cert,Phone,Display Name\n3082,12,Bert\n",
     "2 Anna\n3 ! a second header, wit\n4 Bert =2\n"},
    {"a third header", CSV_HEADER "X509-Cert,Phone,Alias\n,1,a\nAlias,X509-Cert\nb,\n",
     "2 ! a second header, wit\n3 a\n4 ! a second header, wit\n5 b\n"},
    {"a record without dn", "dn: cn=Anna\n\ncn: x\n\ndn: cn=Bert\n",
     "1 Anna\n3 ! RFC 2849: a record s\n5 Bert\n"},
    {"CSV, though it looks like LDIF", "dn:,userCertificate\nx,\n", "2 \n", SOURCE_CSV},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct source_options options = {
        .format = row->format, .follow_folder = -1, .count_lines = true};
    struct buffer text = buffer_with_max(4096);

    buffer_add_text(&text, row->text);
    for (size_t i = 0; strcmp(row->name, "a NUL") == 0 && i < text.len; i++) {
        text.at[i] = text.at[i] == '@' ? '\0' : text.at[i];
    }
    assert_reads(buffer_span(&text), &options, row->want);
    buffer_clear(&text);
}

/* ---- what cannot be opened ---- */

static void what_cannot_be_opened_is_told(void **state)
{
    static const struct source_options klingon = {.encoding = "klingon", .follow_folder = -1};
    struct source *source = NULL;
    struct why why = {0};
    char path[] = "/tmp/source-XXXXXX";

    (void)state;
    assert_int_equal(source_open("/no/such/file", &usual, &source, &why), FAULT_ABSENT);
    assert_string_equal(why.rule, "No such file or directory");
    assert_int_equal(source_open("/", &usual, &source, &why), FAULT_SYNTAX);
    assert_int_equal(source_open("/dev/null", &klingon, &source, &why), FAULT_ABSENT);
    if (geteuid() != 0) {
        int fd = mkstemp(path);

        assert_true(fd >= 0 && fchmod(fd, 0) == 0);
        assert_int_equal(source_open(path, &usual, &source, &why), FAULT_DENIED);
        (void)unlink(path);
        (void)close(fd);
    }
    assert_null(source);
    source_free(NULL);
}

static void what_cannot_be_started_is_told(void **state)
{
    static const struct {
        const char *text;
        enum fault fault;
    } texts[] = {{"", FAULT_SYNTAX},
                 {"a,b\n", FAULT_SYNTAX},
                 {"Display Name,Obj-Class\n", FAULT_ABSENT},
                 {"\x1F\x8B", FAULT_SYNTAX},
                 {"\x28\xB5\x2F\xFD\x04\xA8\1", FAULT_LIMIT}};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct file file = file_of(span_text(texts[i].text));
        struct source *source = open_file(&file, &usual);
        struct why why = {0};

        assert_int_equal(source_start(source, &why), texts[i].fault);
        assert_non_null(why.rule);
        source_free(source);
        (void)close(file.fd);
    }
}

/* ---- streams that break ---- */

static struct buffer gzip_without_end(const char *text)
{
    z_stream z = {0};
    struct buffer out = buffer_with_max(4096);
    uint8_t *room = buffer_room(&out, 2048);

    assert_non_null(room);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (uInt)strlen(text);
    z.next_out = room;
    z.avail_out = 2048;
    assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    out.len = z.total_out;
    (void)deflateEnd(&z);
    return out;
}

/* A certificate may have stood where the file broke off: nobody knows. */
static const struct torn_row {
    const char *name, *text, *want;
} torn_rows[] = {
    {"a CSV record that is torn", CSV_HEADER "Anna,3082\nBert,",
     "2 Anna =2\n3 Bert ~ ? the file breaks off \n"},
    {"a CSV record that has its line end", CSV_HEADER "Anna,\nBert,\n", "2 Anna\n3 Bert\n"},
    {"an LDIF record that is torn", "dn: cn=Anna\n\ndn: cn=Bert\ncn: Bert\n",
     "1 Anna\n3 Bert ~ ? the file breaks off \n"},
    {"an LDIF record that has its empty line", "dn: cn=Anna\n\ndn: cn=Bert\n\n",
     "1 Anna\n3 Bert\n"},
};

/* What is missing is known at the end, and forgotten where it is read again. */
static void assert_breaks_off(struct span bytes)
{
    struct file file = file_of(bytes);
    struct source *source = open_file(&file, &usual);
    struct buffer got = buffer_with_max(4096);
    struct why why = {0};
    size_t batches;

    assert_false(source_is_incomplete(source));
    (void)render_source(source, &got, &batches);
    assert_true(source_is_incomplete(source));
    assert_int_equal(source_rewind(source, &why), FAULT_NONE);
    assert_false(source_is_incomplete(source));
    source_free(source);
    (void)close(file.fd);
    buffer_clear(&got);
}

static void torn_row_holds(void **state)
{
    const struct torn_row *row = *state;
    struct buffer file = gzip_without_end(row->text), want = buffer_with_max(4096);

    buffer_add_text(&want, row->want);
    buffer_add_text(&want, "end: the compressed file ends early; what came before was read\n");
    buffer_add_byte(&want, '\0');
    assert_reads(buffer_span(&file), &usual, (const char *)want.at);
    assert_breaks_off(buffer_span(&file));
    buffer_clear(&file);
    buffer_clear(&want);
}

static void a_pipe_is_read_as_a_file_is(void **state)
{
    static const char text[] = CSV_HEADER "Anna,3082\n";
    struct buffer got = buffer_with_max(4096);
    struct source *source = NULL;
    struct why why = {0};
    int ends[2], saved = dup(STDIN_FILENO);
    uint64_t position, size;
    size_t batches;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, sizeof(text) - 1), sizeof(text) - 1);
    (void)close(ends[1]);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    (void)close(ends[0]);
    assert_int_equal(source_open("-", &usual, &source, &why), FAULT_NONE);
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    (void)close(saved);
    assert_int_equal(render_source(source, &got, &batches), FAULT_ABSENT);
    assert_span(buffer_span(&got), "2 Anna =2\n");
    source_progress(source, &position, &size);
    assert_int_equal(position, sizeof(text) - 1);
    assert_int_equal(size, 0);
    assert_int_equal(source_rewind(source, &why), FAULT_RESOURCE);
    source_free(source);
    buffer_clear(&got);
}

/* ---- what a source tells of itself ---- */

static void a_source_tells_what_it_shows(void **state)
{
    static const struct {
        const char *text;
        bool names, shows, incomplete;
    } told[] = {
        {"Tagged-X509-Cert\n3082\n", false, true, false},
        {CSV_HEADER "Anna,\n", true, true, false},
        {"dn: cn=Anna\ncn: Anna\n", true, false, false},
        {"dn: cn=Anna\nuserCertificate:: MII=\n", true, true, false},
        {"dn: cn=Anna\nuserCertificate:: MII=\n\nsearch: 2\nresult: 0 Success\n", true, true,
         false},
        {"dn: cn=Anna\nuserCertificate:: MII=\n\nsearch: 2\nresult: 4 Size limit exceeded\n", true,
         true, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(told); i++) {
        struct file file = file_of(span_text(told[i].text));
        struct source *source = open_file(&file, &usual);
        struct buffer got = buffer_with_max(4096);
        size_t batches;

        (void)render_source(source, &got, &batches);
        assert_int_equal(source_names_mailboxes(source), told[i].names);
        assert_int_equal(source_shows_certificates(source), told[i].shows);
        assert_int_equal(source_is_incomplete(source), told[i].incomplete);
        source_free(source);
        (void)close(file.fd);
        buffer_clear(&got);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(torn_rows) + 4] = {
        cmocka_unit_test(what_cannot_be_opened_is_told),
        cmocka_unit_test(what_cannot_be_started_is_told),
        cmocka_unit_test(a_pipe_is_read_as_a_file_is),
        cmocka_unit_test(a_source_tells_what_it_shows)};
    size_t n = 4;

    n += TESTS_OF(tests + n, rows, row_holds);
    n += TESTS_OF(tests + n, torn_rows, torn_row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
