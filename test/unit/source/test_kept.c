#include "source/kept.h"

#include <sys/mman.h>

#include "support.h"

static const char identity[] = "ldap://directory.example/dc=x";

/* An entry with a key that `number` tells, and a value of `size` bytes. */
static void add(struct kept_writer *writer, uint8_t number, size_t size)
{
    const uint8_t key[KEPT_KEY_SIZE] = {number};
    uint8_t *value = calloc(1, size + 1);
    struct frame_writer entry = {.max = 64U << 20};
    struct why why;

    assert_non_null(value);
    assert_int_equal(frame_begin(&entry, span_text("cn=a,dc=x")), FAULT_NONE);
    assert_int_equal(frame_value(&entry, span_text("userCertificate"), span_of(value, size)),
                     FAULT_NONE);
    assert_int_equal(kept_put_key(&entry, span_of(key, sizeof(key))), FAULT_NONE);
    entry.flags = FRAME_CERTIFICATE;
    frame_end(&entry);
    assert_int_equal(kept_add(writer, span_of(entry.bytes, entry.whole), &why), FAULT_NONE);
    free(entry.bytes);
    free(value);
}

/* A file of `count` entries, the middle one of `longest` bytes. */
static int written(uint8_t count, size_t longest)
{
    int fd = memfd_create("kept", MFD_CLOEXEC);
    struct kept_writer writer = {0};
    const struct kept_tail tail = {.cookie = span_text("rid=0,csn=1"), .hidden = true};
    struct why why;

    assert_true(fd >= 0);
    assert_int_equal(kept_begin(&writer, fd, span_text(identity), &why), FAULT_NONE);
    for (uint8_t i = 0; i < count; i++) {
        add(&writer, i, i == count / 2 ? longest : 40);
    }
    assert_int_equal(kept_end(&writer, &tail, &why), FAULT_NONE);
    kept_writer_clear(&writer);
    return fd;
}

/* Reads to the end; how many entries came, which must be in order. */
static enum fault read_all(struct kept_reader *reader, size_t *count)
{
    struct batch batch = {0};
    struct why why = {0};
    enum fault fault;

    *count = 0;
    while ((fault = kept_read(reader, &batch, &why)) == FAULT_NONE) {
        struct cursor in = cursor_over(span_of(batch.bytes, batch.len));
        struct frame frame;

        while (frame_next(&in, &frame, &why) == FAULT_NONE) {
            struct span key = kept_key_of(&frame);

            assert_int_equal(key.len, KEPT_KEY_SIZE);
            assert_int_equal(key.at[0], *count);
            assert_int_equal(frame.flags, FRAME_CERTIFICATE);
            ++*count;
        }
    }
    batch_clear(&batch);
    return fault;
}

static void what_is_kept_comes_back(void **state)
{
    static const struct {
        uint8_t count;
        size_t longest;
    } rows[] = {{0, 0}, {1, 40}, {9, 300U << 10}, {3, 5U << 20}, {200, 40}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kept_reader reader = {0};
        struct why why = {0};
        size_t count = 0;
        int fd = written(rows[i].count, rows[i].longest);

        assert_int_equal(kept_open(&reader, fd, &why), FAULT_NONE);
        assert_true(span_is(buffer_span(&reader.identity), identity));
        assert_true(span_is(reader.tail.cookie, "rid=0,csn=1"));
        assert_true(reader.tail.hidden);
        assert_int_equal(reader.tail.count, rows[i].count);
        for (int twice = 0; twice < 2; twice++) {
            assert_int_equal(read_all(&reader, &count), FAULT_ABSENT);
            assert_int_equal(count, rows[i].count);
            kept_rewind(&reader);
        }
        kept_reader_clear(&reader);
        (void)close(fd);
    }
}

/* Opens and reads; a fault of either. */
static enum fault whole_fault(int fd)
{
    struct kept_reader reader = {0};
    struct batch batch = {0};
    struct why why = {0};
    enum fault fault = kept_open(&reader, fd, &why);

    while (fault == FAULT_NONE) {
        fault = kept_read(&reader, &batch, &why);
    }
    batch_clear(&batch);
    kept_reader_clear(&reader);
    return fault;
}

static void a_file_cut_anywhere_is_noticed(void **state)
{
    int fd = written(3, 40);
    off_t size = lseek(fd, 0, SEEK_END);

    (void)state;
    for (off_t cut = size - 1; cut >= 0; cut--) {
        assert_int_equal(ftruncate(fd, cut), 0);
        assert_int_equal(whole_fault(fd), FAULT_SYNTAX);
    }
    (void)close(fd);
}

static void a_byte_changed_anywhere_is_noticed(void **state)
{
    int fd = written(3, 40);
    off_t size = lseek(fd, 0, SEEK_END);

    (void)state;
    assert_int_equal(whole_fault(fd), FAULT_ABSENT);
    for (off_t at = 0; at < size; at++) {
        uint8_t byte = 0, changed;

        assert_int_equal(pread(fd, &byte, 1, at), 1);
        changed = byte ^ 0x10;
        assert_int_equal(pwrite(fd, &changed, 1, at), 1);
        assert_int_equal(whole_fault(fd), FAULT_SYNTAX);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    (void)close(fd);
}

static void bytes_put_in_or_behind_are_noticed(void **state)
{
    int fd = written(1, 40);
    uint8_t bytes[1024];
    ssize_t size = pread(fd, bytes, sizeof(bytes), 0);

    (void)state;
    assert_int_equal(pwrite(fd, "more", 4, size), 4);
    assert_int_equal(whole_fault(fd), FAULT_SYNTAX);
    (void)close(fd);
    fd = memfd_create("kept", MFD_CLOEXEC);
    assert_false(kept_is_one(span_text("dn: cn=a\n")));
    assert_false(kept_is_one(span_text("")));
    assert_true(kept_is_one(span_of(bytes, (size_t)size)));
    assert_int_equal(write(fd, "dn: cn=a\n", 9), 9);
    assert_int_equal(whole_fault(fd), FAULT_SYNTAX);
    (void)close(fd);
    fd = memfd_create("kept", MFD_CLOEXEC);
    assert_int_equal(whole_fault(fd), FAULT_SYNTAX);
    (void)close(fd);
}

static void a_file_is_begun_anew(void **state)
{
    int fd = written(5, 300);
    struct kept_writer writer = {0};
    const struct kept_tail tail = {0};
    struct kept_reader reader = {0};
    struct why why;

    (void)state;
    assert_int_equal(kept_begin(&writer, fd, span_text("other"), &why), FAULT_NONE);
    assert_int_equal(kept_end(&writer, &tail, &why), FAULT_NONE);
    assert_int_equal(kept_open(&reader, fd, &why), FAULT_NONE);
    assert_int_equal(reader.tail.count, 0);
    assert_int_equal(reader.tail.cookie.len, 0);
    kept_reader_clear(&reader);
    kept_writer_clear(&writer);
    (void)close(fd);
}

static void what_is_too_long_is_refused(void **state)
{
    int fd = memfd_create("kept", MFD_CLOEXEC);
    char *text = calloc(1, KEPT_IDENTITY_MAX + 1);
    struct kept_writer writer = {0};
    const struct kept_tail tail = {.cookie = span_of(text, KEPT_COOKIE_MAX + 1)};
    struct why why;

    (void)state;
    assert_non_null(text);
    assert_int_equal(kept_begin(&writer, fd, span_of(text, KEPT_IDENTITY_MAX + 1), &why),
                     FAULT_LIMIT);
    assert_int_equal(kept_begin(&writer, fd, span_of(text, KEPT_IDENTITY_MAX), &why), FAULT_NONE);
    assert_int_equal(kept_end(&writer, &tail, &why), FAULT_LIMIT);
    kept_writer_clear(&writer);
    free(text);
    (void)close(fd);
}

static void a_disk_that_cannot_be_written_is_told(void **state)
{
    int ends[2];
    struct kept_writer writer = {0};
    struct kept_reader reader = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(kept_begin(&writer, ends[1], span_text("x"), &why), FAULT_RESOURCE);
    assert_int_equal(kept_open(&reader, ends[0], &why), FAULT_SYNTAX);
    (void)close(ends[0]);
    (void)close(ends[1]);
    kept_reader_clear(&reader);
    kept_writer_clear(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_comes_back),
        cmocka_unit_test(a_file_cut_anywhere_is_noticed),
        cmocka_unit_test(a_byte_changed_anywhere_is_noticed),
        cmocka_unit_test(bytes_put_in_or_behind_are_noticed),
        cmocka_unit_test(a_file_is_begun_anew),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(a_disk_that_cannot_be_written_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
