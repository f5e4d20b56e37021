#include "kms/vault/partial.h"

#include "kms/vault/combine.h"

#include "kms/vault_support.h"

static const enum vault_curve curves[] = {VAULT_P256, VAULT_P384};

enum { WHOLE_MAX = 2 * VAULT_SCALAR_MAX + 1 };

static const char context_text[] = "request, serial and agent";

static struct span context(void) { return span_text(context_text); }

/* An escrow of 2 of 3, a point, and agent 2's result for it. */
struct scene {
    struct dealt *dealt;
    uint8_t point[WHOLE_MAX];
    struct span ephemeral;
    struct partial partial;
};

static void scene_init(struct scene *scene, enum vault_curve curve)
{
    struct why why = {0};

    scene->dealt = dealt_new(curve, 2, 3);
    scene->ephemeral = random_point(vault_group(scene->dealt->vault), scene->point);
    assert_int_equal(partial_make(scene->dealt->vault, 2, &scene->dealt->shares[1],
                                  scene->ephemeral, context(), &scene->partial, &why),
                     FAULT_NONE);
}

static void scene_clear(struct scene *scene)
{
    partial_clear(&scene->partial);
    dealt_free(scene->dealt);
}

static enum fault check(struct scene *scene, const struct partial *partial)
{
    struct why why = {0};

    return partial_check(scene->dealt->vault, scene->ephemeral, context(), partial, &why);
}

static void result_is_proven(void **state)
{
    (void)state;

    for (size_t c = 0; c < COUNT(curves); c++) {
        struct scene scene;

        scene_init(&scene, curves[c]);
        assert_int_equal(check(&scene, &scene.partial), FAULT_NONE);
        scene_clear(&scene);
    }
}

static void encoded_result_comes_back(void **state)
{
    (void)state;

    for (size_t c = 0; c < COUNT(curves); c++) {
        struct scene scene;
        struct partial read = {0};
        struct why why = {0};
        uint8_t bytes[PARTIAL_MAX], again[PARTIAL_MAX];
        size_t len;

        scene_init(&scene, curves[c]);
        len = partial_encode(&scene.partial, bytes);
        assert_int_equal(len, curves[c] == VAULT_P256 ? 100 : 132);
        assert_int_equal(len, partial_size(curves[c]));
        assert_int_equal(partial_decode(span_of(bytes, len), &read, &why), FAULT_NONE);
        assert_int_equal(check(&scene, &read), FAULT_NONE);
        assert_int_equal(partial_encode(&read, again), len);
        assert_memory_equal(bytes, again, len);
        scene_clear(&scene);
    }
}

/* Decoded and checked: whichever bit is another, one of the two refuses it. */
static void every_altered_bit_is_refused(void **state)
{
    (void)state;

    for (size_t c = 0; c < COUNT(curves); c++) {
        struct scene scene;
        uint8_t bytes[PARTIAL_MAX];
        size_t len;

        scene_init(&scene, curves[c]);
        len = partial_encode(&scene.partial, bytes);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            struct partial read = {0};
            struct why why = {0};
            enum fault fault;

            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            fault = partial_decode(span_of(bytes, len), &read, &why);
            if (fault == FAULT_NONE) {
                fault = check(&scene, &read);
                assert_int_equal(fault, FAULT_DENIED);
            } else {
                assert_int_equal(fault, FAULT_SYNTAX);
            }
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        scene_clear(&scene);
    }
}

static void other_lengths_are_refused(void **state)
{
    struct scene scene;
    uint8_t bytes[PARTIAL_MAX + 1] = {0};
    size_t len;
    (void)state;

    scene_init(&scene, VAULT_P256);
    len = partial_encode(&scene.partial, bytes);
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        uint8_t *block = exact_copy((const char *)bytes, n);
        struct partial read = {0};
        struct why why = {0};

        assert_int_equal(partial_decode(span_of(block, n), &read, &why),
                         n == len ? FAULT_NONE : FAULT_SYNTAX);
        free(block);
    }
    scene_clear(&scene);
}

/* z + n proves the same in the formulas, and would be a second form of one proof. */
static void response_above_the_order_is_refused(void **state)
{
    struct scene scene;
    (void)state;

    scene_init(&scene, VAULT_P256);
    memset(scene.partial.response, 0xff, 32);
    assert_int_equal(check(&scene, &scene.partial), FAULT_DENIED);
    scene_clear(&scene);
}

static void proof_serves_one_context_agent_and_envelope(void **state)
{
    (void)state;

    for (size_t c = 0; c < COUNT(curves); c++) {
        struct scene scene;
        struct partial partial;
        struct why why = {0};
        uint8_t bytes[WHOLE_MAX];
        struct vault *vault;

        scene_init(&scene, curves[c]);
        vault = scene.dealt->vault;
        partial = scene.partial;
        assert_int_equal(
            partial_check(vault, scene.ephemeral, span_text("another request"), &partial, &why),
            FAULT_DENIED);
        assert_int_equal(partial_check(vault, scene.ephemeral, span_of(NULL, 0), &partial, &why),
                         FAULT_DENIED);
        assert_int_equal(partial_check(vault, random_point(vault_group(vault), bytes), context(),
                                       &partial, &why),
                         FAULT_DENIED);
        for (unsigned index = 0; index <= 4; index++) {
            partial.index = index;
            assert_int_equal(check(&scene, &partial), index == 2 ? FAULT_NONE : FAULT_DENIED);
        }
        scene_clear(&scene);
    }
}

static void proof_serves_one_escrow(void **state)
{
    struct scene scene, other;
    struct why why = {0};
    (void)state;

    scene_init(&scene, VAULT_P256);
    scene_init(&other, VAULT_P256);
    assert_int_equal(
        partial_check(other.dealt->vault, scene.ephemeral, context(), &scene.partial, &why),
        FAULT_DENIED);
    scene.partial.curve = VAULT_P384;
    assert_int_equal(check(&scene, &scene.partial), FAULT_DENIED);
    scene_clear(&scene);
    scene_clear(&other);
}

/* D of another share, with a proof that is right of that one. */
static void result_of_another_share_is_refused(void **state)
{
    struct dealt *dealt = dealt_new(VAULT_P256, 2, 3);
    struct dealt *other = dealt_new(VAULT_P256, 2, 3);
    struct partial partial;
    struct why why = {0};
    uint8_t bytes[WHOLE_MAX];
    struct span point = random_point(vault_group(dealt->vault), bytes);
    (void)state;

    assert_int_equal(
        partial_make(dealt->vault, 1, &dealt->shares[1], point, context(), &partial, &why),
        FAULT_DENIED);
    assert_int_equal(
        partial_make(dealt->vault, 4, &dealt->shares[1], point, context(), &partial, &why),
        FAULT_DENIED);
    assert_int_equal(
        partial_make(other->vault, 1, &other->shares[0], point, context(), &partial, &why),
        FAULT_NONE);
    assert_int_equal(partial_check(dealt->vault, point, context(), &partial, &why), FAULT_DENIED);
    dealt_free(dealt);
    dealt_free(other);
}

static void what_is_no_point_is_refused(void **state)
{
    struct scene scene;
    struct partial partial;
    struct combiner *combiner = NULL;
    struct why why = {0};
    uint8_t off_curve[65] = {4, 1};
    const struct span points[] = {
        span_of(off_curve, sizeof(off_curve)),
        span_of(off_curve, 1),
        span_of("\0", 1), /* infinity */
        span_of(NULL, 0),
        span_of(off_curve, 64),
    };
    (void)state;

    scene_init(&scene, VAULT_P256);
    assert_int_equal(combiner_new(scene.dealt->vault, &combiner, &why), FAULT_NONE);
    for (size_t i = 0; i < COUNT(points); i++) {
        assert_int_equal(partial_make(scene.dealt->vault, 1, &scene.dealt->shares[0], points[i],
                                      context(), &partial, &why),
                         FAULT_SYNTAX);
        assert_int_equal(
            partial_check(scene.dealt->vault, points[i], context(), &scene.partial, &why),
            FAULT_SYNTAX);
        assert_int_equal(combiner_start(combiner, points[i], &why), FAULT_SYNTAX);
        assert_int_equal(combiner_add(combiner, context(), &scene.partial, &why), FAULT_DENIED);
    }
    combiner_free(combiner);
    scene_clear(&scene);
}

/* A nonce that came twice would tell the share. */
static void proofs_of_one_statement_differ(void **state)
{
    struct scene scene;
    struct partial again;
    struct why why = {0};
    (void)state;

    scene_init(&scene, VAULT_P256);
    assert_int_equal(partial_make(scene.dealt->vault, 2, &scene.dealt->shares[1], scene.ephemeral,
                                  context(), &again, &why),
                     FAULT_NONE);
    assert_memory_equal(&again.result, &scene.partial.result, sizeof(again.result));
    assert_memory_not_equal(again.challenge, scene.partial.challenge, PARTIAL_CHALLENGE);
    assert_memory_not_equal(again.response, scene.partial.response, 32);
    scene_clear(&scene);
}

static void given_nonce_is_in_its_range(void **state)
{
    struct scene scene;
    struct partial made;
    struct secret nonce = {0};
    struct why why = {0};
    (void)state;

    scene_init(&scene, VAULT_P256);
    assert_int_equal(secret_new(32, &nonce, &why), FAULT_NONE);
    assert_int_equal(partial_make_with_nonce(scene.dealt->vault, 2, &scene.dealt->shares[1],
                                             scene.ephemeral, context(), &nonce, &made, &why),
                     FAULT_SYNTAX);
    memset(nonce.at, 0xff, 32);
    assert_int_equal(partial_make_with_nonce(scene.dealt->vault, 2, &scene.dealt->shares[1],
                                             scene.ephemeral, context(), &nonce, &made, &why),
                     FAULT_SYNTAX);
    nonce.at[0] = 1;
    assert_int_equal(partial_make_with_nonce(scene.dealt->vault, 2, &scene.dealt->shares[1],
                                             scene.ephemeral, context(), &nonce, &made, &why),
                     FAULT_NONE);
    assert_int_equal(check(&scene, &made), FAULT_NONE);
    secret_clear(&nonce);
    scene_clear(&scene);
}

static void context_has_each_field_apart(void **state)
{
    static const char *const fields[][3] = {
        {"request", "serial", "agent"}, {"requests", "erial", "agent"},
        {"request", "seria", "lagent"}, {"request", "serial", "agenT"},
        {"", "requestserial", "agent"},
    };
    uint8_t digests[COUNT(fields)][PARTIAL_CONTEXT];
    struct why why = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(fields); i++) {
        assert_int_equal(partial_context(span_text(fields[i][0]), span_text(fields[i][1]),
                                         span_text(fields[i][2]), digests[i], &why),
                         FAULT_NONE);
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(digests[k], digests[i], PARTIAL_CONTEXT);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(result_is_proven),
        cmocka_unit_test(encoded_result_comes_back),
        cmocka_unit_test(every_altered_bit_is_refused),
        cmocka_unit_test(other_lengths_are_refused),
        cmocka_unit_test(response_above_the_order_is_refused),
        cmocka_unit_test(proof_serves_one_context_agent_and_envelope),
        cmocka_unit_test(proof_serves_one_escrow),
        cmocka_unit_test(result_of_another_share_is_refused),
        cmocka_unit_test(what_is_no_point_is_refused),
        cmocka_unit_test(proofs_of_one_statement_differ),
        cmocka_unit_test(given_nonce_is_in_its_range),
        cmocka_unit_test(context_has_each_field_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
