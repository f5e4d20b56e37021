#include "kms/vault/rebuild.h"

#include "kms/vault_support.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static EVP_PKEY *key_of(const struct secret *pem)
{
    BIO *text = BIO_new_mem_buf(pem->at, (int)pem->len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(text, NULL, NULL, NULL);

    assert_non_null(key);
    BIO_free(text);
    return key;
}

static EVP_PKEY *public_of(struct dealt *dealt)
{
    struct buffer der = buffer_with_max(256);
    struct why why = {0};
    const uint8_t *at;
    EVP_PKEY *key;

    assert_int_equal(vault_public_spki(&dealt->public, &der, &why), FAULT_NONE);
    at = der.at;
    key = d2i_PUBKEY(NULL, &at, (long)der.len);
    assert_non_null(key);
    buffer_clear(&der);
    return key;
}

static void key_is_whole(struct dealt *dealt, const struct secret *pem)
{
    EVP_PKEY *key = key_of(pem);
    EVP_PKEY *public = public_of(dealt);
    EVP_PKEY_CTX *check = EVP_PKEY_CTX_new(key, NULL);

    assert_int_equal(EVP_PKEY_eq(key, public), 1);
    assert_int_equal(EVP_PKEY_check(check), 1); /* the private half fits the public one */
    assert_int_equal(pem->at[pem->len], 0);
    assert_memory_equal(pem->at, "-----BEGIN PRIVATE KEY-----\n", 28);
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_free(key);
    EVP_PKEY_free(public);
}

static void all_subsets_give_the_key(void **state)
{
    for (unsigned count = 2; count <= 5; count++) {
        for (unsigned quorum = 2; quorum <= count; quorum++) {
            struct dealt *dealt = dealt_new(quorum == 2 ? VAULT_P384 : VAULT_P256, quorum, count);
            unsigned agents[VAULT_AGENTS_MAX];

            first_subset(agents, quorum);
            do {
                struct secret shares[VAULT_AGENTS_MAX];
                struct secret pem = {0};
                struct why why = {0};

                for (unsigned i = 0; i < quorum; i++) {
                    shares[i] = dealt->shares[agents[i] - 1];
                }
                assert_int_equal(vault_rebuild(dealt->vault, agents, shares, quorum, &pem, &why),
                                 FAULT_NONE);
                key_is_whole(dealt, &pem);
                secret_clear(&pem);
            } while (next_subset(agents, quorum, count));
            dealt_free(dealt);
        }
    }
    (void)state;
}

static void more_than_the_quorum_are_welcome(void **state)
{
    static const unsigned agents[] = {1, 2, 3, 4};
    struct dealt *dealt = dealt_new(VAULT_P256, 2, 4);
    struct secret pem = {0};
    struct why why = {0};
    (void)state;

    assert_int_equal(vault_rebuild(dealt->vault, agents, dealt->shares, 4, &pem, &why), FAULT_NONE);
    key_is_whole(dealt, &pem);
    secret_clear(&pem);
    dealt->shares[3].at[0] ^= 1;
    assert_int_equal(vault_rebuild(dealt->vault, agents, dealt->shares, 4, &pem, &why),
                     FAULT_DENIED);
    assert_int_equal(why.offset, 3);
    dealt_free(dealt);
}

static const struct refusal_row {
    const char *name;
    size_t count;
    unsigned agents[3]; /* as they say */
    unsigned shares[3]; /* whose they are */
    size_t place;
} refusal_rows[] = {
    {"nobody gives no key", 0, {0}, {0}, 0},
    {"fewer than the quorum give no key", 2, {1, 2}, {1, 2}, 2},
    {"one agent twice is one", 3, {1, 2, 2}, {1, 2, 2}, 2},
    {"a share under two names is refused", 3, {1, 2, 3}, {1, 2, 2}, 2},
    {"shares the other way round are refused", 3, {1, 2, 3}, {2, 1, 3}, 0},
    {"there is no agent 0", 3, {0, 1, 2}, {1, 1, 2}, 0},
    {"there is no agent 5", 3, {1, 2, 5}, {1, 2, 3}, 2},
};

static void refusal_row_holds(void **state)
{
    const struct refusal_row *row = *state;
    struct dealt *dealt = dealt_new(VAULT_P256, 3, 4);
    struct secret shares[3] = {{0}};
    struct secret pem = {0};
    struct why why = {0};

    for (size_t i = 0; i < row->count; i++) {
        shares[i] = dealt->shares[row->shares[i] - 1];
    }
    assert_int_equal(vault_rebuild(dealt->vault, row->agents, shares, row->count, &pem, &why),
                     FAULT_DENIED);
    assert_int_equal(why.offset, row->place);
    assert_null(pem.at);
    dealt_free(dealt);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(all_subsets_give_the_key),
        cmocka_unit_test(more_than_the_quorum_are_welcome),
    };
    struct CMUnitTest tests[COUNT(refusal_rows) + COUNT(others)];
    size_t count = TESTS_OF(tests, refusal_rows, refusal_row_holds);

    memcpy(tests + count, others, sizeof(others));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
