#include "kms/store/audit_rows.h"

#include "store_support.h"

/* A stand-in for a signature: the hash twice, the first byte turned by the key. */
static enum fault sign(const void *key, struct span hash, uint8_t signature[AUDIT_SIGNATURE_SIZE],
                       struct why *why)
{
    (void)why;
    memcpy(signature, hash.at, AUDIT_HASH_SIZE);
    memcpy(signature + AUDIT_HASH_SIZE, hash.at, AUDIT_HASH_SIZE);
    signature[0] ^= *(const uint8_t *)key;
    return FAULT_NONE;
}

static enum fault sign_not(const void *key, struct span hash,
                           uint8_t signature[AUDIT_SIGNATURE_SIZE], struct why *why)
{
    (void)key;
    (void)hash;
    (void)signature;
    return fault_at(FAULT_RESOURCE, 0, "no key", why);
}

static bool check(struct span signing, struct span hash, struct span signature)
{
    uint8_t want[AUDIT_SIGNATURE_SIZE];
    struct why why;

    return sign(signing.at, hash, want, &why) == FAULT_NONE &&
           span_equal(signature, span_of(want, sizeof(want)));
}

static enum fault append_result(struct site *site, const char *act, const char *result,
                                const struct audit_signer *signers, size_t count)
{
    const struct audit_row row = {.at = NOW,
                                  .act = span_text(act),
                                  .who = span_text("anna"),
                                  .subject = span_text("anna@example.org"),
                                  .result = span_text(result)};
    enum fault fault;

    assert_done(store_begin(site->store, &site->why), &site->why);
    fault = audit_append(site->store, &row, signers, count, &site->why);
    if (fault == FAULT_NONE) {
        fault = store_commit(site->store, &site->why);
    }
    store_rollback(site->store);
    return fault;
}

/* What nobody signs is refused. */
static enum fault append(struct site *site, const char *act, const struct audit_signer *signers,
                         size_t count)
{
    return append_result(site, act, count > 0 ? "done" : "refused", signers, count);
}

/* Five acts: the second is refused, and signed by nobody. */
static void site_of_five(struct site *site)
{
    static const uint8_t key[PERSON_KEY_SIZE] = {1};
    struct audit_signer signers[2] = {{.key = key, .sign = sign}, {.key = key, .sign = sign}};

    site_open(site);
    signers[0].person = site_person(site, "anna");
    signers[1].person = site_person(site, "bert");
    assert_done(append(site, "init", signers, 2), &site->why);
    assert_done(append(site, "enrol", NULL, 0), &site->why);
    assert_done(append(site, "enrol", signers, 1), &site->why);
    assert_done(append(site, "revoke", signers, 2), &site->why);
    assert_done(append(site, "crl", signers, 1), &site->why);
}

static struct audit_verdict verify(struct site *site, const struct audit_head *kept)
{
    struct audit_verdict verdict = {0};

    for (size_t threads = 0; threads <= 3; threads += 1) {
        struct audit_verdict again = {0};

        assert_done(audit_verify(site->store, check, threads, kept, &again, &site->why),
                    &site->why);
        if (threads > 0) {
            assert_int_equal(again.bad_seq, verdict.bad_seq);
            assert_int_equal(again.rows, verdict.rows);
            assert_ptr_equal(again.what, verdict.what);
        }
        verdict = again;
    }
    return verdict;
}

static void untouched_chain_is_good(void **state)
{
    struct audit_head head = {0};
    struct audit_verdict verdict;
    struct site site;

    (void)state;
    site_open(&site);
    assert_int_equal(audit_head(site.store, &head, &site.why), FAULT_ABSENT);
    assert_int_equal(verify(&site, NULL).bad_seq, 0);
    site_close(&site);

    site_of_five(&site);
    assert_done(audit_head(site.store, &head, &site.why), &site.why);
    assert_int_equal(head.seq, 5);
    verdict = verify(&site, &head);
    assert_int_equal(verdict.bad_seq, 0);
    assert_int_equal(verdict.rows, 5);
    assert_done(append(&site, "enrol", NULL, 0), &site.why);
    assert_int_equal(verify(&site, &head).bad_seq, 0); /* it may go on behind the head */
    site_close(&site);
}

static void rows_come_as_they_were_written(void **state)
{
    struct store_walk walk = {0};
    struct audit_row row = {0};
    bool there = false;
    struct site site;

    (void)state;
    site_of_five(&site);
    assert_done(audit_walk(site.store, 4, &walk, &site.why), &site.why);
    assert_done(audit_next(&walk, &row, &there, &site.why), &site.why);
    assert_true(there);
    assert_int_equal(row.seq, 4);
    assert_int_equal(row.at, NOW);
    assert_span(row.act, "revoke");
    assert_span(row.who, "anna");
    assert_span(row.subject, "anna@example.org");
    assert_span(row.result, "done");
    assert_span(row.detail, "");
    assert_int_equal(row.signatures, 2);
    assert_done(audit_next(&walk, &row, &there, &site.why), &site.why);
    assert_true(there);
    assert_done(audit_next(&walk, &row, &there, &site.why), &site.why);
    assert_false(there);
    assert_null(walk.query);
    site_close(&site);
}

static void signature_that_fails_leaves_nothing(void **state)
{
    const struct audit_signer signer = {.person = 1, .sign = sign_not};
    struct audit_head head = {0};
    struct site site;

    (void)state;
    site_of_five(&site);
    assert_int_equal(append(&site, "enrol", &signer, 1), FAULT_RESOURCE);
    assert_string_equal(site.why.rule, "no key");
    assert_done(audit_head(site.store, &head, &site.why), &site.why);
    assert_int_equal(head.seq, 5);
    site_close(&site);
}

/* The database refuses each: as any program would be refused that is not out for it. */
static void database_keeps_the_audit(void **state)
{
    static const char *const tries[] = {
        "UPDATE audit SET who = 'bert' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 5",
        "DELETE FROM audit",
        "REPLACE INTO audit SELECT seq, at, act, 'bert', subject, result, detail, signatures,"
        " previous, hash FROM audit WHERE seq = 5",
        "INSERT INTO audit SELECT 9, at, act, who, subject, result, detail, signatures, previous,"
        " hash FROM audit WHERE seq = 5",
        "UPDATE audit_signature SET signature = zeroblob(64)",
        "DELETE FROM audit_signature",
    };
    struct site site;

    (void)state;
    site_of_five(&site);
    for (size_t i = 0; i < COUNT(tries); i++) {
        assert_int_equal(sql_run(store_sql(site.store), tries[i], &site.why), FAULT_DENIED);
    }
    assert_int_equal(verify(&site, NULL).rows, 5);
    site_close(&site);
}

/* Somebody who takes the triggers away first is found. */
struct tampering {
    const char *name, *sql;
    int64_t bad_seq, rows;
    bool with_head; /* found only by the head that was kept */
};

static const struct tampering tamperings[] = {
    {"a name is changed", "UPDATE audit SET who = 'bert' WHERE seq = 3", 3, 2},
    {"a time is changed", "UPDATE audit SET at = at + 1 WHERE seq = 1", 1, 0},
    {"a result is changed", "UPDATE audit SET result = 'refused' WHERE seq = 5", 5, 4},
    {"a detail moves into another field",
     "UPDATE audit SET detail = result, result = '' WHERE seq = 2", 2, 1},
    {"a row is removed",
     "DELETE FROM audit_signature WHERE seq = 3;"
     "DELETE FROM audit WHERE seq = 3",
     3, 2},
    {"a row is removed, and those behind it move up",
     "DELETE FROM audit_signature WHERE seq = 3; DELETE FROM audit WHERE seq = 3;"
     "UPDATE audit_signature SET seq = seq - 1 WHERE seq > 3;"
     "UPDATE audit SET seq = seq - 1 WHERE seq > 3",
     3, 2},
    {"a row is added",
     "INSERT INTO audit SELECT 6, at, act, who, subject, result, detail, 0, hash,"
     " zeroblob(32) FROM audit WHERE seq = 5",
     6, 5},
    {"a row comes twice",
     "INSERT INTO audit SELECT 6, at, act, who, subject, result, detail, signatures, previous,"
     " hash FROM audit WHERE seq = 5",
     6, 5},
    {"two rows change places",
     "UPDATE audit_signature SET seq = -seq WHERE seq IN (3, 4);"
     "UPDATE audit_signature SET seq = 7 + seq WHERE seq < 0;"
     "UPDATE audit SET seq = -seq WHERE seq IN (3, 4);"
     "UPDATE audit SET seq = 7 + seq WHERE seq < 0",
     3, 2},
    {"the first row is removed",
     "DELETE FROM audit_signature WHERE seq = 1;"
     "DELETE FROM audit WHERE seq = 1",
     1, 0},
    {"a signature is removed", "DELETE FROM audit_signature WHERE seq = 4 AND person = 2", 4, 3},
    {"a signature is changed", "UPDATE audit_signature SET signature = zeroblob(64) WHERE seq = 5",
     5, 4},
    {"a signature is added",
     "INSERT INTO audit_signature SELECT 2, 1, signature"
     " FROM audit_signature WHERE seq = 1 AND person = 1",
     2, 1},
    {"a row is said to be signed by nobody",
     "DELETE FROM audit_signature WHERE seq = 3; UPDATE audit SET signatures = 0 WHERE seq = 3", 3,
     2},
    {"a person gets another key", "UPDATE person SET signing = zeroblob(32) WHERE id = 2", 1, 0},
    {"the end is cut off",
     "DELETE FROM audit_signature WHERE seq = 5;"
     "DELETE FROM audit WHERE seq = 5",
     5, 4, true},
    {"all is cut off", "DELETE FROM audit_signature; DELETE FROM audit", 1, 0, true},
    {"the end is cut off, but for its signature", "DELETE FROM audit WHERE seq = 5", 5, 4},
};

static void tampering_is_found(void **state)
{
    const struct tampering *row = *state;
    struct audit_head head = {0};
    struct audit_verdict verdict;
    struct site site;

    site_of_five(&site);
    assert_done(audit_head(site.store, &head, &site.why), &site.why);
    site_sql(&site, "PRAGMA foreign_keys = OFF; DROP TRIGGER audit_removed;"
                    "DROP TRIGGER audit_changed; DROP TRIGGER audit_goes_on;"
                    "DROP TRIGGER audit_signature_removed; DROP TRIGGER audit_signature_changed;"
                    "DROP TRIGGER person_changed");
    site_sql(&site, row->sql);
    if (row->with_head) {
        assert_int_equal(verify(&site, NULL).bad_seq, 0); /* no chain shows its own end */
    }
    verdict = verify(&site, &head);
    assert_int_equal(verdict.bad_seq, row->bad_seq);
    assert_int_equal(verdict.rows, row->rows);
    assert_non_null(verdict.what);
    site_close(&site);
}

/* More signatures than a list has; the first row that is bad counts, whatever found it. */
static void long_chains_are_verified_to_their_end(void **state)
{
    enum { LONG = 3000 };
    static const struct {
        const char *sql;
        int64_t bad_seq;
    } rows[] = {
        {"SELECT 1", 0},
        {"UPDATE audit_signature SET signature = zeroblob(64) WHERE seq = 3001", 3001},
        {"UPDATE audit SET who = 'bert' WHERE seq = 2900", 2900},
        {"UPDATE audit_signature SET signature = zeroblob(64) WHERE seq = 2890", 2890},
        {"DELETE FROM audit_signature WHERE seq = 2100", 2100},
        {"UPDATE audit_signature SET signature = zeroblob(64) WHERE seq = 7", 7},
    };
    static const uint8_t key[PERSON_KEY_SIZE] = {1};
    const struct audit_signer signer = {.person = 1, .key = key, .sign = sign};
    const struct audit_row row = {
        .at = NOW, .act = span_text("enrol"), .result = span_text("done")};
    struct audit_verdict verdict;
    struct site site;

    (void)state;
    site_of_five(&site);
    assert_done(store_begin(site.store, &site.why), &site.why);
    for (int i = 0; i < LONG; i++) {
        assert_done(audit_append(site.store, &row, &signer, 1, &site.why), &site.why);
    }
    assert_done(store_commit(site.store, &site.why), &site.why);
    site_sql(&site, "DROP TRIGGER audit_changed; DROP TRIGGER audit_signature_removed;"
                    "DROP TRIGGER audit_signature_changed");
    for (size_t i = 0; i < COUNT(rows); i++) {
        site_sql(&site, rows[i].sql);
        verdict = verify(&site, NULL);
        assert_int_equal(verdict.bad_seq, rows[i].bad_seq);
        assert_int_equal(verdict.rows, rows[i].bad_seq == 0 ? LONG + 5 : rows[i].bad_seq - 1);
    }
    site_close(&site);
}

/* A chain made anew from somewhere on, with all its hashes right, does not go through the head. */
static void other_chain_is_found_by_the_head(void **state)
{
    struct audit_head head = {0};
    struct audit_verdict verdict;
    struct site site;

    (void)state;
    site_of_five(&site);
    assert_done(audit_head(site.store, &head, &site.why), &site.why);
    site_sql(&site, "DROP TRIGGER audit_removed; DROP TRIGGER audit_signature_removed;"
                    "DELETE FROM audit_signature WHERE seq > 3; DELETE FROM audit WHERE seq > 3");
    assert_done(append(&site, "enrol", NULL, 0), &site.why);
    assert_done(append(&site, "enrol", NULL, 0), &site.why);
    assert_int_equal(verify(&site, NULL).bad_seq, 0);
    verdict = verify(&site, &head);
    assert_int_equal(verdict.bad_seq, 5);
    site_close(&site);
}

/* Without anybody's key only refusals can be put behind a chain. */
static void act_that_nobody_signed_is_found(void **state)
{
    struct audit_verdict verdict;
    struct site site;

    (void)state;
    site_of_five(&site);
    assert_done(append_result(&site, "recover", "done", NULL, 0), &site.why);
    verdict = verify(&site, NULL);
    assert_int_equal(verdict.bad_seq, 6);
    assert_string_equal(verdict.what, "nobody has signed what was done");
    site_close(&site);
}

/* The chain of one store is not that of another. */
static void chain_belongs_to_its_store(void **state)
{
    struct site site;

    (void)state;
    site_of_five(&site);
    site_sql(&site, "UPDATE meta SET value = CAST('0123456789abcdef0123456789abcdef' AS BLOB)"
                    " WHERE name = 'id'");
    site_reopen(&site, STORE_WRITE);
    assert_int_equal(verify(&site, NULL).bad_seq, 1);
    site_close(&site);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(tamperings) + 8] = {
        cmocka_unit_test(untouched_chain_is_good),
        cmocka_unit_test(rows_come_as_they_were_written),
        cmocka_unit_test(signature_that_fails_leaves_nothing),
        cmocka_unit_test(database_keeps_the_audit),
        cmocka_unit_test(act_that_nobody_signed_is_found),
        cmocka_unit_test(long_chains_are_verified_to_their_end),
        cmocka_unit_test(other_chain_is_found_by_the_head),
        cmocka_unit_test(chain_belongs_to_its_store),
    };

    (void)TESTS_OF(tests + 8, tamperings, tampering_is_found);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
