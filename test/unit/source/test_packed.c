#include "source/packed.h"

#include <fcntl.h>

#include <zlib.h>

#include "streamed.h"

/* A compressed file by itself: read by pieces and by exchange, with a thread and without. */

enum { TEXT_SIZE = 3 * PACKED_MEMORY + 12345, CUT = 100 };

/* A text that compresses badly, so that the file takes many reads. */
static void add_noise(struct buffer *text, size_t size)
{
    uint32_t noise = 7;

    while (text->len < size) {
        noise = noise * 1664525 + 1013904223;
        buffer_add_byte(text, (uint8_t)(noise >> 24));
    }
}

static void add_gzip(struct buffer *out, struct span text)
{
    uLong bound = compressBound(text.len) + 64;
    z_stream z = {.next_in = (Bytef *)(uintptr_t)text.at, .avail_in = (uInt)text.len};
    uint8_t *room = buffer_room(out, bound);

    assert_non_null(room);
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = room;
    z.avail_out = (uInt)bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += z.total_out;
    (void)deflateEnd(&z);
}

/* How a reader takes what is unpacked. */
enum way { COPYING, SWAPPING, IN_TURN, WAYS };

/* Takes the next bytes, one way or the other; what was swapped in has room in front of it. */
static enum fault take_some(struct packed *packed, bool swap, uint8_t **memory, struct buffer *out,
                            size_t *n, struct why *why)
{
    struct span text = {0};
    uint8_t few[1000];
    enum fault fault;

    if (swap) {
        fault = packed_swap(packed, memory, &text, why);
        if (text.len > 0) {
            assert_true(text.at >= *memory + PACKED_FRONT);
            assert_true(text.at + text.len <= *memory + PACKED_MEMORY);
            memset(*memory, 0xEE, PACKED_FRONT); /* it is ours */
        }
    } else {
        size_t got = 0;

        fault = packed_read(packed, few, sizeof(few), &got, why);
        text = span_of(few, got);
    }
    assert_true(fault == FAULT_NONE || text.len == 0);
    buffer_add(out, text);
    *n = text.len;
    return fault;
}

static enum fault take_all(struct packed *packed, enum way way, struct buffer *out, struct why *why)
{
    uint8_t *memory = malloc(PACKED_MEMORY);
    uint64_t before = packed_position(packed);
    enum fault fault;
    size_t n;

    assert_non_null(memory);
    for (size_t i = 0;; i++) {
        fault = take_some(packed, way == SWAPPING || (way == IN_TURN && i % 3 == 2), &memory, out,
                          &n, why);
        assert_true(packed_position(packed) >= before);
        before = packed_position(packed);
        if (fault != FAULT_NONE || n == 0) {
            break;
        }
    }
    free(memory);
    return fault;
}

static struct packed *packed_of(int fd, bool ahead)
{
    uint8_t head[50];
    ssize_t n = read(fd, head, sizeof(head));
    struct packed *packed;

    assert_true(n >= 0);
    packed = packed_new(fd, UNPACK_GZIP, span_of(head, (size_t)n), ahead);
    assert_non_null(packed);
    assert_int_equal(packed_is_ahead(packed), ahead);
    assert_int_equal(packed_position(packed), n);
    return packed;
}

static const struct row {
    const char *name;
    size_t size; /* of the text */
    size_t cut;  /* bytes missing at the end of the file */
    enum fault fault;
} rows[] = {
    {"an empty text", 0, 0},
    {"one byte", 1, 0},
    {"one byte less than a piece", PACKED_MEMORY - PACKED_FRONT - 1, 0},
    {"a piece", PACKED_MEMORY - PACKED_FRONT, 0},
    {"one byte more than a piece", PACKED_MEMORY - PACKED_FRONT + 1, 0},
    {"more pieces than there are", 8 * (PACKED_MEMORY - PACKED_FRONT), 0},
    {"many, and some bytes", TEXT_SIZE, 0},
    {"nothing but a cut header", 0, 5, FAULT_SYNTAX},
    {"a piece, cut in its checksum", PACKED_MEMORY - PACKED_FRONT, 8, FAULT_SYNTAX},
    {"many, cut in the last one", TEXT_SIZE, CUT, FAULT_SYNTAX},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct buffer text = buffer_with_max(OUTPUT_MAX), file = buffer_with_max(OUTPUT_MAX);

    add_noise(&text, row->size);
    add_gzip(&file, buffer_span(&text));
    file.len -= row->cut;
    for (int i = 0; i <= WAYS; i++) { /* the last one without a thread */
        struct buffer got = buffer_with_max(OUTPUT_MAX);
        int fd = file_of(buffer_span(&file));
        struct packed *packed = packed_of(fd, i < WAYS);
        struct why why = {0}, again = {0};
        uint8_t byte;
        size_t n;

        assert_int_equal(take_all(packed, i < WAYS ? (enum way)i : COPYING, &got, &why),
                         row->fault);
        assert_true(got.len >= row->size - (row->size < CUT ? row->size : row->cut));
        assert_true(span_equal(buffer_span(&got), span_upto(buffer_span(&text), got.len)));
        assert_int_equal(packed_position(packed), file.len);
        /* It stays as it ended. */
        assert_int_equal(packed_read(packed, &byte, 1, &n, &again), row->fault);
        assert_int_equal(n, 0);
        assert_ptr_equal(again.rule, why.rule);
        packed_free(packed);
        buffer_clear(&got);
        (void)close(fd);
    }
    buffer_clear(&text);
    buffer_clear(&file);
}

/* Nobody has to read to the end: the thread ends while it waits for a piece to be taken. */
static void it_may_be_left_in_the_middle(void **state)
{
    struct buffer text = buffer_with_max(OUTPUT_MAX), file = buffer_with_max(OUTPUT_MAX);

    (void)state;
    add_noise(&text, TEXT_SIZE);
    add_gzip(&file, buffer_span(&text));
    for (int pieces = 0; pieces < 4; pieces++) {
        int fd = file_of(buffer_span(&file));
        struct packed *packed = packed_of(fd, true);
        uint8_t *memory = malloc(PACKED_MEMORY);
        struct span text_of_piece;
        struct why why = {0};

        for (int i = 0; i < pieces; i++) {
            assert_int_equal(packed_swap(packed, &memory, &text_of_piece, &why), FAULT_NONE);
        }
        packed_free(packed);
        free(memory);
        (void)close(fd);
    }
    buffer_clear(&text);
    buffer_clear(&file);
}

/* … and while it waits for a pipe whose other end is open and silent. */
static void it_may_be_left_while_a_pipe_is_silent(void **state)
{
    struct buffer file = buffer_with_max(4096);
    int ends[2];

    (void)state;
    add_gzip(&file, span_text("a,b\n"));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], file.at, file.len - 1), file.len - 1);
    packed_free(packed_of(ends[0], true));
    (void)close(ends[0]);
    (void)close(ends[1]);
    buffer_clear(&file);
}

/* A file that cannot be read is told by the thread as by the reader. */
static void a_file_that_cannot_be_read_is_told(void **state)
{
    int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    for (int ahead = 0; ahead <= 1; ahead++) {
        struct packed *packed = packed_new(folder, UNPACK_ZSTD, (struct span){0}, ahead == 1);
        struct why why = {0};
        uint8_t byte;
        size_t n = 9;

        assert_non_null(packed);
        assert_int_equal(packed_read(packed, &byte, 1, &n, &why), FAULT_RESOURCE);
        assert_int_equal(n, 0);
        assert_string_equal(why.rule, "Is a directory");
        packed_free(packed);
    }
    packed_free(NULL);
    (void)close(folder);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {
        cmocka_unit_test(it_may_be_left_in_the_middle),
        cmocka_unit_test(it_may_be_left_while_a_pipe_is_silent),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told)};
    size_t n = 3;

    n += TESTS_OF(tests + n, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
