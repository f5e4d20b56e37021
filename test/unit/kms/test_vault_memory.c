#include "kms/vault/combine.h"
#include "kms/vault/envelope.h"
#include "kms/vault/rebuild.h"
#include "kms/vault/reshare.h"

#include "kms/vault_support.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

/*
 * Whichever allocation of libcrypto's fails: the vault's acts are done, or say FAULT_RESOURCE. That
 * no right result is ever called a wrong one matters: a recovery agent would be blamed for it.
 */

enum { AGENTS = 2, NEVER = -1, WHOLE_MAX = 2 * VAULT_SCALAR_MAX + 1 };

static long allocations_left = NEVER;
static bool has_failed;
static bool all_behind; /* one allocation fails, or all from there on */

static bool fails(void)
{
    if (allocations_left == NEVER || allocations_left-- > 0) {
        return false;
    }
    allocations_left = all_behind ? 0 : NEVER;
    has_failed = true;
    return true;
}

static void *failing_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : malloc(n);
}

static void *failing_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : realloc(p, n);
}

static void plain_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

/* An escrow of 2 of 2, an envelope for it, and all that opens it. */
static struct scene {
    struct dealt *dealt;
    struct buffer certificate, der;
    struct envelope envelope;
    struct secret key, x;
    struct partial partials[AGENTS];
    struct reshare_part parts[AGENTS];
    struct secret subshares[AGENTS];
} scene;

static const unsigned agents[AGENTS] = {1, 2};

static struct span context(void) { return span_text("context"); }

static enum fault do_deal(struct why *why)
{
    struct secret shares[3] = {{0}};
    struct vault_public public;
    enum fault fault = vault_deal(VAULT_P256, 2, 3, &public, shares, why);

    for (size_t i = 0; i < 3; i++) {
        secret_clear(&shares[i]);
    }
    return fault;
}

static enum fault do_open(struct why *why)
{
    struct vault *vault = NULL;
    enum fault fault = vault_open(&scene.dealt->public, &vault, why);

    if (fault == FAULT_NONE) {
        fault = vault_share_fits(vault, 2, &scene.dealt->shares[1], why);
    }
    vault_close(vault);
    return fault;
}

static enum fault do_decode(struct why *why)
{
    struct buffer bytes = buffer_with_max(VAULT_PUBLIC_MAX);
    struct vault_public public;
    enum fault fault;

    vault_public_encode(&scene.dealt->public, &bytes);
    fault = vault_public_decode(buffer_span(&bytes), &public, why);
    buffer_clear(&bytes);
    return fault;
}

static enum fault do_spki(struct why *why)
{
    struct buffer bytes = buffer_with_max(256);
    enum fault fault = vault_public_spki(&scene.dealt->public, &bytes, why);

    buffer_clear(&bytes);
    return fault;
}

static enum fault do_partial(struct why *why)
{
    struct partial partial;

    return partial_make(scene.dealt->vault, 1, &scene.dealt->shares[0], scene.envelope.ephemeral,
                        context(), &partial, why);
}

static enum fault do_check(struct why *why)
{
    return partial_check(scene.dealt->vault, scene.envelope.ephemeral, context(),
                         &scene.partials[1], why);
}

static enum fault do_combine(struct why *why)
{
    struct combiner *combiner = NULL;
    struct secret x = {0};
    enum fault fault = combiner_new(scene.dealt->vault, &combiner, why);

    if (fault == FAULT_NONE) {
        fault = combiner_start(combiner, scene.envelope.ephemeral, why);
    }
    for (size_t i = 0; i < AGENTS && fault == FAULT_NONE; i++) {
        fault = combiner_add(combiner, context(), &scene.partials[i], why);
    }
    if (fault == FAULT_NONE) {
        fault = combiner_finish(combiner, &x, why);
    }
    if (fault == FAULT_NONE) {
        assert_true(secret_equal(&x, &scene.x));
    }
    secret_clear(&x);
    combiner_free(combiner);
    return fault;
}

static enum fault do_rebuild(struct why *why)
{
    struct secret pem = {0};
    enum fault fault =
        vault_rebuild(scene.dealt->vault, agents, scene.dealt->shares, AGENTS, &pem, why);

    secret_clear(&pem);
    return fault;
}

static enum fault do_split(struct why *why)
{
    struct secret subshares[3] = {{0}};
    struct reshare_part part;
    enum fault fault =
        reshare_split(scene.dealt->vault, 1, &scene.dealt->shares[0], 2, 3, &part, subshares, why);

    for (size_t i = 0; i < 3; i++) {
        secret_clear(&subshares[i]);
    }
    return fault;
}

static enum fault do_reshare(struct why *why)
{
    struct secret share = {0};
    enum fault fault =
        reshare_share(scene.dealt->vault, scene.parts, scene.subshares, AGENTS, 1, &share, why);

    secret_clear(&share);
    return fault;
}

static enum fault do_seal(struct why *why)
{
    struct envelope_maker *maker = NULL;
    struct buffer der = buffer_with_max(ENVELOPE_MAX);
    enum fault fault = envelope_maker_new(buffer_span(&scene.certificate), &maker, why);

    if (fault == FAULT_NONE) {
        fault = envelope_make(maker, &scene.key, &der, why);
    }
    buffer_clear(&der);
    envelope_maker_free(maker);
    return fault;
}

static enum fault do_unseal(struct why *why)
{
    struct secret key = {0};
    enum fault fault = envelope_open(&scene.envelope, &scene.x, &key, why);

    if (fault == FAULT_NONE) {
        assert_true(secret_equal(&key, &scene.key));
    }
    secret_clear(&key);
    return fault;
}

static const struct act_row {
    const char *name;
    enum fault (*act)(struct why *why);
} act_rows[] = {
    {"dealing", do_deal},
    {"opening a vault, and a share that fits", do_open},
    {"decoding what is public", do_decode},
    {"the public key for a certificate", do_spki},
    {"a partial result", do_partial},
    {"checking one", do_check},
    {"combining them", do_combine},
    {"rebuilding the key", do_rebuild},
    {"dealing a share", do_split},
    {"a new share", do_reshare},
    {"sealing an envelope", do_seal},
    {"opening an envelope", do_unseal},
};

static void hold_act(const struct act_row *row)
{
    long n = 0;

    do {
        struct why why = {0};
        enum fault fault;

        has_failed = false;
        allocations_left = n++;
        fault = row->act(&why);
        allocations_left = NEVER;
        if (fault != FAULT_NONE && fault != FAULT_RESOURCE) {
            print_error("allocation %ld: %s\n", n - 1, why.rule);
        }
        assert_true(fault == FAULT_RESOURCE || fault == FAULT_NONE);
        assert_true(has_failed || fault == FAULT_NONE);
        assert_int_equal(ERR_peek_error(), 0);
    } while (has_failed);
    assert_true(n > 2);
}

static void act_is_done_or_gives_out(void **state)
{
    all_behind = false;
    hold_act(*state);
    all_behind = true;
    hold_act(*state);
}

static void make_certificate(void)
{
    struct buffer spki = buffer_with_max(256);
    struct why why = {0};
    const uint8_t *at;
    EVP_PKEY *public;

    assert_int_equal(vault_public_spki(&scene.dealt->public, &spki, &why), FAULT_NONE);
    at = spki.at;
    public = d2i_PUBKEY(NULL, &at, (long)spki.len);
    scene.certificate = certificate_of(public);
    EVP_PKEY_free(public);
    buffer_clear(&spki);
}

static void seal(void)
{
    struct envelope_maker *maker = NULL;
    struct why why = {0};

    make_certificate();
    scene.der = buffer_with_max(ENVELOPE_MAX);
    assert_int_equal(secret_copy(span_text("a private key"), &scene.key, &why), FAULT_NONE);
    assert_int_equal(envelope_maker_new(buffer_span(&scene.certificate), &maker, &why), FAULT_NONE);
    assert_int_equal(envelope_make(maker, &scene.key, &scene.der, &why), FAULT_NONE);
    assert_int_equal(envelope_read(buffer_span(&scene.der), &scene.envelope, &why), FAULT_NONE);
    envelope_maker_free(maker);
}

static int prepare(void **state)
{
    struct combiner *combiner = NULL;
    struct why why = {0};
    (void)state;

    scene.dealt = dealt_new(VAULT_P256, AGENTS, AGENTS);
    seal();
    assert_int_equal(combiner_new(scene.dealt->vault, &combiner, &why), FAULT_NONE);
    assert_int_equal(combiner_start(combiner, scene.envelope.ephemeral, &why), FAULT_NONE);
    for (size_t i = 0; i < AGENTS; i++) {
        struct secret subshares[AGENTS] = {{0}};

        assert_int_equal(partial_make(scene.dealt->vault, agents[i], &scene.dealt->shares[i],
                                      scene.envelope.ephemeral, context(), &scene.partials[i],
                                      &why),
                         FAULT_NONE);
        assert_int_equal(combiner_add(combiner, context(), &scene.partials[i], &why), FAULT_NONE);
        assert_int_equal(reshare_split(scene.dealt->vault, agents[i], &scene.dealt->shares[i],
                                       AGENTS, AGENTS, &scene.parts[i], subshares, &why),
                         FAULT_NONE);
        scene.subshares[i] = secret_move(&subshares[0]);
        secret_clear(&subshares[1]);
    }
    assert_int_equal(combiner_finish(combiner, &scene.x, &why), FAULT_NONE);
    combiner_free(combiner);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    for (size_t i = 0; i < AGENTS; i++) {
        secret_clear(&scene.subshares[i]);
    }
    secret_clear(&scene.x);
    secret_clear(&scene.key);
    buffer_clear(&scene.der);
    buffer_clear(&scene.certificate);
    dealt_free(scene.dealt);
    return 0;
}

int main(void)
{
    struct CMUnitTest tests[COUNT(act_rows)];

    if (CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free) != 1) {
        return 1;
    }
    (void)TESTS_OF(tests, act_rows, act_is_done_or_gives_out);
    return cmocka_run_group_tests(tests, prepare, clear);
}
