#include "base/text.h"

#include <assert.h>

#include "support.h"

/* RFC 3629, section 4, row by row: the first and last of each form, and what lies beside them. */
static const struct utf8_row {
    const char *name, *text;
    size_t len;
    bool good;
} utf8_rows[] = {
    {"nothing is UTF-8", TEXT(""), true},
    {"all of ASCII", TEXT("\x01 ~\x7f"), true},
    {"a NUL is a character", TEXT("a\0b"), true},
    {"two bytes: the first and the last", TEXT("\xc2\x80\xdf\xbf"), true},
    {"E0: the first and the last", TEXT("\xe0\xa0\x80\xe0\xbf\xbf"), true},
    {"E1 to EC: the first and the last", TEXT("\xe1\x80\x80\xec\xbf\xbf"), true},
    {"ED: the first and the last", TEXT("\xed\x80\x80\xed\x9f\xbf"), true},
    {"EE and EF: the first and the last", TEXT("\xee\x80\x80\xef\xbf\xbf"), true},
    {"F0: the first and the last", TEXT("\xf0\x90\x80\x80\xf0\xbf\xbf\xbf"), true},
    {"F1 to F3: the first and the last", TEXT("\xf1\x80\x80\x80\xf3\xbf\xbf\xbf"), true},
    {"F4: the first and the last", TEXT("\xf4\x80\x80\x80\xf4\x8f\xbf\xbf"), true},
    {"a tail without a head", TEXT("a\x80z"), false},
    {"a head without a tail", TEXT("\xc3z"), false},
    {"a head at the end", TEXT("a\xc3"), false},
    {"C0 is overlong", TEXT("\xc0\x80"), false},
    {"C1 is overlong", TEXT("\xc1\xbf"), false},
    {"E0 before A0 is overlong", TEXT("\xe0\x9f\xbf"), false},
    {"ED past 9F is a surrogate", TEXT("\xed\xa0\x80"), false},
    {"the last surrogate", TEXT("\xed\xbf\xbf"), false},
    {"F0 before 90 is overlong", TEXT("\xf0\x8f\xbf\xbf"), false},
    {"F4 past 8F is past U+10FFFF", TEXT("\xf4\x90\x80\x80"), false},
    {"F5 is past U+10FFFF", TEXT("\xf5\x80\x80\x80"), false},
    {"FE and FF", TEXT("\xfe\xff"), false},
    {"one of three bytes", TEXT("\xe2"), false},
    {"two of three bytes", TEXT("\xe2\x82"), false},
    {"two of three bytes and another", TEXT("\xe2\x82z"), false},
    {"one of four bytes", TEXT("\xf0"), false},
    {"two of four bytes", TEXT("\xf0\x9f"), false},
    {"three of four bytes", TEXT("\xf0\x9f\x98"), false},
    {"three of four bytes and another", TEXT("\xf0\x9f\x98z"), false},
    {"Windows-1252 as a rule", TEXT("M\xfcller"), false},
};

static void utf8_row_holds(void **state)
{
    const struct utf8_row *row = *state;
    uint8_t *text = exact_copy(row->text, row->len);

    assert_int_equal(text_is_utf8(span_of(text, row->len)), row->good);
    free(text);
}

static const struct add_row {
    const char *name, *text;
    size_t len;
    const char *guessed, *safe; /* what text_add_guessed() and text_add_safe() make of it */
} add_rows[] = {
    {"nothing", TEXT(""), "", ""},
    {"UTF-8 stays", TEXT("M\xc3\xbcller"), "M\xc3\xbcller", "M\xc3\xbcller"},
    {"Windows-1252 is read as such", TEXT("M\xfcller"), "M\xc3\xbcller", "M\xc3\xbcller"},
    {"its euro, dash and quotes", TEXT("\x80\x96\x93\x94"),
     "\xe2\x82\xac\xe2\x80\x93\xe2\x80\x9c\xe2\x80\x9d",
     "\xe2\x82\xac\xe2\x80\x93\xe2\x80\x9c\xe2\x80\x9d"},
    {"its end, \xc5\xb8 and \xc3\xbf", TEXT("\x9f\xff"), "\xc5\xb8\xc3\xbf", "\xc5\xb8\xc3\xbf"},
    {"an open byte is a control", TEXT("\x81\xfc"), "\xc2\x81\xc3\xbc", "\xef\xbf\xbd\xc3\xbc"},
    {"one wrong byte makes all Windows-1252", TEXT("\xc3\xbc\xff"), "\xc3\x83\xc2\xbc\xc3\xbf",
     "\xc3\x83\xc2\xbc\xc3\xbf"},
    {"a control is not safe", TEXT("a\x1b[31mb"), "a\x1b[31mb", "a\xef\xbf\xbd[31mb"},
    {"a line end is not safe", TEXT("a\nb\rc\td"), "a\nb\rc\td",
     "a\xef\xbf\xbd"
     "b\xef\xbf\xbd"
     "c\xef\xbf\xbd"
     "d"},
    {"DEL is not safe", TEXT("\x7f"), "\x7f", "\xef\xbf\xbd"},
    {"a C1 control is not safe", TEXT("\xc2\x9b"), "\xc2\x9b", "\xef\xbf\xbd"},
    {"nor one beside Windows-1252", TEXT("\x1b\xfc"), "\x1b\xc3\xbc", "\xef\xbf\xbd\xc3\xbc"},
    {"a turned direction is not safe", TEXT("\xe2\x80\xae"), "\xe2\x80\xae", "\xef\xbf\xbd"},
    {"what is beside it is", TEXT("\xe2\x80\xaf"), "\xe2\x80\xaf", "\xe2\x80\xaf"},
};

static void assert_buffer(struct buffer *b, const char *want)
{
    assert_int_equal(b->fault, FAULT_NONE);
    assert_span(buffer_span(b), want);
    buffer_clear(b);
}

static void add_row_holds(void **state)
{
    const struct add_row *row = *state;
    uint8_t *text = exact_copy(row->text, row->len);
    struct buffer out = buffer_with_max(1000);

    text_add_guessed(&out, span_of(text, row->len));
    assert_buffer(&out, row->guessed);
    text_add_safe(&out, span_of(text, row->len));
    assert_buffer(&out, row->safe);
    free(text);
}

static const struct utf16_row {
    const char *name, *text; /* little endian */
    size_t len;
    const char *want;
} utf16_rows[] = {
    {"nothing", TEXT(""), ""},
    {"ASCII", TEXT("a\0b\0"), "ab"},
    {"two and three bytes of UTF-8", TEXT("\xfc\0\xac\x20"), "\xc3\xbc\xe2\x82\xac"},
    {"a surrogate pair", TEXT("\x3d\xd8\x00\xde"), "\xf0\x9f\x98\x80"},
    {"the first and the last pair", TEXT("\x00\xd8\x00\xdc\xff\xdb\xff\xdf"),
     "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
    {"a high surrogate at the end", TEXT("a\0\x3d\xd8"), "a\xef\xbf\xbd"},
    {"a high surrogate before another character", TEXT("\x3d\xd8z\0"), "\xef\xbf\xbdz"},
    {"two high surrogates before a low one", TEXT("\x3d\xd8\x3d\xd8\x00\xde"),
     "\xef\xbf\xbd\xf0\x9f\x98\x80"},
    {"a low surrogate alone", TEXT("\x00\xdez\0"), "\xef\xbf\xbdz"},
    {"a pair the wrong way round", TEXT("\x00\xde\x3d\xd8"), "\xef\xbf\xbd\xef\xbf\xbd"},
    {"half a unit", TEXT("a\0b"), "a\xef\xbf\xbd"},
    {"half a unit after a high surrogate", TEXT("\x3d\xd8\x00"), "\xef\xbf\xbd\xef\xbf\xbd"},
    {"half a unit alone", TEXT("a"), "\xef\xbf\xbd"},
    {"the byte order mark is a character", TEXT("\xff\xfe"), "\xef\xbb\xbf"},
};

/* Decodes `in` in steps of `step` bytes into rooms of `room`, as a stream does. */
static void decode_in_steps(struct span in, enum text_order order, size_t step, size_t room,
                            struct buffer *out)
{
    uint8_t *place = malloc(room);
    struct span rest = in;
    size_t seen = step < rest.len ? step : rest.len; /* of the rest */

    while (rest.len > 0) {
        bool last = seen == rest.len;
        uint8_t *block = exact_copy((const char *)rest.at, seen);
        size_t used = 0, made = 0;

        text_utf16_step(span_of(block, seen), order, last, place, room, &used, &made);
        assert_true(used <= seen && made <= room);
        assert_true(!last || used > 0); /* or a stream would never end */
        buffer_add(out, span_of(place, made));
        rest = span_from(rest, used);
        seen = seen - used + step < rest.len ? seen - used + step : rest.len;
        free(block);
    }
    free(place);
}

static void utf16_row_holds(void **state)
{
    const struct utf16_row *row = *state;
    uint8_t *little = exact_copy(row->text, row->len), *big = exact_copy(row->text, row->len);
    struct buffer out = buffer_with_max(1000);

    for (size_t i = 0; i + 1 < row->len; i += 2) {
        big[i] = little[i + 1];
        big[i + 1] = little[i];
    }
    text_add_utf16(&out, span_of(little, row->len), TEXT_LITTLE_ENDIAN);
    assert_buffer(&out, row->want);
    text_add_utf16(&out, span_of(big, row->len), TEXT_BIG_ENDIAN);
    assert_buffer(&out, row->want);
    for (size_t step = 1; step <= row->len; step++) {
        for (size_t room = 4; room < 10; room++) {
            decode_in_steps(span_of(little, row->len), TEXT_LITTLE_ENDIAN, step, room, &out);
            assert_buffer(&out, row->want);
            decode_in_steps(span_of(big, row->len), TEXT_BIG_ENDIAN, step, room, &out);
            assert_buffer(&out, row->want);
        }
    }
    free(little);
    free(big);
}

/* The property: random UTF-16, cut anywhere, comes to the same as the whole, and is UTF-8. */
static void cut_utf16_is_the_whole(void **state)
{
    uint64_t seed = 5;

    (void)state;
    for (size_t turn = 0; turn < 3000; turn++) {
        uint8_t text[64];
        size_t len = random_next(&seed) % sizeof(text);
        struct buffer whole = buffer_with_max(1000), cut = buffer_with_max(1000);

        for (size_t i = 0; i < len; i++) {
            uint32_t random = random_next(&seed);

            /* Every other unit is a surrogate. */
            text[i] = (uint8_t)(i % 4 == 1 ? 0xD8 + random % 8 : random);
        }
        text_add_utf16(&whole, span_of(text, len), TEXT_LITTLE_ENDIAN);
        assert_true(text_is_utf8(buffer_span(&whole)));
        for (size_t step = 1; step < 9; step++) {
            decode_in_steps(span_of(text, len), TEXT_LITTLE_ENDIAN, step, 4 + turn % 7, &cut);
            assert_true(span_equal(buffer_span(&cut), buffer_span(&whole)));
            buffer_reset(&cut);
        }
        buffer_clear(&whole);
        buffer_clear(&cut);
    }
}

/* A text that fits is added, though its characters might have come out longer. */
static void utf16_fits_the_maximum(void **state)
{
    struct buffer out = buffer_with_max(4);

    (void)state;
    text_add_utf16(&out, span_of("a\0b\0c\0d\0", 8), TEXT_LITTLE_ENDIAN);
    assert_int_equal(out.fault, FAULT_NONE);
    assert_span(buffer_span(&out), "abcd");
    text_add_utf16(&out, span_of("e\0", 2), TEXT_LITTLE_ENDIAN);
    assert_int_equal(out.fault, FAULT_LIMIT);
    assert_span(buffer_span(&out), "abcd");
    buffer_clear(&out);
}

/* The property: every character is written as one and read as the same; no other number is. */
static void characters_come_back(void **state)
{
    struct buffer out = buffer_with_max(16);

    (void)state;
    for (uint32_t c = 0; c < 0x120000; c++) {
        bool is = c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
        struct cursor in;

        buffer_reset(&out);
        text_add(&out, c);
        assert_true(text_is_utf8(buffer_span(&out)));
        in = cursor_over(buffer_span(&out));
        assert_true(text_next(&in) == (is ? c : 0xFFFD));
        assert_true(in.rest.len == 0);
    }
    buffer_clear(&out);
}

/* The property: whatever the bytes are, the cursor moves, and to the end. */
static void text_next_always_moves(void **state)
{
    uint64_t seed = 9;

    (void)state;
    for (int turn = 0; turn < 100000; turn++) {
        char text[8];
        size_t len = 1 + random_next(&seed) % (sizeof(text) - 1);
        uint8_t *block;
        struct cursor in;

        for (size_t i = 0; i < len; i++) {
            text[i] = (char)(0x80 | random_next(&seed) >> 24);
        }
        block = exact_copy(text, len);
        for (in = cursor_over(span_of(block, len)); in.rest.len > 0;) {
            size_t before = in.offset;
            uint32_t c = text_next(&in);

            assert_true(in.offset > before && in.offset <= len);
            assert_true(c != 0xFFFD || in.offset == before + 1 || in.offset == before + 3);
        }
        free(block);
    }
}

static const struct unsafe_row {
    const char *name;
    uint32_t first, last;
} unsafe_rows[] = {
    {"C0 controls", 0, 0x1F},
    {"DEL and C1 controls", 0x7F, 0x9F},
    {"the Arabic letter mark", 0x61C, 0x61C},
    {"left-to-right and right-to-left marks", 0x200E, 0x200F},
    {"separators, embeddings and overrides", 0x2028, 0x202E},
    {"isolates", 0x2066, 0x2069},
    {"the byte order mark", 0xFEFF, 0xFEFF},
};

static void unsafe_row_holds(void **state)
{
    const struct unsafe_row *row = *state;

    for (uint32_t c = row->first; c <= row->last; c++) {
        assert_true(text_is_unsafe(c));
    }
    assert_true(row->first == 0 || !text_is_unsafe(row->first - 1));
    assert_false(text_is_unsafe(row->last + 1));
}

int main(void)
{
    struct CMUnitTest
        tests[4 + COUNT(utf8_rows) + COUNT(add_rows) + COUNT(utf16_rows) + COUNT(unsafe_rows)] = {
            cmocka_unit_test(cut_utf16_is_the_whole), cmocka_unit_test(utf16_fits_the_maximum),
            cmocka_unit_test(characters_come_back), cmocka_unit_test(text_next_always_moves)};
    size_t n = 4;

    n += TESTS_OF(tests + n, utf8_rows, utf8_row_holds);
    n += TESTS_OF(tests + n, add_rows, add_row_holds);
    n += TESTS_OF(tests + n, utf16_rows, utf16_row_holds);
    n += TESTS_OF(tests + n, unsafe_rows, unsafe_row_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
