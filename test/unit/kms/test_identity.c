#include "kms/people/identity.h"

#include "base/hex.h"
#include "support.h"

enum { KEYS_SIZE = 64 };

static const struct lock_cost cheap = {.passes = 1, .memory_kib = 8, .lanes = 1};

static void unhex(const char *text, uint8_t *out, size_t len)
{
    assert_int_equal(strlen(text), 2 * len);
    assert_int_equal(hex_decode_run(span_text(text), out), 2 * len);
}

static struct secret passphrase_of(const char *text)
{
    struct secret secret = {0};
    struct why why;

    assert_int_equal(secret_copy(span_text(text), &secret, &why), FAULT_NONE);
    return secret;
}

/* An identity whose private halves are known: locked here, and unlocked as usual. */
static struct identity known_identity(const char *seed, const char *sealing)
{
    struct secret passphrase = passphrase_of("one of many words");
    struct buffer locked = buffer_with_max(1 << 10);
    struct identity identity = {0};
    uint8_t keys[KEYS_SIZE];
    struct why why = {0};

    unhex(seed, keys, 32);
    unhex(sealing, keys + 32, 32);
    assert_int_equal(lock_seal(&passphrase, cheap, span_text("anna"), span_of(keys, sizeof(keys)),
                               &locked, &why),
                     FAULT_NONE);
    assert_int_equal(
        identity_unlock(&passphrase, span_text("anna"), buffer_span(&locked), &identity, &why),
        FAULT_NONE);
    buffer_clear(&locked);
    secret_clear(&passphrase);
    return identity;
}

static const char sealing_private[] =
    "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d";
static const char sealing_public[] =
    "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c";

/* RFC 8032, section 7.1. */
static const struct row {
    const char *name, *seed, *public, *message;
    size_t len;
    const char *signature;
} rows[] = {
    {"RFC 8032, test 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", TEXT(""),
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"RFC 8032, test 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", TEXT("\x72"),
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"RFC 8032, test 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", TEXT("\xaf\x82"),
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct identity identity = known_identity(row->seed, sealing_private);
    uint8_t public[IDENTITY_KEY_SIZE], want[IDENTITY_SIGNATURE_SIZE];
    uint8_t got[IDENTITY_SIGNATURE_SIZE];
    const struct span message = span_of(row->message, row->len);
    struct why why = {0};

    unhex(row->public, public, sizeof(public));
    assert_memory_equal(identity.signing, public, sizeof(public));
    unhex(sealing_public, public, sizeof(public));
    assert_memory_equal(identity.sealing, public, sizeof(public));
    unhex(row->signature, want, sizeof(want));
    assert_int_equal(identity_sign(&identity, message, got, &why), FAULT_NONE);
    assert_memory_equal(got, want, sizeof(want));
    assert_int_equal(identity_verify(identity.signing, message, span_of(got, sizeof(got)), &why),
                     FAULT_NONE);
    identity_clear(&identity);
    assert_null(identity.keys.at);
    identity_clear(&identity);
}

/* One bit anywhere in the signature, the message or the key, or a byte less: refused. */
static void other_signatures_are_refused(void **state)
{
    struct identity identity = known_identity(rows[2].seed, sealing_private);
    uint8_t signature[IDENTITY_SIGNATURE_SIZE], message[] = {0xaf, 0x82};
    const struct span bytes = span_of(message, sizeof(message));
    const struct span whole = span_of(signature, sizeof(signature));
    struct why why = {0};

    (void)state;
    assert_int_equal(identity_sign(&identity, bytes, signature, &why), FAULT_NONE);
    for (size_t bit = 0; bit < sizeof(signature) * 8; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(identity_verify(identity.signing, bytes, whole, &why), FAULT_DENIED);
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < sizeof(message) * 8; bit++) {
        message[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(identity_verify(identity.signing, bytes, whole, &why), FAULT_DENIED);
        message[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < sizeof(identity.signing) * 8; bit++) {
        identity.signing[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(identity_verify(identity.signing, bytes, whole, &why), FAULT_DENIED);
        identity.signing[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < sizeof(signature); len++) {
        assert_int_equal(identity_verify(identity.signing, bytes, span_of(signature, len), &why),
                         FAULT_DENIED);
    }
    assert_int_equal(identity_verify(identity.signing, bytes, whole, &why), FAULT_NONE);
    identity_clear(&identity);
}

/* Made, locked, unlocked, it signs and opens as the same person. */
static void made_identity_comes_back(void **state)
{
    struct secret passphrase = passphrase_of("words that nobody knows");
    struct buffer locked = buffer_with_max(1 << 10), box = buffer_with_max(1 << 10);
    struct identity made = {0}, other = {0}, back = {0};
    const struct span none = {0}, info = span_text("keyroster test v1");
    struct secret opened = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(identity_make(&made, &why), FAULT_NONE);
    assert_int_equal(identity_make(&other, &why), FAULT_NONE);
    assert_memory_not_equal(made.signing, other.signing, IDENTITY_KEY_SIZE);
    assert_memory_not_equal(made.sealing, other.sealing, HPKE_KEY_SIZE);
    assert_int_equal(identity_lock(&made, &passphrase, cheap, span_text("anna"), &locked, &why),
                     FAULT_NONE);
    assert_int_equal(
        identity_unlock(&passphrase, span_text("anna"), buffer_span(&locked), &back, &why),
        FAULT_NONE);
    assert_memory_equal(back.signing, made.signing, IDENTITY_KEY_SIZE);
    assert_memory_equal(back.sealing, made.sealing, HPKE_KEY_SIZE);
    assert_int_equal(hpke_seal(made.sealing, info, none, span_text("for Anna"), &box, &why),
                     FAULT_NONE);
    assert_int_equal(identity_open(&back, info, none, buffer_span(&box), &opened, &why),
                     FAULT_NONE);
    assert_span(secret_span(&opened), "for Anna");
    secret_clear(&opened);
    assert_int_equal(identity_open(&other, info, none, buffer_span(&box), &opened, &why),
                     FAULT_DENIED);
    identity_clear(&made);
    identity_clear(&other);
    identity_clear(&back);
    buffer_clear(&locked);
    buffer_clear(&box);
    secret_clear(&passphrase);
}

static void others_do_not_unlock_it(void **state)
{
    struct secret right = passphrase_of("right"), wrong = passphrase_of("wrong");
    struct buffer locked = buffer_with_max(1 << 10);
    struct identity made = {0}, back = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(identity_make(&made, &why), FAULT_NONE);
    assert_int_equal(identity_lock(&made, &right, cheap, span_text("anna"), &locked, &why),
                     FAULT_NONE);
    assert_int_equal(identity_unlock(&wrong, span_text("anna"), buffer_span(&locked), &back, &why),
                     FAULT_DENIED);
    assert_int_equal(identity_unlock(&right, span_text("bert"), buffer_span(&locked), &back, &why),
                     FAULT_DENIED);
    buffer_reset(&locked);
    assert_int_equal(
        lock_seal(&right, cheap, span_text("anna"), span_text("no keys"), &locked, &why),
        FAULT_NONE);
    assert_int_equal(identity_unlock(&right, span_text("anna"), buffer_span(&locked), &back, &why),
                     FAULT_SYNTAX);
    assert_null(back.keys.at);
    identity_clear(&made);
    buffer_clear(&locked);
    secret_clear(&right);
    secret_clear(&wrong);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {
        cmocka_unit_test(other_signatures_are_refused),
        cmocka_unit_test(made_identity_comes_back),
        cmocka_unit_test(others_do_not_unlock_it),
    };

    (void)TESTS_OF(tests + 3, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
