#include "base/base64.h"

#include "support.h"

static const struct row {
    const char *name, *text;
    size_t len;
    enum fault fault;
    size_t offset; /* where the fault is noticed */
    const char *bytes;
    size_t byte_count;
} rows[] = {
    {"RFC 4648: nothing", TEXT(""), 0, 0, TEXT("")},
    {"RFC 4648: f", TEXT("Zg=="), 0, 0, TEXT("f")},
    {"RFC 4648: fo", TEXT("Zm8="), 0, 0, TEXT("fo")},
    {"RFC 4648: foo", TEXT("Zm9v"), 0, 0, TEXT("foo")},
    {"RFC 4648: foob", TEXT("Zm9vYg=="), 0, 0, TEXT("foob")},
    {"RFC 4648: fooba", TEXT("Zm9vYmE="), 0, 0, TEXT("fooba")},
    {"RFC 4648: foobar", TEXT("Zm9vYmFy"), 0, 0, TEXT("foobar")},
    {"the last digits of the alphabet", TEXT("++//"), 0, 0, TEXT("\xfb\xef\xff")},
    {"padding may be left out: two digits", TEXT("Zg"), 0, 0, TEXT("f")},
    {"padding may be left out: three digits", TEXT("Zm8"), 0, 0, TEXT("fo")},
    {"a line end between groups", TEXT("Zm9v\nYmFy"), 0, 0, TEXT("foobar")},
    {"a line end within a group", TEXT("Zm9vY\nmFy"), 0, 0, TEXT("foobar")},
    {"CR LF and the blank of a folded line", TEXT("Zm9\r\n vYmFy"), 0, 0, TEXT("foobar")},
    {"tabs, and blanks at both ends", TEXT(" \tZm9v\t \n"), 0, 0, TEXT("foo")},
    {"a line end before the padding", TEXT("Zg\n=="), 0, 0, TEXT("f")},
    {"a line end within the padding", TEXT("Zg=\n="), 0, 0, TEXT("f")},
    {"a line end after the padding", TEXT("Zg==\r\n"), 0, 0, TEXT("f")},
    {"blanks only", TEXT(" \n "), 0, 0, TEXT("")},
    {"one digit is left over", TEXT("Z"), FAULT_SYNTAX, 1},
    {"one digit after a group is left over", TEXT("Zm9vY"), FAULT_SYNTAX, 5},
    {"padding alone", TEXT("===="), FAULT_SYNTAX, 0},
    {"padding after one digit", TEXT("Z==="), FAULT_SYNTAX, 1},
    {"padding after a whole group", TEXT("Zm9v="), FAULT_SYNTAX, 4},
    {"half of the padding", TEXT("Zg="), FAULT_SYNTAX, 3},
    {"too much padding after two digits", TEXT("Zg==="), FAULT_SYNTAX, 5},
    {"too much padding after three digits", TEXT("Zm8=="), FAULT_SYNTAX, 5},
    {"digits after the padding", TEXT("Zg==Zg=="), FAULT_SYNTAX, 4},
    {"a digit between the padding", TEXT("Zg=g="), FAULT_SYNTAX, 3},
    {"bits after the last byte: two digits", TEXT("Zh=="), FAULT_SYNTAX, 4},
    {"bits after the last byte: three digits", TEXT("Zm9="), FAULT_SYNTAX, 4},
    {"bits after the last byte, no padding", TEXT("Zh"), FAULT_SYNTAX, 2},
    {"the URL alphabet's minus", TEXT("Zm9v-mFy"), FAULT_SYNTAX, 4},
    {"the URL alphabet's underscore", TEXT("Zm9vYm_y"), FAULT_SYNTAX, 6},
    {"a byte that is no digit", TEXT("Zm9*"), FAULT_SYNTAX, 3},
    {"a NUL", TEXT("Zm9v\0mFy"), FAULT_SYNTAX, 4},
    {"a byte past ASCII", TEXT("Zm9v\xc3\xa4"), FAULT_SYNTAX, 4},
    {"a form feed is no blank", TEXT("Zm9v\fYmFy"), FAULT_SYNTAX, 4},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *text = exact_copy(row->text, row->len);
    uint8_t *out = malloc(base64_room(row->len));
    size_t n = 12345;
    struct why why = {0};

    assert_int_equal(base64_decode(span_of(text, row->len), out, &n, &why), row->fault);
    if (row->fault == FAULT_NONE) {
        assert_int_equal(n, row->byte_count);
        assert_memory_equal(out, row->bytes, n);
        assert_null(why.rule);
    } else {
        assert_int_equal(n, 12345); /* nothing is told on failure */
        assert_int_equal(why.offset, row->offset);
        assert_non_null(why.rule);
    }
    free(text);
    free(out);
}

/* The same decoding again, digit by digit and without thought of speed; -1: refused. */
static int decode_simply(const uint8_t *text, size_t len, uint8_t *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    int held = 0, n = 0, digits = 0, padding = 0;

    for (size_t i = 0; i < len; i++) {
        const char *digit = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;

        if (text[i] == ' ' || text[i] == '\n') {
            continue;
        }
        if (text[i] == '=') {
            padding++;
            continue;
        }
        if (digit == NULL || padding > 0) {
            return -1;
        }
        digits++;
        bits = (bits << 6 | (uint32_t)(digit - alphabet)) & 0xFFF;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (uint8_t)(bits >> held);
        }
    }
    if (digits % 4 == 1 || (bits & ((1U << held) - 1)) != 0 ||
        (padding > 0 && (digits % 4 < 2 || digits % 4 + padding != 4))) {
        return -1;
    }
    return n;
}

/* The property: on random text of digits, blanks and padding both decoders agree. */
static void simple_decoder_agrees(void **state)
{
    static const char bytes[] = "ABCDZabcdz0189+/AQgw\n =-";
    uint64_t seed = 7;
    size_t accepted = 0;

    (void)state;
    for (size_t turn = 0; turn < 200000; turn++) {
        size_t len = random_next(&seed) % 24;
        /* Mostly digits; now and then all that the text may hold, padding at the end. */
        size_t variety = turn % 4 == 0 ? sizeof(bytes) - 1 : 20 + turn % 3;
        uint8_t *text = malloc(len + 1);
        uint8_t out[24 + SIMD_SLACK] = {0}, simple[32] = {0}; /* of base64_room(), and more */
        size_t n = 0;
        struct why why;
        int want;

        for (size_t i = 0; i < len; i++) {
            text[i] = (uint8_t)bytes[random_next(&seed) % variety];
        }
        for (size_t i = len; i > 0 && i + 2 > len && random_next(&seed) % 4 == 0; i--) {
            text[i - 1] = '=';
        }
        want = decode_simply(text, len, simple);
        if (base64_decode(span_of(text, len), out, &n, &why) == FAULT_NONE) {
            assert_int_equal((int)n, want);
            assert_true(n <= base64_room(len));
            assert_memory_equal(out, simple, n);
            accepted++;
        } else {
            assert_int_equal(want, -1);
            assert_true(why.offset <= len);
        }
        free(text);
    }
    assert_true(accepted > 20000); /* or the property says little */
}

/* A byte that is none stops the vectors, wherever it stands; how long the text is does not matter.
 */
static void a_bad_byte_in_a_long_text_is_told(void **state)
{
    static uint8_t text[5000], out[5000];

    (void)state;
    for (size_t len = 3900; len < sizeof(text); len += 4) {
        for (size_t at = 0; at < len; at += 977) {
            struct why why = {0};
            size_t n = 0;

            memset(text, 'A', len);
            text[at] = '!';
            assert_int_equal(base64_decode(span_of(text, len), out, &n, &why), FAULT_SYNTAX);
            assert_int_equal(why.offset, at);
        }
    }
}

/* What is written is what RFC 4648 writes, and is read back. */
static void what_is_added_is_read_back(void **state)
{
    static const char *const vectors[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                          "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    uint64_t seed = 3;

    (void)state;
    for (size_t len = 0; len < 300; len++) {
        struct buffer text = buffer_with_max(1024), small = buffer_with_max(len / 3 * 4);
        uint8_t bytes[300], out[1024];
        struct why why;
        size_t n = 0;

        for (size_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)random_next(&seed);
        }
        base64_add(&text, span_of(bytes, len));
        assert_int_equal(base64_decode(buffer_span(&text), out, &n, &why), FAULT_NONE);
        assert_int_equal(n, len);
        assert_memory_equal(out, bytes, len);
        if (len < COUNT(vectors)) {
            buffer_reset(&text);
            base64_add(&text, span_of("foobar", len));
            assert_span(buffer_span(&text), vectors[len]);
        }
        base64_add(&small, span_of(bytes, len));
        assert_int_equal(small.fault, len % 3 > 0 ? FAULT_LIMIT : FAULT_NONE);
        buffer_clear(&text);
        buffer_clear(&small);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {cmocka_unit_test(simple_decoder_agrees),
                                                cmocka_unit_test(a_bad_byte_in_a_long_text_is_told),
                                                cmocka_unit_test(what_is_added_is_read_back)};

    (void)TESTS_OF(tests + 3, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
