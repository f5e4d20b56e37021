#include "base/count.h"

#include "support.h"

static size_t count_simply(const uint8_t *at, size_t len, uint8_t byte)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        n += at[i] == byte;
    }
    return n;
}

/* Around the length of a block, and with every byte a hit: a counter of one byte would wrap. */
static void every_byte_is_counted(void **state)
{
    static const size_t lengths[] = {0, 1, 2, 15, 16, 254, 255, 256, 257, 509, 510, 511, 70000};

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        uint8_t *block = malloc(lengths[i] + 1);

        memset(block, '\n', lengths[i] + 1);
        assert_int_equal(count_byte(span_of(block, lengths[i]), '\n'), lengths[i]);
        assert_int_equal(count_byte(span_of(block, lengths[i]), '\r'), 0);
        free(block);
    }
    assert_int_equal(count_byte((struct span){0}, 0), 0);
}

/* The property: random bytes are counted as a loop without thought of speed counts them. */
static void random_bytes_are_counted(void **state)
{
    uint64_t seed = 13;

    (void)state;
    for (size_t len = 0; len < 1500; len += 1 + random_next(&seed) % 9) {
        uint8_t *block = malloc(len + 1);

        for (size_t i = 0; i < len; i++) {
            block[i] = (uint8_t)(random_next(&seed) % 3 == 0 ? '\n' : random_next(&seed));
        }
        assert_int_equal(count_byte(span_of(block, len), '\n'), count_simply(block, len, '\n'));
        assert_int_equal(count_byte(span_of(block, len), 0xFF), count_simply(block, len, 0xFF));
        free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_counted),
        cmocka_unit_test(random_bytes_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
