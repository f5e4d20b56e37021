#include "kms/authority/key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cert/key.h"
#include "support.h"

/* Each kind as its row of the command line, and as others read what we write. */
static const struct kind_row {
    const char *test, *name;
    enum key_kind kind;
    bool for_ca, slow, signs;
    enum key_kind signing, encryption;
} kinds[] = {
    {"p256 is written as libcrypto writes it", "p256", KIND_P256, true, false, true, KIND_P256,
     KIND_P256},
    {"p384 is written as libcrypto writes it", "p384", KIND_P384, true, false, true, KIND_P384,
     KIND_P384},
    {"rsa2048 is written as libcrypto writes it", "rsa2048", KIND_RSA2048, false, true, true,
     KIND_RSA2048, KIND_RSA2048},
    {"rsa3072 is written as libcrypto writes it", "rsa3072", KIND_RSA3072, true, true, true,
     KIND_RSA3072, KIND_RSA3072},
    {"rsa4096 is written as libcrypto writes it", "rsa4096", KIND_RSA4096, true, true, true,
     KIND_RSA4096, KIND_RSA4096},
    {"ed25519 is written as libcrypto writes it", "ed25519", KIND_ED25519, false, false, true,
     KIND_ED25519, KIND_X25519},
    {"x25519 is written as libcrypto writes it", "x25519", KIND_X25519, false, false, false,
     KIND_ED25519, KIND_X25519},
};

static struct private_key *make(enum key_kind kind)
{
    struct private_key *key = NULL;
    struct why why;

    assert_int_equal(private_key_make(kind, &key, &why), FAULT_NONE);
    return key;
}

/* What libcrypto makes of our bytes, and writes again, are our bytes. */
static void assert_libcrypto_writes_the_same(const struct secret *pkcs8)
{
    const uint8_t *at = pkcs8->at;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)pkcs8->len);
    EVP_PKEY *pkey = info != NULL ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO *again = pkey != NULL ? EVP_PKEY2PKCS8(pkey) : NULL;
    uint8_t *der = NULL;
    int len = again != NULL ? i2d_PKCS8_PRIV_KEY_INFO(again, &der) : -1;

    assert_ptr_equal(at, pkcs8->at + pkcs8->len);
    assert_int_equal(len, pkcs8->len);
    assert_memory_equal(der, pkcs8->at, pkcs8->len);
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(again);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(pkey);
}

static EVP_PKEY *public_half(const struct private_key *key)
{
    struct span spki = private_key_spki(key);
    const uint8_t *at = spki.at;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)spki.len);
    uint8_t *der = NULL;

    assert_non_null(pkey);
    assert_int_equal(i2d_PUBKEY(pkey, &der), spki.len);
    assert_memory_equal(der, spki.at, spki.len);
    OPENSSL_free(der);
    return pkey;
}

static void assert_signature_verifies(const struct private_key *key, const struct kind_row *row)
{
    EVP_PKEY *pkey = public_half(key);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    struct buffer signature = buffer_with_max(1024);
    struct span message = span_text("a message");
    const EVP_MD *digest = row->kind == KIND_ED25519 ? NULL
                           : row->kind == KIND_P384  ? EVP_sha384()
                                                     : EVP_sha256();
    struct why why;

    if (!row->signs) {
        assert_int_equal(private_key_sign(key, message, &signature, &why), FAULT_DENIED);
        assert_int_equal(key_kind_signature_algorithm(row->kind).len, 0);
    } else {
        assert_int_equal(private_key_sign(key, message, &signature, &why), FAULT_NONE);
        assert_int_equal(EVP_DigestVerifyInit(context, NULL, digest, NULL, pkey), 1);
        assert_int_equal(
            EVP_DigestVerify(context, signature.at, signature.len, message.at, message.len), 1);
    }
    buffer_clear(&signature);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
}

static void kind_holds(void **state)
{
    const struct kind_row *row = *state;
    struct private_key *key = make(row->kind);
    struct private_key *again = NULL;
    struct private_key *shared = private_key_share(key);
    struct secret pkcs8 = {0};
    struct cursor spki = cursor_over(private_key_spki(key));
    struct span whole;
    struct cert_key facts;
    enum key_kind found;
    struct why why;

    assert_true(key_kind_find(span_text(row->name), &found));
    assert_int_equal(found, row->kind);
    assert_string_equal(key_kind_name(row->kind), row->name);
    assert_int_equal(key_kind_is_for_ca(row->kind), row->for_ca);
    assert_int_equal(key_kind_is_slow(row->kind), row->slow);
    assert_int_equal(key_kind_for(row->kind, PURPOSE_SIGNING), row->signing);
    assert_int_equal(key_kind_for(row->kind, PURPOSE_ENCRYPTION), row->encryption);

    assert_true(key_take(&spki, &whole, &facts));
    assert_true(key_kind_of(&facts, &found));
    assert_int_equal(found, row->kind);

    assert_int_equal(private_key_pkcs8(key, &pkcs8, &why), FAULT_NONE);
    assert_libcrypto_writes_the_same(&pkcs8);
    assert_int_equal(private_key_from_pkcs8(secret_span(&pkcs8), &again, &why), FAULT_NONE);
    assert_int_equal(private_key_kind(again), row->kind);
    assert_true(private_key_fits(again, private_key_spki(key)));
    assert_true(private_key_fits(key, private_key_spki(again)));

    private_key_free(key);
    assert_signature_verifies(shared, row);
    private_key_free(shared);
    private_key_free(again);
    secret_clear(&pkcs8);
}

static void a_locked_key_opens_with_its_passphrase_alone(void **state)
{
    static const enum key_kind locked[] = {KIND_P256, KIND_RSA2048, KIND_ED25519};
    struct secret right = {0};
    struct secret wrong = {0};
    struct why why;

    (void)state;
    assert_int_equal(secret_copy(span_text("6e1f"), &right, &why), FAULT_NONE);
    assert_int_equal(secret_copy(span_text("6e1e"), &wrong, &why), FAULT_NONE);
    for (size_t i = 0; i < COUNT(locked); i++) {
        struct private_key *key = make(locked[i]);
        struct private_key *again = NULL;
        struct buffer pem = buffer_with_max(65536);
        struct buffer small = buffer_with_max(100);
        EVP_PKEY *pkey;
        BIO *bio;

        assert_int_equal(private_key_lock(key, &right, &small, &why), FAULT_LIMIT);
        assert_int_equal(private_key_lock(key, &right, &pem, &why), FAULT_NONE);
        assert_int_equal(private_key_unlock(buffer_span(&pem), &wrong, &again, &why), FAULT_DENIED);
        assert_null(again);
        assert_int_equal(private_key_unlock(buffer_span(&pem), &right, &again, &why), FAULT_NONE);
        assert_true(private_key_fits(again, private_key_spki(key)));

        bio = BIO_new_mem_buf(pem.at, (int)pem.len); /* as `openssl pkey` does */
        pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "6e1f");
        assert_non_null(pkey);
        EVP_PKEY_free(pkey);
        BIO_free(bio);
        buffer_clear(&pem);
        buffer_clear(&small);
        private_key_free(key);
        private_key_free(again);
    }
    assert_int_equal(private_key_unlock(span_text("-----BEGIN"), &right, NULL, &why), FAULT_SYNTAX);
    assert_int_equal(private_key_unlock(span_text(""), &right, NULL, &why), FAULT_SYNTAX);
    secret_clear(&right);
    secret_clear(&wrong);
}

static void other_keys_do_not_fit(void **state)
{
    struct private_key *key = make(KIND_P256);
    struct private_key *other = make(KIND_P256);
    struct span spki = private_key_spki(key);

    (void)state;
    assert_true(private_key_fits(key, spki));
    assert_false(private_key_fits(key, private_key_spki(other)));
    assert_false(private_key_fits(key, span_upto(spki, spki.len - 1)));
    assert_false(private_key_fits(key, span_of(NULL, 0)));
    private_key_free(key);
    private_key_free(other);
}

/* A point may be compressed: it is the same key. */
static void another_encoding_of_the_key_fits(void **state)
{
    struct private_key *key = make(KIND_P256);
    struct span spki = private_key_spki(key);
    uint8_t compressed[59];

    (void)state;
    memcpy(compressed, spki.at, 26);
    compressed[1] = 0x39;
    compressed[24] = 0x22;
    compressed[26] = (uint8_t)(2 | (spki.at[spki.len - 1] & 1));
    memcpy(compressed + 27, spki.at + 27, 32);
    assert_true(private_key_fits(key, span_of(compressed, sizeof(compressed))));
    compressed[26] ^= 1;
    assert_false(private_key_fits(key, span_of(compressed, sizeof(compressed))));
    private_key_free(key);
}

static void what_is_no_key_is_refused(void **state)
{
    struct private_key *key = make(KIND_P256);
    struct private_key *none = NULL;
    EVP_PKEY *foreign = EVP_EC_gen("secp256k1");
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(foreign);
    struct secret pkcs8 = {0};
    uint8_t *der = NULL;
    int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    struct why why;

    (void)state;
    assert_int_equal(private_key_pkcs8(key, &pkcs8, &why), FAULT_NONE);
    for (size_t n = 0; n < pkcs8.len; n++) {
        assert_int_equal(private_key_from_pkcs8(span_of(pkcs8.at, n), &none, &why), FAULT_SYNTAX);
    }
    pkcs8.at[pkcs8.len - 1] ^= 1; /* of the public half */
    assert_int_equal(private_key_from_pkcs8(secret_span(&pkcs8), &none, &why), FAULT_SYNTAX);
    assert_int_equal(private_key_from_pkcs8(span_of(der, (size_t)len), &none, &why), FAULT_DENIED);
    assert_null(none);
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(foreign);
    secret_clear(&pkcs8);
    private_key_free(key);
}

static void names_that_are_none_are_not_found(void **state)
{
    static const char *const names[] = {"", "P256", "p25", "p2566", "rsa", "rsa1024", "ed448"};
    enum key_kind kind;

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_false(key_kind_find(span_text(names[i]), &kind));
    }
}

static void a_maker_makes_different_keys(void **state)
{
    struct key_maker *maker = NULL;
    struct private_key *one = NULL;
    struct private_key *other = NULL;
    struct why why;

    (void)state;
    assert_int_equal(key_maker_new(KIND_X25519, &maker, &why), FAULT_NONE);
    assert_int_equal(key_maker_make(maker, &one, &why), FAULT_NONE);
    assert_int_equal(key_maker_make(maker, &other, &why), FAULT_NONE);
    assert_false(span_equal(private_key_spki(one), private_key_spki(other)));
    private_key_free(one);
    private_key_free(other);
    key_maker_free(maker);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(kinds) + 6] = {
        cmocka_unit_test(a_locked_key_opens_with_its_passphrase_alone),
        cmocka_unit_test(other_keys_do_not_fit),
        cmocka_unit_test(another_encoding_of_the_key_fits),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(names_that_are_none_are_not_found),
        cmocka_unit_test(a_maker_makes_different_keys),
    };

    (void)TESTS_OF(tests + 6, kinds, kind_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
