#include "source/stream.h"

#include <fcntl.h>

#include "streamed.h"

/* As read_file(), from a pipe into which a child writes byte after byte. */
static enum fault read_pipe(struct span bytes, const char *encoding, struct buffer *out,
                            struct why *why)
{
    struct stream *stream = NULL;
    int ends[2];
    enum fault fault;

    assert_int_equal(pipe(ends), 0);
    assert_true(bytes.len <= 4096); /* fits into a pipe */
    for (size_t i = 0; i < bytes.len; i++) {
        assert_int_equal(write(ends[1], bytes.at + i, 1), 1);
    }
    (void)close(ends[1]);
    assert_int_equal(stream_open_take(ends[0], encoding, &stream, why), FAULT_NONE);
    fault = read_all(stream, ROOM, out, why);
    stream_free(stream);
    return fault;
}

/* ---- encodings and line ends ---- */

static const struct row {
    const char *name, *bytes;
    size_t len;
    const char *want;
    const char *encoding;
} rows[] = {
    {"an empty file", TEXT(""), ""},
    {"one byte", TEXT("a"), "a"},
    {"UTF-8 as it is", TEXT("Jos\xC3\xA9,x\n"), "Jos\xC3\xA9,x\n"},
    {"the code page as it is", TEXT("Jos\xE9,x\n"), "Jos\xE9,x\n"},
    {"the code page by its name", TEXT("Jos\xE9,x\n"), "Jos\xE9,x\n", "cp1252"},
    {"a mark of UTF-8 goes",
     TEXT("\xEF\xBB\xBF"
          "a,b\n"),
     "a,b\n"},
    {"a mark of UTF-8 alone", TEXT("\xEF\xBB\xBF"), ""},
    {"a mark of UTF-8 goes, though an encoding is told",
     TEXT("\xEF\xBB\xBF"
          "a\n"),
     "a\n", "utf-8"},
    {"UTF-16LE with its mark",
     TEXT("\xFF\xFE"
          "a\0\xE9\0\n\0"),
     "a\xC3\xA9\n"},
    {"UTF-16BE with its mark",
     TEXT("\xFE\xFF"
          "\0a\0\xE9\0\n"),
     "a\xC3\xA9\n"},
    {"UTF-16LE without a mark", TEXT("D\0N\0,\0m\0a\0i\0l\0\n\0\x3D\xD8\x01\xDE"),
     "DN,mail\n\xF0\x9F\x98\x81"},
    {"UTF-16BE without a mark", TEXT("\0D\0N\0,\0m\0a\0i\0l\0\n\xD8\x3D\xDE\x01"),
     "DN,mail\n\xF0\x9F\x98\x81"},
    {"UTF-16LE without a mark, with U+0100", TEXT("D\0N\0,\0m\0a\0i\0l\0,\0c\0\0\1\n\0"),
     "DN,mail,c\xC4\x80\n"},
    {"UTF-16LE by its name", TEXT("\x41\x04\n\0"), "\xD1\x81\n", "UTF-16LE"},
    {"UTF-16BE by its name", TEXT("\x04\x41\0\n"), "\xD1\x81\n", "utf-16be"},
    {"UTF-16 by its name, its order by its mark", TEXT("\xFE\xFF\x04\x41\0\n"), "\xD1\x81\n",
     "UTF-16"},
    {"a mark alone", TEXT("\xFF\xFE"), ""},
    {"half a unit at the end",
     TEXT("\xFF\xFE"
          "a\0b"),
     "a\xEF\xBF\xBD"},
    {"half a pair at the end",
     TEXT("\xFF\xFE"
          "a\0\x3D\xD8"),
     "a\xEF\xBF\xBD"},
    {"Shift-JIS by its name", TEXT("\x93\xFA\x96\x7B,a\n"), "\xE6\x97\xA5\xE6\x9C\xAC,a\n",
     "SHIFT_JIS"},
    {"Latin-2 by its name",
     TEXT("\xB3\xF3"
          "d\xBC,a\n"),
     "\xC5\x82\xC3\xB3"
     "d\xC5\xBA,a\n",
     "ISO-8859-2"},
    {"a byte that Shift-JIS does not know",
     TEXT("a\xFF"
          "b\n"),
     "a\xEF\xBF\xBD"
     "b\n",
     "SHIFT_JIS"},
    {"half a character of Shift-JIS at the end", TEXT("a\x93"), "a\xEF\xBF\xBD", "SHIFT_JIS"},
    {"a NUL among bytes", TEXT("a\0b,c\n"), NULL},

    {"CR LF stays", TEXT("a\r\nb\r\n"), "a\r\nb\r\n"},
    {"CR alone ends lines where no LF is", TEXT("a\rb\r"), "a\nb\n"},
    {"CR alone and no line end at last", TEXT("a\rb"), "a\nb"},
    {"CR alone at the very end", TEXT("a,b\r"), "a,b\n"},
    {"CR alone in UTF-16",
     TEXT("\xFF\xFE"
          "a\0\r\0b\0"),
     "a\nb"},
    {"CR within a line of a file with LF", TEXT("a\rb\nc\r"), "a\rb\nc\r"},
};

static void row_holds(void **state)
{
    static const size_t rooms[] = {ROOM, ROOM + 1, 4096};
    const struct row *row = *state;
    struct why why = {0};

    for (size_t i = 0; i <= COUNT(rooms); i++) {
        struct buffer got = buffer_with_max(4096);
        struct span bytes = span_of(row->bytes, row->len);
        enum fault fault = i < COUNT(rooms) ? read_file(bytes, row->encoding, rooms[i], &got, &why)
                                            : read_pipe(bytes, row->encoding, &got, &why);

        assert_int_equal(fault, FAULT_NONE);
        if (row->want != NULL) {
            assert_span(buffer_span(&got), row->want);
        } else {
            assert_true(span_equal(buffer_span(&got), bytes));
        }
        buffer_clear(&got);
    }
}

/* A long text in every encoding, in whatever pieces, is the same text. */
static void long_text_is_the_same_in_every_encoding(void **state)
{
    struct buffer utf8 = buffer_with_max(OUTPUT_MAX),
                  wide[2] = {buffer_with_max(OUTPUT_MAX), buffer_with_max(OUTPUT_MAX)};
    struct why why = {0};

    (void)state;
    buffer_add(&wide[0], span_of("\xFF\xFE", 2));
    buffer_add(&wide[1], span_of("\xFE\xFF", 2));
    for (uint32_t i = 0; i < 100000; i++) {
        bool ascii = i % 7 != 0, pair = i % 21 == 0;
        uint8_t low = (uint8_t)('a' + i % 26);

        if (i % 60 == 59) {
            low = '\n';
            ascii = true;
        }
        if (ascii) {
            buffer_add_byte(&utf8, low);
            buffer_add(&wide[0], span_of((uint8_t[]){low, 0}, 2));
            buffer_add(&wide[1], span_of((uint8_t[]){0, low}, 2));
        } else if (pair) {
            buffer_add_text(&utf8, "\xF0\x9F\x98\x80");
            buffer_add(&wide[0], span_of("\x3D\xD8\x00\xDE", 4));
            buffer_add(&wide[1], span_of("\xD8\x3D\xDE\x00", 4));
        } else {
            buffer_add_text(&utf8, "\xE2\x82\xAC");
            buffer_add(&wide[0], span_of("\xAC\x20", 2));
            buffer_add(&wide[1], span_of("\x20\xAC", 2));
        }
    }
    for (size_t i = 0; i < 6; i++) {
        struct buffer got = buffer_with_max(OUTPUT_MAX);
        size_t room = i < 3 ? ROOM + 3 : 99991;
        const struct buffer *file = i % 3 == 2 ? &utf8 : &wide[i % 3];

        assert_int_equal(read_file(buffer_span(file), i == 5 ? "UTF-8" : NULL, room, &got, &why),
                         FAULT_NONE);
        assert_true(span_equal(buffer_span(&got), buffer_span(&utf8)));
        buffer_clear(&got);
    }
    buffer_clear(&utf8);
    buffer_clear(&wide[0]);
    buffer_clear(&wide[1]);
}

/* ---- what is refused ---- */

static const struct refusal {
    const char *name, *bytes;
    size_t len;
    const char *says;
    enum fault fault;
} refusals[] = {
    {"xz is named",
     TEXT("\xFD"
          "7zXZ\0\0\4"),
     "xz -dc", FAULT_SYNTAX},
    {"bzip2 is named", TEXT("BZh91AY&SY"), "bzip2 -dc", FAULT_SYNTAX},
    {"a workbook is named", TEXT("PK\3\4\x14\0\6\0"), "Excel", FAULT_SYNTAX},
    {"an old workbook is named", TEXT("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "Excel", FAULT_SYNTAX},
    {"a PDF is named", TEXT("%PDF-1.7\n"), "PDF", FAULT_SYNTAX},
    {"a certificate in PEM is named", TEXT("-----BEGIN CERTIFICATE-----\n"), "keyroster cert",
     FAULT_SYNTAX},
    {"a certificate in DER is named", TEXT("0\x82\1\2"), "keyroster cert", FAULT_SYNTAX},
};

static void refusal_holds(void **state)
{
    const struct refusal *row = *state;
    struct buffer got = buffer_with_max(4096);
    struct why why = {0};

    assert_int_equal(read_file(span_of(row->bytes, row->len), NULL, ROOM, &got, &why), row->fault);
    assert_non_null(strstr(why.rule, row->says));
    assert_int_equal(got.len, 0);
    buffer_clear(&got);
}

static void an_encoding_that_nobody_knows(void **state)
{
    struct stream *stream = NULL;
    struct why why = {0};
    int fd = file_of(span_text("a"));

    (void)state;
    assert_int_equal(stream_open_take(fd, "klingon", &stream, &why), FAULT_ABSENT);
    assert_null(stream);
    assert_non_null(why.rule);
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* it was taken, and closed */
}

static void a_file_that_cannot_be_read(void **state)
{
    struct stream *stream = NULL;
    struct why why = {0};
    struct buffer got = buffer_with_max(64);
    int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    assert_int_equal(stream_open_take(folder, NULL, &stream, &why), FAULT_NONE);
    assert_int_equal(read_all(stream, ROOM, &got, &why), FAULT_RESOURCE);
    stream_free(stream);
    stream_free(NULL);
}

/* ---- reading twice ---- */

static void rewinding_forgets_half_a_character(void **state)
{
    struct stream *stream = NULL;
    struct why why = {0};

    (void)state;
    assert_int_equal(stream_open_take(file_of(span_of("a\x93", 2)), "SHIFT_JIS", &stream, &why),
                     FAULT_NONE);
    for (int round = 0; round < 2; round++) {
        struct buffer got = buffer_with_max(64);

        assert_int_equal(read_all(stream, ROOM, &got, &why), FAULT_NONE);
        assert_span(buffer_span(&got), "a\xEF\xBF\xBD");
        assert_int_equal(stream_rewind(stream, &why), FAULT_NONE);
        buffer_clear(&got);
    }
    stream_free(stream);
}

static void a_pipe_is_read_once(void **state)
{
    struct stream *stream = NULL;
    struct why why = {0};
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[1]);
    assert_int_equal(stream_open_take(ends[0], NULL, &stream, &why), FAULT_NONE);
    assert_int_equal(stream_rewind(stream, &why), FAULT_RESOURCE);
    assert_non_null(why.rule);
    stream_free(stream);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(refusals) + 5] = {
        cmocka_unit_test(long_text_is_the_same_in_every_encoding),
        cmocka_unit_test(an_encoding_that_nobody_knows),
        cmocka_unit_test(a_file_that_cannot_be_read),
        cmocka_unit_test(rewinding_forgets_half_a_character),
        cmocka_unit_test(a_pipe_is_read_once)};
    size_t n = 5;

    n += TESTS_OF(tests + n, rows, row_holds);
    n += TESTS_OF(tests + n, refusals, refusal_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
