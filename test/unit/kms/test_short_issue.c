#include <openssl/crypto.h>
#include <openssl/err.h>

#include "authority_support.h"
#include "kms/authority/binding.h"
#include "kms/authority/crl_make.h"
#include "kms/authority/csr.h"
#include "kms/authority/pkcs12.h"

/*
 * When libcrypto gets no memory at one of its allocations, whichever, what issues fails with
 * FAULT_RESOURCE or does its work: nothing is half written, and its queue of errors stays empty.
 */

/* The allocation that fails, counted from 1; 0: none does. */
static size_t failing, made;

static bool fails(void)
{
    made++;
    return made == failing;
}

static void *take(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : malloc(len);
}

static void *retake(void *at, size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : realloc(at, len);
}

static void give_back(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    free(at);
}

static struct profile profile;
static struct made_ca ca;
static struct private_key *key;
static struct secret passphrase, pkcs8;
static struct buffer certificate, locked, request;
static struct cert facts;
static const uint8_t serial[SERIAL_SIZE] = {1, 2, 3};

static enum fault make_key(void)
{
    struct private_key *got = NULL;
    struct why why;
    enum fault fault = private_key_make(KIND_P256, &got, &why);

    assert_true((got != NULL) == (fault == FAULT_NONE));
    private_key_free(got);
    return fault;
}

static enum fault write_key(void)
{
    struct secret got = {0};
    struct why why;
    enum fault fault = private_key_pkcs8(key, &got, &why);

    assert_true((got.at != NULL) == (fault == FAULT_NONE));
    secret_clear(&got);
    return fault;
}

static enum fault read_key(void)
{
    struct private_key *got = NULL;
    struct why why;
    enum fault fault = private_key_from_pkcs8(secret_span(&pkcs8), &got, &why);

    assert_true((got != NULL) == (fault == FAULT_NONE));
    private_key_free(got);
    return fault;
}

static enum fault lock_key(void)
{
    struct buffer out = buffer_with_max(65536);
    struct why why;
    enum fault fault = private_key_lock(key, &passphrase, &out, &why);

    assert_true((out.len > 0) == (fault == FAULT_NONE));
    buffer_clear(&out);
    return fault;
}

static enum fault unlock_key(void)
{
    struct private_key *got = NULL;
    struct why why;
    enum fault fault = private_key_unlock(buffer_span(&locked), &passphrase, &got, &why);

    assert_true((got != NULL) == (fault == FAULT_NONE));
    private_key_free(got);
    return fault;
}

static enum fault make_root(void)
{
    struct buffer out = buffer_with_max(65536);
    struct private_key *got = NULL;
    struct why why;
    enum fault fault = root_make(span_text("Example"), KIND_P256, &profile, NOW, &out, &got, &why);

    assert_true((out.len > 0) == (fault == FAULT_NONE));
    assert_true((got != NULL) == (fault == FAULT_NONE));
    private_key_free(got);
    buffer_clear(&out);
    return fault;
}

static enum fault issue_into(struct buffer *out)
{
    const struct span address = span_text("anna@example.org");
    const struct subject subject = {.addresses = &address, .address_count = 1};
    const struct certificate_order order = {.subject = &subject,
                                            .purpose = PURPOSE_ENCRYPTION,
                                            .spki = private_key_spki(key),
                                            .serial = serial,
                                            .now = NOW,
                                            .not_before = NOW,
                                            .not_after = NOW + DAY};
    struct issuer *issuer = NULL;
    struct why why;
    enum fault fault = issuer_new(ca.authority, &profile, &issuer, &why);

    if (fault == FAULT_NONE) {
        fault = certificate_make(issuer, &order, out, &why);
    }
    issuer_free(issuer);
    return fault;
}

static enum fault issue(void)
{
    struct buffer out = buffer_with_max(65536);
    enum fault fault = issue_into(&out);

    assert_true((out.len > 0) == (fault == FAULT_NONE));
    buffer_clear(&out);
    return fault;
}

static enum fault make_pkcs12_in(enum pkcs12_form form)
{
    const struct pkcs12_entry entry = {
        .key = key, .certificate = buffer_span(&certificate), .name = span_text("Anna")};
    const struct span chain = buffer_span(&ca.issuing);
    struct buffer out = buffer_with_max(65536);
    struct why why;
    enum fault fault =
        pkcs12_make(&passphrase, &entry, 1, &chain, 1, form, PKCS12_ROUNDS_MANY, &out, &why);

    assert_true((out.len > 0) == (fault == FAULT_NONE));
    buffer_clear(&out);
    return fault;
}

static enum fault make_pkcs12(void) { return make_pkcs12_in(PKCS12_TODAY); }

static enum fault make_old_pkcs12(void) { return make_pkcs12_in(PKCS12_OLD); }

static enum fault one_item(void *context, struct crl_item *out, struct why *why)
{
    size_t *left = context;

    (void)why;
    *out = (struct crl_item){.serial = span_of(serial, SERIAL_SIZE), .revoked_at = NOW};
    return (*left)-- > 0 ? FAULT_NONE : FAULT_ABSENT;
}

static enum fault make_list(void)
{
    const struct crl_order order = {.number = 1, .this_update = NOW, .next_update = NOW + DAY};
    struct buffer out = buffer_with_max(65536);
    size_t left = 1;
    struct why why;
    enum fault fault = crl_make(ca.authority, &order, one_item, &left, &out, &why);

    assert_true((out.len > 0) == (fault == FAULT_NONE));
    buffer_clear(&out);
    return fault;
}

static enum fault read_request(void)
{
    struct buffer out = buffer_with_max(65536);
    enum key_kind kind;
    struct why why;
    enum fault fault = csr_read(buffer_span(&request), &kind, &out, &why);

    assert_true((out.len > 0) == (fault == FAULT_NONE));
    buffer_clear(&out);
    return fault;
}

static struct binding record(void)
{
    return (struct binding){.store = span_text("1"),
                            .serial = facts.serial,
                            .user = span_text("2"),
                            .address = span_text("anna@example.org"),
                            .envelope = span_text("3"),
                            .certificate = buffer_span(&certificate)};
}

static enum fault bind(void)
{
    const struct binding binding = record();
    struct buffer out = buffer_with_max(65536);
    struct why why;
    enum fault fault = binding_sign(ca.authority, &binding, &out, &why);

    assert_true((out.len > 0) == (fault == FAULT_NONE));
    buffer_clear(&out);
    return fault;
}

static const struct row {
    const char *name;
    enum fault (*does)(void);
    enum fault also; /* libcrypto does not always say that it was want of memory */
} rows[] = {
    {"making a key", make_key},
    {"writing a key", write_key},
    {"reading a key", read_key, FAULT_SYNTAX},
    {"locking a key", lock_key},
    {"unlocking a key", unlock_key, FAULT_DENIED},
    {"making a root", make_root},
    {"issuing a certificate", issue},
    {"making a PKCS#12 file", make_pkcs12},
    {"making one for old readers", make_old_pkcs12},
    {"making a list", make_list},
    {"reading a request", read_request, FAULT_DENIED},
    {"binding an envelope", bind},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    size_t most, step, failed = 0;

    assert_int_equal(row->does(), FAULT_NONE); /* what is fetched once is fetched now */
    made = 0;
    assert_int_equal(row->does(), FAULT_NONE);
    most = made;
    assert_true(most > 0);
    step = most / 400 + 1; /* reading a key by its PEM takes 12,000 allocations, mostly alike */
    for (size_t n = 1; n <= most; n += step) {
        enum fault fault;

        made = 0;
        failing = n;
        fault = row->does();
        failing = 0;
        if (fault != FAULT_NONE && fault != FAULT_RESOURCE && fault != row->also) {
            fail_msg("allocation %zu of %zu: fault %d", n, most, (int)fault);
        }
        failed += fault == FAULT_RESOURCE;
        assert_int_equal(ERR_peek_error(), 0);
    }
    assert_true(failed > 0);
    assert_int_equal(row->does(), FAULT_NONE);
}

static int prepare(void **state)
{
    struct why why;

    (void)state;
    profile = profile_default();
    ca = ca_made_of(KIND_P256, &profile);
    certificate = buffer_with_max(65536);
    locked = buffer_with_max(65536);
    request = buffer_with_max(65536);
    return secret_copy(span_text("hunter2"), &passphrase, &why) == FAULT_NONE &&
                   private_key_make(KIND_P256, &key, &why) == FAULT_NONE &&
                   private_key_pkcs8(key, &pkcs8, &why) == FAULT_NONE &&
                   private_key_lock(key, &passphrase, &locked, &why) == FAULT_NONE &&
                   issuing_request(span_text("Example"), key, &request, &why) == FAULT_NONE &&
                   issue_into(&certificate) == FAULT_NONE &&
                   cert_read(buffer_span(&certificate), &facts, &why) == FAULT_NONE
               ? 0
               : -1;
}

static int put_away(void **state)
{
    (void)state;
    secret_clear(&passphrase);
    secret_clear(&pkcs8);
    private_key_free(key);
    buffer_clear(&certificate);
    buffer_clear(&locked);
    buffer_clear(&request);
    made_ca_clear(&ca);
    return 0;
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    (void)TESTS_OF(tests, rows, row_holds);
    if (CRYPTO_set_mem_functions(take, retake, give_back) != 1) {
        return 1;
    }
    return cmocka_run_group_tests(tests, prepare, put_away);
}
