#include "cert/trust.h"

#include "trust_made.h"

#include <pthread.h>

/* Many threads ask one store, each with a session of its own; what they hear is the same. */
enum { THREADS = 4, ROUNDS = 60 };

static const enum made leaves[] = {LEAF,          LEAF_STRANGER, LEAF_SUB,    LEAF_SUB_SUB,
                                   LEAF_SUB_COM,  LEAF_P256,     LEAF_PSS,    LEAF_TBS,
                                   LEAF_CRITICAL, LEAF_NO_IDS,   LEAF_EXPIRED};

struct worker {
    pthread_t thread;
    const struct trust *trust;
    struct trust_answer answers[COUNT(leaves)];
    bool failed;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct trust_session *session = trust_session_new(worker->trust);
    struct span chain[] = {made(SUB), made(SUB_SUB), made(SUB_NAMES)};

    for (int i = 0; i < ROUNDS; i++) {
        for (size_t j = 0; j < COUNT(leaves); j++) {
            struct trust_answer *answer = &worker->answers[j];
            struct trust_answer now;
            struct cert cert;
            struct why why;

            worker->failed |= cert_read(made(leaves[j]), &cert, &why) != FAULT_NONE ||
                              trust_ask(session, &cert, chain, COUNT(chain), &now) != FAULT_NONE;
            worker->failed |=
                i > 0 && (now.foreign != answer->foreign || now.untrusted != answer->untrusted ||
                          now.revocation != answer->revocation);
            *answer = now;
        }
    }
    trust_session_free(session);
    return NULL;
}

static void threads_hear_the_same(void **state)
{
    const struct list_recipe recipe = {.issuer = "Root", .signer = KEY_ROOT};
    struct worker workers[THREADS] = {0};
    struct trust *trust = trust_new();
    struct span list = make_list(&recipe);
    struct why why;
    size_t added;

    (void)state;
    assert_int_equal(trust_add_issuers(trust, made(ROOT), &added, &why), FAULT_NONE);
    assert_int_equal(trust_add_anchors(trust, made(ROOT), &added, &why), FAULT_NONE);
    assert_int_equal(trust_add_anchors(trust, made(ROOT_P256), &added, &why), FAULT_NONE);
    assert_int_equal(trust_add_crls(trust, list, &added, &why), FAULT_NONE);
    assert_int_equal(trust_seal(trust, made_now, &why), FAULT_NONE);
    for (enum made i = ROOT; i < MADE_COUNT; i++) {
        (void)made(i); /* before there are threads */
    }
    for (int i = 0; i < THREADS; i++) {
        workers[i].trust = trust;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_false(workers[i].failed);
        for (size_t j = 0; j < COUNT(leaves); j++) {
            assert_int_equal(workers[i].answers[j].untrusted, workers[0].answers[j].untrusted);
            assert_int_equal(workers[i].answers[j].foreign, workers[0].answers[j].foreign);
        }
    }
    free_made(&list);
    trust_free(trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_hear_the_same)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
