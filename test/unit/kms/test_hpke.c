#include "kms/people/hpke.h"

#include "base/hex.h"
#include "support.h"

enum { BYTES_MAX = 256 };

struct bytes {
    uint8_t at[BYTES_MAX];
    size_t len;
};

static struct bytes unhex(const char *text)
{
    struct bytes out = {.len = strlen(text) / 2};

    assert_true(out.len <= BYTES_MAX);
    assert_int_equal(hex_decode_run(span_text(text), out.at), strlen(text));
    return out;
}

static struct span span_at(const struct bytes *bytes) { return span_of(bytes->at, bytes->len); }

/*
 * The test vectors that RFC 9180 names (test-vectors.json of its authors): mode 0, kem_id 32,
 * kdf_id 1, aead_id 2, the first encryption.
 */
static const char info_hex[] = "4f6465206f6e2061204772656369616e2055726e";
static const char recipient_private[] =
    "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d";
static const char recipient_public[] =
    "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c";
static const char sender_private[] =
    "179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11";
static const char aad_hex[] = "436f756e742d30";
static const char plain_hex[] = "4265617574792069732074727574682c20747275746820626561757479";
static const char sealed_hex[] =
    "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256"
    "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a";

static void vector_is_sealed_and_opened(void **state)
{
    struct bytes info = unhex(info_hex), aad = unhex(aad_hex), plain = unhex(plain_hex);
    struct bytes private = unhex(recipient_private), public = unhex(recipient_public);
    struct bytes ephemeral = unhex(sender_private), want = unhex(sealed_hex);
    struct buffer sealed = buffer_with_max(1 << 10);
    uint8_t computed[HPKE_KEY_SIZE];
    struct secret got = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(hpke_public(span_at(&private), computed, &why), FAULT_NONE);
    assert_memory_equal(computed, public.at, HPKE_KEY_SIZE);
    assert_int_equal(hpke_seal_from(span_at(&ephemeral), public.at, span_at(&info), span_at(&aad),
                                    span_at(&plain), &sealed, &why),
                     FAULT_NONE);
    assert_int_equal(sealed.len, want.len);
    assert_memory_equal(sealed.at, want.at, want.len);
    assert_int_equal(hpke_open(span_at(&private), span_at(&info), span_at(&aad),
                               buffer_span(&sealed), &got, &why),
                     FAULT_NONE);
    assert_int_equal(got.len, plain.len);
    assert_memory_equal(got.at, plain.at, plain.len);
    secret_clear(&got);
    buffer_clear(&sealed);
}

/* What is not the same in one row as when it was sealed. */
static const struct row {
    const char *name, *private, *info, *aad, *sealed;
    enum fault fault;
} rows[] = {
    {"another private key opens nothing", sender_private, info_hex, aad_hex, sealed_hex,
     FAULT_DENIED},
    {"nor does another purpose", recipient_private, "00", aad_hex, sealed_hex, FAULT_DENIED},
    {"nor does none", recipient_private, "", aad_hex, sealed_hex, FAULT_DENIED},
    {"nor what it is not bound to", recipient_private, info_hex, "436f756e742d31", sealed_hex,
     FAULT_DENIED},
    {"nor does nothing", recipient_private, info_hex, "", sealed_hex, FAULT_DENIED},
    {"nor are purpose and binding exchanged", recipient_private, aad_hex, info_hex, sealed_hex,
     FAULT_DENIED},
    {"no bytes are no private key", "", info_hex, aad_hex, sealed_hex, FAULT_SYNTAX},
    {"nor are fewer", "497b4502664cfea5", info_hex, aad_hex, sealed_hex, FAULT_SYNTAX},
    {"no bytes are no box", recipient_private, info_hex, aad_hex, "", FAULT_SYNTAX},
    {"nor is a key alone", recipient_private, info_hex, aad_hex,
     "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256", FAULT_SYNTAX},
    {"a public key of zeros gives everybody the secret", recipient_private, info_hex, aad_hex,
     "0000000000000000000000000000000000000000000000000000000000000000"
     "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
     FAULT_DENIED},
    {"so does the point of order two", recipient_private, info_hex, aad_hex,
     "0100000000000000000000000000000000000000000000000000000000000000"
     "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
     FAULT_DENIED},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct bytes private = unhex(row->private), info = unhex(row->info), aad = unhex(row->aad);
    struct bytes sealed = unhex(row->sealed);
    struct secret got = {0};
    struct why why = {0};

    assert_int_equal(
        hpke_open(span_at(&private), span_at(&info), span_at(&aad), span_at(&sealed), &got, &why),
        row->fault);
    assert_null(got.at);
    assert_non_null(why.rule);
}

static void every_bit_counts(void **state)
{
    struct bytes private = unhex(recipient_private), info = unhex(info_hex), aad = unhex(aad_hex);
    struct bytes sealed = unhex(sealed_hex);
    struct secret got = {0};
    struct why why = {0};

    (void)state;
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        /* RFC 7748, section 5: the highest bit of a public key is masked; but the key is hashed. */
        sealed.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(hpke_open(span_at(&private), span_at(&info), span_at(&aad),
                                   span_at(&sealed), &got, &why),
                         FAULT_DENIED);
        assert_null(got.at);
        sealed.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void cut_box_is_refused(void **state)
{
    struct bytes private = unhex(recipient_private), info = unhex(info_hex), aad = unhex(aad_hex);
    struct bytes sealed = unhex(sealed_hex);

    (void)state;
    for (size_t len = 0; len < sealed.len; len++) {
        uint8_t *block = exact_copy((const char *)sealed.at, len);
        struct secret got = {0};
        struct why why = {0};

        assert_int_equal(hpke_open(span_at(&private), span_at(&info), span_at(&aad),
                                   span_of(block, len), &got, &why),
                         len < HPKE_OVERHEAD ? FAULT_SYNTAX : FAULT_DENIED);
        assert_null(got.at);
        free(block);
    }
}

static const size_t lengths[] = {0, 1, 31, 4096, HPKE_PLAIN_MAX};

/* Boxes of every length come back; two of the same bytes are not alike. */
static void fresh_boxes_open(void **state)
{
    uint8_t public[HPKE_KEY_SIZE], *plain = calloc(1, HPKE_PLAIN_MAX + 1);
    struct buffer one = buffer_with_max(HPKE_PLAIN_MAX + HPKE_OVERHEAD);
    struct buffer two = buffer_with_max(HPKE_PLAIN_MAX + HPKE_OVERHEAD);
    const struct span info = span_text("keyroster test v1"), none = {0};
    struct secret private = {0}, got = {0};
    struct why why = {0};

    (void)state;
    assert_non_null(plain);
    assert_int_equal(hpke_pair(public, &private, &why), FAULT_NONE);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct span bytes = span_of(plain, lengths[i]);

        buffer_reset(&one);
        buffer_reset(&two);
        assert_int_equal(hpke_seal(public, info, none, bytes, &one, &why), FAULT_NONE);
        assert_int_equal(hpke_seal(public, info, none, bytes, &two, &why), FAULT_NONE);
        assert_int_equal(one.len, lengths[i] + HPKE_OVERHEAD);
        assert_memory_not_equal(one.at, two.at, one.len);
        assert_memory_not_equal(one.at, two.at, HPKE_KEY_SIZE);
        assert_int_equal(
            hpke_open(secret_span(&private), info, none, buffer_span(&two), &got, &why),
            FAULT_NONE);
        assert_true(span_equal(secret_span(&got), bytes));
        secret_clear(&got);
    }
    assert_int_equal(hpke_seal(public, info, none, span_of(plain, HPKE_PLAIN_MAX + 1), &one, &why),
                     FAULT_LIMIT);
    secret_clear(&private);
    buffer_clear(&one);
    buffer_clear(&two);
    free(plain);
}

static void nothing_is_added_on_failure(void **state)
{
    static const uint8_t zeros[HPKE_KEY_SIZE];
    struct bytes public = unhex(recipient_public);
    const struct span info = span_text("keyroster test v1"), none = {0};
    struct buffer out = buffer_with_max(HPKE_OVERHEAD);
    struct why why = {0};

    (void)state;
    buffer_add_byte(&out, 'x');
    assert_int_equal(hpke_seal(public.at, info, none, none, &out, &why), FAULT_LIMIT);
    assert_int_equal(out.len, 1);
    buffer_clear(&out);
    out = buffer_with_max(1 << 10);
    buffer_add_byte(&out, 'x');
    assert_int_equal(hpke_seal(zeros, info, none, none, &out, &why), FAULT_DENIED);
    assert_int_equal(out.len, 1);
    buffer_clear(&out);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 5] = {
        cmocka_unit_test(vector_is_sealed_and_opened), cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(cut_box_is_refused),          cmocka_unit_test(fresh_boxes_open),
        cmocka_unit_test(nothing_is_added_on_failure),
    };

    (void)TESTS_OF(tests + 5, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
