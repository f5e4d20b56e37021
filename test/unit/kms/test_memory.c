#include "kms/people/memory.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "support.h"

/* Each in a process of its own: such a heap is made once. */
static int status_of(int (*does)(void))
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        _exit(does());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static bool heap_is_made(void)
{
    struct why why;

    return people_secure_memory(&why) == FAULT_NONE && CRYPTO_secure_malloc_initialized() == 1 &&
           people_secure_memory(&why) == FAULT_NONE;
}

/* libcrypto puts private keys there by itself. */
static int key_lives_there(void)
{
    size_t before;
    EVP_PKEY *key;

    if (!heap_is_made()) {
        return 1;
    }
    EVP_PKEY_free(EVP_PKEY_Q_keygen(NULL, NULL, "X25519")); /* the random generator stays there */
    before = CRYPTO_secure_used();
    key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    if (key == NULL || CRYPTO_secure_used() <= before) {
        return 2;
    }
    EVP_PKEY_free(key);
    return CRYPTO_secure_used() == before ? 0 : 3;
}

static int works_with_nothing_locked(void)
{
    const struct rlimit none = {0};
    enum { NOBODY = 65534 };

    return setrlimit(RLIMIT_MEMLOCK, &none) == 0 && (geteuid() != 0 || seteuid(NOBODY) == 0)
               ? key_lives_there()
               : 4;
}

/* How much is there is seen by what it can give at once. */
static int takes_what_may_be_locked(void)
{
    const struct rlimit some = {MEMORY_KEYS / 2, MEMORY_KEYS / 2};
    enum { NOBODY = 65534 };
    void *half;

    if (setrlimit(RLIMIT_MEMLOCK, &some) != 0 || (geteuid() == 0 && seteuid(NOBODY) != 0) ||
        !heap_is_made()) {
        return 1;
    }
    if (CRYPTO_secure_malloc(MEMORY_KEYS_LOCKED * 2, "", 0) != NULL) {
        return 2;
    }
    half = CRYPTO_secure_malloc(MEMORY_KEYS_LOCKED / 2, "", 0);
    return half != NULL && CRYPTO_secure_allocated(half) == 1 ? 0 : 3;
}

/* What is given back is wiped, grown ones too. The memory is looked at when it is taken again. */
static int given_back_is_wiped(void)
{
    static const char secret[] =
        "seven lanterns cross the moor and nobody sees them go by in the dark";
    struct why why;

    if (people_secure_memory(&why) != FAULT_NONE) {
        return 1;
    }
    for (int grown = 0; grown < 2; grown++) {
        uint8_t *at = OPENSSL_malloc(sizeof secret), *again;

        memcpy(at, secret, sizeof secret);
        if (grown == 1) {
            uint8_t *more = OPENSSL_realloc(at, 5000);

            if (more == NULL || memcmp(more, secret, sizeof secret) != 0) {
                return 2;
            }
        } else {
            OPENSSL_free(at);
        }
        again = malloc(sizeof secret);
        /* The first bytes are what malloc() itself keeps in memory that is free. */
        for (size_t i = 16; i < sizeof secret - 1; i++) {
            if (again[i] == (uint8_t)secret[i]) {
                return 3;
            }
        }
    }
    return 0;
}

static void what_libcrypto_gives_back_is_wiped(void **state)
{
    (void)state;
    assert_int_equal(status_of(given_back_is_wiped), 0);
}

static void keys_have_a_heap(void **state)
{
    (void)state;
    assert_int_equal(status_of(key_lives_there), 0);
    assert_int_equal(status_of(works_with_nothing_locked), 0);
    assert_int_equal(status_of(takes_what_may_be_locked), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(keys_have_a_heap),
                                              cmocka_unit_test(what_libcrypto_gives_back_is_wiped)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
