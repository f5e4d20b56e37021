#include "source/source.h"

#include "sourced.h"

/*
 * The property: parts one after the other are the whole, its entries, lines and refusals, whichever
 * the file and however many the parts. Files are made by chance, the same ones each time, of what
 * is hard: quotes that are doubled, misplaced and never closed, headers within, empty lines, folds.
 */

enum { FILES = 200, TOKENS_MAX = 40, ROOM = 1 << 20 };

static const char *const csv_tokens[] = {"\n",
                                         "\n",
                                         "\n",
                                         "\r\n",
                                         ",",
                                         ",",
                                         ",",
                                         "\"",
                                         "\"",
                                         "\"\"",
                                         "a",
                                         "b",
                                         " ",
                                         "\"a",
                                         "a\"",
                                         "3082",
                                         "''",
                                         "\"\n\"",
                                         "Cert",
                                         "\nuserCertificate,DN\n",
                                         "\n\"DN\",\"Tagged-X509-Cert\"\n",
                                         "\nDisplay Name,2.5.4.36\n",
                                         "\nDisplay Name,User-CERT,x\n"};
static const char *const ldif_tokens[] = {"\n",
                                          "\n",
                                          "\n\n",
                                          "\r\n",
                                          "\r\n\r\n",
                                          "\n\n\n",
                                          "\n ",
                                          "\n  ",
                                          "#c\n",
                                          "dn: cn=a\n",
                                          "dn: cn=b\n",
                                          "dn:: YQ==\r\n",
                                          "version: 1\n",
                                          "userCertificate:: MAA=\n",
                                          "MAA=\n",
                                          "mail: a@b\n",
                                          "changetype: modify\n",
                                          "changetype: add\n",
                                          "add: mail\n",
                                          "-\n",
                                          "search: 2\n",
                                          "result: 4 Size limit exceeded\n",
                                          "no colon",
                                          " ",
                                          "\r"};

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13; /* Marsaglia, Xorshift RNGs (2003) */
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void make_text(uint32_t *random, bool ldif, struct buffer *out)
{
    const char *const *tokens = ldif ? ldif_tokens : csv_tokens;
    size_t count = ldif ? COUNT(ldif_tokens) : COUNT(csv_tokens);

    if (!ldif) {
        buffer_add_text(out, CSV_HEADER);
    }
    for (size_t n = next_random(random) % TOKENS_MAX; n > 0; n--) {
        buffer_add_text(out, tokens[next_random(random) % count]);
    }
}

/* The text as it is, or in UTF-16, or behind a mark. */
static const char *encode(uint32_t *random, struct span text, struct buffer *out)
{
    uint32_t kind = next_random(random) % 5;

    if (kind == 0) {
        buffer_add_text(out, "\xEF\xBB\xBF");
    }
    if (kind < 3) {
        buffer_add(out, text);
        return NULL;
    }
    if (kind == 3) {
        buffer_add_text(out, "\xFF\xFE");
    }
    for (size_t i = 0; i < text.len; i++) {
        buffer_add_byte(out, kind == 3 ? text.at[i] : 0);
        buffer_add_byte(out, kind == 3 ? 0 : text.at[i]);
    }
    return kind == 3 ? NULL : "utf-16be";
}

/* Adds what a part of the file gives; false when the file cannot be read at all. */
static bool render_part(const struct file *file, const struct source_options *options,
                        struct buffer *out)
{
    struct source *source = open_file(file, options);
    struct batch batch = {0};
    struct why why = {0};
    enum fault fault = source_start(source, &why);

    if (fault == FAULT_NONE) {
        while ((fault = source_read(source, &batch, &why)) == FAULT_NONE) {
            render_batch(source, &batch, out);
        }
        assert_int_equal(fault, FAULT_ABSENT);
        if (source_has_left(source)) {
            batch.len = batch.beyond = 0;
            batch.last = true;
            batch.skipped = NULL;
            render_batch(source, &batch, out);
        }
    }
    batch_clear(&batch);
    source_free(source);
    return fault == FAULT_ABSENT;
}

static void assert_parts_are_whole(struct span bytes, struct source_options options, uint64_t of)
{
    struct file file = file_of(bytes);
    struct buffer whole = buffer_with_max(ROOM), parts = buffer_with_max(ROOM);

    options.part = (struct source_part){0};
    if (render_part(&file, &options, &whole)) {
        for (uint64_t number = 1; number <= of; number++) {
            options.part = (struct source_part){.number = number, .of = of};
            assert_true(render_part(&file, &options, &parts));
        }
        buffer_add_byte(&whole, '\0');
        buffer_add_byte(&parts, '\0');
        if (!span_equal(buffer_span(&whole), buffer_span(&parts))) {
            print_error("%llu parts of: %.*s\n", (unsigned long long)of, (int)bytes.len, bytes.at);
        }
        assert_string_equal((const char *)parts.at, (const char *)whole.at);
    }
    buffer_clear(&whole);
    buffer_clear(&parts);
    (void)close(file.fd);
}

static void parts_are_the_whole(void **state)
{
    uint32_t random = 20261125;

    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        struct buffer text = buffer_with_max(ROOM), bytes = buffer_with_max(ROOM);
        struct source_options options = usual;

        make_text(&random, i % 2 == 1, &text);
        if (i % 7 == 0) {
            options.csv.quote = span_text("none");
        } else if (i % 5 == 0) {
            options.csv.delimiter = span_text(i % 2 == 0 ? "," : ",,");
        }
        options.format = i % 2 == 1 ? SOURCE_LDIF : SOURCE_UNTOLD;
        options.encoding = encode(&random, buffer_span(&text), &bytes);
        for (uint64_t of = 1; of <= 3; of++) {
            assert_parts_are_whole(buffer_span(&bytes), options, of);
        }
        assert_parts_are_whole(buffer_span(&bytes), options, 1 + next_random(&random) % 9);
        if (i % 40 < 2) { /* a byte a part, and less */
            assert_parts_are_whole(buffer_span(&bytes), options, bytes.len);
            assert_parts_are_whole(buffer_span(&bytes), options, bytes.len + 3);
        }
        buffer_clear(&text);
        buffer_clear(&bytes);
    }
}

/* Records over the ends of batches; a quote that is never closed, so that all is left to the end.
 */
static void parts_of_many_batches_are_the_whole(void **state)
{
    static const char *const ends[] = {"", "\"never closed\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct buffer text = buffer_with_max(8 * BATCH), got = buffer_with_max(64 * BATCH),
                      want = buffer_with_max(64 * BATCH);
        struct source_options options = usual;
        struct file file;

        buffer_add_text(&text, CSV_HEADER);
        for (size_t n = 0; text.len < 5 * BATCH / 2; n++) {
            bool quoted = n % 9 == 0 && (i == 0 || n < 20000);

            buffer_add_text(&text, quoted ? "\"M\n,\"\"" : "M");
            buffer_add_uint(&text, n);
            buffer_add_text(&text, quoted ? "\",3082\n" : n == 40000 ? "\nDN,User-Cert\n" : ",\n");
            if (n == 20000) {
                buffer_add_text(&text, ends[i]);
            }
        }
        file = file_of(buffer_span(&text));
        assert_true(render_part(&file, &options, &want));
        for (uint64_t number = 1; number <= 5; number++) {
            options.part = (struct source_part){.number = number, .of = 5};
            assert_true(render_part(&file, &options, &got));
        }
        assert_int_equal(got.fault, FAULT_NONE);
        assert_true(span_equal(buffer_span(&got), buffer_span(&want)));
        buffer_clear(&text);
        buffer_clear(&got);
        buffer_clear(&want);
        (void)close(file.fd);
    }
}

/* Parts may be many, and their numbers large. */
static void numbers_do_not_overflow(void **state)
{
    struct file file = file_of(span_text(CSV_HEADER "Anna,\nBert,\n"));
    struct source_options options = usual;
    struct buffer got = buffer_with_max(ROOM);

    (void)state;
    options.part = (struct source_part){.number = SOURCE_PARTS_MAX, .of = SOURCE_PARTS_MAX};
    assert_true(render_part(&file, &options, &got));
    assert_int_equal(got.len, 0);
    options.part.number = SOURCE_PARTS_MAX / 2;
    assert_true(render_part(&file, &options, &got));
    assert_int_equal(got.len, 0);
    buffer_clear(&got);
    (void)close(file.fd);
}

static void a_part_is_read_twice(void **state)
{
    struct file file = file_of(span_text(CSV_HEADER "Anna,\nBert,\nCarl,\nDora,\n"));
    struct source_options options = usual;
    struct source *source;
    struct batch batch = {0};
    struct why why;

    (void)state;
    options.part = (struct source_part){.number = 3, .of = 3};
    source = open_file(&file, &options);
    for (int round = 0; round < 2; round++) {
        struct buffer got = buffer_with_max(ROOM);

        assert_int_equal(source_start(source, &why), FAULT_NONE);
        assert_int_equal(source_read(source, &batch, &why), FAULT_NONE);
        render_batch(source, &batch, &got);
        assert_true(span_is(buffer_span(&got), "3 Bert\n4 Carl\n5 Dora\n"));
        assert_int_equal(source_read(source, &batch, &why), FAULT_ABSENT);
        assert_int_equal(source_rewind(source, &why), FAULT_NONE);
        buffer_clear(&got);
    }
    batch_clear(&batch);
    source_free(source);
    (void)close(file.fd);
}

static void what_cannot_be_divided_is_refused(void **state)
{
    struct file packed = file_of(span_of("\x1F\x8B\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", 20));
    struct source_options options = usual;
    struct source *source;
    struct why why = {0};
    int ends[2];
    char path[32];

    (void)state;
    options.part = (struct source_part){.number = 1, .of = 2};
    source = open_file(&packed, &options);
    assert_int_equal(source_start(source, &why), FAULT_SYNTAX);
    source_free(source);
    (void)close(packed.fd);
    assert_int_equal(pipe(ends), 0);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    assert_int_equal(source_open(path, &options, &source, &why), FAULT_SYNTAX);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_the_whole),
        cmocka_unit_test(parts_of_many_batches_are_the_whole),
        cmocka_unit_test(numbers_do_not_overflow),
        cmocka_unit_test(a_part_is_read_twice),
        cmocka_unit_test(what_cannot_be_divided_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
