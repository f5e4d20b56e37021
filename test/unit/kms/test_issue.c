#include "kms/authority/issue.h"

#include <stdio.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "authority_support.h"
#include "kms/authority/crl_make.h"

static const uint8_t serial[SERIAL_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static struct made_ca ca; /* one for all tests; making certificates changes nothing in it */
static struct profile profile;
static struct private_key *keys[KIND_COUNT];

static int make_all(void **state)
{
    struct why why;

    (void)state;
    profile = profile_default();
    ca = ca_made_of(KIND_P256, &profile);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (private_key_make((enum key_kind)i, &keys[i], &why) != FAULT_NONE) {
            return -1;
        }
    }
    return 0;
}

static int clear_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        private_key_free(keys[i]);
    }
    made_ca_clear(&ca);
    return 0;
}

static struct issuer *issuer_of(const struct profile *with)
{
    struct issuer *issuer = NULL;
    struct why why;

    assert_int_equal(issuer_new(ca.authority, with, &issuer, &why), FAULT_NONE);
    return issuer;
}

/* Issues for `addresses` (NULL-ended), and gives the fault. */
static enum fault issue(struct issuer *issuer, const char *name, const char *const *addresses,
                        enum purpose purpose, enum key_kind kind, struct buffer *der,
                        struct why *why)
{
    struct span spans[ADDRESSES_MAX + 1];
    struct subject subject = {
        .name = span_text(name), .organization = span_text("Example Verein"), .addresses = spans};
    struct certificate_order order = {.subject = &subject,
                                      .purpose = purpose,
                                      .spki = private_key_spki(keys[kind]),
                                      .serial = serial,
                                      .now = NOW};

    for (; addresses[subject.address_count] != NULL; subject.address_count++) {
        spans[subject.address_count] = span_text(addresses[subject.address_count]);
    }
    assert_int_equal(issuer_validity(issuer, NOW, &order.not_before, &order.not_after, why),
                     FAULT_NONE);
    return certificate_make(issuer, &order, der, why);
}

static X509 *decoded(struct span der)
{
    const uint8_t *at = der.at;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
    uint8_t *again = NULL;
    int len;

    assert_non_null(certificate);
    assert_ptr_equal(at, der.at + der.len);
    (void)i2d_re_X509_tbs(certificate, NULL); /* written anew from what was read: the same */
    len = i2d_X509(certificate, &again);
    assert_int_equal(len, der.len);
    assert_memory_equal(again, der.at, der.len);
    OPENSSL_free(again);
    return certificate;
}

/* libcrypto's path to the root, strict, for a purpose of its own. */
static int verified(X509 *leaf, int purpose)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    X509 *anchor = decoded(buffer_span(&ca.root));
    X509_VERIFY_PARAM *param;
    int error;

    (void)sk_X509_push(between, decoded(buffer_span(&ca.issuing)));
    (void)X509_STORE_add_cert(store, anchor);
    assert_int_equal(X509_STORE_CTX_init(context, store, leaf, between), 1);
    param = X509_STORE_CTX_get0_param(context);
    (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_POLICY_CHECK);
    X509_VERIFY_PARAM_set_time(param, NOW);
    if (purpose != 0) {
        (void)X509_VERIFY_PARAM_set_purpose(param, purpose);
    }
    (void)X509_verify_cert(context);
    error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_pop_free(between, X509_free);
    X509_free(anchor);
    return error;
}

/* Each kind of key for each purpose: the usage bits by libcrypto's numbers, or a refusal. */
static const struct use_row {
    const char *name;
    enum key_kind kind;
    enum purpose purpose;
    uint32_t usage; /* 0: refused */
    int openssl_purpose;
} uses[] = {
    {"p256 signs", KIND_P256, PURPOSE_SIGNING, KU_DIGITAL_SIGNATURE, X509_PURPOSE_SMIME_SIGN},
    {"p384 signs", KIND_P384, PURPOSE_SIGNING, KU_DIGITAL_SIGNATURE, X509_PURPOSE_SMIME_SIGN},
    {"rsa2048 signs", KIND_RSA2048, PURPOSE_SIGNING, KU_DIGITAL_SIGNATURE, X509_PURPOSE_SMIME_SIGN},
    {"rsa3072 signs", KIND_RSA3072, PURPOSE_SIGNING, KU_DIGITAL_SIGNATURE, X509_PURPOSE_SMIME_SIGN},
    {"rsa4096 signs", KIND_RSA4096, PURPOSE_SIGNING, KU_DIGITAL_SIGNATURE, X509_PURPOSE_SMIME_SIGN},
    {"ed25519 signs", KIND_ED25519, PURPOSE_SIGNING, KU_DIGITAL_SIGNATURE, X509_PURPOSE_SMIME_SIGN},
    {"x25519 does not sign", KIND_X25519, PURPOSE_SIGNING, 0, 0},
    {"p256 agrees on keys", KIND_P256, PURPOSE_ENCRYPTION, KU_KEY_AGREEMENT, 0},
    {"p384 agrees on keys", KIND_P384, PURPOSE_ENCRYPTION, KU_KEY_AGREEMENT, 0},
    {"rsa2048 enciphers keys", KIND_RSA2048, PURPOSE_ENCRYPTION, KU_KEY_ENCIPHERMENT,
     X509_PURPOSE_SMIME_ENCRYPT},
    {"rsa4096 enciphers keys", KIND_RSA4096, PURPOSE_ENCRYPTION, KU_KEY_ENCIPHERMENT,
     X509_PURPOSE_SMIME_ENCRYPT},
    {"x25519 agrees on keys", KIND_X25519, PURPOSE_ENCRYPTION, KU_KEY_AGREEMENT, 0},
    {"ed25519 does not encrypt", KIND_ED25519, PURPOSE_ENCRYPTION, 0, 0},
    {"a certificate has one purpose", KIND_RSA2048, PURPOSE_BOTH, 0, 0},
    {"a certificate has a purpose", KIND_RSA2048, PURPOSE_NEITHER, 0, 0},
};

static void use_holds(void **state)
{
    static const char *const addresses[] = {"anna.berg@example.org", NULL};
    const struct use_row *row = *state;
    struct issuer *issuer = issuer_of(&profile);
    struct buffer der = buffer_with_max(65536);
    struct why why = {0};
    enum fault fault = issue(issuer, "Anna Berg", addresses, row->purpose, row->kind, &der, &why);
    X509 *certificate;

    if (row->usage == 0) {
        assert_int_equal(fault, FAULT_DENIED);
        assert_non_null(why.rule);
        assert_int_equal(der.len, 0);
    } else {
        assert_int_equal(fault, FAULT_NONE);
        certificate = decoded(buffer_span(&der));
        assert_int_equal(verified(certificate, row->openssl_purpose), X509_V_OK);
        assert_int_equal(X509_get_key_usage(certificate), row->usage);
        assert_int_equal(X509_get_extended_key_usage(certificate), XKU_SMIME);
        assert_int_equal(X509_get_version(certificate), X509_VERSION_3);
        assert_int_equal(X509_check_ca(certificate), 0);
        assert_true((X509_get_extension_flags(certificate) & EXFLAG_INVALID) == 0);
        X509_free(certificate);
    }
    buffer_clear(&der);
    issuer_free(issuer);
}

/* A row is whom a certificate is for, and what becomes of it. */
static const struct subject_row {
    const char *name, *display;
    const char *addresses[4];
    enum fault fault;
    const char *common_name; /* NULL: none */
    const char *written[4];  /* the addresses in it, as libcrypto reads them */
} subjects[] = {
    {"the display name is the CN",
     "Anna Berg",
     {"anna.berg@example.org"},
     0,
     "Anna Berg",
     {"anna.berg@example.org"}},
    {"without a display name the address is",
     "",
     {"a@example.org"},
     0,
     "a@example.org",
     {"a@example.org"}},
    {"a name of blanks is none", "   ", {"a@example.org"}, 0, "a@example.org", {"a@example.org"}},
    {"all addresses are in it, in their order",
     "Anna",
     {"a@b.c", "Anna.B@Example.ORG", "c@d.e"},
     0,
     "Anna",
     {"a@b.c", "Anna.B@Example.ORG", "c@d.e"}},
    {"an address has all the signs it may have",
     "",
     {"!#$%&'*+-/=?^_`{|}~.a@x-y.example"},
     0,
     "!#$%&'*+-/=?^_`{|}~.a@x-y.example",
     {"!#$%&'*+-/=?^_`{|}~.a@x-y.example"}},
    {"a name of any language is UTF-8",
     "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0",
     {"a@b.c"},
     0,
     "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0",
     {"a@b.c"}},
    {"what RFC 4514 escapes stays as it is",
     "Berg, Anna + \"A\" \\ <x>;#=",
     {"a@b.c"},
     0,
     "Berg, Anna + \"A\" \\ <x>;#=",
     {"a@b.c"}},
    {"a long name is cut to 64 characters",
     "\xc3\xa4"
     "123456789012345678901234567890123456789012345678901234567890123456789",
     {"a@b.c"},
     0,
     "\xc3\xa4"
     "123456789012345678901234567890123456789012345678901234567890123",
     {"a@b.c"}},
    {"an address past 64 characters is no CN",
     "",
     {"a12345678901234567890123456789012345678901234567890123@b123456789.example.org"},
     0,
     NULL,
     {"a12345678901234567890123456789012345678901234567890123@b123456789.example.org"}},
    {"a local part outside ASCII is a SmtpUTF8Mailbox",
     "",
     {"j\xc3\xb6rg@example.org"},
     0,
     "j\xc3\xb6rg@example.org",
     {"utf8:j\xc3\xb6rg@example.org"}},
    {"a domain has A-labels",
     "",
     {"anna@b\xc3\xbc"
      "cher.example"},
     0,
     "anna@b\xc3\xbc"
     "cher.example",
     {"anna@xn--bcher-kva.example"}},
    {"capital letters of a U-label become small",
     "",
     {"Anna@B\xc3\x9c"
      "CHER.Example"},
     0,
     "Anna@B\xc3\x9c"
     "CHER.Example",
     {"Anna@xn--bcher-kva.Example"}},
    {"a SmtpUTF8Mailbox has A-labels too",
     "",
     {"\xe7\x94\xb2@\xe9\xbb\x92\xe5\xb7\x9d.\xe6\x97\xa5\xe6\x9c\xac"},
     0,
     "\xe7\x94\xb2@\xe9\xbb\x92\xe5\xb7\x9d.\xe6\x97\xa5\xe6\x9c\xac",
     {"utf8:\xe7\x94\xb2@xn--5rtw95l.xn--wgv71a"}},
    {"no address is no certificate", "Anna", {NULL}, FAULT_SYNTAX},
    {"a name without '@' is no address", "Anna", {"anna"}, FAULT_SYNTAX},
    {"two '@' are too many", "Anna", {"a@b@c"}, FAULT_SYNTAX},
    {"something stands before the '@'", "Anna", {"@b.c"}, FAULT_SYNTAX},
    {"something stands behind it", "Anna", {"a@"}, FAULT_SYNTAX},
    {"no blank is in an address", "Anna", {"a b@c.d"}, FAULT_SYNTAX},
    {"no line end is in an address", "Anna", {"a@c.d\nBcc: e@f.g"}, FAULT_SYNTAX},
    {"no comma is in an address", "Anna", {"a,b@c.d"}, FAULT_SYNTAX},
    {"no quoted string is in an address", "Anna", {"\"a b\"@c.d"}, FAULT_SYNTAX},
    {"no two dots stand together", "Anna", {"a..b@c.d"}, FAULT_SYNTAX},
    {"no dot stands before the '@'", "Anna", {"a.@c.d"}, FAULT_SYNTAX},
    {"no dot begins an address", "Anna", {".a@c.d"}, FAULT_SYNTAX},
    {"no label is empty", "Anna", {"a@c..d"}, FAULT_SYNTAX},
    {"no dot ends a domain", "Anna", {"a@c.d."}, FAULT_SYNTAX},
    {"no hyphen begins a label", "Anna", {"a@-c.d"}, FAULT_SYNTAX},
    {"no domain is a number in brackets", "Anna", {"a@[192.0.2.1]"}, FAULT_SYNTAX},
    {"no domain has an underscore", "Anna", {"a@b_c.d"}, FAULT_SYNTAX},
    {"a U-label is composed",
     "Anna",
     {"a@bu\xcc\x88"
      "cher.example"},
     FAULT_SYNTAX},
    {"an address is UTF-8", "Anna", {"a\xe4@b.c"}, FAULT_SYNTAX},
    {"65 bytes before the '@' are too many",
     "Anna",
     {"a1234567890123456789012345678901234567890123456789012345678901234@b.c"},
     FAULT_SYNTAX},
    {"the second address is looked at too", "Anna", {"a@b.c", "x"}, FAULT_SYNTAX},
    {"a label has 63 characters at most",
     "Anna",
     {"a@b123456789012345678901234567890123456789012345678901234567890123.c"},
     FAULT_SYNTAX},
    {"no control is in a name", "Anna\x07", {"a@b.c"}, FAULT_SYNTAX},
    {"no turned writing is in a name", "Anna\xe2\x80\xae", {"a@b.c"}, FAULT_SYNTAX},
    {"a name is UTF-8", "Anna\xe4", {"a@b.c"}, FAULT_SYNTAX},
};

/* An address of the alternative names as libcrypto reads it, with its kind in front. */
static void assert_written(const GENERAL_NAME *name, const char *want)
{
    static const char utf8[] = "utf8:";
    const ASN1_STRING *text;

    if (strncmp(want, utf8, sizeof(utf8) - 1) == 0) {
        assert_int_equal(name->type, GEN_OTHERNAME);
        assert_int_equal(OBJ_obj2nid(name->d.otherName->type_id), NID_id_on_SmtpUTF8Mailbox);
        assert_int_equal(name->d.otherName->value->type, V_ASN1_UTF8STRING);
        text = name->d.otherName->value->value.utf8string;
        want += sizeof(utf8) - 1;
    } else {
        assert_int_equal(name->type, GEN_EMAIL);
        text = name->d.rfc822Name;
    }
    assert_span(span_of(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)), want);
}

static void assert_subject(X509 *certificate, const struct subject_row *row)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    int count = 0;

    if (row->common_name == NULL) {
        assert_int_equal(at, -1);
    } else {
        const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));

        assert_int_equal(ASN1_STRING_type(text), V_ASN1_UTF8STRING);
        assert_span(span_of(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)),
                    row->common_name);
    }
    while (row->written[count] != NULL) {
        assert_written(sk_GENERAL_NAME_value(names, count), row->written[count]);
        count++;
    }
    assert_int_equal(sk_GENERAL_NAME_num(names), count);
    GENERAL_NAMES_free(names);
}

static void subject_holds(void **state)
{
    const struct subject_row *row = *state;
    struct issuer *issuer = issuer_of(&profile);
    struct buffer der = buffer_with_max(65536);
    struct why why = {0};
    X509 *certificate;

    assert_int_equal(
        issue(issuer, row->display, row->addresses, PURPOSE_SIGNING, KIND_P256, &der, &why),
        row->fault);
    if (row->fault == FAULT_NONE) {
        certificate = decoded(buffer_span(&der));
        assert_int_equal(verified(certificate, X509_PURPOSE_SMIME_SIGN), X509_V_OK);
        assert_subject(certificate, row);
        X509_free(certificate);
    } else {
        assert_non_null(why.rule);
        assert_int_equal(der.len, 0);
    }
    buffer_clear(&der);
    issuer_free(issuer);
}

/* Text of an extension as `openssl x509 -text` prints it. */
static void extension_text(X509 *certificate, int nid, char *out, size_t room)
{
    int at = X509_get_ext_by_NID(certificate, nid, -1);
    BIO *bio = BIO_new(BIO_s_mem());
    int n;

    assert_true(at >= 0);
    assert_int_equal(X509V3_EXT_print(bio, X509_get_ext(certificate, at), 0, 0), 1);
    n = BIO_read(bio, out, (int)room - 1);
    out[n > 0 ? n : 0] = '\0';
    BIO_free(bio);
}

static void the_profile_decides(void **state)
{
    static const char *const addresses[] = {"anna@example.org", NULL};
    struct profile with = profile;
    struct issuer *issuer;
    struct buffer der = buffer_with_max(65536);
    struct why why;
    char text[1024], want[128];
    X509 *certificate;

    (void)state;
    with.organization = false;
    with.non_repudiation = true;
    with.subject = PROFILE_SUBJECT_ADDRESS;
    with.crl_parts = 16;
    (void)strcpy(with.crl_url, "http://pki.example.org/{part}.crl");
    (void)strcpy(with.aia_url, "http://pki.example.org/ca.cer");
    (void)strcpy(with.policy, "2.999.840.1");
    (void)strcpy(with.policy_url, "http://pki.example.org/policy");
    issuer = issuer_of(&with);
    assert_int_equal(issue(issuer, "Anna", addresses, PURPOSE_SIGNING, KIND_P256, &der, &why),
                     FAULT_NONE);
    certificate = decoded(buffer_span(&der));
    assert_int_equal(verified(certificate, X509_PURPOSE_SMIME_SIGN), X509_V_OK);
    assert_int_equal(X509_get_key_usage(certificate), KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION);
    assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(certificate)), 1);
    (void)X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text,
                                    sizeof(text));
    assert_string_equal(text, "anna@example.org");
    extension_text(certificate, NID_crl_distribution_points, text, sizeof(text));
    (void)snprintf(want, sizeof(want), "URI:http://pki.example.org/%u.crl",
                   crl_part_of(span_of(serial, SERIAL_SIZE), 16));
    assert_non_null(strstr(text, want));
    extension_text(certificate, NID_info_access, text, sizeof(text));
    assert_non_null(strstr(text, "CA Issuers - URI:http://pki.example.org/ca.cer"));
    extension_text(certificate, NID_certificate_policies, text, sizeof(text));
    assert_non_null(strstr(text, "Policy: 2.999.840.1"));
    assert_non_null(strstr(text, "CPS: http://pki.example.org/policy"));
    X509_free(certificate);
    issuer_free(issuer);
    buffer_clear(&der);
}

/* Without a name at all the alternative names are critical (RFC 5280, section 4.2.1.6). */
static void a_subject_without_a_name_has_critical_addresses(void **state)
{
    static const char *const addresses[] = {
        "a12345678901234567890123456789012345678901234567890123@b123456789.example.org", NULL};
    struct profile with = profile;
    struct issuer *issuer;
    struct buffer der = buffer_with_max(65536);
    struct why why;
    X509 *certificate;
    int critical = -1;

    (void)state;
    with.organization = false;
    issuer = issuer_of(&with);
    assert_int_equal(issue(issuer, "", addresses, PURPOSE_SIGNING, KIND_P256, &der, &why),
                     FAULT_NONE);
    certificate = decoded(buffer_span(&der));
    assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(certificate)), 0);
    GENERAL_NAMES_free(X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, NULL));
    assert_int_equal(critical, 1);
    assert_int_equal(verified(certificate, X509_PURPOSE_SMIME_SIGN), X509_V_OK);
    X509_free(certificate);
    issuer_free(issuer);
    buffer_clear(&der);
}

static void validity_lies_within_the_ca_and_the_profile(void **state)
{
    struct profile with = profile;
    struct issuer *issuer;
    int64_t begin = 0, end = 0, ca_end = authority_not_after(ca.authority);
    struct why why;

    (void)state;
    with.validity = 825LL * DAY;
    issuer = issuer_of(&with);
    assert_int_equal(issuer_validity(issuer, NOW + DAY, &begin, &end, &why), FAULT_NONE);
    assert_int_equal(begin, NOW + DAY - 300);
    assert_int_equal(end - begin + 1, 825LL * DAY); /* both ends count */
    assert_int_equal(issuer_validity(issuer, NOW, &begin, &end, &why), FAULT_NONE);
    assert_int_equal(begin, NOW - 300); /* no earlier than the CA itself */
    assert_int_equal(issuer_validity(issuer, ca_end - 10LL * DAY, &begin, &end, &why), FAULT_NONE);
    assert_int_equal(end, ca_end);
    assert_int_equal(issuer_validity(issuer, ca_end - DAY / 2, &begin, &end, &why), FAULT_DENIED);
    assert_int_equal(issuer_validity(issuer, ca_end + DAY, &begin, &end, &why), FAULT_DENIED);
    assert_int_equal(issuer_validity(issuer, NOW - DAY, &begin, &end, &why), FAULT_DENIED);
    issuer_free(issuer);
}

/* What an order may ask, but lint.h does not let through. */
static void orders_beyond_the_rules_are_denied(void **state)
{
    static const uint8_t negative[SERIAL_SIZE] = {0x80, 1};
    const struct span address = span_text("anna@example.org");
    const struct subject subject = {.addresses = &address, .address_count = 1};
    struct issuer *issuer = issuer_of(&profile);
    struct buffer der = buffer_with_max(65536);
    struct buffer small = buffer_with_max(64);
    struct certificate_order order = {.subject = &subject,
                                      .purpose = PURPOSE_SIGNING,
                                      .spki = private_key_spki(keys[KIND_P256]),
                                      .serial = serial,
                                      .now = NOW,
                                      .not_before = NOW,
                                      .not_after = NOW + 10LL * DAY};
    struct certificate_order wrong = order;
    struct why why;

    (void)state;
    assert_int_equal(certificate_make(issuer, &order, &der, &why), FAULT_NONE);
    buffer_reset(&der);
    wrong.serial = negative;
    assert_int_equal(certificate_make(issuer, &wrong, &der, &why), FAULT_DENIED);
    wrong = order;
    wrong.not_after = NOW + 825LL * DAY;
    assert_int_equal(certificate_make(issuer, &wrong, &der, &why), FAULT_DENIED);
    wrong = order;
    wrong.not_before = NOW - 2LL * DAY;
    assert_int_equal(certificate_make(issuer, &wrong, &der, &why), FAULT_DENIED);
    wrong.not_before = NOW + 1;
    assert_int_equal(certificate_make(issuer, &wrong, &der, &why), FAULT_DENIED);
    wrong = order;
    wrong.now = wrong.not_before = authority_not_after(ca.authority) - 5LL * DAY;
    wrong.not_after = wrong.now + 6LL * DAY;
    assert_int_equal(certificate_make(issuer, &wrong, &der, &why), FAULT_DENIED);
    wrong = order;
    wrong.spki = span_text("no key");
    assert_int_equal(certificate_make(issuer, &wrong, &der, &why), FAULT_SYNTAX);
    assert_int_equal(der.len, 0);
    assert_int_equal(certificate_make(issuer, &order, &small, &why), FAULT_LIMIT);
    assert_int_equal(small.len, 0);
    buffer_clear(&der);
    buffer_clear(&small);
    issuer_free(issuer);
}

static void there_is_a_limit_to_addresses(void **state)
{
    struct issuer *issuer = issuer_of(&profile);
    struct buffer der = buffer_with_max(65536);
    char texts[ADDRESSES_MAX + 1][32];
    const char *addresses[ADDRESSES_MAX + 2] = {NULL};
    struct why why;

    (void)state;
    for (int i = 0; i < ADDRESSES_MAX; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "a%d@example.org", i);
        addresses[i] = texts[i];
    }
    assert_int_equal(issue(issuer, "Anna", addresses, PURPOSE_SIGNING, KIND_P256, &der, &why),
                     FAULT_NONE);
    addresses[ADDRESSES_MAX] = "one.more@example.org";
    buffer_reset(&der);
    assert_int_equal(issue(issuer, "Anna", addresses, PURPOSE_SIGNING, KIND_P256, &der, &why),
                     FAULT_LIMIT);
    assert_int_equal(der.len, 0);
    buffer_clear(&der);
    issuer_free(issuer);
}

static void serial_numbers_are_positive_and_differ(void **state)
{
    uint8_t made[2000][SERIAL_SIZE];
    uint32_t first_seen[4] = {0};
    struct why why;

    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        assert_int_equal(serial_make(made[i], &why), FAULT_NONE);
        assert_true(made[i][0] >= 1 && made[i][0] <= 0x7F);
        first_seen[made[i][0] / 32] |= (uint32_t)1 << made[i][0] % 32;
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(made[i], made[j], SERIAL_SIZE);
        }
    }
    for (uint32_t i = 1; i < 128; i++) { /* each first byte comes, but for 1 in 10^5 runs */
        assert_true((first_seen[i / 32] >> i % 32 & 1) != 0);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(uses) + COUNT(subjects) + 6] = {
        cmocka_unit_test(the_profile_decides),
        cmocka_unit_test(a_subject_without_a_name_has_critical_addresses),
        cmocka_unit_test(validity_lies_within_the_ca_and_the_profile),
        cmocka_unit_test(orders_beyond_the_rules_are_denied),
        cmocka_unit_test(there_is_a_limit_to_addresses),
        cmocka_unit_test(serial_numbers_are_positive_and_differ),
    };
    size_t count = 6;

    count += TESTS_OF(tests + count, uses, use_holds);
    (void)TESTS_OF(tests + count, subjects, subject_holds);
    return cmocka_run_group_tests(tests, make_all, clear_all);
}
