#include "source/source.h"

#include "sourced.h"

/* Text of `records` records, in some of which fields hold line ends; about `bytes` bytes. */
static void add_csv(struct buffer *text, struct buffer *want, size_t bytes, size_t line)
{
    for (size_t i = 0; text->len < bytes; i++, line++) {
        buffer_add_uint(want, line);
        buffer_add_text(want, " M");
        buffer_add_uint(want, i);
        if (i % 97 == 0) {
            buffer_add_byte(text, '"');
        }
        buffer_add_byte(text, 'M');
        buffer_add_uint(text, i);
        if (i % 97 == 0) {
            buffer_add_text(text, "\r\n\n\"\"x\"");
            buffer_add_text(want, "\r\n\n\"x");
            line += 2;
        }
        buffer_add_text(text, i % 3 == 0 ? ",3082\r\n" : ",\r\n");
        buffer_add_text(want, i % 3 == 0 ? " =2\n" : "\n");
    }
}

static void add_ldif(struct buffer *text, struct buffer *want, size_t bytes)
{
    for (size_t i = 0, line = 1; text->len < bytes; i++) {
        buffer_add_text(text, i % 5 == 0 ? "# a comment\r\n\r\ndn: cn=" : "dn: cn=");
        buffer_add_uint(text, i);
        buffer_add_text(text, i % 2 == 0 ? "\r\nuserCertificate:: MI\r\n I=\r\n\r\n" : "\n\n");
        line += i % 5 == 0 ? 2 : 0;
        buffer_add_uint(want, line);
        buffer_add_byte(want, ' ');
        buffer_add_uint(want, i);
        buffer_add_text(want, i % 2 == 0 ? " =2\n" : "\n");
        line += i % 2 == 0 ? 4 : 2;
    }
}

static void batches_follow_on_each_other(void **state)
{
    (void)state;
    for (int ldif = 0; ldif <= 1; ldif++) {
        struct buffer text = buffer_with_max(64 * BATCH), want = buffer_with_max(64 * BATCH),
                      got = buffer_with_max(64 * BATCH);
        struct source *source;
        struct file file;
        struct why why = {0};
        size_t batches;

        if (ldif == 0) {
            buffer_add_text(&text, CSV_HEADER);
            add_csv(&text, &want, 7 * BATCH / 2, 2);
        } else {
            add_ldif(&text, &want, 7 * BATCH / 2);
        }
        file = file_of(buffer_span(&text));
        source = open_file(&file, &usual);
        for (int round = 0; round < 2; round++) { /* the second time after a rewind */
            uint64_t position, size;

            buffer_reset(&got);
            assert_int_equal(render_source(source, &got, &batches), FAULT_ABSENT);
            assert_in_range(batches, 3, 4);
            assert_true(span_equal(buffer_span(&got), buffer_span(&want)));
            source_progress(source, &position, &size);
            assert_int_equal(position, text.len);
            assert_int_equal(size, text.len);
            assert_int_equal(source_rewind(source, &why), FAULT_NONE);
        }
        source_free(source);
        (void)close(file.fd);
        buffer_clear(&text);
        buffer_clear(&want);
        buffer_clear(&got);
    }
}

static void add_many(struct buffer *b, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        buffer_add_text(b, text);
    }
    assert_int_equal(b->fault, FAULT_NONE);
}

static void a_record_may_be_longer_than_a_batch(void **state)
{
    struct buffer text = buffer_with_max(16 * BATCH);

    (void)state;
    buffer_add_text(&text, CSV_HEADER "Anna,");
    add_many(&text, "308201A4", 3 * BATCH / 8);
    buffer_add_text(&text, "\nBert,\n");
    assert_reads(buffer_span(&text), &usual, "2 Anna =1572864\n3 Bert\n");
    buffer_clear(&text);
}

static void a_header_may_be_longer_than_a_batch(void **state)
{
    struct buffer text = buffer_with_max(16 * BATCH);

    (void)state;
    add_many(&text, "A Day Of The Year,", 3 * BATCH / 18);
    buffer_add_text(&text, "Display Name,Tagged-X509-Cert\n");
    add_many(&text, ",", 3 * BATCH / 18);
    buffer_add_text(&text, "Anna,3082\n");
    assert_reads(buffer_span(&text), &usual, "2 Anna =2\n");
    buffer_clear(&text);
}

/* Two overlong records in a row, so that what is skipped is told of each. */
static void a_record_longer_than_the_maximum_is_skipped(void **state)
{
    static const char *const starts[2][3] = {
        {CSV_HEADER "Anna,\nLong,", "\nLonger,", "\nBert,3082\n"},
        {"dn: cn=Anna\n\ndn: cn=Long\ncn: x", "\r\n\r\ndn: cn=Longer\ncn:\n ", "\n\ndn: cn=Bert\n"},
    };
    static const char *const wants[2] = {
        "2 Anna\n3 ! a record longer than\n4 ! a record longer than\n5 Bert =2\n",
        "1 Anna\n3 ! a record longer than\n6 ! a record longer than\n10 Bert\n"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct buffer text = buffer_with_max((size_t)200 << 20);

        buffer_add_text(&text, starts[i][0]);
        add_many(&text, "0123456789ABCDE", SOURCE_RECORD_MAX / 15 + 100);
        buffer_add_text(&text, starts[i][1]);
        add_many(&text, "0123456789ABCDE", SOURCE_RECORD_MAX / 15 + 100);
        buffer_add_text(&text, starts[i][2]);
        assert_reads(buffer_span(&text), &usual, wants[i]);
        buffer_clear(&text);
    }
}

static void an_overlong_record_may_be_the_last(void **state)
{
    struct buffer text = buffer_with_max((size_t)100 << 20);

    (void)state;
    buffer_add_text(&text, CSV_HEADER "Long,");
    add_many(&text, "0123456789ABCDE", SOURCE_RECORD_MAX / 15 + 100);
    assert_reads(buffer_span(&text), &usual, "2 ! a record longer than\n");
    buffer_clear(&text);
}

/* An open quote costs its line, however far the end of the file is. */
static void an_open_quote_costs_its_line_alone(void **state)
{
    struct buffer text = buffer_with_max((size_t)100 << 20), got = buffer_with_max(256 << 20);
    static const size_t lines = SOURCE_RECORD_MAX / 34 + 50000;
    static const char start[] = "2 Anna\n3 ! a quoted field that \n4 Bert =14\n";
    char end[32];
    struct source *source;
    struct file file;
    size_t batches;

    (void)state;
    buffer_add_text(&text, CSV_HEADER "Anna,\nOpen,\"30\n");
    add_many(&text, "Bert,3082308230823082308230823082\n", lines);
    file = file_of(buffer_span(&text));
    source = open_file(&file, &usual);
    assert_int_equal(render_source(source, &got, &batches), FAULT_ABSENT);
    buffer_add_byte(&got, '\0');
    assert_memory_equal(got.at, start, sizeof(start) - 1);
    (void)snprintf(end, sizeof(end), "\n%zu Bert =14\n", lines + 3);
    assert_non_null(strstr((const char *)got.at, end));
    assert_null(strstr((const char *)got.at + sizeof(start), "!"));
    source_free(source);
    (void)close(file.fd);
    buffer_clear(&text);
    buffer_clear(&got);
}

/* A header that does not end is no header; nor is one cut at the maximum. */
static void a_header_that_does_not_end_is_refused(void **state)
{
    struct buffer text = buffer_with_max((size_t)100 << 20);
    struct source *source;
    struct file file;
    struct why why = {0};

    (void)state;
    buffer_add_text(&text, "Display Name,Tagged-X509-Cert");
    add_many(&text, " and more and m", SOURCE_RECORD_MAX / 15 + 100);
    file = file_of(buffer_span(&text));
    source = open_file(&file, &usual);
    assert_int_equal(source_start(source, &why), FAULT_LIMIT);
    source_free(source);
    (void)close(file.fd);
    buffer_clear(&text);
}

/* Two batches are taken at once; the first holds a second header, so the second is read again. */
static void a_second_header_reaches_the_next_batch(void **state)
{
    struct buffer text = buffer_with_max(16 * BATCH), got = buffer_with_max(64 * BATCH);
    struct batch batches[2] = {0};
    struct records records;
    struct source *source;
    struct file file;
    struct why why = {0};
    struct entry entry;
    struct arena arena = arena_with_max(1 << 20);
    uint64_t line, base;

    (void)state;
    buffer_add_text(&text, CSV_HEADER "Anna,\nTagged-X509-Cert,Phone,Alias\n");
    add_many(&text, ",1,a\n", 3 * BATCH / 5);
    file = file_of(buffer_span(&text));
    source = open_file(&file, &usual);
    assert_int_equal(source_start(source, &why), FAULT_NONE);
    assert_int_equal(source_read(source, &batches[0], &why), FAULT_NONE);
    assert_int_equal(source_read(source, &batches[1], &why), FAULT_NONE);
    records = records_of(source, &batches[1]); /* by the first header: too early */
    assert_int_equal(records_next(&records, &arena, &entry, &line, &why), FAULT_NONE);
    assert_non_null(entry.remark); /* a field too many */
    render_batch(source, &batches[0], &got);
    assert_int_equal(records_commit(&records, &base), FAULT_ABSENT);
    got.len = 0;
    render_batch(source, &batches[1], &got);
    buffer_add_byte(&got, '\0');
    assert_null(strstr((const char *)got.at, "!"));
    records_drop(&records);
    arena_clear(&arena);
    source_free(source);
    (void)close(file.fd);
    batch_clear(&batches[0]);
    batch_clear(&batches[1]);
    buffer_clear(&text);
    buffer_clear(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_follow_on_each_other),
        cmocka_unit_test(a_record_may_be_longer_than_a_batch),
        cmocka_unit_test(a_header_may_be_longer_than_a_batch),
        cmocka_unit_test(a_record_longer_than_the_maximum_is_skipped),
        cmocka_unit_test(an_overlong_record_may_be_the_last),
        cmocka_unit_test(an_open_quote_costs_its_line_alone),
        cmocka_unit_test(a_header_that_does_not_end_is_refused),
        cmocka_unit_test(a_second_header_reaches_the_next_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
