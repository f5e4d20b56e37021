#include "cert/trust.h"

#include "trust_made.h"

#include <openssl/err.h>

/*
 * The property: what trust_ask() keeps from one certificate to the next changes no answer. All
 * certificates are asked about with all sets of others, by one session that has been asked
 * everything before, and by X509_verify_cert() alone.
 */

enum { SETS = 1500, ALTERED = 1500, TAKEN_MAX = 6 };

/* Repeatable, so that a failure can be found again. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

struct set {
    enum made anchors[TAKEN_MAX], issuers[TAKEN_MAX], chain[TAKEN_MAX];
    size_t anchor_count, issuer_count, chain_count;
};

static size_t take(enum made *out, size_t most, uint32_t *random)
{
    size_t count = next_random(random) % (most + 1);

    for (size_t i = 0; i < count; i++) {
        out[i] = ROOT + next_random(random) % (LEAF + 3 - ROOT);
    }
    return count;
}

static int forgive_time(int ok, X509_STORE_CTX *context)
{
    int error = X509_STORE_CTX_get_error(context);

    return ok || (X509_STORE_CTX_get_error_depth(context) == 0 &&
                  (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID));
}

static void push(STACK_OF(X509) * stack, const enum made *which, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const unsigned char *at = made(which[i]).at;

        sk_X509_push(stack, d2i_X509(NULL, &at, (long)made(which[i]).len));
    }
}

static int signed_issuer(X509_STORE_CTX *context, X509 *subject, X509 *issuer)
{
    int said = X509_check_issued(issuer, subject);

    (void)context;
    return (said == X509_V_OK || said == X509_V_ERR_KEYUSAGE_NO_CERTSIGN) &&
           X509_verify(subject, X509_get0_pubkey(issuer)) == 1;
}

/* X509_verify_cert() as the header promises; `as_is`: with its own choice of issuers. */
static bool library_trusts(const struct set *set, struct span der, bool as_is)
{
    STACK_OF(X509) *trusted = sk_X509_new_null(), *untrusted = sk_X509_new_null();
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    const unsigned char *at = der.at;
    X509 *leaf = d2i_X509(NULL, &at, (long)der.len);
    X509_VERIFY_PARAM *param;
    bool good = false;

    if (!as_is) {
        X509_STORE_set_check_issued(store, signed_issuer);
    }
    push(trusted, set->anchors, set->anchor_count);
    push(untrusted, set->issuers, set->issuer_count);
    push(untrusted, set->chain, set->chain_count);
    if (leaf != NULL) {
        assert_int_equal(X509_STORE_CTX_init(context, store, leaf, untrusted), 1);
        X509_STORE_CTX_set0_trusted_stack(context, trusted);
        X509_STORE_CTX_set_verify_cb(context, forgive_time);
        param = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST |
                                               X509_V_FLAG_POLICY_CHECK);
        X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy));
        X509_VERIFY_PARAM_set_time(param, made_now);
        good = X509_verify_cert(context) == 1;
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(leaf);
    sk_X509_pop_free(trusted, X509_free);
    sk_X509_pop_free(untrusted, X509_free);
    ERR_clear_error();
    return good;
}

static struct trust *trust_of(const struct set *set)
{
    struct trust *trust = trust_new();
    struct why why;
    size_t added;

    for (size_t i = 0; i < set->anchor_count; i++) {
        assert_int_equal(trust_add_anchors(trust, made(set->anchors[i]), &added, &why), 0);
    }
    for (size_t i = 0; i < set->issuer_count; i++) {
        assert_int_equal(trust_add_issuers(trust, made(set->issuers[i]), &added, &why), 0);
    }
    assert_int_equal(trust_seal(trust, made_now, &why), FAULT_NONE);
    return trust;
}

static bool session_trusts(struct trust_session *session, struct span der, const struct set *set)
{
    struct span chain[TAKEN_MAX];
    struct trust_answer answer;
    struct cert cert;
    struct why why;

    for (size_t i = 0; i < set->chain_count; i++) {
        chain[i] = made(set->chain[i]);
    }
    assert_int_equal(cert_read(der, &cert, &why), FAULT_NONE);
    assert_int_equal(trust_ask(session, &cert, chain, set->chain_count, &answer), FAULT_NONE);
    assert_int_equal(answer.untrusted, answer.untrusted_why != NULL);
    return !answer.untrusted;
}

/* Anchors and issuers are taken at random, then the chains that come along, then the leaf. */
static void paths_are_the_library_s(void **state)
{
    uint32_t random = 1;
    size_t good = 0, wider = 0;

    (void)state;
    for (int i = 0; i < SETS / 50; i++) {
        struct set set = {0};
        struct trust *trust;
        struct trust_session *session;

        set.anchor_count = take(set.anchors, 3, &random);
        set.anchors[set.anchor_count++] = i % 3 == 0 ? SUB : i % 3 == 1 ? ROOT : ROOT_P256;
        set.issuer_count = take(set.issuers, 2, &random);
        trust = trust_of(&set);
        session = trust_session_new(trust);
        for (int j = 0; j < 50; j++) {
            struct span der = made(LEAF + next_random(&random) % (MADE_COUNT - LEAF));
            bool whole, as_is, ours;

            set.chain_count = take(set.chain, TAKEN_MAX, &random);
            ours = session_trusts(session, der, &set);
            whole = library_trusts(&set, der, false);
            as_is = library_trusts(&set, der, true);
            if (ours != whole || (as_is && !ours)) {
                fail_msg("set %d, %d: we say %d, the library %d and %d", i, j, ours, whole, as_is);
            }
            good += ours;
            wider += ours && !as_is;
        }
        trust_session_free(session);
        trust_free(trust);
    }
    print_message("%zu good paths, %zu of them only by the right key\n", good, wider);
    assert_true(good > SETS / 20);
}

/* A leaf with one byte of what is signed changed: kept answers are not for it. */
static size_t compare_altered(struct trust_session *session, const struct set *set, enum made which,
                              int byte, uint8_t mask)
{
    struct recipe recipe = made_recipes[which];
    struct span der;
    struct cert cert;
    struct why why;
    size_t read = 0;

    recipe.alter_first = byte;
    recipe.alter_mask = mask;
    der = make_cert(&recipe);
    if (cert_read(der, &cert, &why) == FAULT_NONE) {
        bool ours = session_trusts(session, der, set);
        bool whole = library_trusts(set, der, false);

        if (ours != whole) {
            fail_msg("%d, byte %d ^ %02x: we say %d, the library %d", which, byte, mask, ours,
                     whole);
        }
        read = 1;
    }
    free_made(&der);
    return read;
}

static void altered_leaves_are_the_library_s(void **state)
{
    static const enum made leaves[] = {LEAF, LEAF_SUB_ORG, LEAF_SUB_POLICY, LEAF_POINTS,
                                       LEAF_EC_KEY};
    struct set set = {.anchors = {ROOT}, .anchor_count = 1, .chain = {SUB}, .chain_count = 1};
    struct trust *trust = trust_of(&set);
    struct trust_session *session = trust_session_new(trust);
    uint32_t random = 7;
    size_t read = 0;

    (void)state;
    for (int i = 0; i < ALTERED; i++) {
        enum made which = leaves[(size_t)i % COUNT(leaves)];
        int byte = (int)(next_random(&random) % (made(which).len - 300));

        read +=
            compare_altered(session, &set, which, byte, (uint8_t)(1 + next_random(&random) % 255));
    }
    assert_true(read > ALTERED / 4);
    trust_session_free(session);
    trust_free(trust);
}

/* Those that random bytes found, once. */
static void found_leaves_are_the_library_s(void **state)
{
    struct set set = {.anchors = {ROOT}, .anchor_count = 1, .chain = {SUB}, .chain_count = 1};
    struct trust *trust = trust_of(&set);
    struct trust_session *session = trust_session_new(trust);

    (void)state;
    assert_true(session_trusts(session, made(LEAF_SUB_POLICY), &set));
    /* A key usage whose only bits are unused ones is empty, and makes the certificate invalid. */
    assert_int_equal(compare_altered(session, &set, LEAF_SUB_POLICY, 463, 0xa7), 1);
    trust_session_free(session);
    trust_free(trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_the_library_s),
        cmocka_unit_test(altered_leaves_are_the_library_s),
        cmocka_unit_test(found_leaves_are_the_library_s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
