#include "cert/keyed.h"

#include "support.h"

/* The paper's own example (Aumasson, Bernstein: SipHash, appendix A) is of 64 bits; that of 128 is
 * the reference code's, of the key 00 01 … 0f and the text 00 (vectors.h, vectors_sip128[1]). */
static void it_is_siphash(void **state)
{
    static const uint8_t want[] = {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44,
                                   0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45};
    struct keyed_key key;
    struct keyed_digest digest;
    struct keyed *keyed;

    (void)state;
    for (uint8_t i = 0; i < KEYED_KEY_SIZE; i++) {
        key.bytes[i] = i;
    }
    keyed = keyed_new(&key);
    assert_non_null(keyed);
    for (int i = 0; i < 3; i++) { /* nothing stays from the last one */
        digest = keyed_digest_of(keyed, 0, (struct span){0});
        assert_memory_equal(&digest, want, sizeof(want));
    }
    keyed_free(keyed);
}

static void kinds_and_texts_are_told_apart(void **state)
{
    struct keyed_key key;
    struct keyed *keyed;
    struct keyed_digest a;

    (void)state;
    assert_int_equal(keyed_key_new(&key), FAULT_NONE);
    keyed = keyed_new(&key);
    a = keyed_digest_of(keyed, 1, span_text("anna"));
    assert_true(keyed_equal(a, keyed_digest_of(keyed, 1, span_text("anna"))));
    assert_false(keyed_equal(a, keyed_digest_of(keyed, 2, span_text("anna"))));
    assert_false(keyed_equal(a, keyed_digest_of(keyed, 1, span_text("anne"))));
    assert_false(keyed_equal(a, keyed_digest_of(keyed, 1, span_text("ann"))));
    assert_false(keyed_is_none(a));
    assert_true(keyed_is_none((struct keyed_digest){0}));
    keyed_free(keyed);
    keyed_free(NULL);
}

static void runs_have_keys_of_their_own(void **state)
{
    struct keyed_key one, two;

    (void)state;
    assert_int_equal(keyed_key_new(&one), FAULT_NONE);
    assert_int_equal(keyed_key_new(&two), FAULT_NONE);
    assert_memory_not_equal(&one, &two, sizeof(one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_siphash),
        cmocka_unit_test(kinds_and_texts_are_told_apart),
        cmocka_unit_test(runs_have_keys_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
