#include "source/unpack.h"

#include <zlib.h>
#include <zstd.h>

#include "streamed.h"

/* Compressed exports, read through a stream as a source reads them. */

enum { LINES = 40000 };

static struct buffer plain_text(void)
{
    struct buffer text = buffer_with_max(OUTPUT_MAX);
    uint32_t noise = 1;

    for (size_t i = 0; i < LINES; i++) {
        noise = noise * 1664525 + 1013904223;
        buffer_add_uint(&text, noise);
        buffer_add_text(&text, i % 2 == 0 ? ",\xC3\xA9\n" : ",b\r\n");
    }
    assert_int_equal(text.fault, FAULT_NONE);
    return text;
}

static void add_gzip(struct buffer *out, struct span text)
{
    z_stream z = {0};
    uint8_t *room = buffer_room(out, text.len + 1024);

    assert_non_null(room);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text.at;
    z.avail_in = (uInt)text.len;
    z.next_out = room;
    z.avail_out = (uInt)(text.len + 1024);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += z.total_out;
    (void)deflateEnd(&z);
}

static void add_zstd(struct buffer *out, struct span text)
{
    size_t bound = ZSTD_compressBound(text.len);
    uint8_t *room = buffer_room(out, bound);
    ZSTD_CCtx *zstd = ZSTD_createCCtx();

    assert_non_null(room);
    assert_non_null(zstd);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1); /* as the zstd command does */
    out->len += ZSTD_compress2(zstd, room, bound, text.at, text.len);
    ZSTD_freeCCtx(zstd);
}

/* What may be done to a compressed text; each with what is left to read of it. */
static const struct packed_row {
    const char *name;
    void (*add)(struct buffer *, struct span);
    size_t members;
    const char *trailing; /* behind it; NULL: nothing */
    size_t trailing_len;
    size_t cut;    /* bytes missing at the end */
    size_t damage; /* a byte changed that far from the end; 0: none */
    enum fault fault;
} packed_rows[] = {
    {"gzip", add_gzip, 1},
    {"gzip, several members", add_gzip, 3},
    {"gzip and garbage", add_gzip, 1, TEXT("garbage")},
    {"gzip and one byte of garbage", add_gzip, 1, TEXT("\n")},
    {"gzip and zeros", add_gzip, 2, TEXT("\0\0\0\0")},
    {"gzip and the start of a member", add_gzip, 1, TEXT("\x1F"), .fault = FAULT_SYNTAX},
    {"gzip that ends early", add_gzip, 2, .cut = 2000, .fault = FAULT_SYNTAX},
    {"gzip without its last byte", add_gzip, 1, .cut = 1, .fault = FAULT_SYNTAX},
    {"gzip with a byte changed", add_gzip, 2, .damage = 3000, .fault = FAULT_SYNTAX},
    {"gzip with another checksum", add_gzip, 1, .damage = 6, .fault = FAULT_SYNTAX},
    {"zstd", add_zstd, 1},
    {"zstd, several frames", add_zstd, 3},
    {"zstd, a frame to be skipped behind it", add_zstd, 1, TEXT("\x50\x2A\x4D\x18\x02\0\0\0xy")},
    {"zstd and garbage", add_zstd, 1, TEXT("garbage"), .fault = FAULT_SYNTAX},
    {"zstd that ends early", add_zstd, 2, .cut = 2000, .fault = FAULT_SYNTAX},
    {"zstd without its last byte", add_zstd, 1, .cut = 1, .fault = FAULT_SYNTAX},
    {"zstd with a byte changed", add_zstd, 2, .damage = 3000, .fault = FAULT_SYNTAX},
};

static void packed_row_holds(void **state)
{
    static const size_t rooms[] = {ROOM, 60001, 1 << 20};
    const struct packed_row *row = *state;
    struct buffer text = plain_text(), file = buffer_with_max(OUTPUT_MAX),
                  want = buffer_with_max(OUTPUT_MAX);

    for (size_t i = 0; i < row->members; i++) {
        row->add(&file, buffer_span(&text));
        buffer_add(&want, buffer_span(&text));
    }
    buffer_add(&file, span_of(row->trailing, row->trailing_len));
    file.len -= row->cut;
    if (row->damage > 0) {
        file.at[file.len - row->damage] ^= 0x5A;
    }
    for (size_t i = 0; i < COUNT(rooms); i++) {
        struct buffer got = buffer_with_max(OUTPUT_MAX);
        struct why why = {0};

        assert_int_equal(read_file(buffer_span(&file), NULL, rooms[i], &got, &why), row->fault);
        if (row->fault == FAULT_NONE) {
            assert_int_equal(got.len, want.len);
        } else if (row->damage != 6) {
            /* what came before the fault has been handed out: the first member at least */
            assert_true(got.len >= want.len / row->members / 2);
        }
        if (row->damage == 0) {
            assert_memory_equal(got.at, want.at, got.len);
        }
        buffer_clear(&got);
    }
    buffer_clear(&text);
    buffer_clear(&file);
    buffer_clear(&want);
}

/* A file of a few bytes that breaks: what detection has read ahead is not lost. */
static void a_short_damaged_file_gives_what_it_holds(void **state)
{
    struct buffer file = buffer_with_max(4096), got = buffer_with_max(4096);
    struct why why = {0};

    (void)state;
    add_gzip(&file, span_text("a,b\n"));
    add_gzip(&file, span_text("c,d\n"));
    file.len -= 3;
    assert_int_equal(read_file(buffer_span(&file), NULL, ROOM, &got, &why), FAULT_SYNTAX);
    assert_span(buffer_span(&got), "a,b\nc,d\n");
    buffer_clear(&file);
    buffer_clear(&got);
}

static void utf16_may_be_compressed(void **state)
{
    static const char wide[] = "\xFF\xFE"
                               "a\0\r\0\n\0";
    struct buffer file = buffer_with_max(4096), got = buffer_with_max(4096);
    struct why why = {0};

    (void)state;
    add_zstd(&file, span_of(wide, sizeof(wide) - 1));
    assert_int_equal(read_file(buffer_span(&file), NULL, ROOM, &got, &why), FAULT_NONE);
    assert_span(buffer_span(&got), "a\r\n");
    buffer_clear(&file);
    buffer_clear(&got);
}

static void pzstd_starts_with_a_frame_to_be_skipped(void **state)
{
    struct buffer file = buffer_with_max(4096), got = buffer_with_max(4096);
    struct why why = {0};

    (void)state;
    buffer_add(&file, span_of("\x5A\x2A\x4D\x18\x04\0\0\0abcd", 12));
    add_zstd(&file, span_text("a,b\n"));
    assert_int_equal(read_file(buffer_span(&file), NULL, ROOM, &got, &why), FAULT_NONE);
    assert_span(buffer_span(&got), "a,b\n");
    buffer_clear(&file);
    buffer_clear(&got);
}

static const struct refusal {
    const char *name, *bytes;
    size_t len;
    const char *says;
    enum fault fault;
} refusals[] = {
    {"a gzip header and no more", TEXT("\x1F\x8B"), "ends early", FAULT_SYNTAX},
    {"a gzip header of another method", TEXT("\x1F\x8B\x07\0\0\0\0\0\0\3"), "damaged",
     FAULT_SYNTAX},
    {"a zstd header and no more", TEXT("\x28\xB5\x2F\xFD"), "ends early", FAULT_SYNTAX},
    /* RFC 8878, 3.1.1.1.2: exponent 21, so 2 GiB */
    {"a zstd window of 2 GiB", TEXT("\x28\xB5\x2F\xFD\0\xA8\1\0\0"), "128 MiB", FAULT_LIMIT},
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

static void rewinding_starts_anew(void **state)
{
    struct buffer file = buffer_with_max(OUTPUT_MAX), text = plain_text();
    struct stream *stream = NULL;
    struct why why = {0};

    (void)state;
    add_gzip(&file, buffer_span(&text));
    buffer_add(&file, span_of("\x1F", 1)); /* so that it ends with a fault */
    assert_int_equal(stream_open_take(file_of(buffer_span(&file)), NULL, &stream, &why),
                     FAULT_NONE);
    for (int round = 0; round < 4; round++) {
        struct buffer got = buffer_with_max(OUTPUT_MAX);

        assert_int_equal(stream_position(stream), 0);
        assert_int_equal(read_all(stream, 4096, &got, &why), FAULT_SYNTAX);
        assert_true(span_equal(buffer_span(&got), buffer_span(&text)));
        assert_int_equal(stream_position(stream), file.len);
        assert_int_equal(stream_rewind(stream, &why), FAULT_NONE);
        if (round == 1) {
            stream_unpack_ahead(stream);
        }
        buffer_clear(&got);
    }
    stream_free(stream);
    buffer_clear(&file);
    buffer_clear(&text);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(packed_rows) + COUNT(refusals) + 4] = {
        cmocka_unit_test(a_short_damaged_file_gives_what_it_holds),
        cmocka_unit_test(utf16_may_be_compressed),
        cmocka_unit_test(pzstd_starts_with_a_frame_to_be_skipped),
        cmocka_unit_test(rewinding_starts_anew)};
    size_t n = 4;

    n += TESTS_OF(tests + n, packed_rows, packed_row_holds);
    n += TESTS_OF(tests + n, refusals, refusal_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
