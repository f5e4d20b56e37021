#include "kms/vault/envelope.h"

#include "kms/vault/combine.h"
#include "kms/vault/rebuild.h"

#include "kms/vault_support.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static const enum vault_curve curves[] = {VAULT_P256, VAULT_P384};

/* An escrow of 2 of 3 with its certificate, and the whole key for a second opinion. */
struct scene {
    struct dealt *dealt;
    struct buffer certificate;
    EVP_PKEY *whole;
    struct envelope_maker *maker;
};

static void scene_init(struct scene *scene, enum vault_curve curve)
{
    static const unsigned agents[] = {1, 2};
    struct secret pem = {0};
    struct why why = {0};
    BIO *text;

    scene->dealt = dealt_new(curve, 2, 3);
    assert_int_equal(
        vault_rebuild(scene->dealt->vault, agents, scene->dealt->shares, 2, &pem, &why),
        FAULT_NONE);
    text = BIO_new_mem_buf(pem.at, (int)pem.len);
    scene->whole = PEM_read_bio_PrivateKey(text, NULL, NULL, NULL);
    BIO_free(text);
    secret_clear(&pem);
    assert_non_null(scene->whole);
    scene->certificate = certificate_of(scene->whole);
    assert_int_equal(envelope_maker_new(buffer_span(&scene->certificate), &scene->maker, &why),
                     FAULT_NONE);
}

static void scene_clear(struct scene *scene)
{
    envelope_maker_free(scene->maker);
    EVP_PKEY_free(scene->whole);
    buffer_clear(&scene->certificate);
    dealt_free(scene->dealt);
}

/* A private key of a kind that users have, as PKCS#8. */
static struct secret private_key(const char *type, const char *curve)
{
    EVP_PKEY *key = curve != NULL              ? EVP_PKEY_Q_keygen(NULL, NULL, type, curve)
                    : strcmp(type, "RSA") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)2048)
                                               : EVP_PKEY_Q_keygen(NULL, NULL, type);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    struct secret secret = {0};
    struct why why = {0};
    uint8_t *der = NULL;
    int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

    assert_true(len > 0);
    assert_int_equal(secret_copy(span_of(der, (size_t)len), &secret, &why), FAULT_NONE);
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(key);
    return secret;
}

/* Opens it as agents 1 and 3 do. */
static enum fault recover(struct scene *scene, struct span der, struct secret *out)
{
    static const unsigned agents[] = {1, 3};
    struct combiner *combiner = NULL;
    struct envelope envelope;
    struct secret x = {0};
    struct why why = {0};
    enum fault fault;

    assert_int_equal(envelope_read(der, &envelope, &why), FAULT_NONE);
    assert_int_equal(combiner_new(scene->dealt->vault, &combiner, &why), FAULT_NONE);
    assert_int_equal(combiner_start(combiner, envelope.ephemeral, &why), FAULT_NONE);
    for (size_t i = 0; i < COUNT(agents); i++) {
        struct partial partial;

        assert_int_equal(partial_make(scene->dealt->vault, agents[i],
                                      &scene->dealt->shares[agents[i] - 1], envelope.ephemeral,
                                      span_text("c"), &partial, &why),
                         FAULT_NONE);
        assert_int_equal(combiner_add(combiner, span_text("c"), &partial, &why), FAULT_NONE);
    }
    assert_int_equal(combiner_finish(combiner, &x, &why), FAULT_NONE);
    fault = envelope_open(&envelope, &x, out, &why);
    secret_clear(&x);
    combiner_free(combiner);
    return fault;
}

/* As `openssl cms -decrypt -inkey` does. */
static void libcrypto_opens(struct scene *scene, struct span der, const struct secret *expected)
{
    const uint8_t *at = der.at;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
    BIO *plain = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    long len;

    assert_non_null(cms);
    assert_ptr_equal(at, der.at + der.len);
    assert_int_equal(CMS_decrypt(cms, scene->whole, NULL, NULL, plain, CMS_BINARY), 1);
    len = BIO_get_mem_data(plain, &bytes);
    assert_int_equal(len, expected->len);
    assert_memory_equal(bytes, expected->at, expected->len);
    BIO_free(plain);
    CMS_ContentInfo_free(cms);
}

static const struct key_row {
    const char *name, *type, *curve;
} key_rows[] = {
    {"a key on P-256", "EC", "P-256"},   {"a key on P-384", "EC", "P-384"},
    {"an RSA key", "RSA", NULL},         {"an X25519 key", "X25519", NULL},
    {"an Ed25519 key", "ED25519", NULL},
};

static void key_comes_back(void **state)
{
    const struct key_row *row = *state;

    for (size_t c = 0; c < COUNT(curves); c++) {
        struct scene scene;
        struct secret key = private_key(row->type, row->curve);
        struct secret got = {0};
        struct buffer der = buffer_with_max(ENVELOPE_MAX);
        struct why why = {0};

        scene_init(&scene, curves[c]);
        assert_int_equal(envelope_make(scene.maker, &key, &der, &why), FAULT_NONE);
        assert_int_equal(recover(&scene, buffer_span(&der), &got), FAULT_NONE);
        assert_true(secret_equal(&key, &got));
        libcrypto_opens(&scene, buffer_span(&der), &key);
        secret_clear(&key);
        secret_clear(&got);
        buffer_clear(&der);
        scene_clear(&scene);
    }
}

/* What somebody else made for the recovery certificate: the cipher and the KDF by his taste. */
static struct buffer made_elsewhere(struct scene *scene, const EVP_CIPHER *cipher,
                                    const EVP_MD *kdf, const struct secret *key)
{
    struct buffer out = buffer_with_max(ENVELOPE_MAX);
    const uint8_t *at = scene->certificate.at;
    X509 *certificate = d2i_X509(NULL, &at, (long)scene->certificate.len);
    BIO *content = BIO_new_mem_buf(key->at, (int)key->len);
    CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, cipher, CMS_BINARY | CMS_PARTIAL);
    CMS_RecipientInfo *recipient = CMS_add1_recipient_cert(cms, certificate, CMS_KEY_PARAM);
    uint8_t *der = NULL;
    int len;

    assert_int_equal(EVP_PKEY_CTX_set_ecdh_kdf_md(CMS_RecipientInfo_get0_pkey_ctx(recipient), kdf),
                     1);
    assert_int_equal(CMS_final(cms, content, NULL, CMS_BINARY), 1);
    len = i2d_CMS_ContentInfo(cms, &der);
    assert_true(len > 0);
    buffer_add(&out, span_of(der, (size_t)len));
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
    X509_free(certificate);
    return out;
}

static void envelope_made_elsewhere_opens(void **state)
{
    (void)state;

    for (size_t c = 0; c < COUNT(curves); c++) {
        for (unsigned k = 0; k < 2; k++) {
            const bool has_tag = k == 1;
            struct scene scene;
            struct secret key = private_key("EC", "P-256");
            struct secret got = {0};
            struct envelope envelope;
            struct buffer der;
            struct why why = {0};

            scene_init(&scene, curves[c]);
            der = made_elsewhere(&scene, has_tag ? EVP_aes_256_gcm() : EVP_aes_256_cbc(),
                                 EVP_sha256(), &key);
            assert_int_equal(envelope_read(buffer_span(&der), &envelope, &why), FAULT_NONE);
            assert_int_equal(envelope.cipher,
                             has_tag ? ENVELOPE_AES_256_GCM : ENVELOPE_AES_256_CBC);
            assert_int_equal(envelope.tag.len, has_tag ? 16 : 0);
            assert_int_equal(recover(&scene, buffer_span(&der), &got), FAULT_NONE);
            assert_true(secret_equal(&key, &got));
            secret_clear(&key);
            secret_clear(&got);
            buffer_clear(&der);
            scene_clear(&scene);
        }
    }
}

static bool is_within(const uint8_t *at, struct span part)
{
    return at >= part.at && at < part.at + part.len;
}

/* Whether a byte is of what is drawn by chance for each envelope, or follows from that. */
static bool is_drawn(const uint8_t *at, const struct envelope *envelope)
{
    return is_within(at, envelope->ephemeral) || is_within(at, envelope->wrapped) ||
           is_within(at, envelope->nonce) || is_within(at, envelope->content) ||
           is_within(at, envelope->tag);
}

/* But for what is drawn by chance, libcrypto makes the same bytes. */
static void form_is_libcryptos(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(key_rows); i++) {
        struct scene scene;
        struct secret key = private_key(key_rows[i].type, key_rows[i].curve);
        struct buffer ours = buffer_with_max(ENVELOPE_MAX);
        struct buffer theirs;
        struct envelope envelope;
        struct why why = {0};

        scene_init(&scene, curves[i % COUNT(curves)]);
        assert_int_equal(envelope_make(scene.maker, &key, &ours, &why), FAULT_NONE);
        assert_int_equal(envelope_read(buffer_span(&ours), &envelope, &why), FAULT_NONE);
        theirs = made_elsewhere(&scene, EVP_aes_256_gcm(), EVP_sha256(), &key);
        assert_int_equal(ours.len, theirs.len);
        for (size_t n = 0; n < ours.len; n++) {
            assert_true(ours.at[n] == theirs.at[n] || is_drawn(ours.at + n, &envelope));
        }
        secret_clear(&key);
        buffer_clear(&ours);
        buffer_clear(&theirs);
        scene_clear(&scene);
    }
}

static void other_algorithms_are_refused(void **state)
{
    struct scene scene;
    struct secret key = private_key("EC", "P-256");
    struct envelope envelope = {0};
    struct why why = {0};
    (void)state;

    scene_init(&scene, VAULT_P256);
    for (size_t i = 0; i < 4; i++) {
        struct buffer der = made_elsewhere(&scene,
                                           i == 0   ? EVP_aes_128_gcm()
                                           : i == 1 ? EVP_aes_128_cbc()
                                           : i == 2 ? EVP_aes_192_cbc()
                                                    : EVP_aes_256_gcm(),
                                           i == 3 ? EVP_sha384() : EVP_sha256(), &key);

        assert_int_equal(envelope_read(buffer_span(&der), &envelope, &why), FAULT_SYNTAX);
        buffer_clear(&der);
    }
    assert_null(envelope.ephemeral.at);
    secret_clear(&key);
    scene_clear(&scene);
}

static void other_secret_opens_nothing(void **state)
{
    struct scene scene;
    struct secret key = private_key("EC", "P-256");
    struct secret x = {0};
    struct secret got = {0};
    struct buffer der = buffer_with_max(ENVELOPE_MAX);
    struct envelope envelope;
    struct why why = {0};
    (void)state;

    scene_init(&scene, VAULT_P256);
    assert_int_equal(envelope_make(scene.maker, &key, &der, &why), FAULT_NONE);
    assert_int_equal(envelope_read(buffer_span(&der), &envelope, &why), FAULT_NONE);
    assert_int_equal(secret_new(32, &x, &why), FAULT_NONE);
    assert_int_equal(envelope_open(&envelope, &x, &got, &why), FAULT_DENIED);
    secret_shorten(&x, 0);
    assert_int_equal(envelope_open(&envelope, &x, &got, &why), FAULT_DENIED);
    assert_null(got.at);
    secret_clear(&x);
    secret_clear(&key);
    buffer_clear(&der);
    scene_clear(&scene);
}

/* Each bit of it: not read, no point, not opened, or (the recipient's name) of no account. */
static void altered_envelope_gives_the_key_or_nothing(void **state)
{
    struct scene scene;
    struct secret key = private_key("X25519", NULL);
    struct buffer der = buffer_with_max(ENVELOPE_MAX);
    struct combiner *combiner = NULL;
    struct envelope whole;
    struct why why = {0};
    (void)state;

    scene_init(&scene, VAULT_P256);
    assert_int_equal(envelope_make(scene.maker, &key, &der, &why), FAULT_NONE);
    assert_int_equal(envelope_read(buffer_span(&der), &whole, &why), FAULT_NONE);
    assert_int_equal(combiner_new(scene.dealt->vault, &combiner, &why), FAULT_NONE);
    for (size_t bit = 0; bit < 8 * der.len; bit++) {
        const uint8_t *place = der.at + bit / 8;
        const bool in_name =
            place >= whole.recipient.at && place < whole.recipient.at + whole.recipient.len;
        struct envelope read;
        struct secret got = {0};

        der.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (envelope_read(buffer_span(&der), &read, &why) == FAULT_NONE &&
            combiner_start(combiner, read.ephemeral, &why) == FAULT_NONE) {
            enum fault fault = recover(&scene, buffer_span(&der), &got);

            assert_true(fault == FAULT_DENIED || (in_name && secret_equal(&key, &got)));
        }
        secret_clear(&got);
        der.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    combiner_free(combiner);
    secret_clear(&key);
    buffer_clear(&der);
    scene_clear(&scene);
}

static void cut_and_lengthened_envelopes_are_refused(void **state)
{
    struct scene scene;
    struct secret key = private_key("X25519", NULL);
    struct buffer der = buffer_with_max(ENVELOPE_MAX + 16);
    struct envelope read = {0};
    struct why why = {0};
    (void)state;

    scene_init(&scene, VAULT_P384);
    assert_int_equal(envelope_make(scene.maker, &key, &der, &why), FAULT_NONE);
    for (size_t len = 0; len < der.len; len++) {
        uint8_t *block = exact_copy((const char *)der.at, len);

        assert_int_equal(envelope_read(span_of(block, len), &read, &why), FAULT_SYNTAX);
        free(block);
    }
    buffer_add_byte(&der, 0);
    assert_int_equal(envelope_read(buffer_span(&der), &read, &why), FAULT_SYNTAX);
    while (der.len <= ENVELOPE_MAX) {
        buffer_add_byte(&der, 0);
    }
    assert_int_equal(envelope_read(buffer_span(&der), &read, &why), FAULT_LIMIT);
    assert_null(read.ephemeral.at);
    secret_clear(&key);
    buffer_clear(&der);
    scene_clear(&scene);
}

static void envelopes_of_one_key_differ(void **state)
{
    struct scene scene;
    struct secret key = private_key("EC", "P-256");
    struct buffer a = buffer_with_max(ENVELOPE_MAX);
    struct buffer b = buffer_with_max(ENVELOPE_MAX);
    struct envelope first, second;
    struct why why = {0};
    (void)state;

    scene_init(&scene, VAULT_P256);
    assert_int_equal(envelope_make(scene.maker, &key, &a, &why), FAULT_NONE);
    assert_int_equal(envelope_make(scene.maker, &key, &b, &why), FAULT_NONE);
    assert_int_equal(envelope_read(buffer_span(&a), &first, &why), FAULT_NONE);
    assert_int_equal(envelope_read(buffer_span(&b), &second, &why), FAULT_NONE);
    assert_false(span_equal(first.ephemeral, second.ephemeral));
    assert_false(span_equal(first.wrapped, second.wrapped));
    assert_false(span_equal(first.nonce, second.nonce));
    assert_true(span_equal(first.recipient, second.recipient));
    secret_clear(&key);
    buffer_clear(&a);
    buffer_clear(&b);
    scene_clear(&scene);
}

static void what_is_too_large_is_refused(void **state)
{
    struct scene scene;
    struct secret key = {0};
    struct buffer der = buffer_with_max(ENVELOPE_MAX);
    struct buffer small = buffer_with_max(100);
    struct why why = {0};
    (void)state;

    scene_init(&scene, VAULT_P256);
    assert_int_equal(secret_new(ENVELOPE_MAX / 2 + 1, &key, &why), FAULT_NONE);
    assert_int_equal(envelope_make(scene.maker, &key, &der, &why), FAULT_LIMIT);
    secret_shorten(&key, ENVELOPE_MAX / 2);
    assert_int_equal(envelope_make(scene.maker, &key, &der, &why), FAULT_NONE);
    assert_int_equal(envelope_make(scene.maker, &key, &small, &why), FAULT_LIMIT);
    secret_clear(&key);
    buffer_clear(&der);
    buffer_clear(&small);
    scene_clear(&scene);
}

static void refuse_certificate(struct span der)
{
    struct envelope_maker *maker = NULL;
    struct why why = {0};

    assert_int_equal(envelope_maker_new(der, &maker, &why), FAULT_SYNTAX);
    assert_null(maker);
}

static void other_certificates_are_refused(void **state)
{
    static const char *const types[][2] = {{"X25519", NULL}, {"EC", "P-521"}, {"EC", "secp256k1"}};
    struct scene scene;
    (void)state;

    for (size_t i = 0; i < COUNT(types); i++) {
        EVP_PKEY *key = types[i][1] != NULL
                            ? EVP_PKEY_Q_keygen(NULL, NULL, types[i][0], types[i][1])
                            : EVP_PKEY_Q_keygen(NULL, NULL, types[i][0]);
        struct buffer der = certificate_of(key);

        refuse_certificate(buffer_span(&der));
        buffer_clear(&der);
        EVP_PKEY_free(key);
    }
    scene_init(&scene, VAULT_P256);
    buffer_add_byte(&scene.certificate, 0);
    refuse_certificate(buffer_span(&scene.certificate));
    refuse_certificate(span_of(scene.certificate.at, 100));
    refuse_certificate(span_of(NULL, 0));
    envelope_maker_free(NULL);
    scene_clear(&scene);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(envelope_made_elsewhere_opens),
        cmocka_unit_test(form_is_libcryptos),
        cmocka_unit_test(other_algorithms_are_refused),
        cmocka_unit_test(other_secret_opens_nothing),
        cmocka_unit_test(altered_envelope_gives_the_key_or_nothing),
        cmocka_unit_test(cut_and_lengthened_envelopes_are_refused),
        cmocka_unit_test(envelopes_of_one_key_differ),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(other_certificates_are_refused),
    };
    struct CMUnitTest tests[COUNT(key_rows) + COUNT(others)];
    size_t count = TESTS_OF(tests, key_rows, key_comes_back);

    memcpy(tests + count, others, sizeof(others));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
