#include "kms/authority/ca.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "authority_support.h"
#include "base/base64.h"

static const struct profile *plain_profile(void)
{
    static struct profile profile;

    profile = profile_default();
    return &profile;
}

static X509 *decoded(struct span der)
{
    const uint8_t *at = der.at;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);

    assert_non_null(certificate);
    assert_ptr_equal(at, der.at + der.len);
    return certificate;
}

/* What libcrypto says of a path, by the strict rules of RFC 5280. */
static int verified(struct span root, struct span issuing, struct span leaf, int64_t at)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    X509 *anchor = decoded(root);
    X509 *subject = decoded(leaf);
    int error;

    (void)sk_X509_push(between, decoded(issuing));
    (void)X509_STORE_add_cert(store, anchor);
    assert_int_equal(X509_STORE_CTX_init(context, store, subject, between), 1);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT | X509_V_FLAG_POLICY_CHECK);
    X509_STORE_CTX_set_time(context, 0, (time_t)at);
    (void)X509_verify_cert(context);
    error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_pop_free(between, X509_free);
    X509_free(anchor);
    X509_free(subject);
    return error;
}

static struct cert facts_of(struct span der)
{
    struct cert cert;
    struct why why;

    assert_int_equal(cert_read(der, &cert, &why), FAULT_NONE);
    return cert;
}

static const struct kind_row {
    const char *name;
    enum key_kind kind;
} kinds[] = {
    {"a CA of p256 is one to libcrypto", KIND_P256},
    {"a CA of p384 is one to libcrypto", KIND_P384},
    {"a CA of rsa3072 is one to libcrypto", KIND_RSA3072},
};

static void kind_holds(void **state)
{
    const struct kind_row *row = *state;
    struct made_ca ca = ca_made_of(row->kind, plain_profile());
    struct span root = buffer_span(&ca.root);
    struct span issuing = buffer_span(&ca.issuing);
    struct cert root_facts = facts_of(root);
    struct cert facts = facts_of(issuing);
    X509 *certificate = decoded(issuing);

    assert_int_equal(verified(root, issuing, issuing, NOW), X509_V_OK);
    assert_int_equal(verified(root, issuing, issuing, NOW + 3651LL * DAY),
                     X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(X509_check_ca(certificate), 1);
    assert_int_equal(X509_get_pathlen(certificate), 0);
    assert_true(root_facts.ca && facts.ca);
    assert_true(cert_is_self_issued(&root_facts));
    assert_int_equal(facts.key_usage, USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN);
    assert_int_equal(facts.not_after, NOW + 3650LL * DAY);
    assert_int_equal(root_facts.not_after, NOW + 7300LL * DAY);
    assert_true(span_equal(facts.authority_key_id, root_facts.subject_key_id));
    assert_int_equal(facts.serial.len, SERIAL_SIZE);
    assert_false(span_equal(facts.serial, root_facts.serial));
    assert_true(span_equal(authority_certificate(ca.authority), issuing));
    assert_true(span_equal(authority_chain(ca.authority), root));
    assert_int_equal(authority_not_after(ca.authority), facts.not_after);
    X509_free(certificate);
    made_ca_clear(&ca);
}

/* A row is the name of an organization, and whether it can be one. */
static const struct organization_row {
    const char *name, *text;
    enum fault fault;
} organizations[] = {
    {"a name has letters", "Example Verein", FAULT_NONE},
    {"a name may be of any language", "\xd0\xa4\xd0\xbe\xd0\xbd\xd0\xb4 \xe2\x82\xac", FAULT_NONE},
    {"what RFC 4514 escapes is no matter", "A, B + \"C\" \\ <D>;#=", FAULT_NONE},
    {"64 characters are enough", "0123456789012345678901234567890123456789012345678901234567890123",
     FAULT_NONE},
    {"65 are too many", "01234567890123456789012345678901234567890123456789012345678901234",
     FAULT_SYNTAX},
    {"none is too few", "", FAULT_SYNTAX},
    {"no blank stands in front", " A", FAULT_SYNTAX},
    {"no blank stands behind", "A ", FAULT_SYNTAX},
    {"no line end is in it", "A\nB", FAULT_SYNTAX},
    {"no escape sequence is in it", "A\x1b[31m", FAULT_SYNTAX},
    {"no turned writing is in it", "A\xe2\x80\xae", FAULT_SYNTAX},
    {"it is UTF-8", "A\xff", FAULT_SYNTAX},
};

static void organization_holds(void **state)
{
    const struct organization_row *row = *state;
    struct buffer root = buffer_with_max(8192);
    struct private_key *key = NULL;
    struct span text = span_text(row->text);
    struct why why;
    char got[512];
    X509 *certificate;

    assert_int_equal(root_make(text, KIND_P256, plain_profile(), NOW, &root, &key, &why),
                     row->fault);
    if (row->fault == FAULT_NONE) {
        certificate = decoded(buffer_span(&root));
        assert_int_equal(X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
                                                   NID_organizationName, got, sizeof(got)),
                         text.len);
        assert_memory_equal(got, row->text, text.len);
        X509_free(certificate);
    } else {
        assert_int_equal(root.len, 0);
        assert_null(key);
    }
    private_key_free(key);
    buffer_clear(&root);
}

static void common_names_keep_their_title(void **state)
{
    char text[64 * 4 + 1] = "";
    char got[512];
    struct buffer root = buffer_with_max(8192);
    struct private_key *key = NULL;
    struct why why;
    X509 *certificate;

    (void)state;
    for (int i = 0; i < 64; i++) {
        (void)strcat(text, "\xf0\x9f\x94\x91"); /* four bytes a character */
    }
    assert_int_equal(root_make(span_text(text), KIND_P256, plain_profile(), NOW, &root, &key, &why),
                     FAULT_NONE);
    certificate = decoded(buffer_span(&root));
    assert_int_equal(X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                               got, sizeof(got)),
                     (64 - 8) * 4 + 8);
    assert_string_equal(got + (size_t)(64 - 8) * 4, " Root CA");
    X509_free(certificate);
    private_key_free(key);
    buffer_clear(&root);
}

static void a_ca_ends_no_later_than_its_root(void **state)
{
    struct profile profile = profile_default();
    struct made_ca ca;

    (void)state;
    profile.root_validity = 100LL * DAY;
    profile.ca_validity = 200LL * DAY;
    ca = ca_made_of(KIND_P256, &profile);
    assert_int_equal(facts_of(buffer_span(&ca.issuing)).not_after, NOW + 100LL * DAY);
    made_ca_clear(&ca);
}

/* The years after 2049 are written in another way (RFC 5280, section 4.1.2.5). */
static void a_root_may_outlive_utc_time(void **state)
{
    struct profile profile = profile_default();
    struct made_ca ca;

    (void)state;
    profile.root_validity = 36500LL * DAY;
    profile.ca_validity = 36500LL * DAY;
    ca = ca_made_of(KIND_P256, &profile);
    assert_int_equal(facts_of(buffer_span(&ca.root)).not_after, NOW + 36500LL * DAY);
    assert_int_equal(verified(buffer_span(&ca.root), buffer_span(&ca.issuing),
                              buffer_span(&ca.issuing), NOW + 36499LL * DAY),
                     X509_V_OK);
    made_ca_clear(&ca);
}

static void what_cannot_sign_is_refused(void **state)
{
    struct made_ca ca = ca_made_of(KIND_P256, plain_profile());
    struct buffer out = buffer_with_max(8192);
    struct private_key *key = NULL;
    struct authority *authority = NULL;
    struct span name = span_text("Example");
    struct span root = buffer_span(&ca.root);
    struct why why;

    (void)state;
    assert_int_equal(root_make(name, KIND_ED25519, plain_profile(), NOW, &out, &key, &why),
                     FAULT_DENIED);
    assert_int_equal(root_make(name, KIND_RSA2048, plain_profile(), NOW, &out, &key, &why),
                     FAULT_DENIED);
    assert_int_equal(private_key_make(KIND_P256, &key, &why), FAULT_NONE);
    assert_int_equal(
        issuing_make(name, root, key, private_key_spki(key), plain_profile(), NOW, &out, &why),
        FAULT_DENIED); /* another's key */
    assert_int_equal(issuing_make(name, root, ca.root_key, private_key_spki(key), plain_profile(),
                                  NOW + 7301LL * DAY, &out, &why),
                     FAULT_DENIED); /* the root has ended */
    assert_int_equal(issuing_make(name, root, ca.root_key, span_text("no key"), plain_profile(),
                                  NOW, &out, &why),
                     FAULT_SYNTAX);
    assert_int_equal(issuing_make(name, span_upto(root, root.len - 1), ca.root_key,
                                  private_key_spki(key), plain_profile(), NOW, &out, &why),
                     FAULT_SYNTAX);
    assert_int_equal(authority_take(buffer_span(&ca.issuing), root, key, &authority, &why),
                     FAULT_DENIED);
    assert_int_equal(
        authority_take(buffer_span(&ca.issuing), span_text("chain"), key, &authority, &why),
        FAULT_SYNTAX);
    assert_null(authority);
    assert_int_equal(out.len, 0);
    private_key_free(key);
    buffer_clear(&out);
    made_ca_clear(&ca);
}

static void the_recovery_certificate_is_for_key_agreement(void **state)
{
    static const enum key_kind curves[] = {KIND_P256, KIND_P384};
    struct made_ca ca = ca_made_of(KIND_P384, plain_profile());
    struct span name = span_text("Example Verein");
    struct why why;

    (void)state;
    for (size_t i = 0; i < COUNT(curves); i++) {
        size_t half = curves[i] == KIND_P256 ? 32 : 48;
        struct buffer out = buffer_with_max(8192);
        struct private_key *key = NULL;
        struct span spki, whole;
        uint8_t compressed[49];
        struct cert facts;

        assert_int_equal(private_key_make(curves[i], &key, &why), FAULT_NONE);
        spki = private_key_spki(key);
        whole = span_from(spki, spki.len - (2 * half + 1));
        compressed[0] = (uint8_t)(2 | (whole.at[whole.len - 1] & 1));
        memcpy(compressed + 1, whole.at + 1, half);
        assert_int_equal(recovery_certificate_make(ca.authority, name,
                                                   span_of(compressed, half + 1), NOW, &out, &why),
                         FAULT_NONE);
        facts = facts_of(buffer_span(&out));
        assert_true(span_equal(facts.spki, spki));
        assert_int_equal(facts.key_usage, USAGE_KEY_AGREEMENT);
        assert_false(facts.ca);
        assert_null(facts.eku.at);
        assert_int_equal(facts.not_after, authority_not_after(ca.authority));
        assert_int_equal(
            verified(buffer_span(&ca.root), buffer_span(&ca.issuing), buffer_span(&out), NOW),
            X509_V_OK);
        buffer_reset(&out);
        assert_int_equal(recovery_certificate_make(ca.authority, name, whole, NOW, &out, &why),
                         FAULT_NONE);
        assert_true(span_equal(facts_of(buffer_span(&out)).spki, spki));

        buffer_reset(&out);
        assert_int_equal(
            recovery_certificate_make(ca.authority, name, span_upto(whole, half), NOW, &out, &why),
            FAULT_SYNTAX);
        assert_int_equal(
            recovery_certificate_make(ca.authority, name, whole, NOW + 3651LL * DAY, &out, &why),
            FAULT_DENIED);
        memset(compressed + 1, 0xFF, half); /* past the field */
        assert_int_equal(recovery_certificate_make(ca.authority, name,
                                                   span_of(compressed, half + 1), NOW, &out, &why),
                         FAULT_SYNTAX);
        private_key_free(key);
        buffer_clear(&out);
    }
    made_ca_clear(&ca);
}

static void the_request_asks_for_a_ca(void **state)
{
    struct private_key *key = NULL;
    struct buffer pem = buffer_with_max(8192);
    STACK_OF(X509_EXTENSION) * extensions;
    EVP_PKEY *pkey;
    X509_REQ *request;
    struct why why;
    BIO *bio;

    (void)state;
    assert_int_equal(private_key_make(KIND_P384, &key, &why), FAULT_NONE);
    assert_int_equal(issuing_request(span_text("Example"), key, &pem, &why), FAULT_NONE);
    bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    assert_non_null(request);
    pkey = X509_REQ_get_pubkey(request);
    assert_int_equal(X509_REQ_verify(request, pkey), 1);
    extensions = X509_REQ_get_extensions(request);
    assert_int_equal(sk_X509_EXTENSION_num(extensions), 3);
    assert_true(X509v3_get_ext_by_NID(extensions, NID_basic_constraints, -1) >= 0);
    assert_true(X509v3_get_ext_by_NID(extensions, NID_key_usage, -1) >= 0);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    X509_REQ_free(request);
    EVP_PKEY_free(pkey);
    BIO_free(bio);
    private_key_free(key);
    buffer_reset(&pem);
    assert_int_equal(private_key_make(KIND_ED25519, &key, &why), FAULT_NONE);
    assert_int_equal(issuing_request(span_text("Example"), key, &pem, &why), FAULT_DENIED);
    private_key_free(key);
    buffer_clear(&pem);
}

/* An outside root and what it may give back: made with our own functions and libcrypto's. */
struct outside {
    struct made_ca root; /* whose `issuing` may stand between, too */
    struct private_key *key;
    struct buffer ours; /* the certificate for `key`, by `root` */
};

static struct outside outside_made(void)
{
    struct outside made = {.root = ca_made_of(KIND_P256, plain_profile()),
                           .ours = buffer_with_max(8192)};
    struct why why;

    assert_int_equal(private_key_make(KIND_P256, &made.key, &why), FAULT_NONE);
    assert_int_equal(issuing_make(span_text("Example"), buffer_span(&made.root.root),
                                  made.root.root_key, private_key_spki(made.key), plain_profile(),
                                  NOW, &made.ours, &why),
                     FAULT_NONE);
    return made;
}

static void outside_clear(struct outside *made)
{
    made_ca_clear(&made->root);
    private_key_free(made->key);
    buffer_clear(&made->ours);
}

static void add_pem(struct buffer *out, struct span der)
{
    buffer_add_text(out, "-----BEGIN CERTIFICATE-----\n");
    base64_add(out, der);
    buffer_add_text(out, "\n-----END CERTIFICATE-----\n");
}

static void an_outside_root_may_sign(void **state)
{
    struct outside made = outside_made();
    struct buffer file = buffer_with_max(65536);
    struct buffer certificate = buffer_with_max(65536);
    struct buffer chain = buffer_with_max(65536);
    struct span spki = private_key_spki(made.key);
    struct why why;

    (void)state;
    assert_int_equal(
        issuing_install(buffer_span(&made.ours), spki, NOW, &certificate, &chain, &why),
        FAULT_NONE); /* DER */
    assert_true(span_equal(buffer_span(&certificate), buffer_span(&made.ours)));
    assert_int_equal(chain.len, 0);

    buffer_reset(&certificate);
    add_pem(&file, buffer_span(&made.root.root)); /* in any order, with others */
    add_pem(&file, buffer_span(&made.root.issuing));
    add_pem(&file, buffer_span(&made.ours));
    assert_int_equal(issuing_install(buffer_span(&file), spki, NOW, &certificate, &chain, &why),
                     FAULT_NONE);
    assert_true(span_equal(buffer_span(&certificate), buffer_span(&made.ours)));
    assert_true(span_equal(buffer_span(&chain), buffer_span(&made.root.root)));
    buffer_clear(&file);
    buffer_clear(&certificate);
    buffer_clear(&chain);
    outside_clear(&made);
}

static void assert_not_installed(struct span file, struct span spki, int64_t now, enum fault fault)
{
    struct buffer certificate = buffer_with_max(65536);
    struct buffer chain = buffer_with_max(65536);
    struct why why = {0};

    assert_int_equal(issuing_install(file, spki, now, &certificate, &chain, &why), fault);
    assert_non_null(why.rule);
    assert_int_equal(certificate.len, 0);
    assert_int_equal(chain.len, 0);
    buffer_clear(&certificate);
    buffer_clear(&chain);
}

static void what_is_no_ca_of_ours_is_not_installed(void **state)
{
    struct outside made = outside_made();
    struct made_ca other = ca_made_of(KIND_P256, plain_profile());
    struct buffer file = buffer_with_max(65536);
    struct span spki = private_key_spki(made.key);
    struct span ours = buffer_span(&made.ours);
    struct buffer recovery = buffer_with_max(8192);
    struct why why;

    (void)state;
    assert_not_installed(span_text(""), spki, NOW, FAULT_SYNTAX);
    assert_not_installed(span_text("no certificate"), spki, NOW, FAULT_SYNTAX);
    assert_not_installed(span_upto(ours, ours.len - 1), spki, NOW, FAULT_SYNTAX);
    assert_not_installed(buffer_span(&made.root.issuing), spki, NOW, FAULT_ABSENT);
    assert_not_installed(ours, spki, NOW + 3649LL * DAY + DAY / 2, FAULT_DENIED); /* ends soon */
    assert_not_installed(ours, spki, NOW - DAY, FAULT_DENIED);                    /* not begun */
    assert_not_installed(buffer_span(&made.root.root), private_key_spki(made.root.root_key), NOW,
                         FAULT_DENIED); /* self-signed */

    add_pem(&file, ours); /* a root of the same name that did not sign it */
    add_pem(&file, buffer_span(&other.root));
    assert_not_installed(buffer_span(&file), spki, NOW, FAULT_DENIED);

    assert_int_equal(recovery_certificate_make(made.root.authority, span_text("Example"),
                                               span_from(spki, spki.len - 65), NOW, &recovery,
                                               &why),
                     FAULT_NONE); /* a user's certificate for the same key */
    assert_not_installed(buffer_span(&recovery), spki, NOW, FAULT_DENIED);

    buffer_reset(&file);
    buffer_add_text(&file, "-----BEGIN CERTIFICATE-----\nMIIB\n");
    assert_not_installed(buffer_span(&file), spki, NOW, FAULT_SYNTAX);
    buffer_clear(&file);
    buffer_clear(&recovery);
    made_ca_clear(&other);
    outside_clear(&made);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(kinds) + COUNT(organizations) + 8] = {
        cmocka_unit_test(common_names_keep_their_title),
        cmocka_unit_test(a_ca_ends_no_later_than_its_root),
        cmocka_unit_test(a_root_may_outlive_utc_time),
        cmocka_unit_test(what_cannot_sign_is_refused),
        cmocka_unit_test(the_recovery_certificate_is_for_key_agreement),
        cmocka_unit_test(the_request_asks_for_a_ca),
        cmocka_unit_test(an_outside_root_may_sign),
        cmocka_unit_test(what_is_no_ca_of_ours_is_not_installed),
    };
    size_t count = 8;

    count += TESTS_OF(tests + count, kinds, kind_holds);
    (void)TESTS_OF(tests + count, organizations, organization_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
