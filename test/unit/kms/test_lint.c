#include "kms/authority/lint.h"

#include "authority_support.h"
#include "cert/der_write.h"
#include "kms/authority/extension_write.h"
#include "kms/authority/name_write.h"
#include "kms/authority/tbs_write.h"

static const uint8_t ecdsa_sha1[] = {0x30, 0x09, 0x06, 0x07, 0x2A, 0x86,
                                     0x48, 0xCE, 0x3D, 0x04, 0x01};
static const uint8_t unknown_oid[] = {0x2A, 0x03, 0x04};
static const uint8_t smtp_utf8[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09};
static const uint8_t upn[] = {0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02, 0x03};
static const uint8_t email_protection[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04};
static const uint8_t client_auth[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02};
static const uint8_t any_eku[] = {0x55, 0x1D, 0x25, 0x00};

#define BYTES(array) span_of((array), sizeof(array))

/* A certificate in parts, the right ones unless a row says otherwise. */
struct parts {
    int version;
    const char *serial;
    size_t serial_len;
    bool sha1, no_issuer, ca, broken, unknown_critical, no_subject_id, no_authority_id;
    bool no_usage, no_eku, no_san, second_eku, any;
    uint16_t usage;
    enum key_kind key;
    const char *organization, *name;
    const char *rfc822[3], *utf8, *upn;
    int64_t begin, end; /* from NOW */
};

/* What is asked, the right things unless a row says otherwise. */
struct asked {
    enum purpose purpose;
    const char *addresses[3];
    int64_t ca_end;
};

static const struct row {
    const char *name;
    const char *rule; /* a part of its sentence; NULL: it is good */
    struct parts parts;
    struct asked asked;
} rows[] = {
    {"a right one is good", NULL, {0}, {0}},
    {"an encryption certificate is good",
     NULL,
     {.usage = USAGE_KEY_AGREEMENT},
     {.purpose = PURPOSE_ENCRYPTION}},
    {"RSA enciphers",
     NULL,
     {.usage = USAGE_KEY_ENCIPHERMENT, .key = KIND_RSA2048},
     {.purpose = PURPOSE_ENCRYPTION}},
    {"nonRepudiation may stand beside",
     NULL,
     {.usage = USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION},
     {0}},
    {"two addresses are good",
     NULL,
     {.rfc822 = {"a@b.c", "d@e.f"}},
     {.addresses = {"d@e.f", "a@b.c"}}},
    {"825 days are good", NULL, {.end = 825LL * DAY - 1}, {0}},
    {"a day before is good", NULL, {.begin = -DAY}, {0}},
    {"the CA's end is good", NULL, {.end = 400LL * DAY}, {.ca_end = 400LL * DAY}},
    {"a SmtpUTF8Mailbox is good",
     NULL,
     {.rfc822 = {""}, .utf8 = "\xc3\xa4@b.c"},
     {.addresses = {"\xc3\xa4@b.c"}}},
    {"an A-label is the U-label asked for",
     NULL,
     {.rfc822 = {"a@xn--bcher-kva.c"}},
     {.addresses = {"a@B\xc3\xbc"
                    "cher.c"}}},
    {"version 1", "4.1.2.1", {.version = 1}, {0}},
    {"a serial of 8 bytes", "serial", {.serial = "\1\2\3\4\5\6\7\10", .serial_len = 8}, {0}},
    {"a serial of 21 bytes",
     "serial",
     {.serial = "\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10\1\2\3\4\5", .serial_len = 21},
     {0}},
    {"a negative serial", "serial", {.serial = "\x81\2\3\4\5\6\7\10\11", .serial_len = 9}, {0}},
    {"SHA-1", "weak hash", {.sha1 = true}, {0}},
    {"an issuer without a name", "issuer", {.no_issuer = true}, {0}},
    {"an organization of 65 characters",
     "64 characters",
     {.organization = "01234567890123456789012345678901234567890123456789012345678901234"},
     {0}},
    {"a name with an escape sequence", "64 characters", {.name = "A\x1b[2J"}, {0}},
    {"an extension that is broken", "extension", {.broken = true}, {0}},
    {"a critical extension nobody knows", "extension", {.unknown_critical = true}, {0}},
    {"a CA", "no CA", {.ca = true}, {0}},
    {"no subject key identifier", "identifiers", {.no_subject_id = true}, {0}},
    {"no authority key identifier", "identifiers", {.no_authority_id = true}, {0}},
    {"no key usage", "key usage", {.no_usage = true}, {0}},
    {"a usage for both",
     "key usage",
     {.usage = USAGE_DIGITAL_SIGNATURE | USAGE_KEY_AGREEMENT},
     {0}},
    {"a usage of the other purpose", "key usage", {.usage = USAGE_KEY_AGREEMENT}, {0}},
    {"nonRepudiation alone", "key usage", {.usage = USAGE_NON_REPUDIATION}, {0}},
    {"a curve that enciphers",
     "key usage",
     {.usage = USAGE_KEY_ENCIPHERMENT},
     {.purpose = PURPOSE_ENCRYPTION}},
    {"RSA that agrees",
     "key usage",
     {.usage = USAGE_KEY_AGREEMENT, .key = KIND_RSA2048},
     {.purpose = PURPOSE_ENCRYPTION}},
    {"data encipherment beside",
     "key usage",
     {.usage = USAGE_KEY_AGREEMENT | USAGE_DATA_ENCIPHERMENT},
     {.purpose = PURPOSE_ENCRYPTION}},
    {"X25519 that signs", "purpose", {.key = KIND_X25519}, {0}},
    {"Ed25519 that encrypts",
     "purpose",
     {.key = KIND_ED25519, .usage = USAGE_KEY_AGREEMENT},
     {.purpose = PURPOSE_ENCRYPTION}},
    {"no extended key usage", "extended key usage", {.no_eku = true}, {0}},
    {"client authentication too", "extended key usage", {.second_eku = true}, {0}},
    {"any extended key usage", "extended key usage", {.any = true}, {0}},
    {"no address at all", "no mail address", {.no_san = true}, {0}},
    {"a user principal name", "form", {.upn = "anna@example.org"}, {0}},
    {"UTF-8 in an rfc822Name",
     "form",
     {.rfc822 = {"\xc3\xa4@b.c"}},
     {.addresses = {"\xc3\xa4@b.c"}}},
    {"a U-label in an rfc822Name",
     "form",
     {.rfc822 = {"a@\xc3\xa4.c"}},
     {.addresses = {"a@\xc3\xa4.c"}}},
    {"ASCII in a SmtpUTF8Mailbox",
     "form",
     {.rfc822 = {""}, .utf8 = "a@b.c"},
     {.addresses = {"a@b.c"}}},
    {"no address in an rfc822Name",
     "form",
     {.rfc822 = {"Anna Berg <a@b.c>"}},
     {.addresses = {"a@b.c"}}},
    {"an address that is left out",
     "was ordered",
     {.rfc822 = {"a@b.c"}},
     {.addresses = {"a@b.c", "d@e.f"}}},
    {"another address", "was ordered", {.rfc822 = {"b@b.c"}}, {.addresses = {"a@b.c"}}},
    {"another case", "letter for letter", {.rfc822 = {"Anna@b.c"}}, {.addresses = {"anna@b.c"}}},
    {"an address too many",
     "was not ordered",
     {.rfc822 = {"a@b.c", "d@e.f"}},
     {.addresses = {"a@b.c"}}},
    {"a begin that is to come", "begins", {.begin = 1}, {0}},
    {"a begin two days ago", "begins", {.begin = -2 * DAY}, {0}},
    {"826 days", "825 days", {.end = 826LL * DAY}, {0}},
    {"825 days and a second", "825 days", {.end = 825LL * DAY}, {0}},
    {"an end before the begin", "825 days", {.begin = -10, .end = -20}, {0}},
    {"an end past the CA's", "outlive", {.end = 400LL * DAY}, {.ca_end = 399LL * DAY}},
    {"an end that has come", "would not find", {.begin = -20, .end = -10}, {0}},
};

static struct private_key *keys[KIND_COUNT];

static int make_keys(void **state)
{
    struct why why;

    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (i != KIND_RSA3072 && i != KIND_RSA4096 &&
            private_key_make((enum key_kind)i, &keys[i], &why) != FAULT_NONE) {
            return -1;
        }
    }
    return 0;
}

static int clear_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        private_key_free(keys[i]);
    }
    return 0;
}

static void add_other_name(struct buffer *out, struct span type, const char *text)
{
    size_t name = der_open(out, 0xA0);
    size_t value;

    der_add_oid(out, type);
    value = der_open(out, 0xA0);
    der_add(out, 0x0C, span_text(text));
    der_close(out, value);
    der_close(out, name);
}

static void add_addresses(struct buffer *out, const struct parts *p)
{
    struct extension e = extension_open(out, 17, false);
    size_t names = der_open(out, 0x30);

    if (p->rfc822[0] == NULL) {
        der_add(out, 0x81, span_text("anna@example.org"));
    }
    for (size_t i = 0; p->rfc822[i] != NULL; i++) {
        if (p->rfc822[i][0] != '\0') {
            der_add(out, 0x81, span_text(p->rfc822[i]));
        }
    }
    if (p->utf8 != NULL) {
        add_other_name(out, BYTES(smtp_utf8), p->utf8);
    }
    if (p->upn != NULL) {
        add_other_name(out, BYTES(upn), p->upn);
    }
    der_close(out, names);
    extension_close(out, e);
}

static void add_eku(struct buffer *out, const struct parts *p)
{
    struct extension e = extension_open(out, 37, false);
    size_t list = der_open(out, 0x30);

    der_add_oid(out, p->any ? BYTES(any_eku) : BYTES(email_protection));
    if (p->second_eku) {
        der_add_oid(out, BYTES(client_auth));
    }
    der_close(out, list);
    extension_close(out, e);
}

static void add_extensions(struct buffer *out, const struct parts *p)
{
    const struct span id = span_text("01234567890123456789");

    if (!p->no_usage) {
        extension_add_key_usage(out, p->usage != 0 ? p->usage : USAGE_DIGITAL_SIGNATURE);
    }
    if (!p->no_eku) {
        add_eku(out, p);
    }
    if (!p->no_san) {
        add_addresses(out, p);
    }
    if (!p->no_subject_id) {
        extension_add_subject_key_id(out, id);
    }
    if (!p->no_authority_id) {
        extension_add_authority_key_id(out, id);
    }
    if (p->ca) {
        extension_add_ca(out, 0);
    }
    if (p->broken) {
        struct extension e = extension_open(out, 19, true);

        der_add(out, 0x04, span_text("x"));
        extension_close(out, e);
    }
    if (p->unknown_critical) {
        size_t sequence = der_open(out, 0x30);

        der_add_oid(out, BYTES(unknown_oid));
        der_add_true(out);
        der_add(out, 0x04, span_text("x"));
        der_close(out, sequence);
    }
}

static void build(const struct parts *p, struct buffer *der)
{
    struct buffer issuer = buffer_with_max(1024);
    struct buffer subject = buffer_with_max(1024);
    struct buffer extensions = buffer_with_max(4096);
    struct buffer tbs = buffer_with_max(8192);
    struct span algorithm = p->sha1 ? BYTES(ecdsa_sha1) : key_kind_signature_algorithm(KIND_P256);

    name_write(&issuer, span_text(p->no_issuer ? "" : "Example"), span_text(""));
    name_write(&subject, span_text(p->organization != NULL ? p->organization : "Example"),
               span_text(p->name != NULL ? p->name : "Anna Berg"));
    add_extensions(&extensions, p);
    tbs_write(&tbs, &(struct tbs){
                        .serial = p->serial != NULL ? span_of(p->serial, p->serial_len)
                                                    : span_text("0123456789abcdef"),
                        .algorithm = algorithm,
                        .issuer = buffer_span(&issuer),
                        .subject = buffer_span(&subject),
                        .not_before = NOW + p->begin,
                        .not_after = NOW + (p->end != 0 ? p->end : 100LL * DAY),
                        .spki = private_key_spki(keys[p->key]),
                        .extensions = buffer_span(&extensions),
                    });
    signed_write(der, buffer_span(&tbs), algorithm, span_of(NULL, 0));
    buffer_clear(&issuer);
    buffer_clear(&subject);
    buffer_clear(&extensions);
    buffer_clear(&tbs);
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct buffer der = buffer_with_max(16384);
    struct span addresses[3];
    struct lint_ask ask = {
        .purpose = row->asked.purpose != 0 ? row->asked.purpose : PURPOSE_SIGNING,
        .addresses = addresses,
        .ca_not_after = NOW + (row->asked.ca_end != 0 ? row->asked.ca_end : 1000LL * DAY),
        .now = NOW,
    };
    struct why why = {0};
    struct cert cert;
    enum fault fault;

    for (size_t i = 0; row->asked.addresses[i] != NULL; i++) {
        addresses[ask.address_count++] = span_text(row->asked.addresses[i]);
    }
    if (ask.address_count == 0) {
        addresses[ask.address_count++] = span_text("anna@example.org");
    }
    build(&row->parts, &der);
    assert_int_equal(cert_read(buffer_span(&der), &cert, &why), FAULT_NONE);
    if (row->parts.version != 0) {
        cert.version = row->parts.version;
    }
    fault = lint_certificate(&cert, &ask, &why);
    if (row->rule == NULL) {
        if (fault != FAULT_NONE) {
            fail_msg("%s", why.rule);
        }
    } else {
        assert_int_equal(fault, FAULT_DENIED);
        if (strstr(why.rule, row->rule) == NULL) {
            fail_msg("another rule: %s", why.rule);
        }
    }
    buffer_clear(&der);
}

/* Each rule but the last is the first that some row breaks: none is there for nothing. */
static void every_rule_has_a_row(void **state)
{
    size_t count = 0;

    (void)state;
    for (; lint_rule(count) != NULL; count++) {
        bool found = false;

        for (size_t i = 0; i < COUNT(rows); i++) {
            found = found || (rows[i].rule != NULL && strstr(lint_rule(count), rows[i].rule));
        }
        if (!found && strstr(lint_rule(count), "would warn") == NULL &&
            strstr(lint_rule(count), "6.1.5") == NULL) {
            fail_msg("no row: %s", lint_rule(count));
        }
    }
    assert_true(count > 15);
    assert_null(lint_rule(count + 1));
}

/* Keys that nobody of ours makes, as their facts. */
static void weak_and_odd_keys_are_refused(void **state)
{
    static const struct cert_key odd[] = {
        {.type = KEY_RSA, .bits = 1024},  {.type = KEY_RSA, .bits = 2056},
        {.type = KEY_EC, .bits = 256},    {.type = KEY_DSA, .bits = 2048},
        {.type = KEY_ED448, .bits = 456}, {.type = KEY_OTHER},
    };
    const struct span address = span_text("anna@example.org");
    const struct lint_ask ask = {.purpose = PURPOSE_SIGNING,
                                 .addresses = &address,
                                 .address_count = 1,
                                 .ca_not_after = NOW + 1000LL * DAY,
                                 .now = NOW};
    struct buffer der = buffer_with_max(16384);
    struct parts right = {0};
    struct why why;
    struct cert cert;

    (void)state;
    build(&right, &der);
    assert_int_equal(cert_read(buffer_span(&der), &cert, &why), FAULT_NONE);
    assert_int_equal(lint_certificate(&cert, &ask, &why), FAULT_NONE);
    for (size_t i = 0; i < COUNT(odd); i++) {
        cert.key = odd[i];
        assert_int_equal(lint_certificate(&cert, &ask, &why), FAULT_DENIED);
        assert_non_null(strstr(why.rule, "6.1.5"));
    }
    buffer_clear(&der);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(every_rule_has_a_row),
        cmocka_unit_test(weak_and_odd_keys_are_refused),
    };

    (void)TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, make_keys, clear_keys);
}
