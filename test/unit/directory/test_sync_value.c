#include "directory/sync_value.h"

#include "support.h"

#define KEY   "0123456789abcdef"
#define OCT16 "\x04\x10" KEY

/* What is read of one value, in a form that a row can hold; NULL: it is none. */
enum reader { STATE, DONE, INFO };

static const struct row {
    const char *name;
    enum reader reader;
    const char *bytes;
    size_t len;
    int first; /* state, refreshDeletes, kind; -1: FAULT_SYNTAX */
    const char *cookie;
    size_t keys;
    bool deletes;
} rows[] = {
    {"a state", STATE, TEXT("\x30\x15\x0a\x01\x01" OCT16), SYNC_ADD, "", 1, false},
    {"a state with a cookie", STATE, TEXT("\x30\x18\x0a\x01\x03" OCT16 "\x04\x01x"), SYNC_DELETE,
     "", 1, false},
    {"a long form of length", STATE, TEXT("\x30\x81\x15\x0a\x01\x00" OCT16), SYNC_PRESENT, "", 1,
     false},
    {"no such state", STATE, TEXT("\x30\x15\x0a\x01\x04" OCT16), -1, "", 0, false},
    {"a short key", STATE, TEXT("\x30\x06\x0a\x01\x01\x04\x01x"), -1, "", 0, false},
    {"no key", STATE, TEXT("\x30\x03\x0a\x01\x01"), -1, "", 0, false},
    {"bytes behind it", STATE, TEXT("\x30\x15\x0a\x01\x01" OCT16 "x"), -1, "", 0, false},
    {"an indefinite length", STATE, TEXT("\x30\x80\x0a\x01\x01" OCT16 "\0\0"), -1, "", 0, false},
    {"a length past the end", STATE, TEXT("\x30\x16\x0a\x01\x01" OCT16), -1, "", 0, false},
    {"a length of five bytes", STATE, TEXT("\x30\x85\0\0\0\0\x15\x0a\x01\x01" OCT16), -1, "", 0,
     false},
    {"nothing", STATE, TEXT(""), -1, "", 0, false},
    {"done, no more said", DONE, TEXT("\x30\x00"), 0, "", 0, false},
    {"done with a cookie", DONE, TEXT("\x30\x03\x04\x01x"), 0, "x", 0, false},
    {"done with deletes", DONE, TEXT("\x30\x06\x04\x01x\x01\x01\xff"), 1, "x", 0, false},
    {"done with deletes alone", DONE, TEXT("\x30\x03\x01\x01\xff"), 1, "", 0, false},
    {"done, extended", DONE, TEXT("\x30\x06\x04\x01x\x80\x01y"), 0, "x", 0, false},
    {"done, no sequence", DONE, TEXT("\x04\x01x"), -1, "", 0, false},
    {"done, nothing", DONE, TEXT(""), -1, "", 0, false},
    {"a new cookie", INFO, TEXT("\x80\x02xy"), SYNC_INFO_COOKIE, "xy", 0, false},
    {"deletes ended", INFO, TEXT("\xa1\x03\x04\x01x"), SYNC_INFO_DELETES, "x", 0, false},
    {"presents ended", INFO, TEXT("\xa2\x03\x01\x01\x00"), SYNC_INFO_PRESENTS, "", 0, false},
    {"keys present", INFO, TEXT("\xa3\x26\x31\x24" OCT16 OCT16), SYNC_INFO_KEYS, "", 2, false},
    {"keys gone", INFO, TEXT("\xa3\x1a\x04\x01x\x01\x01\xff\x31\x12" OCT16), SYNC_INFO_KEYS, "x", 1,
     true},
    {"no keys", INFO, TEXT("\xa3\x02\x31\x00"), SYNC_INFO_KEYS, "", 0, false},
    {"keys without a set", INFO, TEXT("\xa3\x03\x04\x01x"), -1, "", 0, false},
    {"no such choice", INFO, TEXT("\xa4\x03\x04\x01x"), -1, "", 0, false},
    {"info and more", INFO, TEXT("\x80\x02xy\x00"), -1, "", 0, false},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *block = exact_copy(row->bytes, row->len);
    struct span value = span_of(block, row->len), key, cookie = {0};
    struct sync_state_value said = {0};
    struct sync_done_value done = {0};
    struct sync_info_value info = {0};
    int first = -1;
    size_t keys = 0;

    if (row->reader == STATE && sync_state_read(value, &said) == FAULT_NONE) {
        first = (int)said.state;
        keys = 1;
        assert_true(span_is(said.key, KEY));
    } else if (row->reader == DONE && sync_done_read(value, &done) == FAULT_NONE) {
        first = done.refresh_deletes;
        cookie = done.cookie;
    } else if (row->reader == INFO && sync_info_read(value, &info) == FAULT_NONE) {
        first = (int)info.kind;
        cookie = info.cookie;
        while (sync_key_next(&info.keys, &key) == FAULT_NONE) {
            assert_true(span_is(key, KEY));
            keys++;
        }
    }
    assert_int_equal(first, row->first);
    assert_true(span_is(cookie, row->cookie));
    assert_int_equal(keys, row->keys);
    assert_int_equal(info.deletes, row->deletes);
    free(block);
}

static void a_bad_key_ends_the_walk(void **state)
{
    struct cursor keys = cursor_over(span_of("\x04\x01x" OCT16, 3 + 18));
    struct span key;

    (void)state;
    assert_int_equal(sync_key_next(&keys, &key), FAULT_SYNTAX);
    assert_int_equal(sync_key_next(&keys, &key), FAULT_ABSENT);
}

static void a_request_has_its_cookie(void **state)
{
    static const char with[] = "\x30\x06\x0a\x01\x01\x04\x01x";
    struct buffer out = buffer_with_max(1024);
    char cookie[300] = {0};

    (void)state;
    sync_request_put(&out, (struct span){0});
    assert_true(span_equal(buffer_span(&out), span_of("\x30\x03\x0a\x01\x01", 5)));
    buffer_reset(&out);
    sync_request_put(&out, span_text("x"));
    assert_true(span_equal(buffer_span(&out), span_of(with, sizeof(with) - 1)));
    buffer_reset(&out);
    sync_request_put(&out, span_of(cookie, sizeof(cookie)));
    assert_int_equal(out.len, 6 + 3 + 6 + 300);
    assert_memory_equal(out.at, "\x30\x84\0\0\x01\x35\x0a\x01\x01\x04\x84\0\0\x01\x2c", 15);
    buffer_clear(&out);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {cmocka_unit_test(a_bad_key_ends_the_walk),
                                                cmocka_unit_test(a_request_has_its_cookie)};

    (void)TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
