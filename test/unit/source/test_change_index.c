#include "source/change_index.h"

#include "support.h"

enum { MANY = 20000 };

static struct span key_of(uint32_t number, uint8_t key[KEPT_KEY_SIZE])
{
    memset(key, 0, KEPT_KEY_SIZE);
    memcpy(key + 6, &number, sizeof(number)); /* alike in all but a few bytes */
    return span_of(key, KEPT_KEY_SIZE);
}

static void every_key_is_found_again(void **state)
{
    struct change_index index = {0};
    uint8_t key[KEPT_KEY_SIZE];

    (void)state;
    assert_null(change_find(&index, key_of(0, key)));
    for (int twice = 0; twice < 2; twice++) {
        for (uint32_t i = 0; i < MANY; i++) {
            struct change *change = change_take(&index, key_of(i, key));

            assert_non_null(change);
            assert_int_equal(change->kind, twice == 0 ? CHANGE_NONE : CHANGE_ENTRY);
            change->kind = CHANGE_ENTRY;
            change->at = i;
        }
    }
    assert_int_equal(index.count, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        const struct change *change = change_find(&index, key_of(i, key));

        assert_non_null(change);
        assert_int_equal(change->at, i);
    }
    assert_null(change_find(&index, key_of(MANY, key)));
    assert_null(change_find(&index, span_text("short")));
    assert_null(change_find(&index, (struct span){0}));
    change_index_clear(&index);
    assert_null(change_find(&index, key_of(0, key)));
    change_index_clear(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_key_is_found_again)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
