#include "kms/request/recovery/recover.h"

#include "recover_support.h"

#include "kms/store/audit_rows.h"
#include "kms/store/people_rows.h"

/* One store for all tests; each makes requests of its own, and puts right what it damages. */
static struct site site;

static int make(void **state)
{
    (void)state;
    site_make(&site);
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
    for (size_t i = 0; i < SITE_PEOPLE; i++) {
        site.kms[i].now = SITE_NOW;
    }
    return 0;
}

/* The last row of the audit. */
static struct audit_row last_audit(void)
{
    struct store *store = site.kms[WILMA].store;
    struct store_walk walk = {0};
    struct audit_row row = {0}, kept = {0};
    struct audit_head head;
    bool there = true;

    ASSERT_DONE(audit_head(store, &head, why));
    ASSERT_DONE(audit_walk(store, head.seq, &walk, why));
    ASSERT_DONE(audit_next(&walk, &row, &there, why));
    assert_true(there);
    kept = row;
    assert_int_equal(arena_copy(&site.arena, row.act, &kept.act), FAULT_NONE);
    assert_int_equal(arena_copy(&site.arena, row.who, &kept.who), FAULT_NONE);
    assert_int_equal(arena_copy(&site.arena, row.subject, &kept.subject), FAULT_NONE);
    assert_int_equal(arena_copy(&site.arena, row.result, &kept.result), FAULT_NONE);
    assert_int_equal(arena_copy(&site.arena, row.detail, &kept.detail), FAULT_NONE);
    store_walk_end(&walk);
    return kept;
}

static void assert_audited(const char *act, const char *who, const char *result)
{
    const struct audit_row row = last_audit();

    assert_span(row.act, act);
    assert_span(row.who, who);
    assert_span(row.result, result);
}

static bool told(enum site_person who, const char *text)
{
    return strstr(site.kms[who].told, text) != NULL;
}

static struct buffer asked(const char *address)
{
    struct buffer file;

    assert_int_equal(site_ask(&site, ANNA, address, &file), FAULT_NONE);
    return file;
}

static void approved(enum site_person who, const struct buffer *file)
{
    struct approve_result result;

    assert_int_equal(site_approve(&site, who, buffer_span(file), &result), FAULT_NONE);
    assert_false(result.already);
}

static void two_agents_give_the_whole_history(void **state)
{
    static const enum key_kind kinds[] = {KIND_P256, KIND_RSA2048, KIND_P384, KIND_X25519};
    struct buffer file = asked("Carl@Example.org");
    struct collection out;

    (void)state;
    assert_audited("recover", "anna", "asked");
    approved(XENIA, &file);
    assert_audited("approve", "xenia", "approved");
    approved(ZOE, &file);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_NONE);
    assert_audited("collect", "anna", "collected");
    assert_span(last_audit().subject, "carl@example.org");
    assert_int_equal(out.key_count, COUNT(kinds));
    assert_int_equal(out.fault_count, 0);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct cert cert;
        struct why why;

        assert_int_equal(private_key_kind(out.keys[i]), kinds[i]);
        assert_int_equal(cert_read(out.recovery.items[i].certificate.der, &cert, &why), FAULT_NONE);
        assert_true(private_key_fits(out.keys[i], cert.spki));
    }
    collection_clear(&out);
    buffer_clear(&file);
}

static void a_request_is_collected_once(void **state)
{
    struct buffer file = asked("dora@example.org");
    struct approve_result result;
    struct collection out;

    (void)state;
    approved(XENIA, &file);
    approved(YANN, &file);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_NONE);
    collection_clear(&out);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_DENIED);
    assert_true(told(ANNA, "were collected at"));
    collection_clear(&out);
    assert_int_equal(site_approve(&site, ZOE, buffer_span(&file), &result), FAULT_DENIED);
    assert_audited("approve", "zoe", "refused");
    buffer_clear(&file);
}

static void one_agent_is_not_enough(void **state)
{
    struct buffer file = asked("carl@example.org");
    struct approve_result result;
    struct collection out;

    (void)state;
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_DENIED);
    assert_true(told(ANNA, "takes the approval of 2 agents, and 0 are given; not yet: bert, xenia, "
                           "yann, zoe"));
    collection_clear(&out);
    approved(YANN, &file);
    assert_int_equal(site_approve(&site, YANN, buffer_span(&file), &result), FAULT_NONE);
    assert_true(result.already);
    assert_int_equal(result.approvals, 1);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_DENIED);
    assert_true(told(ANNA, "and 1 is given; not yet: bert, xenia, zoe"));
    assert_audited("collect", "anna", "refused");
    collection_clear(&out);
    buffer_clear(&file);
}

static void nobody_else_collects(void **state)
{
    struct buffer file = asked("carl@example.org");
    struct collection out;

    (void)state;
    approved(XENIA, &file);
    approved(YANN, &file);
    assert_int_equal(site_collect(&site, WILMA, buffer_span(&file), &out), FAULT_DENIED);
    assert_true(told(WILMA, "anna asked for this, and nobody else can collect it"));
    collection_clear(&out);
    buffer_clear(&file);
}

static void who_asks_does_not_approve(void **state)
{
    struct approve_result result;
    struct buffer file;
    struct collection out;

    (void)state;
    assert_int_equal(site_ask(&site, BERT, "dora@example.org", &file), FAULT_NONE);
    assert_int_equal(site_approve(&site, BERT, buffer_span(&file), &result), FAULT_DENIED);
    assert_true(told(BERT, "cannot approve it"));
    approved(XENIA, &file);
    assert_int_equal(site_collect(&site, BERT, buffer_span(&file), &out), FAULT_DENIED);
    assert_true(told(BERT, "not yet: yann, zoe")); /* bert is not waited for */
    collection_clear(&out);
    buffer_clear(&file);
}

static void who_is_no_agent_does_not_approve(void **state)
{
    struct buffer file = asked("dora@example.org");
    struct approve_result result;

    (void)state;
    assert_int_equal(site_approve(&site, WILMA, buffer_span(&file), &result), FAULT_DENIED);
    assert_true(told(WILMA, "wilma is no recovery agent"));
    buffer_clear(&file);
}

/* Each field of the file, altered: the digest tells it, or (digest too) the store. */
static void altered_requests_are_refused(void **state)
{
    static const char *const fields[] = {"\"store\": \"",   "\"user\": ",      "addresses\": [\"",
                                         "\"serial\": \"",  "envelope\": \"",  "\"why\": \"",
                                         "requester\": \"", "created\": \"20", "expires\": \"2",
                                         "\"key\": \"",     "digest\": \"",    "signature\": \""};
    struct buffer file = asked("carl@example.org");
    struct approve_result result;
    struct collection out;

    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        uint8_t *at = memmem(file.at, file.len, fields[i], strlen(fields[i]));
        uint8_t kept;

        assert_non_null(at);
        at += strlen(fields[i]);
        kept = *at;
        *at = kept == '1' ? '2' : '1';
        assert_int_equal(site_approve(&site, XENIA, buffer_span(&file), &result), FAULT_DENIED);
        assert_audited("approve", "xenia", "refused");
        assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_DENIED);
        assert_audited("collect", "anna", "refused");
        collection_clear(&out);
        *at = kept;
    }
    approved(XENIA, &file); /* and as it was, it is good */
    buffer_clear(&file);
}

static void no_request_is_refused(void **state)
{
    struct approve_result result;

    (void)state;
    assert_int_equal(site_approve(&site, XENIA, span_text("{}"), &result), FAULT_SYNTAX);
    assert_audited("approve", "xenia", "refused");
    assert_span(last_audit().subject, "request");
}

/* A request that somebody made and signed himself, of a store that has never seen it. */
static void request_of_nobody_is_refused(void **state)
{
    struct buffer file = asked("dora@example.org"), forged = buffer_with_max(SITE_FILE_MAX);
    struct recovery_request request;
    struct approve_result result;

    (void)state;
    ASSERT_DONE(recovery_request_read(buffer_span(&file), &site.arena, &request, why));
    request.expires += 1;
    ASSERT_DONE(recovery_request_sign(&request, &site.kms[ANNA].actors[0].identity, why));
    recovery_request_write(&request, &forged);
    assert_int_equal(site_approve(&site, XENIA, buffer_span(&forged), &result), FAULT_DENIED);
    assert_true(told(XENIA, "nobody asked for this in this store"));
    buffer_reset(&forged);
    request.store_id = span_text("00112233445566778899aabbccddeeff");
    ASSERT_DONE(recovery_request_sign(&request, &site.kms[ANNA].actors[0].identity, why));
    recovery_request_write(&request, &forged);
    assert_int_equal(site_approve(&site, XENIA, buffer_span(&forged), &result), FAULT_DENIED);
    assert_true(told(XENIA, "the request is one of another store"));
    buffer_clear(&forged);
    buffer_clear(&file);
}

static void a_request_has_its_time(void **state)
{
    struct buffer file = asked("carl@example.org");
    struct approve_result result;
    struct collection out;

    (void)state;
    site.kms[XENIA].now = SITE_NOW + RECOVERY_VALID_USUAL;
    assert_int_equal(site_approve(&site, XENIA, buffer_span(&file), &result), FAULT_DENIED);
    assert_true(told(XENIA, "expired at 2027-01-18T08:00:00Z"));
    site.kms[XENIA].now = SITE_NOW - STORE_CLOCK_SLACK - 1;
    assert_int_equal(site_approve(&site, XENIA, buffer_span(&file), &result), FAULT_DENIED);
    assert_true(told(XENIA, "is the clock right?"));
    site.kms[XENIA].now = SITE_NOW + RECOVERY_VALID_USUAL - 1;
    approved(XENIA, &file);
    approved(YANN, &file);
    site.kms[ANNA].now = SITE_NOW + RECOVERY_VALID_USUAL;
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_DENIED);
    collection_clear(&out);
    buffer_clear(&file);
}

static const struct wish_row {
    const char *name, *address, *why;
    int64_t valid_for;
    enum fault fault;
} wishes[] = {
    {"nobody of that address", "who@example.org", "x", 60, FAULT_ABSENT},
    {"no reason", "carl@example.org", " ", 60, FAULT_SYNTAX},
    {"no time", "carl@example.org", "x", 0, FAULT_LIMIT},
    {"too long a time", "carl@example.org", "x", RECOVERY_VALID_MAX + 1, FAULT_LIMIT},
};

static void wish_is_refused(void **state)
{
    const struct wish_row *row = *state;
    struct kms *kms = &site.kms[ANNA];
    const struct recover_wish wish = {.address = span_text(row->address),
                                      .why = span_text(row->why),
                                      .valid_for = row->valid_for};
    struct buffer file = buffer_with_max(SITE_FILE_MAX);
    struct recover_result result;
    struct recovery_cas cas;
    struct why told_why;

    (void)snprintf(kms->act, sizeof(kms->act), "recover");
    ASSERT_DONE(recovery_cas_open(kms, &cas, why));
    ASSERT_DONE(kms_begin(kms, why));
    assert_int_equal(recover_ask(kms, &cas, &wish, &site.arena, &file, &result, &told_why),
                     row->fault);
    ASSERT_DONE(kms_commit(kms, why));
    recovery_cas_close(&cas);
    assert_audited("recover", "anna", "refused");
    assert_int_equal(file.len, 0);
    buffer_clear(&file);
}

/* xenia is no administrator: nobody asks then. */
static void agents_do_not_ask(void **state)
{
    struct buffer file;

    (void)state;
    assert_int_equal(site_ask(&site, XENIA, "carl@example.org", &file), FAULT_DENIED);
    assert_audited("recover", "xenia", "refused");
    buffer_clear(&file);
}

/*
 * A thief of the database puts dora's envelope in the place of emil's, so that agents who approve
 * emil's recovery open dora's.
 */
#define SWAP(columns)                                                                              \
    "DROP TRIGGER envelope_changed;"                                                               \
    "UPDATE envelope SET " columns                                                                 \
    " WHERE certificate IN (SELECT c.id FROM certificate c, user u WHERE c.user = u.id"            \
    "   AND u.address = 'emil@example.org');"
#define OF_DORA(column)                                                                            \
    column " = (SELECT e." column " FROM envelope e, certificate c, user u"                        \
           " WHERE e.certificate = c.id AND c.user = u.id AND u.address = 'dora@example.org')"
#define KEEP_EMIL                                                                                  \
    "CREATE TABLE kept AS SELECT e.* FROM envelope e, certificate c, user u"                       \
    " WHERE e.certificate = c.id AND c.user = u.id AND u.address = 'emil@example.org';"
#define GIVE_BACK                                                                                  \
    "UPDATE envelope SET cms = (SELECT cms FROM kept),"                                            \
    " binding = (SELECT binding FROM kept)"                                                        \
    " WHERE certificate = (SELECT certificate FROM kept);"                                         \
    "DROP TABLE kept;"                                                                             \
    "CREATE TRIGGER envelope_changed BEFORE UPDATE ON envelope"                                    \
    " BEGIN SELECT RAISE(ABORT, 'rows of envelope stay as they are'); END;"

static void swapped_envelope_is_refused(void **state)
{
    struct buffer file = asked("emil@example.org"), later;
    struct recovery_request request;
    char serial[RECOVERY_SERIAL_TEXT];
    struct approve_result result;
    struct collection out;

    ASSERT_DONE(recovery_request_read(buffer_span(&file), &site.arena, &request, why));
    recovery_serial_text(request.keys[0].serial, serial);
    approved(ZOE, &file);
    approved(YANN, &file);
    site_tamper(&site, KEEP_EMIL);
    site_tamper(&site, *state);
    assert_int_equal(site_approve(&site, XENIA, buffer_span(&file), &result), FAULT_DENIED);
    assert_true(told(XENIA, serial));
    assert_true(told(XENIA, "swapped or altered"));
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_DENIED);
    assert_true(told(ANNA, serial));
    collection_clear(&out);
    assert_int_equal(site_ask(&site, ANNA, "emil@example.org", &later), FAULT_DENIED);
    assert_true(told(ANNA, serial));
    site_tamper(&site, GIVE_BACK);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_NONE);
    collection_clear(&out);
    buffer_clear(&later);
    buffer_clear(&file);
}

/* The thief moves the address instead: emil's goes to dora's row. */
static void swapped_users_are_refused(void **state)
{
    static const char swap[] =
        "DROP TRIGGER user_change_is_free;"
        "UPDATE user SET address = 'x', folded = 'x' WHERE address = 'emil@example.org';"
        "UPDATE user SET address = 'emil@example.org', folded = (SELECT folded FROM aside)"
        " WHERE address = 'dora@example.org';";
    static const char back[] =
        "UPDATE user SET address = 'dora@example.org', folded = (SELECT folded FROM aside_dora)"
        " WHERE address = 'emil@example.org';"
        "UPDATE user SET address = 'emil@example.org', folded = (SELECT folded FROM aside)"
        " WHERE address = 'x';"
        "DROP TABLE aside; DROP TABLE aside_dora;";
    struct buffer file;

    (void)state;
    site_tamper(&site, "CREATE TABLE aside AS SELECT folded FROM user"
                       " WHERE address = 'emil@example.org';"
                       "CREATE TABLE aside_dora AS SELECT folded FROM user"
                       " WHERE address = 'dora@example.org';");
    site_tamper(&site, swap);
    assert_int_equal(site_ask(&site, ANNA, "emil@example.org", &file), FAULT_DENIED);
    assert_true(told(ANNA, "was issued to dora@example.org, whom the request does not name"));
    site_tamper(&site, back);
    buffer_clear(&file);
}

int main(void)
{
    static char cms[] = SWAP(OF_DORA("cms"));
    static char both[] = SWAP(OF_DORA("cms") ", " OF_DORA("binding"));
    static char cut[] = SWAP("cms = substr(cms, 1, length(cms) - 1)");
    static char unbound[] = SWAP("binding = x'0000'");
    struct CMUnitTest tests[COUNT(wishes) + 17] = {
        cmocka_unit_test_setup(two_agents_give_the_whole_history, reset),
        cmocka_unit_test_setup(a_request_is_collected_once, reset),
        cmocka_unit_test_setup(one_agent_is_not_enough, reset),
        cmocka_unit_test_setup(nobody_else_collects, reset),
        cmocka_unit_test_setup(who_asks_does_not_approve, reset),
        cmocka_unit_test_setup(who_is_no_agent_does_not_approve, reset),
        cmocka_unit_test_setup(altered_requests_are_refused, reset),
        cmocka_unit_test_setup(no_request_is_refused, reset),
        cmocka_unit_test_setup(request_of_nobody_is_refused, reset),
        cmocka_unit_test_setup(a_request_has_its_time, reset),
        cmocka_unit_test_setup(agents_do_not_ask, reset),
        cmocka_unit_test_setup(swapped_users_are_refused, reset),
        {"another's envelope", swapped_envelope_is_refused, reset, NULL, cms},
        {"another's envelope and record", swapped_envelope_is_refused, reset, NULL, both},
        {"an envelope that is cut off", swapped_envelope_is_refused, reset, NULL, cut},
        {"an envelope without its record", swapped_envelope_is_refused, reset, NULL, unbound},
    };
    const size_t count = 16;

    for (size_t i = 0; i < COUNT(wishes); i++) {
        tests[count + i] = (struct CMUnitTest){.name = wishes[i].name,
                                               .test_func = wish_is_refused,
                                               .setup_func = reset,
                                               .initial_state = (void *)(uintptr_t)&wishes[i]};
    }
    return _cmocka_run_group_tests("recover", tests, count + COUNT(wishes), make, clear);
}
