#include "kms/authority/pool.h"

#include <pthread.h>
#include <time.h>

#include "support.h"

static void wait_a_little(void) { (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL); }

static void keys_are_made_ahead(void **state)
{
    struct key_pool *pool = NULL;
    struct private_key *keys[4] = {NULL};
    struct why why;

    (void)state;
    assert_int_equal(key_pool_new(KIND_RSA2048, 2, 1, &pool, &why), FAULT_NONE);
    while (key_pool_ready(pool) < 2) {
        wait_a_little();
    }
    for (size_t i = 0; i < COUNT(keys); i++) { /* two of them made here */
        assert_int_equal(key_pool_take(pool, &keys[i], &why), FAULT_NONE);
        assert_int_equal(private_key_kind(keys[i]), KIND_RSA2048);
        for (size_t j = 0; j < i; j++) {
            assert_false(span_equal(private_key_spki(keys[i]), private_key_spki(keys[j])));
        }
    }
    for (size_t i = 0; i < COUNT(keys); i++) {
        private_key_free(keys[i]);
    }
    key_pool_free(pool);
}

static void no_more_are_made_than_are_needed(void **state)
{
    struct key_pool *pool = NULL;
    struct private_key *key = NULL;
    struct why why;

    (void)state;
    assert_int_equal(key_pool_new(KIND_RSA2048, 1, 1, &pool, &why), FAULT_NONE);
    key_pool_limit(pool, 0);
    assert_int_equal(key_pool_take(pool, &key, &why), FAULT_NONE);
    private_key_free(key);
    for (int i = 0; i < 100; i++) { /* at most the one that was in the making */
        wait_a_little();
        assert_true(key_pool_ready(pool) <= 1);
    }
    if (key_pool_ready(pool) == 1) {
        assert_int_equal(key_pool_take(pool, &key, &why), FAULT_NONE);
        private_key_free(key);
    }
    for (int i = 0; i < 100; i++) {
        wait_a_little();
        assert_int_equal(key_pool_ready(pool), 0);
    }
    key_pool_free(pool);
}

static void fast_kinds_need_no_thread(void **state)
{
    struct key_pool *pool = NULL;
    struct private_key *key = NULL;
    struct why why;

    (void)state;
    assert_int_equal(key_pool_new(KIND_P256, 100, 4, &pool, &why), FAULT_NONE);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(key_pool_ready(pool), 0);
        assert_int_equal(key_pool_take(pool, &key, &why), FAULT_NONE);
        assert_int_equal(private_key_kind(key), KIND_P256);
        private_key_free(key);
    }
    key_pool_free(pool);
    key_pool_free(NULL);
}

static void *take_some(void *argument)
{
    struct key_pool *pool = argument;

    for (int i = 0; i < 200; i++) {
        struct private_key *key = NULL;
        struct why why;

        if (key_pool_take(pool, &key, &why) != FAULT_NONE) {
            return NULL;
        }
        private_key_free(key);
    }
    return pool;
}

static void many_threads_take(void **state)
{
    struct key_pool *pool = NULL;
    pthread_t threads[4];
    struct why why;

    (void)state;
    assert_int_equal(key_pool_new(KIND_P256, 0, 0, &pool, &why), FAULT_NONE);
    for (size_t i = 0; i < COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_some, pool), 0);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *result;

        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, pool);
    }
    key_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_made_ahead),
        cmocka_unit_test(no_more_are_made_than_are_needed),
        cmocka_unit_test(fast_kinds_need_no_thread),
        cmocka_unit_test(many_threads_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
