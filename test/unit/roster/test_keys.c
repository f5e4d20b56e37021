#include "roster/keys.h"

#include "certificates.h"
#include "support.h"

static struct key_id id_of(uint64_t number)
{
    struct key_id id = {{0}};

    memcpy(id.bytes, &number, sizeof(number));
    return id;
}

static void a_key_of_one_mailbox_is_not_shared(void **state)
{
    struct keys *keys = keys_new();
    struct key_id id = id_of(1);

    (void)state;
    assert_false(keys_are_shared(keys, &id)); /* nobody has it yet */
    assert_int_equal(keys_note(keys, &id, 0), FAULT_NONE);
    assert_int_equal(keys_note(keys, &id, 0), FAULT_NONE);
    assert_false(keys_are_shared(keys, &id));
    keys_free(keys);
}

static void a_key_of_two_mailboxes_is_shared(void **state)
{
    struct keys *keys = keys_new();
    struct key_id id = id_of(1), other = id_of(2);

    (void)state;
    assert_int_equal(keys_note(keys, &id, 0), FAULT_NONE);
    assert_int_equal(keys_note(keys, &other, 1), FAULT_NONE);
    assert_int_equal(keys_note(keys, &id, UINT32_MAX), FAULT_NONE);
    assert_int_equal(keys_note(keys, &id, 0), FAULT_NONE); /* it stays so */
    assert_true(keys_are_shared(keys, &id));
    assert_false(keys_are_shared(keys, &other));
    keys_free(keys);
}

/* The property: among many keys, whose first bytes are often the same, just the shared are. */
static void many_keys_are_told_apart(void **state)
{
    enum { COUNT_OF_KEYS = 20000 };
    struct keys *keys = keys_new();

    (void)state;
    for (uint64_t turn = 0; turn < 2; turn++) {
        for (uint64_t i = 0; i < COUNT_OF_KEYS; i++) {
            struct key_id id = id_of(i % 100 == 99 ? i : i % 7);

            memcpy(id.bytes + 8, &i, sizeof(i));
            if (turn == 0 || i % 3 == 0) {
                assert_int_equal(keys_note(keys, &id, turn * COUNT_OF_KEYS + i), FAULT_NONE);
            }
        }
    }
    for (uint64_t i = 0; i < COUNT_OF_KEYS; i++) {
        struct key_id id = id_of(i % 100 == 99 ? i : i % 7), absent;

        memcpy(id.bytes + 8, &i, sizeof(i));
        absent = id;
        absent.bytes[15] = 1;
        assert_int_equal(keys_are_shared(keys, &id), i % 3 == 0);
        assert_false(keys_are_shared(keys, &absent));
    }
    keys_free(keys);
    keys_free(NULL);
}

static struct key_id id_of_made(const struct made_certificate *made)
{
    struct buffer der = buffer_with_max(4096);
    struct cert cert;
    struct why why;
    struct key_id id = {{0}};

    made_certificate_add(&der, made);
    assert_int_equal(cert_read(buffer_span(&der), &cert, &why), FAULT_NONE);
    assert_int_equal(key_id_of(&cert, &id), FAULT_NONE);
    buffer_clear(&der);
    return id;
}

static void certificates_of_one_key_have_one_id(void **state)
{
    const struct key_id a = id_of_made(&(struct made_certificate){1, 1, "a@x", "301231235959Z", 0});
    const struct key_id b = id_of_made(&(struct made_certificate){2, 1, NULL, "310101000000Z", 1});
    const struct key_id c = id_of_made(&(struct made_certificate){1, 2, "a@x", "301231235959Z", 0});

    (void)state;
    assert_memory_equal(&a, &b, sizeof(a));
    assert_memory_not_equal(&a, &c, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_of_one_mailbox_is_not_shared),
        cmocka_unit_test(a_key_of_two_mailboxes_is_shared),
        cmocka_unit_test(many_keys_are_told_apart),
        cmocka_unit_test(certificates_of_one_key_have_one_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
