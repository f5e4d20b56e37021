#include "kms/vault/combine.h"
#include "kms/vault/envelope.h"
#include "kms/vault/reshare.h"

#include <stdio.h>

#include "base/readfile.h"
#include "kms/vault_support.h"

/*
 * The vectors of docs/escrow.md, read from the document, so that it and the code cannot drift
 * apart:
 *
 *     ### P-256
 *     ...
 *     share 1 =
 *         112746f4...
 */

enum { QUORUM = 2, COUNT_OLD = 3, COUNT_NEW = 4, VALUE_MAX = 2048, DOCUMENT_MAX = 1 << 20 };

static const unsigned agents[QUORUM] = {1, 3};

static const struct curve_row {
    const char *name, *heading;
    enum vault_curve curve;
} curve_rows[] = {
    {"the vectors of P-256", "\n### P-256\n", VAULT_P256},
    {"the vectors of P-384", "\n### P-384\n", VAULT_P384},
};

/* A curve's section of the document, and what is made of it. */
struct scene {
    const char *section;
    enum vault_curve curve;
    struct dealt dealt;
};

struct value {
    uint8_t at[VALUE_MAX];
    size_t len;
};

static struct span value_span(const struct value *value) { return span_of(value->at, value->len); }

static bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/* What stands behind "<what> <number> =". */
static struct value value_of(const struct scene *scene, const char *what, unsigned number)
{
    struct value value = {.len = 0};
    char line[64];
    const char *at;

    (void)snprintf(line, sizeof(line), number > 0 ? "\n%s %u =\n" : "\n%s =\n", what, number);
    at = strstr(scene->section, line);
    assert_non_null(at);
    at += strlen(line);
    while (*at == ' ') {
        at += strspn(at, " ");
        for (; is_hex(at[0]) && is_hex(at[1]); at += 2) {
            const char pair[3] = {at[0], at[1]};

            assert_true(value.len < VALUE_MAX);
            value.at[value.len++] = (uint8_t)strtoul(pair, NULL, 16);
        }
        at += *at == '\n';
    }
    assert_true(value.len > 0);
    return value;
}

static struct secret secret_of(const struct scene *scene, const char *what, unsigned number)
{
    struct value value = value_of(scene, what, number);
    struct secret secret = {0};
    struct why why = {0};

    assert_int_equal(secret_copy(value_span(&value), &secret, &why), FAULT_NONE);
    return secret;
}

static void assert_value(const struct scene *scene, const char *what, unsigned number,
                         struct span got)
{
    struct value value = value_of(scene, what, number);

    assert_int_equal(got.len, value.len);
    assert_memory_equal(got.at, value.at, value.len);
}

static void assert_public(const struct scene *scene, const char *what,
                          const struct vault_public *public)
{
    struct buffer bytes = buffer_with_max(VAULT_PUBLIC_MAX);

    vault_public_encode(public, &bytes);
    assert_value(scene, what, 0, buffer_span(&bytes));
    buffer_clear(&bytes);
}

static void dealing_is_the_documents(struct scene *scene)
{
    struct secret coefficients = secret_of(scene, "coefficients", 0);
    struct why why = {0};

    assert_int_equal(vault_deal_polynomial(scene->curve, QUORUM, COUNT_OLD, &coefficients,
                                           &scene->dealt.public, scene->dealt.shares, &why),
                     FAULT_NONE);
    secret_clear(&coefficients);
    assert_int_equal(vault_open(&scene->dealt.public, &scene->dealt.vault, &why), FAULT_NONE);
    assert_public(scene, "public", &scene->dealt.public);
    for (unsigned i = 1; i <= COUNT_OLD; i++) {
        struct vault_point share;

        assert_value(scene, "share", i, secret_span(&scene->dealt.shares[i - 1]));
        assert_int_equal(vault_public_share(scene->dealt.vault, i, &share, &why), FAULT_NONE);
        assert_value(scene, "public share", i, vault_point_span(&share));
    }
}

static void context_of(const struct scene *scene, unsigned agent, uint8_t out[PARTIAL_CONTEXT])
{
    struct value request = value_of(scene, "request", 0);
    struct value serial = value_of(scene, "serial", 0);
    struct value name = value_of(scene, "agent", agent);
    struct why why = {0};

    assert_int_equal(
        partial_context(value_span(&request), value_span(&serial), value_span(&name), out, &why),
        FAULT_NONE);
    assert_value(scene, "context", agent, span_of(out, PARTIAL_CONTEXT));
}

static void result_is_the_documents(struct scene *scene, unsigned agent, struct span point,
                                    struct combiner *combiner)
{
    struct secret nonce = secret_of(scene, "proof nonce", agent);
    uint8_t context[PARTIAL_CONTEXT], encoded[PARTIAL_MAX];
    struct partial partial;
    struct why why = {0};

    context_of(scene, agent, context);
    assert_int_equal(
        partial_make_with_nonce(scene->dealt.vault, agent, &scene->dealt.shares[agent - 1], point,
                                span_of(context, sizeof(context)), &nonce, &partial, &why),
        FAULT_NONE);
    assert_value(scene, "partial", agent, span_of(encoded, partial_encode(&partial, encoded)));
    assert_int_equal(combiner_add(combiner, span_of(context, sizeof(context)), &partial, &why),
                     FAULT_NONE);
    secret_clear(&nonce);
}

static void recovery_is_the_documents(struct scene *scene)
{
    struct value der = value_of(scene, "envelope", 0);
    struct combiner *combiner = NULL;
    struct envelope envelope;
    struct secret x = {0};
    struct secret content = {0};
    struct why why = {0};

    assert_int_equal(envelope_read(value_span(&der), &envelope, &why), FAULT_NONE);
    assert_value(scene, "ephemeral point", 0, envelope.ephemeral);
    assert_int_equal(combiner_new(scene->dealt.vault, &combiner, &why), FAULT_NONE);
    assert_int_equal(combiner_start(combiner, envelope.ephemeral, &why), FAULT_NONE);
    for (size_t i = 0; i < QUORUM; i++) {
        result_is_the_documents(scene, agents[i], envelope.ephemeral, combiner);
    }
    assert_int_equal(combiner_finish(combiner, &x, &why), FAULT_NONE);
    assert_value(scene, "shared secret", 0, secret_span(&x));
    assert_int_equal(envelope_open(&envelope, &x, &content, &why), FAULT_NONE);
    assert_value(scene, "content", 0, secret_span(&content));
    secret_clear(&x);
    secret_clear(&content);
    combiner_free(combiner);
}

static void part_of(struct scene *scene, unsigned agent, struct reshare_part *out)
{
    struct value encoded = value_of(scene, "part", agent);
    struct why why = {0};

    out->index = agent;
    assert_int_equal(vault_public_decode(value_span(&encoded), &out->dealing, &why), FAULT_NONE);
}

static void resharing_is_the_documents(struct scene *scene)
{
    struct reshare_part parts[QUORUM];
    struct vault_public renewed;
    struct why why = {0};

    for (size_t p = 0; p < QUORUM; p++) {
        part_of(scene, agents[p], &parts[p]);
    }
    assert_int_equal(reshare_public(scene->dealt.vault, parts, QUORUM, &renewed, &why), FAULT_NONE);
    assert_public(scene, "new public", &renewed);
    for (unsigned j = 1; j <= COUNT_NEW; j++) {
        struct secret sent[QUORUM] = {secret_of(scene, "subshare 1", j),
                                      secret_of(scene, "subshare 3", j)};
        struct secret share = {0};

        assert_int_equal(reshare_share(scene->dealt.vault, parts, sent, QUORUM, j, &share, &why),
                         FAULT_NONE);
        assert_value(scene, "new share", j, secret_span(&share));
        secret_clear(&share);
        secret_clear(&sent[0]);
        secret_clear(&sent[1]);
    }
}

static void vectors_hold(void **state)
{
    const struct curve_row *row = *state;
    const char *source = getenv("KEYROSTER_SOURCE");
    struct buffer document = buffer_with_max(DOCUMENT_MAX);
    struct scene *scene = calloc(1, sizeof *scene);
    struct why why = {0};
    char path[4096];

    assert_non_null(source);
    assert_non_null(scene);
    (void)snprintf(path, sizeof(path), "%s/docs/escrow.md", source);
    assert_int_equal(readfile(path, &document, &why), FAULT_NONE);
    buffer_add_byte(&document, '\0');
    scene->section = strstr((const char *)document.at, row->heading);
    assert_non_null(scene->section);
    scene->curve = row->curve;
    dealing_is_the_documents(scene);
    recovery_is_the_documents(scene);
    resharing_is_the_documents(scene);
    vault_close(scene->dealt.vault);
    for (size_t i = 0; i < COUNT_OLD; i++) {
        secret_clear(&scene->dealt.shares[i]);
    }
    buffer_clear(&document);
    free(scene);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(curve_rows)];

    (void)TESTS_OF(tests, curve_rows, vectors_hold);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
