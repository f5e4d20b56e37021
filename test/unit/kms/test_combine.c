#include "kms/vault/combine.h"

#include "kms/vault/rebuild.h"

#include "kms/vault_support.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

/* What `quorum` agents combine is what ECDH with the whole key gives, which only a test has. */

enum { WHOLE_MAX = 2 * VAULT_SCALAR_MAX + 1, AGENTS_MAX = 6 };

static struct span context(void) { return span_text("context"); }

static EVP_PKEY *whole_key(struct dealt *dealt)
{
    unsigned indexes[VAULT_AGENTS_MAX];
    struct secret pem = {0};
    struct why why = {0};
    EVP_PKEY *key;
    BIO *text;

    first_subset(indexes, dealt->public.quorum);
    assert_int_equal(
        vault_rebuild(dealt->vault, indexes, dealt->shares, dealt->public.quorum, &pem, &why),
        FAULT_NONE);
    text = BIO_new_mem_buf(pem.at, (int)pem.len);
    key = PEM_read_bio_PrivateKey(text, NULL, NULL, NULL);
    assert_non_null(key);
    BIO_free(text);
    secret_clear(&pem);
    return key;
}

/* libcrypto's ECDH of the whole key and a point. */
static size_t agree(EVP_PKEY *whole, struct span point, uint8_t x[VAULT_SCALAR_MAX])
{
    EVP_PKEY *peer = EVP_PKEY_new();
    EVP_PKEY_CTX *derive = EVP_PKEY_CTX_new(whole, NULL);
    size_t len = VAULT_SCALAR_MAX;

    assert_int_equal(EVP_PKEY_copy_parameters(peer, whole), 1);
    assert_int_equal(EVP_PKEY_set1_encoded_public_key(peer, point.at, point.len), 1);
    assert_int_equal(EVP_PKEY_derive_init(derive), 1);
    assert_int_equal(EVP_PKEY_derive_set_peer(derive, peer), 1);
    assert_int_equal(EVP_PKEY_derive(derive, x, &len), 1);
    EVP_PKEY_CTX_free(derive);
    EVP_PKEY_free(peer);
    return len;
}

static void combine_is_ecdh(struct dealt *dealt, struct combiner *combiner, EVP_PKEY *whole,
                            struct span point, const unsigned indexes[])
{
    uint8_t expected[VAULT_SCALAR_MAX];
    size_t len = agree(whole, point, expected);
    struct secret x = {0};
    struct why why = {0};

    assert_int_equal(combiner_start(combiner, point, &why), FAULT_NONE);
    for (unsigned i = 0; i < dealt->public.quorum; i++) {
        struct partial partial;

        assert_int_equal(partial_make(dealt->vault, indexes[i], &dealt->shares[indexes[i] - 1],
                                      point, context(), &partial, &why),
                         FAULT_NONE);
        assert_int_equal(combiner_add(combiner, context(), &partial, &why), FAULT_NONE);
    }
    assert_int_equal(combiner_finish(combiner, &x, &why), FAULT_NONE);
    assert_int_equal(x.len, len);
    assert_memory_equal(x.at, expected, len);
    secret_clear(&x);
}

static void all_subsets_of_a_quorum_give_ecdh(void **state)
{
    (void)state;

    for (unsigned count = 2; count <= AGENTS_MAX; count++) {
        for (unsigned quorum = 2; quorum <= count; quorum++) {
            /* The larger ones on P-256 only, where they take a tenth of the time. */
            enum vault_curve curve = count == 4 ? VAULT_P384 : VAULT_P256;
            struct dealt *dealt = dealt_new(curve, quorum, count);
            EVP_PKEY *whole = whole_key(dealt);
            struct combiner *combiner = NULL;
            unsigned indexes[AGENTS_MAX];
            uint8_t bytes[WHOLE_MAX];
            struct why why = {0};

            assert_int_equal(combiner_new(dealt->vault, &combiner, &why), FAULT_NONE);
            first_subset(indexes, quorum);
            do {
                struct span point = random_point(vault_group(dealt->vault), bytes);

                combine_is_ecdh(dealt, combiner, whole, point, indexes);
            } while (next_subset(indexes, quorum, count));
            combiner_free(combiner);
            EVP_PKEY_free(whole);
            dealt_free(dealt);
        }
    }
}

static void many_agents_give_ecdh(void **state)
{
    static const unsigned indexes[] = {64, 63, 1, 2, 40, 17, 33, 8, 5, 50};
    struct dealt *dealt = dealt_new(VAULT_P256, COUNT(indexes), 64);
    EVP_PKEY *whole = whole_key(dealt);
    struct combiner *combiner = NULL;
    uint8_t bytes[WHOLE_MAX];
    struct why why = {0};
    (void)state;

    assert_int_equal(combiner_new(dealt->vault, &combiner, &why), FAULT_NONE);
    combine_is_ecdh(dealt, combiner, whole, random_point(vault_group(dealt->vault), bytes),
                    indexes);
    combiner_free(combiner);
    EVP_PKEY_free(whole);
    dealt_free(dealt);
}

/* An escrow of 3 of 4, a point, and the results of all four for it. */
struct scene {
    struct dealt *dealt;
    struct combiner *combiner;
    uint8_t bytes[WHOLE_MAX];
    struct span point;
    struct partial partials[4];
};

static int scene_new(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct why why = {0};

    assert_non_null(scene);
    scene->dealt = dealt_new(VAULT_P256, 3, 4);
    scene->point = random_point(vault_group(scene->dealt->vault), scene->bytes);
    assert_int_equal(combiner_new(scene->dealt->vault, &scene->combiner, &why), FAULT_NONE);
    assert_int_equal(combiner_start(scene->combiner, scene->point, &why), FAULT_NONE);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(partial_make(scene->dealt->vault, i + 1, &scene->dealt->shares[i],
                                      scene->point, context(), &scene->partials[i], &why),
                         FAULT_NONE);
    }
    *state = scene;
    return 0;
}

static int scene_free(void **state)
{
    struct scene *scene = *state;

    combiner_free(scene->combiner);
    dealt_free(scene->dealt);
    free(scene);
    return 0;
}

static enum fault add(struct scene *scene, unsigned index)
{
    struct why why = {0};

    return combiner_add(scene->combiner, context(), &scene->partials[index - 1], &why);
}

static void fewer_than_the_quorum_give_nothing(void **state)
{
    struct scene *scene = *state;
    struct secret x = {0};
    struct why why = {0};

    assert_int_equal(combiner_finish(scene->combiner, &x, &why), FAULT_DENIED);
    assert_int_equal(add(scene, 4), FAULT_NONE);
    assert_int_equal(combiner_finish(scene->combiner, &x, &why), FAULT_DENIED);
    assert_int_equal(add(scene, 1), FAULT_NONE);
    assert_int_equal(combiner_finish(scene->combiner, &x, &why), FAULT_DENIED);
    assert_null(x.at);
    assert_int_equal(add(scene, 2), FAULT_NONE);
    assert_int_equal(combiner_finish(scene->combiner, &x, &why), FAULT_NONE);
    secret_clear(&x);
    assert_int_equal(combiner_finish(scene->combiner, &x, &why), FAULT_DENIED); /* once */
}

static void agent_counts_once(void **state)
{
    struct scene *scene = *state;
    struct secret x = {0};
    struct why why = {0};

    assert_int_equal(add(scene, 1), FAULT_NONE);
    assert_int_equal(add(scene, 1), FAULT_DENIED);
    assert_int_equal(add(scene, 3), FAULT_NONE);
    assert_int_equal(add(scene, 1), FAULT_DENIED);
    assert_int_equal(add(scene, 3), FAULT_DENIED);
    assert_int_equal(combiner_finish(scene->combiner, &x, &why), FAULT_DENIED);
}

static void quorum_is_enough(void **state)
{
    struct scene *scene = *state;
    struct secret x = {0};
    struct why why = {0};

    assert_int_equal(add(scene, 1), FAULT_NONE);
    assert_int_equal(add(scene, 2), FAULT_NONE);
    assert_int_equal(add(scene, 3), FAULT_NONE);
    assert_int_equal(add(scene, 4), FAULT_LIMIT);
    assert_int_equal(combiner_finish(scene->combiner, &x, &why), FAULT_NONE);
    secret_clear(&x);
}

static void bad_result_is_left_out(void **state)
{
    struct scene *scene = *state;
    struct partial good = scene->partials[1];
    struct secret x = {0};
    struct why why = {0};

    assert_int_equal(add(scene, 1), FAULT_NONE);
    scene->partials[1].result = scene->partials[2].result;
    assert_int_equal(add(scene, 2), FAULT_DENIED);
    assert_int_equal(combiner_add(scene->combiner, span_text("another context"), &good, &why),
                     FAULT_DENIED);
    assert_int_equal(add(scene, 3), FAULT_NONE);
    assert_int_equal(combiner_finish(scene->combiner, &x, &why), FAULT_DENIED);
    assert_int_equal(add(scene, 4), FAULT_NONE);
    assert_int_equal(combiner_finish(scene->combiner, &x, &why), FAULT_NONE);
    secret_clear(&x);
}

static void start_forgets_what_was_added(void **state)
{
    struct scene *scene = *state;
    struct secret x = {0};
    struct why why = {0};

    assert_int_equal(add(scene, 1), FAULT_NONE);
    assert_int_equal(add(scene, 2), FAULT_NONE);
    assert_int_equal(combiner_start(scene->combiner, scene->point, &why), FAULT_NONE);
    assert_int_equal(add(scene, 3), FAULT_NONE);
    assert_int_equal(combiner_finish(scene->combiner, &x, &why), FAULT_DENIED);
    combiner_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_subsets_of_a_quorum_give_ecdh),
        cmocka_unit_test(many_agents_give_ecdh),
        cmocka_unit_test_setup_teardown(fewer_than_the_quorum_give_nothing, scene_new, scene_free),
        cmocka_unit_test_setup_teardown(agent_counts_once, scene_new, scene_free),
        cmocka_unit_test_setup_teardown(quorum_is_enough, scene_new, scene_free),
        cmocka_unit_test_setup_teardown(bad_result_is_left_out, scene_new, scene_free),
        cmocka_unit_test_setup_teardown(start_forgets_what_was_added, scene_new, scene_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
