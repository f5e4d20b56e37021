#include "kms/authority/pkcs12.h"

#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "authority_support.h"

enum { USERS = 3 };

static struct made_ca ca;
static struct private_key *keys[USERS];
static struct buffer certificates[USERS];
static const char *const names[USERS] = {"Anna Berg, signing", "Schl\xc3\xbcssel", ""};
static const enum key_kind kinds[USERS] = {KIND_P256, KIND_RSA2048, KIND_X25519};

static int make_all(void **state)
{
    const struct span address = span_text("anna@example.org");
    const struct subject subject = {.addresses = &address, .address_count = 1};
    struct profile profile = profile_default();
    struct issuer *issuer = NULL;
    struct why why;

    (void)state;
    ca = ca_made_of(KIND_P256, &profile);
    assert_int_equal(issuer_new(ca.authority, &profile, &issuer, &why), FAULT_NONE);
    for (size_t i = 0; i < USERS; i++) {
        uint8_t serial[SERIAL_SIZE];
        struct certificate_order order = {.subject = &subject,
                                          .purpose = i == 0 ? PURPOSE_SIGNING : PURPOSE_ENCRYPTION,
                                          .serial = serial,
                                          .now = NOW,
                                          .not_before = NOW,
                                          .not_after = NOW + 10LL * DAY};

        certificates[i] = buffer_with_max(65536);
        assert_int_equal(private_key_make(kinds[i], &keys[i], &why), FAULT_NONE);
        order.spki = private_key_spki(keys[i]);
        assert_int_equal(serial_make(serial, &why), FAULT_NONE);
        assert_int_equal(certificate_make(issuer, &order, &certificates[i], &why), FAULT_NONE);
    }
    issuer_free(issuer);
    return 0;
}

static int clear_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < USERS; i++) {
        private_key_free(keys[i]);
        buffer_clear(&certificates[i]);
    }
    made_ca_clear(&ca);
    return 0;
}

static struct secret secret_of(const char *text)
{
    struct secret secret = {0};
    struct why why;

    assert_int_equal(secret_copy(span_text(text), &secret, &why), FAULT_NONE);
    return secret;
}

static PKCS12 *decoded(const struct buffer *file)
{
    const uint8_t *at = file->at;
    PKCS12 *p12 = d2i_PKCS12(NULL, &at, (long)file->len);

    assert_non_null(p12);
    assert_ptr_equal(at, file->at + file->len);
    return p12;
}

/* What stands in a file, as libcrypto takes it apart. */
struct found {
    size_t certificates, keys;
    int safe_cipher, key_cipher; /* NIDs of the encryption of the one and the other */
    int mac;                     /* NID of the digest */
    size_t pairs;                /* keys whose certificate has the same localKeyID, and fits */
    size_t named;
    long rounds; /* of the passphrase; 0: not the same everywhere */
};

/* How often an encryption hashes the passphrase. */
static long rounds_of(const X509_ALGOR *algorithm)
{
    PBE2PARAM *whole;
    PBKDF2PARAM *rule;
    PBEPARAM *old;
    long rounds;

    if (OBJ_obj2nid(algorithm->algorithm) == NID_pbes2) {
        whole = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
        assert_non_null(whole);
        rule = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), whole->keyfunc->parameter);
        assert_non_null(rule);
        rounds = ASN1_INTEGER_get(rule->iter);
        PBKDF2PARAM_free(rule);
        PBE2PARAM_free(whole);
        return rounds;
    }
    old = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
    assert_non_null(old);
    rounds = ASN1_INTEGER_get(old->iter);
    PBEPARAM_free(old);
    return rounds;
}

static void count_rounds(struct found *found, long rounds)
{
    found->rounds = rounds == found->rounds ? rounds : 0;
}

static bool key_fits(const X509_SIG *locked, X509 *certificate, const char *passphrase)
{
    PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(locked, passphrase, (int)strlen(passphrase));
    EVP_PKEY *key;
    bool fits;

    assert_non_null(info);
    key = EVP_PKCS82PKEY(info);
    fits = X509_check_private_key(certificate, key) == 1;
    EVP_PKEY_free(key);
    PKCS8_PRIV_KEY_INFO_free(info);
    return fits;
}

static bool same_id(const PKCS12_SAFEBAG *a, const PKCS12_SAFEBAG *b)
{
    const ASN1_TYPE *x = PKCS12_SAFEBAG_get0_attr(a, NID_localKeyID);
    const ASN1_TYPE *y = PKCS12_SAFEBAG_get0_attr(b, NID_localKeyID);

    return x != NULL && y != NULL &&
           ASN1_STRING_cmp(x->value.octet_string, y->value.octet_string) == 0;
}

static void count_bags(STACK_OF(PKCS12_SAFEBAG) * bags, STACK_OF(PKCS12_SAFEBAG) * others,
                       const char *passphrase, struct found *found)
{
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        char *name = PKCS12_get_friendlyname(bag);
        const X509_ALGOR *algorithm = NULL;
        const ASN1_OBJECT *cipher = NULL;

        found->named += name != NULL ? 1 : 0;
        OPENSSL_free(name);
        if (PKCS12_SAFEBAG_get_nid(bag) == NID_certBag) {
            found->certificates++;
            continue;
        }
        assert_int_equal(PKCS12_SAFEBAG_get_nid(bag), NID_pkcs8ShroudedKeyBag);
        found->keys++;
        X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, NULL);
        X509_ALGOR_get0(&cipher, NULL, NULL, algorithm);
        found->key_cipher = OBJ_obj2nid(cipher);
        count_rounds(found, rounds_of(algorithm));
        for (int j = 0; j < sk_PKCS12_SAFEBAG_num(others); j++) {
            PKCS12_SAFEBAG *other = sk_PKCS12_SAFEBAG_value(others, j);
            X509 *certificate = PKCS12_SAFEBAG_get1_cert(other);

            found->pairs += same_id(bag, other) && key_fits(PKCS12_SAFEBAG_get0_pkcs8(bag),
                                                            certificate, passphrase)
                                ? 1
                                : 0;
            X509_free(certificate);
        }
    }
}

static struct found take_apart(const struct buffer *file, const char *passphrase)
{
    PKCS12 *p12 = decoded(file);
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
    STACK_OF(PKCS12_SAFEBAG) * certificate_bags, *key_bags = NULL;
    const X509_ALGOR *mac = NULL;
    const ASN1_OBJECT *digest = NULL;
    const ASN1_INTEGER *iterations = NULL;
    struct found found = {0};

    assert_int_equal(PKCS12_verify_mac(p12, passphrase, (int)strlen(passphrase)), 1);
    assert_int_equal(PKCS12_verify_mac(p12, "another", 7), 0);
    PKCS12_get0_mac(NULL, &mac, NULL, &iterations, p12);
    X509_ALGOR_get0(&digest, NULL, NULL, mac);
    found.mac = OBJ_obj2nid(digest);
    found.rounds = ASN1_INTEGER_get(iterations);
    assert_true(PKCS7_type_is_encrypted(sk_PKCS7_value(safes, 0)));
    found.safe_cipher =
        OBJ_obj2nid(sk_PKCS7_value(safes, 0)->d.encrypted->enc_data->algorithm->algorithm);
    count_rounds(&found, rounds_of(sk_PKCS7_value(safes, 0)->d.encrypted->enc_data->algorithm));
    certificate_bags =
        PKCS12_unpack_p7encdata(sk_PKCS7_value(safes, 0), passphrase, (int)strlen(passphrase));
    assert_non_null(certificate_bags);
    if (sk_PKCS7_num(safes) > 1) {
        key_bags = PKCS12_unpack_p7data(sk_PKCS7_value(safes, 1));
        count_bags(key_bags, certificate_bags, passphrase, &found);
    }
    count_bags(certificate_bags, NULL, passphrase, &found);
    sk_PKCS12_SAFEBAG_pop_free(certificate_bags, PKCS12_SAFEBAG_free);
    sk_PKCS12_SAFEBAG_pop_free(key_bags, PKCS12_SAFEBAG_free);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    PKCS12_free(p12);
    return found;
}

static const struct row {
    const char *name;
    enum pkcs12_form form;
    const char *passphrase;
    int cipher, mac;
    unsigned rounds;
} rows[] = {
    {"a file of today is AES-256 and SHA-256", PKCS12_TODAY, "correct horse", NID_pbes2, NID_sha256,
     PKCS12_ROUNDS_ONE},
    {"a file for old readers is triple DES and SHA-1", PKCS12_OLD, "correct horse",
     NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_sha1, PKCS12_ROUNDS_ONE},
    {"a passphrase may be of any language", PKCS12_TODAY,
     "Stra\xc3\x9f"
     "e \xe2\x82\xac \xf0\x9f\x94\x91",
     NID_pbes2, NID_sha256, PKCS12_ROUNDS_MANY},
    {"so may it for old readers", PKCS12_OLD,
     "Stra\xc3\x9f"
     "e \xe2\x82\xac",
     NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_sha1, PKCS12_ROUNDS_MANY},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct secret passphrase = secret_of(row->passphrase);
    struct span chain[2] = {buffer_span(&ca.issuing), buffer_span(&ca.root)};
    struct pkcs12_entry entries[USERS];
    struct buffer file = buffer_with_max(1 << 20);
    struct found found;
    struct why why;

    for (size_t i = 0; i < USERS; i++) {
        entries[i] = (struct pkcs12_entry){.key = keys[i],
                                           .certificate = buffer_span(&certificates[i]),
                                           .name = span_text(names[i])};
    }
    assert_int_equal(
        pkcs12_make(&passphrase, entries, USERS, chain, 2, row->form, row->rounds, &file, &why),
        FAULT_NONE);
    found = take_apart(&file, row->passphrase);
    assert_int_equal(found.certificates, USERS + 2);
    assert_int_equal(found.keys, USERS);
    assert_int_equal(found.pairs, USERS);
    assert_int_equal(found.named, 4); /* two names, each on key and certificate */
    assert_int_equal(found.safe_cipher, row->cipher);
    assert_int_equal(found.key_cipher, row->cipher);
    assert_int_equal(found.mac, row->mac);
    assert_int_equal(found.rounds, row->rounds);
    buffer_clear(&file);
    secret_clear(&passphrase);
}

/* With a request of the user's own, his signing key is not there. */
static void a_certificate_may_come_without_its_key(void **state)
{
    struct secret passphrase = secret_of("correct horse");
    struct pkcs12_entry entries[2] = {
        {.certificate = buffer_span(&certificates[0]), .name = span_text("signing")},
        {.key = keys[1], .certificate = buffer_span(&certificates[1])},
    };
    struct buffer file = buffer_with_max(1 << 20);
    struct found found;
    struct why why;

    (void)state;
    assert_int_equal(pkcs12_make(&passphrase, entries, 2, NULL, 0, PKCS12_TODAY, PKCS12_ROUNDS_MANY,
                                 &file, &why),
                     FAULT_NONE);
    found = take_apart(&file, "correct horse");
    assert_int_equal(found.certificates, 2);
    assert_int_equal(found.keys, 1);
    assert_int_equal(found.pairs, 1);

    buffer_reset(&file);
    assert_int_equal(pkcs12_make(&passphrase, entries, 1, NULL, 0, PKCS12_TODAY, PKCS12_ROUNDS_MANY,
                                 &file, &why),
                     FAULT_NONE);
    assert_int_equal(take_apart(&file, "correct horse").keys, 0);
    buffer_clear(&file);
    secret_clear(&passphrase);
}

static void what_does_not_fit_is_refused(void **state)
{
    struct secret passphrase = secret_of("correct horse");
    struct secret none = secret_of("");
    struct secret latin = secret_of("Stra\xdf"
                                    "e");
    struct secret nul = secret_of("ab");
    struct pkcs12_entry right = {.key = keys[0], .certificate = buffer_span(&certificates[0])};
    struct pkcs12_entry foreign = {.key = keys[1], .certificate = buffer_span(&certificates[0])};
    struct pkcs12_entry broken = {.key = keys[0], .certificate = span_text("no certificate")};
    struct pkcs12_entry misnamed = right;
    struct span no_chain = span_text("no chain");
    struct buffer file = buffer_with_max(1 << 20);
    struct buffer small = buffer_with_max(100);
    struct why why;

    (void)state;
    nul.at[1] = 0;
    misnamed.name = span_text("\xff");
    assert_int_equal(
        pkcs12_make(&none, &right, 1, NULL, 0, PKCS12_TODAY, PKCS12_ROUNDS_MANY, &file, &why),
        FAULT_SYNTAX);
    assert_int_equal(
        pkcs12_make(&latin, &right, 1, NULL, 0, PKCS12_TODAY, PKCS12_ROUNDS_MANY, &file, &why),
        FAULT_SYNTAX);
    assert_int_equal(
        pkcs12_make(&nul, &right, 1, NULL, 0, PKCS12_TODAY, PKCS12_ROUNDS_MANY, &file, &why),
        FAULT_SYNTAX);
    assert_int_equal(pkcs12_make(&passphrase, &broken, 1, NULL, 0, PKCS12_TODAY, PKCS12_ROUNDS_MANY,
                                 &file, &why),
                     FAULT_SYNTAX);
    assert_int_equal(pkcs12_make(&passphrase, &misnamed, 1, NULL, 0, PKCS12_TODAY,
                                 PKCS12_ROUNDS_MANY, &file, &why),
                     FAULT_SYNTAX);
    assert_int_equal(pkcs12_make(&passphrase, &right, 1, &no_chain, 1, PKCS12_TODAY,
                                 PKCS12_ROUNDS_MANY, &file, &why),
                     FAULT_SYNTAX);
    assert_int_equal(pkcs12_make(&passphrase, &foreign, 1, NULL, 0, PKCS12_TODAY,
                                 PKCS12_ROUNDS_MANY, &file, &why),
                     FAULT_DENIED);
    assert_int_equal(file.len, 0);
    assert_int_equal(pkcs12_make(&passphrase, &right, 1, NULL, 0, PKCS12_TODAY, PKCS12_ROUNDS_MANY,
                                 &small, &why),
                     FAULT_LIMIT);
    buffer_clear(&file);
    buffer_clear(&small);
    secret_clear(&passphrase);
    secret_clear(&none);
    secret_clear(&latin);
    secret_clear(&nul);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(a_certificate_may_come_without_its_key),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };

    (void)TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, make_all, clear_all);
}
