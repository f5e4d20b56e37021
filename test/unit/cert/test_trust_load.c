#include "cert/trust.h"

#include "trust_made.h"

/* What an administrator may hand over as a file. Text is put together from what was made. */
enum form {
    AS_TEXT, /* the bytes of the row */
    AS_DER,  /* the certificate ROOT, or a list of its */
    AS_PEM,  /* the same, as PEM with the row's label, after the row's text */
    AS_PEM_TWICE,
    AS_PKCS7,
    AS_PKCS7_PEM,
    AS_TRUSTED_PEM, /* OpenSSL's own form, with settings behind the certificate */
    AS_TRAILING,    /* a byte behind the DER */
};

static const struct row {
    const char *name;
    bool list;
    enum form form;
    const char *text; /* what stands before a PEM block */
    const char *label;
    enum fault fault;
    size_t added, offset;
    const char *rule; /* a part of it */
} rows[] = {
    {"a certificate in DER", false, AS_DER, .added = 1},
    {"a certificate in PEM", false, AS_PEM, "", "CERTIFICATE", .added = 1},
    {"its older label", false, AS_PEM, "", "X509 CERTIFICATE", .added = 1},
    {"text around it", false, AS_PEM, "Our KMS, 2026:\n", "CERTIFICATE", .added = 1},
    {"a bundle", false, AS_PEM_TWICE, "", "CERTIFICATE", .added = 2},
    {"settings of OpenSSL are passed over", false, AS_TRUSTED_PEM, "", "", .added = 1},
    {"a PKCS#7", false, AS_PKCS7, .added = 2},
    {"a PKCS#7 in PEM", false, AS_PKCS7_PEM, "", "PKCS7", .added = 2},
    {"a key beside it", false, AS_PEM,
     "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "CERTIFICATE", .added = 1},
    {"a list in DER", true, AS_DER, .added = 1},
    {"a list in PEM", true, AS_PEM, "", "X509 CRL", .added = 1},
    {"two lists", true, AS_PEM_TWICE, "", "X509 CRL", .added = 2},
    {"an empty file", false, AS_TEXT, "", .fault = FAULT_ABSENT},
    {"text alone", false, AS_TEXT, "see the wiki", .fault = FAULT_ABSENT, .rule = "no certificate"},
    {"text that is no list", true, AS_TEXT, "see the wiki", .fault = FAULT_ABSENT,
     .rule = "no revocation list"},
    {"a key alone", false, AS_TEXT,
     "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", .fault = FAULT_ABSENT,
     .rule = "no certificate"},
    {"a list for a certificate", false, AS_PEM, "", "X509 CRL", .fault = FAULT_ABSENT,
     .rule = "no certificate in it, but a revocation list"},
    {"a certificate for a list", true, AS_PEM, "", "CERTIFICATE", .fault = FAULT_ABSENT,
     .rule = "no revocation list in it, but a certificate"},
    {"a certificate in a list's clothes", false, AS_PEM, "\n", "PKCS7", .added = 1},
    {"no base64", false, AS_TEXT,
     "\n\n-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n", .fault = FAULT_SYNTAX,
     .offset = 2},
    {"no certificate in the block", false, AS_TEXT,
     "\n-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n", .fault = FAULT_SYNTAX,
     .offset = 1},
    {"no list in the block", true, AS_TEXT,
     "\n-----BEGIN X509 CRL-----\nMAMCAQA=\n-----END X509 CRL-----\n", .fault = FAULT_SYNTAX,
     .offset = 1, .rule = "revocation list"},
    {"a block without an end", false, AS_TEXT, "x\n-----BEGIN CERTIFICATE-----\nMAMC",
     .fault = FAULT_SYNTAX, .offset = 2, .rule = "RFC 7468"},
    {"a good block before a broken one", false, AS_PEM,
     "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n", "CERTIFICATE",
     .fault = FAULT_SYNTAX},
    {"a byte behind the certificate", false, AS_TRAILING, .fault = FAULT_SYNTAX},
    {"a byte behind the list", true, AS_TRAILING, .fault = FAULT_SYNTAX},
};

static struct span der_of(const struct row *row)
{
    static const struct list_recipe recipe = {.issuer = "Root", .signer = KEY_ROOT};
    static struct span list;

    if (!row->list) {
        return made(ROOT);
    }
    if (list.at == NULL) {
        list = make_list(&recipe);
    }
    return list;
}

static void write_pkcs7(BIO *out, bool pem)
{
    PKCS7 *bundle = PKCS7_new();
    const enum made members[] = {ROOT, SUB};

    PKCS7_set_type(bundle, NID_pkcs7_signed);
    PKCS7_content_new(bundle, NID_pkcs7_data);
    for (size_t i = 0; i < COUNT(members); i++) {
        const unsigned char *at = made(members[i]).at;
        X509 *x509 = d2i_X509(NULL, &at, (long)made(members[i]).len);

        PKCS7_add_certificate(bundle, x509);
        X509_free(x509);
    }
    if (pem) {
        PEM_write_bio_PKCS7(out, bundle);
    } else {
        i2d_PKCS7_bio(out, bundle);
    }
    PKCS7_free(bundle);
}

static void write_trusted(BIO *out)
{
    const unsigned char *at = made(ROOT).at;
    X509 *x509 = d2i_X509(NULL, &at, (long)made(ROOT).len);

    X509_add1_trust_object(x509, OBJ_nid2obj(NID_email_protect));
    PEM_write_bio_X509_AUX(out, x509);
    X509_free(x509);
}

static void write_file(BIO *out, const struct row *row)
{
    struct span der = der_of(row);

    if (row->text != NULL) {
        BIO_write(out, row->text, (int)strlen(row->text));
    }
    switch (row->form) {
    case AS_TEXT:
        break;
    case AS_DER:
    case AS_TRAILING:
        BIO_write(out, der.at, (int)der.len);
        BIO_write(out, "0", row->form == AS_TRAILING);
        break;
    case AS_PEM:
    case AS_PEM_TWICE:
        for (int i = 0; i < (row->form == AS_PEM_TWICE ? 2 : 1); i++) {
            PEM_write_bio(out, row->label, "", der.at, (long)der.len);
        }
        break;
    case AS_PKCS7:
    case AS_PKCS7_PEM:
        write_pkcs7(out, row->form == AS_PKCS7_PEM);
        break;
    case AS_TRUSTED_PEM:
        write_trusted(out);
        break;
    }
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct trust *trust = trust_new();
    BIO *file = BIO_new(BIO_s_mem());
    struct why why = {0};
    size_t added = 99;
    enum fault fault;
    uint8_t *block;
    char *bytes;
    long len;

    write_file(file, row);
    len = BIO_get_mem_data(file, &bytes);
    block = exact_copy(len > 0 ? bytes : "", (size_t)len);
    fault = row->list ? trust_add_crls(trust, span_of(block, (size_t)len), &added, &why)
                      : trust_add_issuers(trust, span_of(block, (size_t)len), &added, &why);
    assert_int_equal(fault, row->fault);
    assert_int_equal(added, row->fault == FAULT_NONE ? row->added : 99);
    if (row->fault != FAULT_NONE) {
        assert_non_null(why.rule);
        assert_int_equal(why.offset, row->offset != 0 ? row->offset : why.offset);
        if (row->rule != NULL && strstr(why.rule, row->rule) == NULL) {
            fail_msg("it says: %s", why.rule);
        }
    }
    free(block);
    BIO_free(file);
    trust_free(trust);
}

/* Structs that were never filled are released, and may be asked. */
static void empty_ones_are_fine(void **state)
{
    struct trust *trust = trust_new();
    struct trust_session *session;
    struct trust_answer answer = {.foreign = true};
    struct cert cert;
    struct why why;

    (void)state;
    trust_free(NULL);
    trust_session_free(NULL);
    trust_free(trust_new());
    assert_int_equal(trust_seal(trust, made_now, &why), FAULT_NONE);
    session = trust_session_new(trust);
    assert_int_equal(cert_read(made(LEAF), &cert, &why), FAULT_NONE);
    assert_int_equal(trust_ask(session, &cert, NULL, 0, &answer), FAULT_NONE);
    assert_false(answer.foreign);
    trust_session_free(session);
    trust_free(trust);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test(empty_ones_are_fine)};

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 1] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
