#include "base/encoding.h"

#include "base/text.h"
#include "support.h"

/* A text in one encoding, and what it is in UTF-8; told from its bytes, read, and written again. */
static const struct row {
    const char *name, *bytes;
    size_t len;
    enum encoding encoding;
    size_t mark;
    const char *text;
    bool marked_when_written; /* it is written with a mark that it came without */
} rows[] = {
    {"nothing tells nothing", TEXT(""), ENCODING_ASCII, 0, ""},
    {"ASCII tells nothing", TEXT("a,b\r\n"), ENCODING_ASCII, 0, "a,b\r\n"},
    {"UTF-8 without a mark", TEXT("\xc3\xa4,b"), ENCODING_UTF8, 0, "\xc3\xa4,b"},
    {"UTF-8 with its mark", TEXT("\xef\xbb\xbf\xc3\xa4"), ENCODING_UTF8_MARK, 3, "\xc3\xa4"},
    {"a mark alone", TEXT("\xef\xbb\xbf"), ENCODING_UTF8_MARK, 3, ""},
    {"half a mark is no mark", TEXT("\xef\xbb"), ENCODING_ANSI, 0, "\xc3\xaf\xc2\xbb"},
    {"the ANSI code page", TEXT("M\xfcller \x80"), ENCODING_ANSI, 0, "M\xc3\xbcller \xe2\x82\xac"},
    {"its ends", TEXT("\x81\x9f\xa0\xff"), ENCODING_ANSI, 0, "\xc2\x81\xc5\xb8\xc2\xa0\xc3\xbf"},
    {"UTF-16, little end first", TEXT("\xff\xfe\xe4\0,\0"), ENCODING_UTF16_LE, 2, "\xc3\xa4,"},
    {"UTF-16, big end first", TEXT("\xfe\xff\0\xe4\0,"), ENCODING_UTF16_BE, 2, "\xc3\xa4,"},
    {"a pair of surrogates", TEXT("\xff\xfe\x3d\xd8\x00\xde"), ENCODING_UTF16_LE, 2,
     "\xf0\x9f\x98\x80"},
    {"UTF-16 without a mark", TEXT("D\0N\0"), ENCODING_UTF16_LE, 0, "DN", true},
    {"the same, big end first", TEXT("\0D\0N"), ENCODING_UTF16_BE, 0, "DN", true},
    {"two NULs are no character", TEXT("\0\0ab"), ENCODING_ASCII, 0, NULL},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *bytes = exact_copy(row->bytes, row->len);
    struct buffer decoded = buffer_with_max(1024), again = buffer_with_max(1024);
    size_t mark = 99;

    assert_int_equal(encoding_find(span_of(bytes, row->len), &mark), row->encoding);
    assert_int_equal(mark, row->mark);
    if (row->text != NULL) {
        encoding_add_decoded(&decoded, span_from(span_of(bytes, row->len), mark), row->encoding);
        assert_span(buffer_span(&decoded), row->text);
        if (mark > 0) {
            buffer_add(&again, encoding_mark(row->encoding));
        }
        assert_true(encoding_add(&again, buffer_span(&decoded), row->encoding));
        assert_int_equal(again.len, row->len);
        assert_memory_equal(again.at, row->bytes, row->len);
        assert_int_equal(encoding_mark(row->encoding).len > row->mark, row->marked_when_written);
    }
    buffer_clear(&decoded);
    buffer_clear(&again);
    free(bytes);
}

static const struct lost_row {
    const char *name, *text;
    enum encoding encoding;
    bool whole;
    const char *bytes;
} lost_rows[] = {
    {"ANSI has no Cyrillic", "\xd0\x98van", ENCODING_ANSI, false, "?van"},
    {"ANSI has no emoji", "a\xf0\x9f\x98\x80z", ENCODING_ANSI, false, "a?z"},
    {"one lost character among good ones", "\xc3\xa4\xce\xa9\xc3\xb6", ENCODING_ANSI, false,
     "\xe4?\xf6"},
    {"a dash of typographers is in it", "\xe2\x80\x93", ENCODING_ANSI, true, "\x96"},
    {"UTF-8 has everything", "\xf0\x9f\x98\x80", ENCODING_ASCII, true, "\xf0\x9f\x98\x80"},
};

static void lost_row_holds(void **state)
{
    const struct lost_row *row = *state;
    struct buffer out = buffer_with_max(64);

    assert_int_equal(encoding_add(&out, span_text(row->text), row->encoding), row->whole);
    assert_span(buffer_span(&out), row->bytes);
    buffer_clear(&out);
}

/* The property: every character there is comes back from UTF-16, and from ANSI where it can. */
static void characters_come_back(void **state)
{
    static const enum encoding all[] = {ENCODING_UTF8, ENCODING_UTF16_LE, ENCODING_UTF16_BE,
                                        ENCODING_ANSI};
    (void)state;

    for (uint32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 257) {
        struct buffer text = buffer_with_max(16), coded = buffer_with_max(16);
        struct buffer back = buffer_with_max(16);

        text_add(&text, c);
        for (size_t i = 0; i < COUNT(all); i++) {
            buffer_reset(&coded);
            buffer_reset(&back);
            if (encoding_add(&coded, buffer_span(&text), all[i])) {
                encoding_add_decoded(&back, buffer_span(&coded), all[i]);
                assert_true(span_equal(buffer_span(&back), buffer_span(&text)));
            } else {
                assert_int_equal(all[i], ENCODING_ANSI);
            }
        }
        buffer_clear(&text);
        buffer_clear(&coded);
        buffer_clear(&back);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(lost_rows) + 1] = {
        cmocka_unit_test(characters_come_back)};
    size_t n = 1;

    n += TESTS_OF(tests + n, rows, row_holds);
    n += TESTS_OF(tests + n, lost_rows, lost_row_holds);
    assert_int_equal(n, COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
