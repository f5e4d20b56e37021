#include "kms/authority/binding.h"

#include "authority_support.h"

static struct made_ca ca, other;
static struct buffer certificate, another; /* for two users */
static struct cert facts;

static void issue_to(const char *address, struct buffer *der)
{
    const struct span span = span_text(address);
    const struct subject subject = {.addresses = &span, .address_count = 1};
    struct profile profile = profile_default();
    struct private_key *key = NULL;
    struct issuer *issuer = NULL;
    uint8_t serial[SERIAL_SIZE];
    struct certificate_order order = {.subject = &subject,
                                      .purpose = PURPOSE_ENCRYPTION,
                                      .serial = serial,
                                      .now = NOW,
                                      .not_before = NOW,
                                      .not_after = NOW + 10LL * DAY};
    struct why why;

    *der = buffer_with_max(65536);
    assert_int_equal(private_key_make(KIND_P256, &key, &why), FAULT_NONE);
    order.spki = private_key_spki(key);
    assert_int_equal(serial_make(serial, &why), FAULT_NONE);
    assert_int_equal(issuer_new(ca.authority, &profile, &issuer, &why), FAULT_NONE);
    assert_int_equal(certificate_make(issuer, &order, der, &why), FAULT_NONE);
    issuer_free(issuer);
    private_key_free(key);
}

static int make_all(void **state)
{
    struct profile profile = profile_default();
    struct why why;

    (void)state;
    ca = ca_made_of(KIND_P256, &profile);
    other = ca_made_of(KIND_P384, &profile);
    issue_to("anna@example.org", &certificate);
    issue_to("bert@example.org", &another);
    return cert_read(buffer_span(&certificate), &facts, &why) == FAULT_NONE ? 0 : -1;
}

static int clear_all(void **state)
{
    (void)state;
    buffer_clear(&certificate);
    buffer_clear(&another);
    made_ca_clear(&ca);
    made_ca_clear(&other);
    return 0;
}

static struct binding right_one(void)
{
    return (struct binding){
        .store = span_text("store-1"),
        .serial = facts.serial,
        .user = span_text("17"),
        .address = span_text("anna@example.org"),
        .envelope = span_text("an envelope"),
        .certificate = buffer_span(&certificate),
    };
}

/* What a thief of the database may turn: every field by itself. */
static const struct row {
    const char *name;
    const char *store, *user, *address, *envelope;
    bool other_certificate, other_serial, both, other_ca;
    enum fault fault;
} rows[] = {
    {"the record as it was signed is right", .fault = FAULT_NONE},
    {"another store's is refused", .store = "store-2", .fault = FAULT_DENIED},
    {"another user's is refused", .user = "18", .fault = FAULT_DENIED},
    {"another address's is refused", .address = "bert@example.org", .fault = FAULT_DENIED},
    {"another envelope is refused", .envelope = "another envelope", .fault = FAULT_DENIED},
    {"another certificate is refused", .other_certificate = true, .fault = FAULT_DENIED},
    {"another serial is refused", .other_serial = true, .fault = FAULT_DENIED},
    {"another certificate with its serial is refused", .both = true, .fault = FAULT_DENIED},
    {"another CA's is refused", .other_ca = true, .fault = FAULT_DENIED},
    {"bytes that move between fields are refused", .store = "store-11", .user = "7",
     .fault = FAULT_DENIED},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct binding binding = right_one();
    struct buffer signature = buffer_with_max(1024);
    struct cert theirs;
    struct why why = {0};

    assert_int_equal(binding_sign(ca.authority, &binding, &signature, &why), FAULT_NONE);
    assert_int_equal(cert_read(buffer_span(&another), &theirs, &why), FAULT_NONE);
    binding.store = row->store != NULL ? span_text(row->store) : binding.store;
    binding.user = row->user != NULL ? span_text(row->user) : binding.user;
    binding.address = row->address != NULL ? span_text(row->address) : binding.address;
    binding.envelope = row->envelope != NULL ? span_text(row->envelope) : binding.envelope;
    if (row->other_certificate || row->both) {
        binding.certificate = buffer_span(&another);
    }
    if (row->other_serial || row->both) {
        binding.serial = theirs.serial;
    }
    assert_int_equal(binding_verify(buffer_span(row->other_ca ? &other.issuing : &ca.issuing),
                                    &binding, buffer_span(&signature), &why),
                     row->fault);
    buffer_clear(&signature);
}

static void every_bit_of_the_signature_counts(void **state)
{
    struct binding binding = right_one();
    struct buffer signature = buffer_with_max(1024);
    struct key_verifier *verifier = NULL;
    struct cert issuing;
    struct why why;

    (void)state;
    assert_int_equal(cert_read(buffer_span(&ca.issuing), &issuing, &why), FAULT_NONE);
    assert_int_equal(key_verifier_new(issuing.spki, &verifier, &why), FAULT_NONE);
    assert_int_equal(binding_sign(ca.authority, &binding, &signature, &why), FAULT_NONE);
    for (size_t bit = 0; bit < signature.len * 8; bit++) {
        signature.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(binding_verify_with(verifier, &binding, buffer_span(&signature), &why),
                         FAULT_DENIED);
        signature.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < signature.len; n++) {
        assert_int_equal(
            binding_verify_with(verifier, &binding, span_upto(buffer_span(&signature), n), &why),
            FAULT_DENIED);
    }
    assert_int_equal(binding_verify_with(verifier, &binding, buffer_span(&signature), &why),
                     FAULT_NONE);
    key_verifier_free(verifier);
    buffer_clear(&signature);
}

static void what_is_no_certificate_is_refused(void **state)
{
    struct binding binding = right_one();
    struct buffer signature = buffer_with_max(1024);
    struct why why;

    (void)state;
    assert_int_equal(binding_verify(span_text("no CA"), &binding, span_text("x"), &why),
                     FAULT_SYNTAX);
    binding.certificate = span_text("no certificate");
    assert_int_equal(binding_sign(ca.authority, &binding, &signature, &why), FAULT_SYNTAX);
    assert_int_equal(binding_verify(buffer_span(&ca.issuing), &binding, span_text("x"), &why),
                     FAULT_SYNTAX);
    assert_int_equal(signature.len, 0);
    buffer_clear(&signature);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(every_bit_of_the_signature_counts),
        cmocka_unit_test(what_is_no_certificate_is_refused),
    };

    (void)TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, make_all, clear_all);
}
