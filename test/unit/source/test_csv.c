#include "source/csv.h"

#include "base/buffer.h"
#include "support.h"

/*
 * A table as one text: a field is [text], a record ends with '/', a broken one is '!'.
 */
static void render_record(struct buffer *out, struct span record, const struct csv_dialect *dialect)
{
    struct arena arena = arena_with_max((size_t)1 << 20);
    struct csv_fields state = {0};
    struct csv_field field;
    struct span text;

    while (csv_field_next(record, dialect, &state, &field)) {
        assert_int_equal(csv_field_text(&field, dialect, &arena, &text), FAULT_NONE);
        buffer_add_byte(out, '[');
        buffer_add(out, text);
        buffer_add_byte(out, ']');
    }
    buffer_add_byte(out, '/');
    arena_clear(&arena);
}

/* Reads whole records; `*lines` grows by the line ends that they hold. */
static void render(struct buffer *out, struct span text, const struct csv_dialect *dialect,
                   size_t *lines)
{
    while (text.len > 0) {
        struct csv_record record;
        enum csv_end end = csv_record_find(text, dialect, true, &record);

        assert_int_not_equal(end, CSV_INCOMPLETE);
        assert_in_range(record.size, 1, text.len);
        *lines += record.lines;
        if (end == CSV_COMPLETE) {
            render_record(out, record.text, dialect);
        } else {
            buffer_add_text(out, "!/");
        }
        text = span_from(text, record.size);
    }
}

static struct csv_dialect dialect_of(const char *delimiter, int quote)
{
    return (struct csv_dialect){.delimiter = span_text(delimiter), .quote = quote};
}

/* ---- rows ---- */

static const struct row {
    const char *name, *text;
    size_t len;
    const char *want;
    const char *delimiter; /* NULL: a comma */
    int quote;             /* 0: `"` */
} rows[] = {
    {"fields and records", TEXT("a,b\nc,d\n"), "[a][b]/[c][d]/"},
    {"CR LF ends a record too", TEXT("a,b\r\nc,d\r\n"), "[a][b]/[c][d]/"},
    {"the last line end may be missing", TEXT("a,b\nc"), "[a][b]/[c]/"},
    {"a CR alone at the very end goes", TEXT("a\r"), "[a]/"},
    {"a CR within a line stays", TEXT("a\rb\n"), "[a\rb]/"},
    {"an empty line is one empty field", TEXT("\n"), "[]/"},
    {"a delimiter at the end starts a field", TEXT("a,\n"), "[a][]/"},
    {"delimiters alone", TEXT(",,\n"), "[][][]/"},
    {"blanks belong to a plain field", TEXT(" a , b \n"), "[ a ][ b ]/"},
    {"a quoted field", TEXT("\"a\",b\n"), "[a][b]/"},
    {"an empty quoted field", TEXT("\"\",b\n"), "[][b]/"},
    {"a quoted field may hold a delimiter", TEXT("\"a,b\",c\n"), "[a,b][c]/"},
    {"a quoted field may hold line ends", TEXT("\"a\r\n\nb\",c\nd\n"), "[a\r\n\nb][c]/[d]/"},
    {"two quotes are one", TEXT("\"a\"\"b\",c\n"), "[a\"b][c]/"},
    {"a field of one quote", TEXT("\"\"\"\"\n"), "[\"]/"},
    {"doubled quotes at both ends", TEXT("\"\"\"a\"\"\"\n"), "[\"a\"]/"},
    {"blanks may follow a quoted field", TEXT("\"a\"  ,b\n\"c\" \r\n"), "[a][b]/[c]/"},
    {"a quoted field may end the text", TEXT("a,\"b\""), "[a][b]/"},
    {"a quoted field, blanks and the end", TEXT("a,\"b\" "), "[a][b]/"},
    {"a quoted field and a CR at the end", TEXT("a,\"b\"\r"), "[a][b]/"},
    {"a quote within a plain field is a byte", TEXT("a\"b\",c\n"), "[a\"b\"][c]/"},
    {"a quote after a blank is a byte", TEXT("a, \"b\"\n"), "[a][ \"b\"]/"},
    {"bytes of UTF-8 and of the code page", TEXT("\xC3\xA9,\xE9\n"), "[\xC3\xA9][\xE9]/"},
    {"a NUL is a byte of its record", TEXT("a\0b,\"c\0\"\n"), NULL},

    {"a quote that is never closed", TEXT("\"a,b\nc,d\n"), "!/[c][d]/"},
    {"the lines before a broken field stay", TEXT("x\ny,\"a\nc\n"), "[x]/!/[c]/"},
    {"a quoted field that goes on", TEXT("\"a\"b,c\nd\n"), "!/[d]/"},
    {"a blank and more after a quoted field", TEXT("\"a\" b\nd\n"), "!/[d]/"},
    {"a CR within a line after a quoted field", TEXT("\"a\"\rb\nd\n"), "!/[d]/"},
    {"a doubled quote at the end closes nothing", TEXT("\"a\"\"\nb\n"), "!/[b]/"},
    {"a quote as the last byte", TEXT("a,\""), "!/"},
    {"a broken field ends with the line it began in", TEXT("\"a\nb\",\"c\nd\"e\nf\n"),
     "!/[d\"e]/[f]/"},
    {"a broken field after a whole one", TEXT("\"a\nb\",\"c\nd\n"), "!/[d]/"},
    {"a closing quote is looked for in later lines", TEXT("\"a\nb\nc\"x\nd\n"),
     "!/[b]/[c\"x]/[d]/"},

    {"a delimiter of two bytes", TEXT("a::b::\"c::d\"\n"), "[a][b][c::d]/", "::"},
    {"half a delimiter is text", TEXT("a:b::c:\n"), "[a:b][c:]/", "::"},
    {"delimiters are found from the left", TEXT("a:::b\n"), "[a][:b]/", "::"},
    {"a quote after half a delimiter is a byte", TEXT("a:::\"b\nc\"\n"), "[a][:\"b]/[c\"]/", "::"},
    {"a quote after a doubled delimiter opens", TEXT("a::::\"b\nc\"\n"), "[a][][b\nc]/", "::"},
    {"a quoted field and half a delimiter", TEXT("\"a\":b\nc\n"), "!/[c]/", "::"},
    {"half a delimiter at the end of a line", TEXT("\"a\":\nc\n"), "!/[c]/", ":::"},
    {"half a delimiter at the end of the text", TEXT("\"a\":"), "!/", "::"},
    {"a byte less than a delimiter at the end", TEXT("\"a\"x"), "!/", "::"},
    {"the section sign of UTF-8 as delimiter",
     TEXT("a\xC2\xA7\"b\"\xC2\xA7"
          "c\n"),
     "[a][b][c]/", "\xC2\xA7"},
    {"a blank as delimiter", TEXT("\"a\" b  c\n"), "[a][b][][c]/", " "},
    {"a tab as delimiter", TEXT("a\t\"b\"\n"), "[a][b]/", "\t"},

    {"another quote character", TEXT("'a,''b',\"c\"\n"), "[a,'b][\"c\"]/", NULL, '\''},
    {"the usual quote means nothing then", TEXT("\"a\nb\n"), "[\"a]/[b]/", NULL, '\''},
    {"no quote character", TEXT("\"a,b\"\n\"c\n"), "[\"a][b\"]/[\"c]/", NULL, -1},
    {"a quote that is no ASCII",
     TEXT("\xAB"
          "a,b\xAB,c\n"),
     "[a,b][c]/", NULL, 0xAB},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *block = exact_copy(row->text, row->len);
    struct csv_dialect dialect = dialect_of(row->delimiter != NULL ? row->delimiter : ",",
                                            row->quote != 0 ? row->quote : '"');
    struct buffer got = buffer_with_max(4096);
    size_t lines = 0, newlines = 0;

    for (size_t i = 0; i < row->len; i++) {
        newlines += row->text[i] == '\n';
    }
    render(&got, span_of(block, row->len), &dialect, &lines);
    assert_int_equal(lines, newlines);
    if (row->want != NULL) {
        assert_span(buffer_span(&got), row->want);
    } else {
        assert_int_equal(got.len, 10); /* "[a\0b][c\0]/" */
    }
    buffer_clear(&got);
    free(block);
}

/* ---- what cannot be told yet ---- */

static const struct open_row {
    const char *name, *text, *delimiter;
} open_rows[] = {
    {"a line without its end is incomplete", "a,b", ","},
    {"an open quote is incomplete", "a,\"b\nc", ","},
    {"a quote at the end may be doubled", "\"a\"", ","},
    {"blanks after a quoted field are incomplete", "\"a\"  ", ","},
    {"a CR after a quoted field may begin a line end", "\"a\"\r", ","},
    {"a delimiter may be cut", "\"a\":", "::"},
};

static void open_row_holds(void **state)
{
    const struct open_row *row = *state;
    struct csv_dialect dialect = dialect_of(row->delimiter, '"');
    uint8_t *block = exact_copy(row->text, strlen(row->text));
    struct csv_record record = {0};

    assert_int_equal(csv_record_find(span_of(block, strlen(row->text)), &dialect, false, &record),
                     CSV_INCOMPLETE);
    assert_null(record.text.at); /* nothing is written */
    assert_int_equal(csv_whole_records(span_of(block, strlen(row->text)), &dialect), 0);
    free(block);
}

static void whole_records_end_where_the_last_ends(void **state)
{
    struct csv_dialect dialect = dialect_of(",", '"');
    struct csv_dialect bare = dialect_of(",", -1);

    (void)state;
    assert_int_equal(csv_whole_records(span_text("a\nb\nc"), &dialect), 4);
    assert_int_equal(csv_whole_records(span_text("a\nb,\"x\n\n"), &dialect), 2);
    assert_int_equal(csv_whole_records(span_text("a\nb,\"x\n\n"), &bare), 8);
    assert_int_equal(csv_whole_records(span_text("\"a\"b\n\"c\"\nd"), &dialect), 9);
    assert_int_equal(csv_whole_records(span_of(NULL, 0), &dialect), 0);
}

static void undoing_quotes_needs_memory(void **state)
{
    struct csv_dialect dialect = dialect_of(",", '"');
    struct arena none = {0};
    struct csv_fields fields = {0};
    struct csv_field field;
    struct span text;

    (void)state;
    assert_true(csv_field_next(span_text("\"a\"\"b\",c"), &dialect, &fields, &field));
    assert_true(field.doubled);
    assert_int_equal(csv_field_text(&field, &dialect, &none, &text), FAULT_RESOURCE);
    assert_true(csv_field_next(span_text("\"a\"\"b\",c"), &dialect, &fields, &field));
    assert_false(field.doubled);
    assert_int_equal(csv_field_text(&field, &dialect, &none, &text), FAULT_NONE);
    assert_span(text, "c");
    assert_false(csv_field_next(span_text("\"a\"\"b\",c"), &dialect, &fields, &field));
}

/* ---- properties over random tables ---- */

/* A small generator of our own, so that a failure can be made again (Marsaglia's xorshift). */
static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static size_t random_text(uint32_t *seed, char *out, size_t room)
{
    static const char alphabet[] = "aa,,\"\"\"\n\n\r %";
    size_t len = next_random(seed) % room;

    for (size_t i = 0; i < len; i++) {
        out[i] = alphabet[next_random(seed) % (sizeof(alphabet) - 1)];
    }
    return len;
}

/*
 * An independent reader: byte by byte, one state. It knows one delimiter byte and `"`. Tells
 * where the record at `at` ends; false when it is broken.
 */
static bool simple_record(const char *text, size_t len, size_t at, char delimiter,
                          struct buffer *out, size_t *next)
{
    enum { START, PLAIN, QUOTED, QUOTE_SEEN, AFTER } state = START;
    size_t rollback = out->len, field_start = at, i;

    for (i = at; i < len; i++) {
        char c = text[i];
        bool ends = c == '\n' || (c == '\r' && (i + 1 == len || text[i + 1] == '\n'));

        if (state == START) {
            field_start = i;
            buffer_add_byte(out, '[');
            state = c == '"' ? QUOTED : PLAIN;
            if (state == QUOTED) {
                continue;
            }
        }
        if (state == QUOTE_SEEN && c == '"') {
            buffer_add_byte(out, '"');
            state = QUOTED;
        } else if (state == QUOTED) {
            state = c == '"' ? QUOTE_SEEN : QUOTED;
            if (c != '"') {
                buffer_add_byte(out, (uint8_t)c);
            }
        } else if (ends) {
            i += c == '\r';
            break;
        } else if (c == delimiter) {
            buffer_add_byte(out, ']');
            state = START;
        } else if (state == PLAIN) {
            buffer_add_byte(out, (uint8_t)c);
        } else if (c == ' ') {
            state = AFTER;
        } else {
            state = QUOTED; /* broken, as if it had never been closed */
            break;
        }
    }
    if (state == QUOTED) {
        out->len = rollback;
        while (field_start < len && text[field_start] != '\n') {
            field_start++;
        }
        *next = field_start < len ? field_start + 1 : len;
        return false;
    }
    buffer_add_text(out, state == START ? "[]" : "]");
    *next = i < len ? i + 1 : len;
    return true;
}

static void simple_render(const char *text, size_t len, char delimiter, struct buffer *out)
{
    for (size_t at = 0; at < len;) {
        bool whole = simple_record(text, len, at, delimiter, out, &at);

        buffer_add_text(out, whole ? "/" : "!/");
    }
}

static void reads_as_a_simple_reader_does(void **state)
{
    struct csv_dialect dialect = dialect_of(",", '"');
    struct buffer got = buffer_with_max(4096), want = buffer_with_max(4096);
    uint32_t seed = 2463534242;

    (void)state;
    for (int round = 0; round < 60000; round++) {
        char text[40];
        size_t len = random_text(&seed, text, sizeof(text)), lines = 0;
        uint8_t *block = exact_copy(text, len);

        buffer_reset(&got);
        buffer_reset(&want);
        render(&got, span_of(block, len), &dialect, &lines);
        simple_render(text, len, ',', &want);
        if (!span_equal(buffer_span(&got), buffer_span(&want))) {
            fail_msg("round %d: <%.*s> gives %.*s, not %.*s", round, (int)len, text, (int)got.len,
                     (const char *)got.at, (int)want.len, (const char *)want.at);
        }
        free(block);
    }
    buffer_clear(&got);
    buffer_clear(&want);
}

/* Reads as a source does: bytes come in pieces, whole records are taken, the rest is carried. */
static void render_in_pieces(struct buffer *out, struct span text, size_t piece,
                             const struct csv_dialect *dialect, size_t *lines)
{
    size_t seen = 0;

    while (text.len > 0) {
        size_t whole = 0;

        while (whole == 0) {
            seen = seen + piece < text.len ? seen + piece : text.len;
            uint8_t *block = exact_copy((const char *)text.at, seen);

            whole = seen == text.len ? seen : csv_whole_records(span_of(block, seen), dialect);
            assert_in_range(whole, 0, seen);
            if (whole > 0) {
                uint8_t *batch = exact_copy((const char *)block, whole);

                render(out, span_of(batch, whole), dialect, lines);
                free(batch);
            }
            free(block);
        }
        text = span_from(text, whole);
        seen -= whole;
    }
}

static void cut_anywhere_the_table_is_the_same(void **state)
{
    static const char *const delimiters[] = {",", "%", "a", ",,", ",%", " "};
    struct buffer got = buffer_with_max(4096), want = buffer_with_max(4096);
    uint32_t seed = 88172645;

    (void)state;
    for (size_t round = 0; round < 3000; round++) {
        struct csv_dialect dialect =
            dialect_of(delimiters[round % COUNT(delimiters)], round % 5 == 0 ? -1 : '"');
        char text[40];
        size_t len = random_text(&seed, text, sizeof(text)), lines = 0;

        buffer_reset(&want);
        render(&want, span_of(text, len), &dialect, &lines);
        for (size_t piece = 1; piece <= len; piece++) {
            size_t cut_lines = 0;

            buffer_reset(&got);
            render_in_pieces(&got, span_of(text, len), piece, &dialect, &cut_lines);
            if (!span_equal(buffer_span(&got), buffer_span(&want)) || lines != cut_lines) {
                fail_msg("delimiter <%.*s>, pieces of %zu: <%.*s> gives %.*s, not %.*s",
                         (int)dialect.delimiter.len, (const char *)dialect.delimiter.at, piece,
                         (int)len, text, (int)got.len, (const char *)got.at, (int)want.len,
                         (const char *)want.at);
            }
        }
    }
    buffer_clear(&got);
    buffer_clear(&want);
}

/* Many at once, of each record, are the same as one by one. */
static void fields_at_once_are_the_same(void **state)
{
    static const char *const delimiters[] = {",", "%", "a", ",,", "\""};
    static const struct csv_claims none = {0};
    uint32_t seed = 521288629;

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        struct csv_dialect dialect =
            dialect_of(delimiters[round % COUNT(delimiters)], round % 5 == 0 ? -1 : '"');
        char bytes[100];
        struct span text = span_of(bytes, random_text(&seed, bytes, sizeof(bytes)));
        struct csv_walk one = csv_walk_of(&dialect), many = one;

        while (one.at < text.len) {
            struct csv_field fields[CSV_FIELDS];
            bool ended;
            size_t count = csv_walk_fields(text, &none, &many, fields, &ended);

            for (size_t i = 0; i < count; i++) {
                struct csv_field field;
                enum csv_stop stop = csv_walk_next(text, &dialect, true, 0, &one, &field);

                assert_int_equal(stop, ended && i + 1 == count ? CSV_STOP_RECORD : CSV_STOP_FIELD);
                assert_ptr_equal(field.text.at, fields[i].text.at);
                assert_int_equal(field.text.len, fields[i].text.len);
                assert_int_equal(field.quoted, fields[i].quoted);
                assert_false(field.doubled || field.nul);
            }
            assert_int_equal(one.at, many.at);
            assert_int_equal(one.lines, many.lines);
            if (!ended) { /* one that is not usual, and on in the same record */
                struct csv_field field;

                if (csv_walk_next(text, &dialect, true, 0, &one, &field) > CSV_STOP_RECORD) {
                    break;
                }
                (void)!csv_walk_next(text, &dialect, true, 0, &many, &field);
            }
        }
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(open_rows) + 5] = {
        cmocka_unit_test(fields_at_once_are_the_same),
        cmocka_unit_test(whole_records_end_where_the_last_ends),
        cmocka_unit_test(undoing_quotes_needs_memory),
        cmocka_unit_test(reads_as_a_simple_reader_does),
        cmocka_unit_test(cut_anywhere_the_table_is_the_same)};
    size_t n = 5;

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[n++] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    for (size_t i = 0; i < COUNT(open_rows); i++) {
        tests[n++] = (struct CMUnitTest){.name = open_rows[i].name,
                                         .test_func = open_row_holds,
                                         .initial_state = (void *)&open_rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
