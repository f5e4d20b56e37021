#include "kms/request/session/id_set.h"

#include "support.h"

static void numbers_are_in_it_once_added(void **state)
{
    enum { NUMBERS = 5000 };
    struct id_set set = {0};
    uint64_t seed = 7;
    struct why why;

    (void)state;
    assert_false(id_set_has(&set, 1));
    for (int64_t i = 1; i <= NUMBERS; i++) {
        assert_int_equal(id_set_add(&set, i * 3, &why), FAULT_NONE);
        assert_int_equal(id_set_add(&set, i * 3, &why), FAULT_NONE);
    }
    assert_int_equal(set.count, NUMBERS);
    for (int64_t i = 1; i <= NUMBERS * 3 + 10; i++) {
        assert_int_equal(id_set_has(&set, i), i % 3 == 0 && i <= NUMBERS * 3);
    }
    for (int i = 0; i < NUMBERS; i++) {
        const int64_t id = (int64_t)random_next(&seed) << 30 | 1;

        assert_int_equal(id_set_add(&set, id, &why), FAULT_NONE);
        assert_true(id_set_has(&set, id));
    }
    id_set_clear(&set);
    id_set_clear(&set);
    assert_false(id_set_has(&set, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_in_it_once_added)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
