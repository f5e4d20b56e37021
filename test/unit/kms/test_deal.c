#include "kms/vault/deal.h"

#include "kms/vault_support.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

static const enum vault_curve curves[] = {VAULT_P256, VAULT_P384};

static const struct number_row {
    const char *name;
    unsigned quorum, count;
    enum fault fault;
} number_rows[] = {
    {"two of two is the least", 2, 2, FAULT_NONE},
    {"all of five", 5, 5, FAULT_NONE},
    {"two of 64", 2, 64, FAULT_NONE},
    {"64 of 64 is the most", 64, 64, FAULT_NONE},
    {"one of two is no quorum", 1, 2, FAULT_LIMIT},
    {"none of two is no quorum", 0, 2, FAULT_LIMIT},
    {"three of two cannot be", 3, 2, FAULT_LIMIT},
    {"65 agents are too many", 2, 65, FAULT_LIMIT},
    {"65 of 65 are too many", 65, 65, FAULT_LIMIT},
};

static void number_row_holds(void **state)
{
    const struct number_row *row = *state;
    struct vault_public public = {0};
    struct secret shares[VAULT_AGENTS_MAX] = {{0}};
    struct vault *vault = NULL;
    struct why why = {0};

    assert_int_equal(vault_deal(VAULT_P256, row->quorum, row->count, &public, shares, &why),
                     row->fault);
    if (row->fault != FAULT_NONE) {
        assert_null(shares[0].at);
        assert_int_equal(public.quorum, 0);
        return;
    }
    assert_int_equal(vault_open(&public, &vault, &why), FAULT_NONE);
    for (unsigned i = 0; i < row->count; i++) {
        assert_int_equal(vault_share_fits(vault, i + 1, &shares[i], &why), FAULT_NONE);
        secret_clear(&shares[i]);
    }
    vault_close(vault);
}

static void other_shares_do_not_fit(void **state)
{
    (void)state;

    for (size_t c = 0; c < COUNT(curves); c++) {
        struct dealt *dealt = dealt_new(curves[c], 3, 5);
        struct dealt *other = dealt_new(curves[c], 3, 5);
        struct why why = {0};

        for (unsigned i = 1; i <= 5; i++) {
            for (unsigned k = 1; k <= 5; k++) {
                assert_int_equal(vault_share_fits(dealt->vault, i, &dealt->shares[k - 1], &why),
                                 i == k ? FAULT_NONE : FAULT_DENIED);
                assert_int_equal(vault_share_fits(dealt->vault, i, &other->shares[k - 1], &why),
                                 FAULT_DENIED);
            }
        }
        assert_int_equal(vault_share_fits(dealt->vault, 0, &dealt->shares[0], &why), FAULT_DENIED);
        assert_int_equal(vault_share_fits(dealt->vault, 6, &dealt->shares[0], &why), FAULT_DENIED);
        dealt_free(dealt);
        dealt_free(other);
    }
}

static void altered_shares_do_not_fit(void **state)
{
    struct dealt *dealt = dealt_new(VAULT_P256, 2, 3);
    struct secret *share = &dealt->shares[1];
    struct secret none = {0};
    struct why why = {0};
    (void)state;

    for (size_t bit = 0; bit < 8 * share->len; bit++) {
        share->at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(vault_share_fits(dealt->vault, 2, share, &why), FAULT_DENIED);
        share->at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(vault_share_fits(dealt->vault, 2, share, &why), FAULT_NONE);
    secret_shorten(share, share->len - 1);
    assert_int_equal(vault_share_fits(dealt->vault, 2, share, &why), FAULT_DENIED);
    assert_int_equal(vault_share_fits(dealt->vault, 2, &none, &why), FAULT_DENIED);
    dealt_free(dealt);
}

/* f(x) = 1 - x gives agent 1 the share 0: whoever made up such commitments has dealt nothing. */
static void share_of_zero_is_none(void **state)
{
    struct dealt *dealt = dealt_new(VAULT_P256, 2, 2);
    struct vault_public public = dealt->public;
    struct vault_point point;
    struct secret zero = {0};
    struct vault *vault = NULL;
    struct why why = {0};
    (void)state;

    public.commitments[1] = public.commitments[0];
    public.commitments[1].at[0] ^= 1;
    assert_int_equal(vault_open(&public, &vault, &why), FAULT_NONE);
    assert_int_equal(vault_public_share(vault, 1, &point, &why), FAULT_ABSENT);
    assert_int_equal(vault_public_share(vault, 2, &point, &why), FAULT_NONE);
    assert_int_equal(secret_new(32, &zero, &why), FAULT_NONE);
    assert_int_equal(vault_share_fits(vault, 1, &zero, &why), FAULT_DENIED);
    secret_clear(&zero);
    vault_close(vault);
    dealt_free(dealt);
}

static void dealings_differ(void **state)
{
    struct dealt *a = dealt_new(VAULT_P256, 2, 2);
    struct dealt *b = dealt_new(VAULT_P256, 2, 2);
    (void)state;

    assert_false(span_equal(vault_public_key(&a->public), vault_public_key(&b->public)));
    assert_false(secret_equal(&a->shares[0], &b->shares[0]));
    assert_false(secret_equal(&a->shares[0], &a->shares[1]));
    dealt_free(a);
    dealt_free(b);
}

static void public_share_is_of_an_agent(void **state)
{
    struct dealt *dealt = dealt_new(VAULT_P384, 2, 3);
    struct vault_point first, again;
    struct why why = {0};
    (void)state;

    assert_int_equal(vault_public_share(dealt->vault, 3, &first, &why), FAULT_NONE);
    assert_int_equal(vault_public_share(dealt->vault, 3, &again, &why), FAULT_NONE);
    assert_true(span_equal(vault_point_span(&first), vault_point_span(&again)));
    assert_int_equal(vault_public_share(dealt->vault, 0, &again, &why), FAULT_ABSENT);
    assert_int_equal(vault_public_share(dealt->vault, 4, &again, &why), FAULT_ABSENT);
    dealt_free(dealt);
}

/* f(x) = 5 + 3x: shares 8, 11, 14. */
static void given_polynomial_is_dealt(void **state)
{
    struct vault_public public;
    struct secret shares[3] = {{0}};
    struct secret coefficients = {0};
    struct why why = {0};
    (void)state;

    assert_int_equal(secret_new(64, &coefficients, &why), FAULT_NONE);
    coefficients.at[31] = 5;
    coefficients.at[63] = 3;
    assert_int_equal(vault_deal_polynomial(VAULT_P256, 2, 3, &coefficients, &public, shares, &why),
                     FAULT_NONE);
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(shares[i].len, 32);
        assert_int_equal(shares[i].at[31], 8 + 3 * i);
        assert_int_equal(shares[i].at[30], 0);
        secret_clear(&shares[i]);
    }
    coefficients.at[63] = 0;
    assert_int_equal(vault_deal_polynomial(VAULT_P256, 2, 3, &coefficients, &public, shares, &why),
                     FAULT_SYNTAX);
    memset(coefficients.at, 0xff, 32);
    coefficients.at[63] = 1;
    assert_int_equal(vault_deal_polynomial(VAULT_P256, 2, 3, &coefficients, &public, shares, &why),
                     FAULT_SYNTAX);
    secret_shorten(&coefficients, 63);
    assert_int_equal(vault_deal_polynomial(VAULT_P256, 2, 3, &coefficients, &public, shares, &why),
                     FAULT_SYNTAX);
    assert_null(shares[0].at);
    assert_int_equal(vault_deal((enum vault_curve)7, 2, 3, &public, shares, &why), FAULT_SYNTAX);
    secret_clear(&coefficients);
}

static void public_bytes_come_back(void **state)
{
    (void)state;

    for (size_t c = 0; c < COUNT(curves); c++) {
        struct dealt *dealt = dealt_new(curves[c], 3, 7);
        struct buffer bytes = buffer_with_max(VAULT_PUBLIC_MAX);
        struct buffer again = buffer_with_max(VAULT_PUBLIC_MAX);
        struct vault_public read = {0};
        struct why why = {0};

        vault_public_encode(&dealt->public, &bytes);
        assert_int_equal(vault_public_decode(buffer_span(&bytes), &read, &why), FAULT_NONE);
        assert_int_equal(read.curve, curves[c]);
        assert_int_equal(read.quorum, 3);
        assert_int_equal(read.count, 7);
        vault_public_encode(&read, &again);
        assert_true(span_equal(buffer_span(&bytes), buffer_span(&again)));
        buffer_clear(&bytes);
        buffer_clear(&again);
        dealt_free(dealt);
    }
}

static void refuse_public(struct span bytes)
{
    uint8_t *block = exact_copy((const char *)bytes.at, bytes.len);
    struct vault_public read = {0};
    struct why why = {0};

    assert_int_equal(vault_public_decode(span_of(block, bytes.len), &read, &why), FAULT_SYNTAX);
    assert_int_equal(read.quorum, 0);
    free(block);
}

static void other_public_bytes_are_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
    } alterations[] = {
        {0, 2}, {0, 0}, {1, 0},  {1, 2}, {1, 3}, {2, 1},      {2, 4},
        {2, 0}, {3, 2}, {3, 65}, {4, 4}, {4, 0}, {4 + 33, 5},
    };
    struct dealt *dealt = dealt_new(VAULT_P256, 3, 7);
    struct buffer bytes = buffer_with_max(VAULT_PUBLIC_MAX);
    (void)state;

    vault_public_encode(&dealt->public, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        refuse_public(span_of(bytes.at, len));
    }
    for (size_t i = 0; i < COUNT(alterations); i++) {
        uint8_t was = bytes.at[alterations[i].at];

        bytes.at[alterations[i].at] = alterations[i].byte;
        refuse_public(buffer_span(&bytes));
        bytes.at[alterations[i].at] = was;
    }
    memset(bytes.at + 5, 0xff, 32); /* an x that no point has */
    refuse_public(buffer_span(&bytes));
    buffer_add_byte(&bytes, 0);
    refuse_public(buffer_span(&bytes));
    buffer_clear(&bytes);
    dealt_free(dealt);
}

static void openssl_reads_the_public_key(void **state)
{
    (void)state;

    for (size_t c = 0; c < COUNT(curves); c++) {
        struct dealt *dealt = dealt_new(curves[c], 2, 2);
        struct buffer der = buffer_with_max(256);
        struct why why = {0};
        const uint8_t *at;
        uint8_t x[VAULT_SCALAR_MAX];
        BIGNUM *number = NULL;
        EVP_PKEY *key;

        assert_int_equal(vault_public_spki(&dealt->public, &der, &why), FAULT_NONE);
        at = der.at;
        key = d2i_PUBKEY(NULL, &at, (long)der.len);
        assert_non_null(key);
        assert_ptr_equal(at, der.at + der.len);
        assert_int_equal(EVP_PKEY_get_bits(key), curves[c] == VAULT_P256 ? 256 : 384);
        assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &number), 1);
        assert_true(BN_bn2binpad(number, x, (int)vault_scalar_size(curves[c])) > 0);
        assert_memory_equal(x, vault_public_key(&dealt->public).at + 1,
                            vault_scalar_size(curves[c]));
        BN_free(number);
        EVP_PKEY_free(key);
        buffer_clear(&der);
        dealt_free(dealt);
    }
}

static void open_refuses_what_is_no_dealing(void **state)
{
    struct dealt *dealt = dealt_new(VAULT_P256, 2, 3);
    struct vault_public public = dealt->public;
    struct vault *vault = NULL;
    struct why why = {0};
    (void)state;

    public.commitments[1].len = 0; /* infinity */
    assert_int_equal(vault_open(&public, &vault, &why), FAULT_SYNTAX);
    public = dealt->public;
    public.quorum = 1;
    assert_int_equal(vault_open(&public, &vault, &why), FAULT_SYNTAX);
    public = dealt->public;
    public.curve = VAULT_P384;
    assert_int_equal(vault_open(&public, &vault, &why), FAULT_SYNTAX);
    public.curve = (enum vault_curve)9;
    assert_int_equal(vault_open(&public, &vault, &why), FAULT_SYNTAX);
    assert_null(vault);
    vault_close(NULL);
    dealt_free(dealt);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(other_shares_do_not_fit),
        cmocka_unit_test(altered_shares_do_not_fit),
        cmocka_unit_test(share_of_zero_is_none),
        cmocka_unit_test(dealings_differ),
        cmocka_unit_test(public_share_is_of_an_agent),
        cmocka_unit_test(given_polynomial_is_dealt),
        cmocka_unit_test(public_bytes_come_back),
        cmocka_unit_test(other_public_bytes_are_refused),
        cmocka_unit_test(openssl_reads_the_public_key),
        cmocka_unit_test(open_refuses_what_is_no_dealing),
    };
    struct CMUnitTest tests[COUNT(number_rows) + COUNT(others)];
    size_t count = TESTS_OF(tests, number_rows, number_row_holds);

    memcpy(tests + count, others, sizeof(others));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
