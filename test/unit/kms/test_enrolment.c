#include "kms/request/issue/complete.h"
#include "kms/request/issue/crl.h"
#include "kms/request/issue/enrol_many.h"
#include "kms/store/audit_rows.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/crl_rows.h"
#include "kms/store/token_rows.h"

#include "recover_support.h"

/* What the acts of enrolment promise, by sessions of two administrators on one store. */
static struct site site;

enum { ROWS_MAX = 64, GUESSES = 1000, DAY = 86400 };

static int make(void **state)
{
    (void)state;
    site_init(&site, NULL);
    site_enter(&site, ANNA, "enrol");
    site_enter(&site, WILMA, "enrol");
    ASSERT_DONE(kms_require(&site.kms[ANNA], TASK_ENROL, why));
    ASSERT_DONE(kms_require(&site.kms[WILMA], TASK_ENROL, why));
    return 0;
}

static int clear(void **state)
{
    (void)state;
    site_clear(&site);
    return 0;
}

static int reset(void **state)
{
    (void)state;
    arena_reset(&site.arena);
    site.kms[ANNA].now = site.kms[WILMA].now = SITE_NOW;
    return 0;
}

/* Addresses that are asked for, and what was told of them. */
struct ask {
    const char *const *addresses;
    size_t count, next;
    enum enrol_result results[ROWS_MAX];
    char tokens[ROWS_MAX][TOKEN_TEXT_SIZE];
    size_t told;
    size_t stops_at; /* 0: never; else tell() fails at that row */
};

static enum fault next_address(void *context, struct arena *arena, struct enrol_asked *out,
                               struct why *why)
{
    struct ask *ask = context;

    (void)arena;
    (void)why;
    if (ask->next == ask->count) {
        return FAULT_ABSENT;
    }
    out->order.address = span_text(ask->addresses[ask->next++]);
    return FAULT_NONE;
}

static enum fault hear(void *context, const struct enrol_row *row, struct why *why)
{
    struct ask *ask = context;

    if (ask->stops_at != 0 && ask->told + 1 == ask->stops_at) {
        return fault_at(FAULT_ABSENT, 0, "nobody reads any more", why);
    }
    assert_true(ask->told < ROWS_MAX);
    ask->results[ask->told] = row->result;
    assert_true((row->token != NULL) == (row->result == ENROL_TOKEN));
    assert_true((row->reason != NULL) == (row->result >= ENROL_DONE));
    (void)snprintf(ask->tokens[ask->told++], TOKEN_TEXT_SIZE, "%s",
                   row->token != NULL ? row->token : "");
    return FAULT_NONE;
}

static enum fault enrol_by(struct kms *kms, struct ask *ask, bool again)
{
    const struct enrol_many many = {
        .terms = {.kind = KIND_P256, .valid_for = DAY, .again = again},
        .dir = &(const struct p12_dir){0},
        .threads = 1,
        .context = ask,
        .next = next_address,
        .tell = hear,
    };
    struct why why;

    (void)snprintf(kms->act, sizeof(kms->act), "enrol");
    return enrol_many(kms, &many, &why);
}

static void token_of(const char *address, char out[TOKEN_TEXT_SIZE])
{
    struct ask ask = {.addresses = &address, .count = 1};

    assert_int_equal(enrol_by(&site.kms[ANNA], &ask, true), FAULT_NONE);
    assert_int_equal(ask.results[0], ENROL_TOKEN);
    memcpy(out, ask.tokens[0], TOKEN_TEXT_SIZE);
}

static int64_t audit_length(void)
{
    struct audit_head head = {0};

    ASSERT_DONE(audit_head(site.kms[WILMA].store, &head, why));
    return head.seq;
}

/* The words for a token that is not good: the same, whichever it is. */
static enum fault look(struct kms *kms, const char *text, char told[KMS_TOLD_SIZE])
{
    struct complete complete = {0};
    struct why why = {0};
    const enum fault fault = complete_look(kms, span_text(text), &complete, &why);

    (void)snprintf(told, KMS_TOLD_SIZE, "%s", fault != FAULT_NONE ? why.rule : "");
    complete_clear(&complete);
    return fault;
}

static void a_token_is_guessed_a_thousand_times(void **state)
{
    char token[TOKEN_TEXT_SIZE], guess[TOKEN_TEXT_SIZE], unknown[KMS_TOLD_SIZE],
        told[KMS_TOLD_SIZE];
    struct kms *kms = &site.kms[WILMA];
    struct token_row row;
    struct span name;
    int64_t rows;

    (void)state;
    token_of("guessed@example.org", token);
    assert_int_equal(look(kms, "00000-00000-00000-00000", unknown), FAULT_DENIED);
    rows = audit_length();
    for (int i = 0; i < GUESSES; i++) {
        memcpy(guess, token, sizeof(guess));
        (void)snprintf(guess + 17, 7, "-%05d", i);
        assert_int_equal(look(kms, guess, told), FAULT_DENIED);
        assert_string_equal(told, unknown);
    }
    assert_int_equal(audit_length(), rows + GUESSES);
    assert_int_equal(look(kms, token, told), FAULT_DENIED);
    assert_non_null(strstr(told, "too often"));
    memcpy(guess, token, 5);
    guess[5] = token[6];
    name = span_of(guess, 6);
    ASSERT_DONE(token_find(kms->store, name, &site.arena, &row, why));
    assert_int_equal(row.tries, TOKEN_TRIES_MAX);
    token_of("guessed@example.org", token);
    assert_int_equal(look(kms, token, told), FAULT_NONE);
}

/* Makes all that comes before the commit; the passphrase and the terms are the caller's. */
static void begin_complete(struct kms *kms, const char *token, struct issue_terms *terms,
                           struct complete *out)
{
    ASSERT_DONE(complete_look(kms, span_text(token), out, why));
    ASSERT_DONE(issue_terms_of(kms, terms, why));
    terms->passphrase = &site.p12;
    ASSERT_DONE(complete_make(kms, terms, out, why));
}

static bool is_there(const char *name)
{
    char path[sizeof(site.folder) + 32];

    (void)snprintf(path, sizeof(path), "%s/%s", site.folder, name);
    return access(path, F_OK) == 0;
}

static void two_use_a_token_at_the_same_time(void **state)
{
    struct complete first = {0}, second = {0};
    struct issue_terms anna = {0}, wilma = {0};
    char token[TOKEN_TEXT_SIZE];
    struct p12_dir dir;
    struct why why = {0};

    (void)state;
    token_of("twice@example.org", token);
    begin_complete(&site.kms[ANNA], token, &anna, &first);
    begin_complete(&site.kms[WILMA], token, &wilma, &second);
    assert_int_equal(p12_dir_open(site.folder, &dir, &why), FAULT_NONE);
    assert_int_equal(complete_settle(&site.kms[ANNA], &anna, &dir, "first.p12", &first, &why),
                     FAULT_NONE);
    assert_int_equal(complete_settle(&site.kms[WILMA], &wilma, &dir, "second.p12", &second, &why),
                     FAULT_DENIED);
    assert_non_null(strstr(why.rule, "was used"));
    assert_true(is_there("first.p12"));
    assert_false(is_there("second.p12"));
    p12_dir_close(&dir);
    complete_clear(&first);
    complete_clear(&second);
}

static void a_commit_that_fails_takes_the_file_away(void **state)
{
    struct complete complete = {0};
    struct issue_terms terms = {0};
    char token[TOKEN_TEXT_SIZE], told[KMS_TOLD_SIZE];
    struct p12_dir dir;
    struct why why = {0};

    (void)state;
    token_of("full@example.org", token);
    begin_complete(&site.kms[ANNA], token, &terms, &complete);
    assert_int_equal(p12_dir_open(site.folder, &dir, &why), FAULT_NONE);
    complete.issue.encryption.len = 0; /* a row that the store refuses */
    assert_int_not_equal(
        complete_settle(&site.kms[ANNA], &terms, &dir, "full.p12", &complete, &why), FAULT_NONE);
    assert_false(is_there("full.p12"));
    assert_int_equal(look(&site.kms[WILMA], token, told), FAULT_NONE);
    p12_dir_close(&dir);
    complete_clear(&complete);
}

/* Between the two looks another one came to stand in its row: it is a wrong try, and is counted. */
static void a_token_that_changed_meanwhile_is_a_wrong_try(void **state)
{
    struct complete complete = {0};
    struct issue_terms terms = {0};
    char token[TOKEN_TEXT_SIZE];
    struct token_row row;
    struct p12_dir dir;
    struct why told = {0};

    (void)state;
    token_of("changed@example.org", token);
    begin_complete(&site.kms[ANNA], token, &terms, &complete);
    assert_int_equal(p12_dir_open(site.folder, &dir, &told), FAULT_NONE);
    ASSERT_DONE(sql_run(store_sql(site.kms[WILMA].store),
                        "UPDATE token SET hash = zeroblob(32) WHERE used_at IS NULL", why));
    assert_int_equal(
        complete_settle(&site.kms[ANNA], &terms, &dir, "changed.p12", &complete, &told),
        FAULT_DENIED);
    assert_non_null(strstr(told.rule, "not good"));
    assert_false(is_there("changed.p12"));
    ASSERT_DONE(
        token_find(site.kms[WILMA].store, span_text(complete.token.name), &site.arena, &row, why));
    assert_int_equal(row.tries, 1);
    p12_dir_close(&dir);
    complete_clear(&complete);
}

/*
 * Who can write to the database and has no passphrase changes an open token, or whom it is for, or
 * makes one out of that of another user.
 */
static void a_token_is_as_the_ca_signed_it(void **state)
{
    static const char *const changes[] = {
        "UPDATE token SET expires = expires + 86400 WHERE used_at IS NULL AND voided_at IS NULL",
        "UPDATE token SET created = created - 1 WHERE used_at IS NULL AND voided_at IS NULL",
        "UPDATE token SET key_kind = 'p384' WHERE used_at IS NULL AND voided_at IS NULL",
        "UPDATE token SET vouched = x'' WHERE used_at IS NULL AND voided_at IS NULL",
        "UPDATE token SET user = (SELECT id FROM user WHERE address = 'twice@example.org')"
        " WHERE used_at IS NULL AND voided_at IS NULL"
        " AND user = (SELECT id FROM user WHERE address = 'vera@example.org')",
        "UPDATE user SET name = 'Mallory' WHERE address = 'vera@example.org'",
        "UPDATE user SET address = 'mallory@example.org', folded = 'mallory@example.org'"
        " WHERE address = 'vera@example.org'",
        "INSERT INTO user_address(user, address, folded, since)"
        " SELECT id, 'm@example.org', 'm@example.org', since FROM user"
        " WHERE address = 'vera@example.org'",
    };
    struct kms *kms = &site.kms[WILMA];
    char token[TOKEN_TEXT_SIZE], told[KMS_TOLD_SIZE];

    (void)state;
    token_of("vera@example.org", token);
    assert_int_equal(look(kms, token, told), FAULT_NONE);
    for (size_t i = 0; i < COUNT(changes); i++) {
        ASSERT_DONE(kms_begin(&site.kms[ANNA], why));
        ASSERT_DONE(sql_run(store_sql(site.kms[ANNA].store), changes[i], why));
        assert_int_equal(look(&site.kms[ANNA], token, told), FAULT_DENIED); /* rolls back */
        if (strstr(told, "does not vouch") == NULL) {
            fail_msg("%s: %s", changes[i], told);
        }
    }
    assert_int_equal(look(kms, token, told), FAULT_NONE);
}

/* While keys were made for him: whoever is held gets no new certificates by an old token. */
static void a_user_who_is_held_meanwhile_gets_none(void **state)
{
    struct complete complete = {0};
    struct issue_terms terms = {0};
    struct store *store = site.kms[WILMA].store;
    struct certificate_row *rows;
    char token[TOKEN_TEXT_SIZE];
    size_t count = 0;
    struct p12_dir dir;
    struct why told = {0};

    (void)state;
    token_of("held@example.org", token);
    begin_complete(&site.kms[ANNA], token, &terms, &complete);
    assert_int_equal(p12_dir_open(site.folder, &dir, &told), FAULT_NONE);
    assert_int_equal(complete_settle(&site.kms[ANNA], &terms, &dir, "1.p12", &complete, &told),
                     FAULT_NONE);
    complete_clear(&complete);
    token_of("held@example.org", token);
    begin_complete(&site.kms[ANNA], token, &terms, &complete);
    ASSERT_DONE(certificate_list(store, complete.user, &site.arena, &rows, &count, why));
    for (size_t i = 0; i < count; i++) {
        ASSERT_DONE(certificate_revoke(store, rows[i].id, CERTIFICATE_HELD, 6, SITE_NOW, why));
    }
    assert_int_equal(complete_settle(&site.kms[ANNA], &terms, &dir, "2.p12", &complete, &told),
                     FAULT_DENIED);
    assert_non_null(strstr(told.rule, "certificates of the user are held"));
    assert_false(is_there("2.p12"));
    for (size_t i = 0; i < count; i++) {
        ASSERT_DONE(certificate_release(store, rows[i].id, why));
    }
    p12_dir_close(&dir);
    complete_clear(&complete);
}

static void rows_that_nobody_reads_end_the_run(void **state)
{
    static const char *const addresses[] = {"r1@example.org", "r2@example.org", "r3@example.org"};
    struct ask ask = {.addresses = addresses, .count = COUNT(addresses), .stops_at = 2};
    struct ask again = {.addresses = addresses, .count = COUNT(addresses)};

    (void)state;
    assert_int_equal(enrol_by(&site.kms[ANNA], &ask, false), FAULT_ABSENT);
    assert_int_equal(enrol_by(&site.kms[WILMA], &again, false), FAULT_NONE);
    for (size_t i = 0; i < again.told; i++) {
        assert_int_equal(again.results[i], ENROL_DONE);
    }
}

static void another_session_is_seen(void **state)
{
    static const char *const address = "seen@example.org";
    struct ask first = {.addresses = &address, .count = 1};
    struct ask second = {.addresses = &address, .count = 1};

    (void)state;
    assert_int_equal(enrol_by(&site.kms[ANNA], &first, false), FAULT_NONE);
    assert_int_equal(enrol_by(&site.kms[WILMA], &second, false), FAULT_NONE);
    assert_int_equal(first.results[0], ENROL_TOKEN);
    assert_int_equal(second.results[0], ENROL_DONE);
}

/* A source that breaks off: what came before is done. */
static enum fault next_breaks_off(void *context, struct arena *arena, struct enrol_asked *out,
                                  struct why *why)
{
    const struct ask *ask = context;

    return ask->next == ask->count ? fault_at(FAULT_RESOURCE, 0, "the source broke off", why)
                                   : next_address(context, arena, out, why);
}

static void what_came_before_a_break_is_done(void **state)
{
    static const char *const address = "before@example.org";
    struct ask ask = {.addresses = &address, .count = 1};
    const struct enrol_many many = {
        .terms = {.kind = KIND_P256, .valid_for = DAY},
        .dir = &(const struct p12_dir){0},
        .threads = 1,
        .context = &ask,
        .next = next_breaks_off,
        .tell = hear,
    };
    struct why why = {0};

    (void)state;
    assert_int_equal(enrol_many(&site.kms[ANNA], &many, &why), FAULT_RESOURCE);
    assert_string_equal(why.rule, "the source broke off");
    assert_int_equal(ask.told, 1);
    assert_int_equal(ask.results[0], ENROL_TOKEN);
}

static void a_list_that_was_taken_back_is_not_out(void **state)
{
    const struct crl_asked part = {.part = 1, .parts = 2}, whole = {0};
    struct buffer der = buffer_with_max(1 << 20), full = buffer_with_max(64);
    struct crl_made first, second;
    struct why why = {0};
    struct kms *kms = &site.kms[ANNA];

    (void)state;
    assert_int_equal(crl_begin(kms, &part, &der, &first, &why), FAULT_NONE); /* without a URL too */
    kms_rollback(kms);
    assert_int_equal(crl_begin(kms, &whole, &der, &first, &why), FAULT_NONE);
    kms_rollback(kms);
    assert_int_equal(crl_begin(kms, &whole, &der, &second, &why), FAULT_NONE);
    assert_int_equal(kms_commit(kms, &why), FAULT_NONE);
    assert_int_equal(first.number, second.number);
    assert_int_equal(crl_begin(kms, &whole, &der, &second, &why), FAULT_NONE);
    assert_int_equal(kms_commit(kms, &why), FAULT_NONE);
    assert_int_equal(second.number, first.number + 1);
    assert_int_equal(crl_begin(kms, &whole, &full, &second, &why), FAULT_LIMIT);
    buffer_clear(&full);
    buffer_clear(&der);
}

/* Two are begun one after the other, and the first waits for its passphrase longer. */
static void a_list_is_of_no_earlier_time_than_the_one_before(void **state)
{
    const struct crl_asked whole = {0};
    struct buffer der = buffer_with_max(1 << 20);
    struct crl_made first, second;
    struct why why = {0};

    (void)state;
    site.kms[WILMA].now = SITE_NOW + 200;
    assert_int_equal(crl_begin(&site.kms[WILMA], &whole, &der, &first, &why), FAULT_NONE);
    assert_int_equal(kms_commit(&site.kms[WILMA], &why), FAULT_NONE);
    assert_int_equal(crl_begin(&site.kms[ANNA], &whole, &der, &second, &why), FAULT_NONE);
    assert_int_equal(kms_commit(&site.kms[ANNA], &why), FAULT_NONE);
    assert_true(second.number > first.number);
    assert_int_equal(second.this_update, first.this_update);
    assert_int_equal(second.next_update, first.next_update);
    assert_int_equal(crl_check(site.kms[ANNA].store, second.number, site.kms[ANNA].now, &why),
                     FAULT_NONE);
    buffer_clear(&der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_token_is_guessed_a_thousand_times, reset),
        cmocka_unit_test_setup(two_use_a_token_at_the_same_time, reset),
        cmocka_unit_test_setup(a_commit_that_fails_takes_the_file_away, reset),
        cmocka_unit_test_setup(a_token_that_changed_meanwhile_is_a_wrong_try, reset),
        cmocka_unit_test_setup(a_token_is_as_the_ca_signed_it, reset),
        cmocka_unit_test_setup(a_user_who_is_held_meanwhile_gets_none, reset),
        cmocka_unit_test_setup(rows_that_nobody_reads_end_the_run, reset),
        cmocka_unit_test_setup(another_session_is_seen, reset),
        cmocka_unit_test_setup(what_came_before_a_break_is_done, reset),
        cmocka_unit_test_setup(a_list_that_was_taken_back_is_not_out, reset),
        cmocka_unit_test_setup(a_list_is_of_no_earlier_time_than_the_one_before, reset),
    };

    return cmocka_run_group_tests(tests, make, clear);
}
