#include "kms/request/recovery/reshare.h"

#include "recover_support.h"

#include "kms/store/audit_rows.h"
#include "kms/store/escrow_rows.h"

/*
 * Resharing within a store: what is refused, and what is broken off, leaves the agents and their
 * shares as they were, so that keys come back by them.
 */
static struct site site;

/* anna, xenia and yann together: an administrator, and as many agents as it takes. */
static struct kms acting;

static void enter(struct kms *kms, const enum site_person people[], size_t count)
{
    ASSERT_DONE(kms_open(kms, site.path, KMS_WRITE, "reshare", SITE_NOW, why));
    for (size_t i = 0; i < count; i++) {
        ASSERT_DONE(
            kms_sign_in(kms, site_roles[people[i]].name, &site.passphrases[people[i]], why));
    }
}

static int make(void **state)
{
    static const enum site_person people[] = {ANNA, XENIA, YANN};

    (void)state;
    site_make(&site);
    enter(&acting, people, COUNT(people));
    return 0;
}

static int clear(void **state)
{
    (void)state;
    kms_close(&acting);
    site_clear(&site);
    return 0;
}

static int reset(void **state)
{
    (void)state;
    arena_reset(&site.arena);
    return 0;
}

/* The generation that counts, and how many shares of it there are with something in them. */
struct generation {
    int64_t id;
    size_t count, sealed;
};

static struct generation generation_now(void)
{
    struct store *store = site.kms[ANNA].store;
    struct generation out = {0};
    struct escrow_row escrow;
    struct share_row *shares;

    ASSERT_DONE(escrow_current(store, &site.arena, &escrow, why));
    ASSERT_DONE(share_list(store, escrow.id, &site.arena, &shares, &out.count, why));
    out.id = escrow.id;
    for (size_t i = 0; i < out.count; i++) {
        out.sealed += shares[i].sealed.len > 0;
    }
    return out;
}

/* The shares of today give dora's key back. */
static void assert_recovers(enum site_person first, enum site_person second)
{
    struct buffer file;
    struct approve_result result;
    struct collection out;

    assert_int_equal(site_ask(&site, ANNA, "dora@example.org", &file), FAULT_NONE);
    assert_int_equal(site_approve(&site, first, buffer_span(&file), &result), FAULT_NONE);
    assert_int_equal(site_approve(&site, second, buffer_span(&file), &result), FAULT_NONE);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_NONE);
    assert_int_equal(out.key_count, 1);
    collection_clear(&out);
    buffer_clear(&file);
}

static void assert_as_before(const struct generation *before)
{
    const struct generation now = generation_now();

    assert_int_equal(now.id, before->id);
    assert_int_equal(now.count, before->count);
    assert_int_equal(now.sealed, before->sealed);
}

/* The last audit row is a refusal of this act. */
static void assert_refused_in_audit(void)
{
    struct store *store = site.kms[ANNA].store;
    struct store_walk walk = {0};
    struct audit_row row = {0};
    struct audit_head head;
    bool there = false;

    ASSERT_DONE(audit_head(store, &head, why));
    ASSERT_DONE(audit_walk(store, head.seq, &walk, why));
    ASSERT_DONE(audit_next(&walk, &row, &there, why));
    assert_true(there);
    assert_span(row.act, "reshare");
    assert_span(row.result, "refused");
    store_walk_end(&walk);
}

static const struct refusal {
    const char *name;
    const char *agents[4];
    unsigned quorum;
    const char *passphrase; /* of whoever is new; NULL: none */
    enum fault fault;
    const char *said;
} refusals[] = {
    {"a quorum of one", {"xenia", "yann"}, 1, NULL, FAULT_DENIED, "the quorum is at least 2"},
    {"a quorum of none", {"xenia", "yann"}, 0, NULL, FAULT_DENIED, "the quorum is at least 2"},
    {"more than all agents", {"xenia", "yann"}, 3, NULL, FAULT_DENIED, "at most all agents"},
    {"nobody", {NULL}, 2, NULL, FAULT_DENIED, "at most all agents"},
    {"one agent alone", {"xenia"}, 2, NULL, FAULT_DENIED, "at most all agents"},
    {"one agent twice", {"xenia", "xenia"}, 2, NULL, FAULT_SYNTAX, "two agents have the same name"},
    {"two almost alike", {"yann", "Yann"}, 2, NULL, FAULT_SYNTAX, "two agents have the same name"},
    {"a name that is none", {"xenia", "a,b"}, 2, NULL, FAULT_SYNTAX, "name"},
    {"an empty name", {"xenia", ""}, 2, NULL, FAULT_SYNTAX, "name"},
    {"the name of the PKCS#12", {"xenia", "p12"}, 2, NULL, FAULT_SYNTAX, "name"},
    {"almost the name of one who acts",
     {"xenia", "Zoe"},
     2,
     "granite lanterns drift past nine harbours",
     FAULT_SYNTAX,
     "Zoe: somebody has almost the same name"},
    {"somebody unknown without a passphrase",
     {"xenia", "ulla"},
     2,
     NULL,
     FAULT_DENIED,
     "ulla is new, and has to choose a passphrase"},
    {"somebody unknown with a weak one",
     {"xenia", "ulla"},
     2,
     "password1234",
     FAULT_DENIED,
     "ulla: "},
    {"with a short one", {"xenia", "ulla"}, 2, "short", FAULT_DENIED, "ulla: "},
};

static enum fault reshare(struct kms *kms, const char *const agents[], size_t count,
                          unsigned quorum, const struct secret *passphrase, bool in_files,
                          struct reshare_result *result)
{
    struct person_choice people[VAULT_AGENTS_MAX] = {0};
    const struct reshare_order order = {
        .agents = people, .agent_count = count, .quorum = quorum, .in_files = in_files};
    struct why told;

    for (size_t i = 0; i < count; i++) {
        bool known = false;

        ASSERT_DONE(reshare_is_known(kms, agents[i], &known, why));
        people[i] = (struct person_choice){
            .name = agents[i], .passphrase = known ? NULL : passphrase, .is_agent = true};
    }
    return reshare_agents(kms, &order, result, &told);
}

static void it_is_refused(void **state)
{
    const struct refusal *row = *state;
    const struct generation before = generation_now();
    struct reshare_result result = {0};
    struct secret passphrase = {0};
    size_t count = 0;

    while (count < COUNT(row->agents) && row->agents[count] != NULL) {
        count++;
    }
    if (row->passphrase != NULL) {
        ASSERT_DONE(secret_copy(span_text(row->passphrase), &passphrase, why));
    }
    assert_int_equal(reshare(&acting, row->agents, count, row->quorum,
                             row->passphrase != NULL ? &passphrase : NULL, false, &result),
                     row->fault);
    if (strstr(acting.told, row->said) == NULL) {
        fail_msg("%s", acting.told);
    }
    assert_false(acting.in_transaction);
    assert_int_equal(result.count, 0);
    assert_refused_in_audit();
    assert_as_before(&before);
    secret_clear(&passphrase);
}

/* Three administrators stay, who are no agents: with 62 agents there would be 65 people. */
static void more_people_than_a_store_has(void **state)
{
    enum { NEW = KMS_PEOPLE_MAX - 2 };
    const struct generation before = generation_now();
    struct secret passphrase = site_passphrase("one of many");
    struct reshare_result result = {0};
    char names[NEW][16];
    const char *agents[NEW];

    (void)state;
    for (size_t i = 0; i < NEW; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "agent %zu", i);
        agents[i] = names[i];
    }
    assert_int_equal(reshare(&acting, agents, NEW, 2, &passphrase, false, &result), FAULT_LIMIT);
    assert_string_equal(acting.told, "a store has 64 people at most");
    assert_refused_in_audit();
    assert_as_before(&before);
    secret_clear(&passphrase);
}

/* Who has signed in, and what is missing. */
static const struct crew {
    const char *name;
    enum site_person people[3];
    size_t count;
    const char *said;
} crews[] = {
    {"one agent of two", {ANNA, XENIA}, 2, "takes 2 recovery agents, and 1 acts"},
    {"administrators alone", {ANNA, WILMA}, 2, "takes 2 recovery agents, and 0 act"},
    {"agents without an administrator", {XENIA, YANN, ZOE}, 3, "administrator"},
};

static void too_few_act(void **state)
{
    static const char *const agents[] = {"xenia", "yann"};
    const struct crew *crew = *state;
    const struct generation before = generation_now();
    struct reshare_result result = {0};
    struct kms kms = {0};

    enter(&kms, crew->people, crew->count);
    assert_int_equal(reshare(&kms, agents, COUNT(agents), 2, NULL, false, &result), FAULT_DENIED);
    if (strstr(kms.told, crew->said) == NULL) {
        fail_msg("%s", kms.told);
    }
    assert_refused_in_audit();
    assert_as_before(&before);
    kms_close(&kms);
}

/* Where the store gives out: what cannot be written any more. */
static const struct giving_out {
    const char *name, *when;
} gives_out[] = {
    {"at the new generation", "INSERT ON escrow"},
    {"at the end of the old one", "UPDATE ON escrow"},
    {"at the first share", "INSERT ON share"},
    {"at the last share", "INSERT ON share WHEN new.place = 3"},
    {"at the old shares", "UPDATE ON share"},
    {"at an agent who goes", "UPDATE ON person WHEN old.name = 'zoe'"},
    {"at the audit", "INSERT ON audit WHEN new.result = 'done'"},
};

static void it_gives_out_in_the_middle(void **state)
{
    static const char *const agents[] = {"xenia", "yann", "wilma"};
    const struct giving_out *row = *state;
    const struct generation before = generation_now();
    struct reshare_result result = {0};
    char statement[256];
    enum fault fault;

    (void)snprintf(statement, sizeof(statement),
                   "CREATE TRIGGER gives_out BEFORE %s BEGIN SELECT RAISE(ABORT, 'no more'); END;",
                   row->when);
    site_tamper(&site, statement);
    fault = reshare(&acting, agents, COUNT(agents), 2, NULL, false, &result);
    assert_int_not_equal(fault, FAULT_NONE);
    assert_false(acting.in_transaction);
    assert_int_equal(result.count, 0);
    site_tamper(&site, "DROP TRIGGER gives_out;");
    assert_as_before(&before);
    assert_recovers(XENIA, ZOE);
}

/* Dealt, and then not committed: a file of a share could not be written. */
static void nothing_stays_of_what_is_rolled_back(void **state)
{
    static const char *const agents[] = {"xenia", "wilma"};
    const struct generation before = generation_now();
    struct reshare_result result = {0};

    (void)state;
    assert_int_equal(reshare(&acting, agents, COUNT(agents), 2, NULL, true, &result), FAULT_NONE);
    assert_true(acting.in_transaction);
    assert_int_equal(result.count, COUNT(agents));
    for (size_t i = 0; i < COUNT(agents); i++) {
        assert_string_equal(result.handouts[i].name, agents[i]);
        assert_true(result.handouts[i].sealed.len > 0);
    }
    kms_rollback(&acting);
    reshare_result_clear(&result);
    assert_int_equal(result.count, 0);
    assert_as_before(&before);
    assert_recovers(YANN, ZOE);
}

static void who_is_known_chooses_no_passphrase(void **state)
{
    static const struct {
        const char *name;
        bool known;
    } rows[] = {{"anna", true}, {"wilma", true}, {"zoe", true}, {"ulla", false}, {"ZOE", false}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool known = !rows[i].known;

        ASSERT_DONE(reshare_is_known(&acting, rows[i].name, &known, why));
        assert_int_equal(known, rows[i].known);
    }
}

/* The last of all: from then on xenia and bert hold shares, yann and zoe none. */
static void who_was_dropped_holds_nothing(void **state)
{
    static const char *const agents[] = {"xenia", "bert"};
    const struct generation before = generation_now();
    struct reshare_result result = {0};
    struct generation now;
    struct share_row share;
    struct approve_result approved;
    struct buffer file;

    (void)state;
    assert_int_equal(reshare(&acting, agents, COUNT(agents), 2, NULL, false, &result), FAULT_NONE);
    ASSERT_DONE(kms_commit(&acting, why));
    reshare_result_clear(&result);
    now = generation_now();
    assert_int_not_equal(now.id, before.id);
    assert_int_equal(now.count, 2);
    assert_int_equal(now.sealed, 2);
    ASSERT_DONE(
        share_get(acting.store, before.id, site.kms[ZOE].actors[0].id, &site.arena, &share, why));
    assert_int_equal(share.sealed.len, 0); /* what he held is overwritten */
    assert_int_equal(site_ask(&site, ANNA, "dora@example.org", &file), FAULT_NONE);
    assert_int_not_equal(site_approve(&site, ZOE, buffer_span(&file), &approved), FAULT_NONE);
    buffer_clear(&file);
    assert_recovers(XENIA, BERT);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(refusals) + COUNT(crews) + COUNT(gives_out) + 4];
    size_t n = 0;

    for (size_t i = 0; i < COUNT(refusals); i++) {
        tests[n++] = (struct CMUnitTest){.name = refusals[i].name,
                                         .test_func = it_is_refused,
                                         .setup_func = reset,
                                         .initial_state = (void *)(uintptr_t)&refusals[i]};
    }
    for (size_t i = 0; i < COUNT(crews); i++) {
        tests[n++] = (struct CMUnitTest){.name = crews[i].name,
                                         .test_func = too_few_act,
                                         .setup_func = reset,
                                         .initial_state = (void *)(uintptr_t)&crews[i]};
    }
    for (size_t i = 0; i < COUNT(gives_out); i++) {
        tests[n++] = (struct CMUnitTest){.name = gives_out[i].name,
                                         .test_func = it_gives_out_in_the_middle,
                                         .setup_func = reset,
                                         .initial_state = (void *)(uintptr_t)&gives_out[i]};
    }
    tests[n++] = (struct CMUnitTest)cmocka_unit_test_setup(more_people_than_a_store_has, reset);
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test_setup(who_is_known_chooses_no_passphrase, reset);
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test_setup(nothing_stays_of_what_is_rolled_back, reset);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test_setup(who_was_dropped_holds_nothing, reset);
    return cmocka_run_group_tests(tests, make, clear);
}
