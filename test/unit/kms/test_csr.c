#include "kms/authority/csr.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/base64.h"
#include "support.h"

/* What a request is made of. */
enum form { FORM_DER, FORM_PEM, FORM_PEM_NEW, FORM_PEM_BEHIND_TEXT };
enum damage { WHOLE, OTHER_SIGNER, CUT, TRAILING, OTHER_LABEL, NO_END };

static const struct row {
    const char *name;
    const char *algorithm, *group; /* of libcrypto */
    unsigned bits;
    unsigned exponent; /* 0: as usual */
    enum form form;
    enum damage damage;
    enum fault fault;
    enum key_kind kind;
} rows[] = {
    {"p256 is taken", "EC", "P-256", .kind = KIND_P256},
    {"p384 is taken", "EC", "P-384", .kind = KIND_P384},
    {"rsa2048 is taken", "RSA", NULL, 2048, .kind = KIND_RSA2048},
    {"rsa3072 is taken", "RSA", NULL, 3072, .kind = KIND_RSA3072},
    {"ed25519 is taken", "ED25519", .kind = KIND_ED25519},
    {"PEM is taken", "EC", "P-256", .form = FORM_PEM, .kind = KIND_P256},
    {"PEM with another label is taken", "EC", "P-256", .form = FORM_PEM_NEW, .kind = KIND_P256},
    {"PEM behind text is taken", "EC", "P-256", .form = FORM_PEM_BEHIND_TEXT, .kind = KIND_P256},
    {"rsa1024 is refused", "RSA", NULL, 1024, .fault = FAULT_DENIED},
    {"a size between is refused", "RSA", NULL, 2056, .fault = FAULT_DENIED},
    {"an exponent of 3 is refused", "RSA", NULL, 2048, 3, .fault = FAULT_DENIED},
    {"an exponent of 65539 is taken", "RSA", NULL, 2048, 65539, .kind = KIND_RSA2048},
    {"another curve is refused", "EC", "secp256k1", .fault = FAULT_DENIED},
    {"p224 is refused", "EC", "P-224", .fault = FAULT_DENIED},
    {"ed448 is refused", "ED448", .fault = FAULT_DENIED},
    {"RSA for PSS alone is refused", "RSA-PSS", NULL, 2048, .fault = FAULT_DENIED},
    {"another's signature is refused", "EC", "P-256", .damage = OTHER_SIGNER,
     .fault = FAULT_DENIED},
    {"another's signature in PEM is refused", "RSA", NULL, 2048, .form = FORM_PEM,
     .damage = OTHER_SIGNER, .fault = FAULT_DENIED},
    {"a request that is cut off is refused", "EC", "P-256", .damage = CUT, .fault = FAULT_SYNTAX},
    {"bytes behind it are refused", "EC", "P-256", .damage = TRAILING, .fault = FAULT_SYNTAX},
    {"another kind of PEM is refused", "EC", "P-256", .form = FORM_PEM, .damage = OTHER_LABEL,
     .fault = FAULT_SYNTAX},
    {"PEM without an end is refused", "EC", "P-256", .form = FORM_PEM, .damage = NO_END,
     .fault = FAULT_SYNTAX},
};

static EVP_PKEY *make_key(const struct row *row)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, row->algorithm, NULL);
    EVP_PKEY *key = NULL;

    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    if (row->group != NULL) {
        assert_int_equal(EVP_PKEY_CTX_set_group_name(context, row->group), 1);
    }
    if (row->bits > 0) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)row->bits), 1);
    }
    if (row->exponent > 0) {
        BIGNUM *e = BN_new();

        assert_int_equal(BN_set_word(e, row->exponent), 1);
        assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e), 1);
        BN_free(e);
    }
    assert_int_equal(EVP_PKEY_generate(context, &key), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* The subject and addresses that it claims are somebody else's: nobody looks. */
static void make_request(const struct row *row, EVP_PKEY *key, struct buffer *der)
{
    X509_REQ *request = X509_REQ_new();
    X509_NAME *name = X509_REQ_get_subject_name(request);
    EVP_PKEY *signer = row->damage == OTHER_SIGNER ? make_key(row) : key;
    bool hashes = strncmp(row->algorithm, "ED", 2) != 0;
    uint8_t *bytes = NULL;
    int len;

    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                (const uint8_t *)"root@example.org", -1, -1, 0),
                     1);
    assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
    assert_true(X509_REQ_sign(request, signer, hashes ? EVP_sha256() : NULL) > 0);
    len = i2d_X509_REQ(request, &bytes);
    assert_true(len > 0);
    buffer_add(der, span_of(bytes, (size_t)len - (row->damage == CUT ? 1 : 0)));
    if (row->damage == TRAILING) {
        buffer_add_byte(der, 0);
    }
    if (signer != key) {
        EVP_PKEY_free(signer);
    }
    OPENSSL_free(bytes);
    X509_REQ_free(request);
}

static void add_in_form(const struct row *row, struct span der, struct buffer *out)
{
    const char *label = row->damage == OTHER_LABEL  ? "CERTIFICATE"
                        : row->form == FORM_PEM_NEW ? "NEW CERTIFICATE REQUEST"
                                                    : "CERTIFICATE REQUEST";

    if (row->form == FORM_DER) {
        buffer_add(out, der);
        return;
    }
    if (row->form == FORM_PEM_BEHIND_TEXT) {
        buffer_add_text(out, "Certificate Request:\n    Data:\n");
    }
    buffer_add_text(out, "-----BEGIN ");
    buffer_add_text(out, label);
    buffer_add_text(out, "-----\n");
    base64_add(out, der);
    if (row->damage != NO_END) {
        buffer_add_text(out, "\n-----END ");
        buffer_add_text(out, label);
        buffer_add_text(out, "-----\n");
    }
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    EVP_PKEY *key = make_key(row);
    struct buffer der = buffer_with_max(65536);
    struct buffer file = buffer_with_max(65536);
    struct buffer spki = buffer_with_max(65536);
    enum key_kind kind = KIND_COUNT;
    struct why why = {0};
    uint8_t *want = NULL;
    int len = i2d_PUBKEY(key, &want);
    uint8_t *block;

    make_request(row, key, &der);
    add_in_form(row, buffer_span(&der), &file);
    block = exact_copy((const char *)file.at, file.len);
    assert_int_equal(csr_read(span_of(block, file.len), &kind, &spki, &why), row->fault);
    if (row->fault == FAULT_NONE) {
        assert_int_equal(kind, row->kind);
        assert_int_equal(spki.len, len);
        assert_memory_equal(spki.at, want, spki.len);
    } else {
        assert_int_equal(kind, KIND_COUNT);
        assert_int_equal(spki.len, 0);
        assert_non_null(why.rule);
    }
    free(block);
    OPENSSL_free(want);
    buffer_clear(&der);
    buffer_clear(&file);
    buffer_clear(&spki);
    EVP_PKEY_free(key);
}

static void a_request_has_its_limits(void **state)
{
    static const char zeros[CSR_MAX + 1];
    struct buffer spki = buffer_with_max(1024);
    enum key_kind kind;
    struct why why;

    (void)state;
    assert_int_equal(csr_read(span_of(zeros, sizeof(zeros)), &kind, &spki, &why), FAULT_LIMIT);
    assert_int_equal(csr_read(span_of(zeros, CSR_MAX), &kind, &spki, &why), FAULT_SYNTAX);
    assert_int_equal(csr_read(span_of(NULL, 0), &kind, &spki, &why), FAULT_SYNTAX);
    buffer_clear(&spki);
}

/* Whatever bit somebody turns, no other key comes out. */
static void a_changed_request_is_refused(void **state)
{
    static const struct row plain = {"", "EC", "P-256"};
    EVP_PKEY *key = make_key(&plain);
    struct buffer der = buffer_with_max(65536);
    struct buffer spki = buffer_with_max(65536);
    enum key_kind kind;
    struct why why;

    (void)state;
    make_request(&plain, key, &der);
    for (size_t bit = 0; bit < der.len * 8; bit++) {
        der.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(csr_read(buffer_span(&der), &kind, &spki, &why), FAULT_NONE);
        der.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(csr_read(buffer_span(&der), &kind, &spki, &why), FAULT_NONE);
    buffer_clear(&der);
    buffer_clear(&spki);
    EVP_PKEY_free(key);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(a_request_has_its_limits),
        cmocka_unit_test(a_changed_request_is_refused),
    };

    (void)TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
