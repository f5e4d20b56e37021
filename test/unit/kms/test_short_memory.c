#include <openssl/crypto.h>
#include <openssl/err.h>

#include "kms/people/identity.h"
#include "kms/people/transcript.h"
#include "support.h"

/*
 * When libcrypto gets no memory at one of its allocations, whichever, a call fails with
 * FAULT_RESOURCE or does its work; it never says that a box is bad. Nothing is half written, and
 * libcrypto's queue of errors stays empty.
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

static const struct lock_cost cheap = {.passes = 1, .memory_kib = 8, .lanes = 1};

static struct secret passphrase;
static struct identity identity;
static struct buffer locked, box;
static uint8_t signature[IDENTITY_SIGNATURE_SIZE];

static enum fault pair(void)
{
    uint8_t public[HPKE_KEY_SIZE];
    struct secret private = {0};
    struct why why;
    enum fault fault = hpke_pair(public, &private, &why);

    assert_true((private.at != NULL) == (fault == FAULT_NONE));
    secret_clear(&private);
    return fault;
}

static enum fault seal(void)
{
    struct buffer out = buffer_with_max(1 << 10);
    struct why why;
    enum fault fault = hpke_seal(identity.sealing, span_text("for"), span_text("to"),
                                 span_text("a secret"), &out, &why);

    assert_true((out.len > 0) == (fault == FAULT_NONE));
    buffer_clear(&out);
    return fault;
}

static enum fault open_box(void)
{
    struct secret got = {0};
    struct why why;
    enum fault fault =
        identity_open(&identity, span_text("for"), span_text("to"), buffer_span(&box), &got, &why);

    assert_true((got.at != NULL) == (fault == FAULT_NONE));
    secret_clear(&got);
    return fault;
}

static enum fault lock(void)
{
    struct buffer out = buffer_with_max(1 << 10);
    struct why why;
    enum fault fault = identity_lock(&identity, &passphrase, cheap, span_text("a"), &out, &why);

    assert_true((out.len > 0) == (fault == FAULT_NONE));
    buffer_clear(&out);
    return fault;
}

static enum fault unlock(void)
{
    struct identity got = {0};
    struct why why;
    enum fault fault =
        identity_unlock(&passphrase, span_text("a"), buffer_span(&locked), &got, &why);

    assert_true((got.keys.at != NULL) == (fault == FAULT_NONE));
    identity_clear(&got);
    return fault;
}

static enum fault sign(void)
{
    uint8_t out[IDENTITY_SIGNATURE_SIZE];
    struct why why;

    return identity_sign(&identity, span_text("a"), out, &why);
}

static enum fault verify(void)
{
    struct why why;

    return identity_verify(identity.signing, span_text("a"), span_of(signature, sizeof(signature)),
                           &why);
}

static enum fault digest(void)
{
    struct transcript t = transcript_begin("keyroster test v1");
    uint8_t out[TRANSCRIPT_SIZE];
    struct why why;

    transcript_add_text(&t, "a");
    return transcript_end(&t, out, &why);
}

static const struct row {
    const char *name;
    enum fault (*does)(void);
    enum fault also; /* see the header */
} rows[] = {
    {"a pair of keys", pair},
    {"sealing", seal},
    {"opening", open_box},
    {"locking", lock},
    {"unlocking", unlock},
    {"signing", sign},
    {"verifying", verify, FAULT_DENIED},
    {"a transcript", digest},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    size_t most, failed = 0;

    assert_int_equal(row->does(), FAULT_NONE); /* what is fetched once is fetched now */
    made = 0;
    assert_int_equal(row->does(), FAULT_NONE);
    most = made;
    assert_true(most > 0);
    for (size_t n = 1; n <= most; n++) {
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
    locked = buffer_with_max(1 << 10);
    box = buffer_with_max(1 << 10);
    return secret_copy(span_text("hunter2"), &passphrase, &why) == FAULT_NONE &&
                   identity_make(&identity, &why) == FAULT_NONE &&
                   identity_lock(&identity, &passphrase, cheap, span_text("a"), &locked, &why) ==
                       FAULT_NONE &&
                   hpke_seal(identity.sealing, span_text("for"), span_text("to"),
                             span_text("a secret"), &box, &why) == FAULT_NONE &&
                   identity_sign(&identity, span_text("a"), signature, &why) == FAULT_NONE
               ? 0
               : -1;
}

static int put_away(void **state)
{
    (void)state;
    secret_clear(&passphrase);
    identity_clear(&identity);
    buffer_clear(&locked);
    buffer_clear(&box);
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
