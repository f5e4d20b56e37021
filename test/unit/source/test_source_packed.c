#include "source/source.h"

#include <zstd.h>

#include "source/packed.h"
#include "sourced.h"

/* A compressed export gives what the same export gives as it is, whoever unpacks it. */

enum { PIECE = PACKED_MEMORY - PACKED_FRONT, TEXT_MAX = 64 * BATCH };

static void add_record(struct buffer *text, size_t number, size_t length)
{
    buffer_add_byte(text, 'M');
    buffer_add_uint(text, number);
    buffer_add_byte(text, ',');
    for (size_t i = 0; i < length; i++) {
        buffer_add_text(text, "30");
    }
    buffer_add_text(text, "\r\n");
}

/* Records of 6 to 900 bytes, and now and then one of `most` digits more. */
static void add_csv(struct buffer *text, size_t size, size_t most)
{
    buffer_add_text(text, CSV_HEADER);
    for (size_t i = 0; text->len < size; i++) {
        add_record(text, i, i % 450 + (i % 1500 == 1499 ? most / 2 : 0));
        if (i % 700 == 0) { /* a field over several lines */
            buffer_add_text(text, "\"two\nlines\",3082\n");
        }
    }
}

static void add_ldif(struct buffer *text, size_t size, size_t most)
{
    for (size_t i = 0; text->len < size; i++) {
        buffer_add_text(text, "dn: cn=");
        buffer_add_uint(text, i);
        buffer_add_text(text, "\nuserCertificate:: MIII");
        for (size_t line = 0; line < i % 20 + (i % 1500 == 1499 ? most / 74 : 0); line++) {
            buffer_add_text(text, "\n MIIDdzCCAl+gAwIBAgIMIIDdzCCAl+gAwIBAgIMIIDdzCCAl+gAwIBAgIM");
        }
        buffer_add_text(text, "\n\n");
    }
}

static void pack(struct span text, struct buffer *out)
{
    size_t bound = ZSTD_compressBound(text.len);
    uint8_t *room = buffer_room(out, bound);

    assert_non_null(room);
    out->len += ZSTD_compress(room, bound, text.at, text.len, 1);
}

static enum fault render(struct span bytes, bool ahead, struct buffer *out)
{
    struct file file = file_of(bytes);
    struct source_options options = usual;
    struct source *source;
    enum fault fault;
    size_t batches;

    options.unpack_ahead = ahead;
    source = open_file(&file, &options);
    fault = render_source(source, out, &batches);
    if (fault == FAULT_ABSENT) { /* and once more from the start */
        struct buffer again = buffer_with_max(TEXT_MAX);
        struct why why = {0};

        assert_int_equal(source_rewind(source, &why), FAULT_NONE);
        (void)render_source(source, &again, &batches);
        assert_true(span_equal(buffer_span(&again), buffer_span(out)));
        buffer_clear(&again);
    }
    source_free(source);
    (void)close(file.fd);
    return fault;
}

static const struct row {
    const char *name;
    void (*add)(struct buffer *, size_t, size_t);
    size_t size;
    size_t most; /* of the long records among the others, in bytes */
    size_t cut;  /* bytes missing at the end of the compressed file */
} rows[] = {
    {"a CSV shorter than a batch", add_csv, PIECE / 2, 0, 0},
    {"a CSV of many pieces", add_csv, 9 * PIECE, 0, 0},
    {"a CSV with records longer than the room in front", add_csv, 9 * PIECE, 2 * PACKED_FRONT, 0},
    {"a CSV with records longer than a piece", add_csv, 9 * PIECE, 3 * PIECE, 0},
    {"a CSV that breaks off", add_csv, 9 * PIECE, 0, 3000},
    {"an LDIF of many pieces", add_ldif, 9 * PIECE, 0, 0},
    {"an LDIF with entries longer than the room in front", add_ldif, 9 * PIECE, 2 * PACKED_FRONT,
     0},
    {"an LDIF with entries longer than a piece", add_ldif, 9 * PIECE, 3 * PIECE, 0},
    {"an LDIF that breaks off", add_ldif, 9 * PIECE, 0, 3000},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct buffer text = buffer_with_max(TEXT_MAX), file = buffer_with_max(TEXT_MAX),
                  want = buffer_with_max(TEXT_MAX), got = buffer_with_max(TEXT_MAX);

    row->add(&text, row->size, row->most);
    pack(buffer_span(&text), &file);
    file.len -= row->cut;
    if (row->cut == 0) {
        assert_int_equal(render(buffer_span(&text), false, &want), FAULT_ABSENT);
    } else {
        assert_int_equal(render(buffer_span(&file), false, &want), FAULT_SYNTAX);
    }
    assert_true(want.len > 1000);
    assert_int_equal(render(buffer_span(&file), true, &got),
                     row->cut == 0 ? FAULT_ABSENT : FAULT_SYNTAX);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.at, want.at, want.len);
    buffer_clear(&text);
    buffer_clear(&file);
    buffer_clear(&want);
    buffer_clear(&got);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    (void)TESTS_OF(tests, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
