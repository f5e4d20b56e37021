#include "kms/store/check.h"

#include "kms/store/audit_rows.h"
#include "kms/store/authority_rows.h"
#include "kms/store/crl_rows.h"
#include "kms/store/outbox_rows.h"
#include "kms/store/request_rows.h"
#include "kms/store/token_rows.h"
#include "store_support.h"

static const uint8_t digest[32] = {5};

static void tell_outbox(struct site *site, int64_t user, int64_t certificate)
{
    const struct outbox_row row = {
        .at = NOW, .certificate = certificate, .user = user, .what = OUTBOX_ADD};

    assert_done(outbox_add(site->store, &row, &site->why), &site->why);
}

static int64_t escrowed(struct site *site, int64_t user, const char *serial, int64_t escrow)
{
    const struct certificate_row row = {.user = user,
                                        .serial = span_text(serial),
                                        .purpose = CERTIFICATE_ENCRYPTION,
                                        .der = span_text("DER"),
                                        .key_kind = span_text("p256"),
                                        .not_before = NOW,
                                        .not_after = NOW + 1,
                                        .issued_at = NOW,
                                        .escrow = escrow};
    struct envelope_row envelope = {.cms = span_text("CMS"), .binding = span_text("binding")};

    assert_done(certificate_add(site->store, &row, &envelope.certificate, &site->why), &site->why);
    assert_done(envelope_add(site->store, &envelope, &site->why), &site->why);
    tell_outbox(site, user, envelope.certificate);
    return envelope.certificate;
}

static void recovery(struct site *site, int64_t requester, int64_t agent, int64_t user,
                     int64_t certificate)
{
    const struct request_row row = {.digest = span_of(digest, 32),
                                    .document = span_text("{}"),
                                    .requester = requester,
                                    .user = user,
                                    .created = NOW,
                                    .expires = NOW + 1,
                                    .seal_public = span_text("public"),
                                    .seal_locked = span_text("locked")};
    struct request_item_row item = {.certificate = certificate,
                                    .envelope_digest = span_of(digest, 32)};
    struct approval_row approval = {.person = agent,
                                    .at = NOW,
                                    .partials = span_text("partials"),
                                    .signature = span_text("signature")};

    assert_done(request_add(site->store, &row, &item.request, &site->why), &site->why);
    assert_done(request_item_add(site->store, &item, &site->why), &site->why);
    approval.request = item.request;
    assert_done(approval_add(site->store, &approval, &site->why), &site->why);
    assert_done(request_done(site->store, item.request, NOW, &site->why), &site->why);
}

/* Two users with two certificates each and one renewed, a token, three agents, a recovery, a list.
 */
static void busy_site(struct site *site)
{
    struct share_row share = {.sealed = span_text("sealed")};
    const struct crl_row crl = {
        .number = 1, .this_update = NOW, .next_update = NOW + 1, .digest = span_of(digest, 32)};
    struct token_row token = {
        .id = span_text("A"), .hash = span_of(digest, 32), .created = NOW, .expires = NOW + 1};
    const struct audit_row audit = {.at = NOW, .act = span_text("init")};
    int64_t people[3], users[3], certificate = 0;

    site_open(site);
    assert_done(store_begin(site->store, &site->why), &site->why);
    share.escrow = site_escrow(site);
    for (int i = 0; i < 3; i++) {
        char name[] = {(char)('a' + i), '\0'}, address[] = "x@example.org";

        people[i] = share.person = site_person(site, name);
        share.place = i + 1;
        assert_done(share_add(site->store, &share, &site->why), &site->why);
        assert_done(slot_set(site->store, people[i], span_text("slot"), &site->why), &site->why);
        address[0] = name[0];
        users[i] = site_user(site, address);
        assert_done(audit_append(site->store, &audit, NULL, 0, &site->why), &site->why);
    }
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 3; j++) {
            char serial[] = {(char)(0x11 + i), (char)(0x21 + j), '\0'};

            certificate = escrowed(site, users[i], serial, share.escrow);
        }
        assert_done(user_set_state(site->store, users[i], USER_ENROLLED, &site->why), &site->why);
    }
    assert_done(certificate_revoke(site->store, certificate, CERTIFICATE_HELD, 6, NOW, &site->why),
                &site->why);
    token.user = users[2];
    assert_done(token_add(site->store, &token, &site->why), &site->why);
    assert_done(crl_add(site->store, &crl, &site->why), &site->why);
    recovery(site, people[0], people[1], users[1], certificate);
    assert_done(store_commit(site->store, &site->why), &site->why);
}

struct heard {
    int64_t count;
    char rule[256], where[256];
};

static enum fault hear(void *context, const char *rule, struct span where, struct why *why)
{
    struct heard *heard = context;

    (void)why;
    if (heard->count++ == 0) {
        (void)snprintf(heard->rule, sizeof(heard->rule), "%s", rule);
        (void)snprintf(heard->where, sizeof(heard->where), "%.*s", (int)where.len,
                       (const char *)where.at);
    }
    return FAULT_NONE;
}

static struct heard check_of(struct site *site)
{
    struct heard heard = {0};
    const struct store_check check = {.each = hear, .context = &heard};
    int64_t broken = -1;

    assert_done(store_check(site->store, &check, &broken, &site->why), &site->why);
    assert_int_equal(broken, heard.count);
    return heard;
}

static void good_store_is_clean(void **state)
{
    struct heard heard;
    struct site site;

    (void)state;
    site_open(&site);
    assert_int_equal(check_of(&site).count, 0);
    site_close(&site);
    busy_site(&site);
    heard = check_of(&site);
    if (heard.count != 0) {
        fail_msg("%s: %s", heard.rule, heard.where);
    }
    site_reopen(&site, STORE_READ);
    assert_int_equal(check_of(&site).count, 0);
    site_close(&site);
}

/* Each is done behind the program's back, with the triggers taken away and put back. */
struct breaking {
    const char *name, *sql, *rule, *where;
};

static const struct breaking breakings[] = {
    {"an envelope is removed", "DELETE FROM envelope WHERE certificate = 65537",
     "an escrowed key has its envelope", "1122"},
    {"an envelope is emptied", "UPDATE envelope SET cms = x'' WHERE certificate = 65537",
     "an envelope and its binding are not empty", "65537"},
    {"a certificate says that it is not escrowed",
     "UPDATE certificate SET escrow = NULL WHERE id = 65537",
     "an envelope belongs to a certificate that says so", "65537"},
    {"a certificate is removed", "DELETE FROM certificate WHERE id = 65537",
     "what a row refers to is there", NULL},
    {"a signing key is escrowed", "UPDATE certificate SET purpose = 0 WHERE id = 65536",
     "only encryption keys are escrowed", "1121"},
    {"a serial has a leading zero", "UPDATE certificate SET serial = x'0001' WHERE id = 65537",
     "a serial is positive and has no leading zero", "65537"},
    {"a good one has a reason", "UPDATE certificate SET reason = 1 WHERE id = 65537",
     "a certificate that is not good has a time and a reason that fits", "1122"},
    {"a held one has another reason", "UPDATE certificate SET reason = 1 WHERE status = 1",
     "a certificate that is not good has a time and a reason that fits", "1223"},
    {"an old one is current", "UPDATE certificate SET is_current = 1 WHERE id = 65536",
     "the last certificate of a user and purpose is the current one", "1121"},
    {"no one is current", "UPDATE certificate SET is_current = 0",
     "the last certificate of a user and purpose is the current one", "1123"},
    {"the outbox lost one", "DELETE FROM outbox WHERE certificate = 65537",
     "every encryption certificate was told to the outbox", "1122"},
    {"an enrolled user has none", "UPDATE user SET state = 1 WHERE id = 3",
     "a user who is invited has no certificate, and one who is enrolled has", "c@example.org"},
    {"an invited user has some", "UPDATE user SET state = 0 WHERE id = 1",
     "a user who is invited has no certificate, and one who is enrolled has", "a@example.org"},
    {"an address holds twice",
     "INSERT INTO user_address VALUES(1, 1, 'b@example.org', 'b@example.org', 1, NULL)",
     "no address holds for two users", "b@example.org"},
    {"a token is used and voided", "UPDATE token SET used_at = 1, voided_at = 1",
     "a token is hashed, and ends once", "A"},
    {"a list went back in time", "INSERT INTO crl VALUES(2, 0, 0, 5, 6, 0, zeroblob(32))",
     "a later revocation list of the same part is of a later time", "2"},
    {"a share is lost", "DELETE FROM share WHERE place = 3",
     "a recovery key has as many shares as it says, by different persons", "1"},
    {"an old share is kept", "UPDATE escrow SET until = 5",
     "shares are kept for one recovery key only", "1/1"},
    {"an administrator has no slot", "DELETE FROM ca_slot WHERE person = 2",
     "the key of the authority is sealed to administrators in office, and to each of them", "b"},
    {"who went has a slot", "UPDATE person SET until = 5 WHERE id = 3",
     "the key of the authority is sealed to administrators in office, and to each of them", "c"},
    {"partial results are kept", "UPDATE approval SET partials = x'01'",
     "a request that is done keeps no key and no partial result", NULL},
    {"who asked approved", "UPDATE approval SET person = 1", "who asked did not approve", "1"},
    {"another's key was asked for", "UPDATE request_item SET certificate = 65537",
     "what was asked for are keys of the user that was named", "1/65537"},
    {"a row of the audit is gone", "DELETE FROM audit WHERE seq = 2",
     "the rows of the audit have numbers without a gap", "3"},
    {"a row of the audit is another", "UPDATE audit SET hash = zeroblob(32) WHERE seq = 2",
     "the hash of a row of the audit is in the row behind it", "3"},
    {"a table is added", "CREATE TABLE extra(x)", "the tables are those that keyroster makes",
     "table extra"},
    {"an index is dropped", "DROP INDEX certificate_ends",
     "the tables are those that keyroster makes", NULL},
    {"a trigger is dropped", "DROP TRIGGER audit_goes_on",
     "the tables are those that keyroster makes", NULL},
};

/* The triggers that keep rows, as the database itself wrote them down. */
static void keep_triggers(struct site *site, struct buffer *out)
{
    struct sql_query *query = NULL;
    bool there = false;

    assert_done(sql_ask(store_sql(site->store),
                        "SELECT sql || ';' FROM sqlite_schema WHERE type = 'trigger'", &query,
                        &site->why),
                &site->why);
    while (sql_step(query, &there, &site->why) == FAULT_NONE && there) {
        buffer_add(out, sql_text(query, 0));
    }
    sql_end(query);
    buffer_add_byte(out, '\0');
    assert_int_equal(out->fault, FAULT_NONE);
}

static void drop_triggers(struct site *site)
{
    struct buffer text = buffer_with_max(65536);
    struct sql_query *query = NULL;
    bool there = false;

    assert_done(sql_ask(store_sql(site->store),
                        "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_schema"
                        " WHERE type = 'trigger'",
                        &query, &site->why),
                &site->why);
    while (sql_step(query, &there, &site->why) == FAULT_NONE && there) {
        buffer_add(&text, sql_text(query, 0));
    }
    sql_end(query);
    buffer_add_byte(&text, '\0');
    site_sql(site, (const char *)text.at);
    buffer_clear(&text);
}

static void breaking_is_found(void **state)
{
    const struct breaking *row = *state;
    struct buffer triggers = buffer_with_max(65536);
    bool is_schema = strstr(row->rule, "tables") != NULL;
    struct heard heard;
    struct site site;

    busy_site(&site);
    if (!is_schema) {
        keep_triggers(&site, &triggers);
        drop_triggers(&site);
    }
    site_sql(&site, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
    site_sql(&site, row->sql);
    if (!is_schema) {
        site_sql(&site, (const char *)triggers.at);
    }
    buffer_clear(&triggers);
    site_reopen(&site, STORE_WRITE);
    heard = check_of(&site);
    assert_string_equal(heard.rule, row->rule);
    if (row->where != NULL && strncmp(heard.where, row->where, strlen(row->where)) != 0) {
        fail_msg("told %s, not %s", heard.where, row->where);
    }
    site_close(&site);
}

static void broken_page_is_found(void **state)
{
    char command[512];
    struct store *store = NULL;
    struct site site;
    enum fault fault;

    (void)state;
    busy_site(&site);
    store_close(site.store);
    site.store = NULL;
    (void)snprintf(command, sizeof(command),
                   "python3 - %s/keyroster.db <<'E'\n"
                   "import sys\n"
                   "f = open(sys.argv[1], 'r+b'); data = f.read()\n"
                   "at = data.index(b'a@example.org') // 8192 * 8192\n"
                   "f.seek(at + 3); f.write(b'\\xff\\xff')\n"
                   "E",
                   site.path);
    assert_int_equal(system(command), 0);
    fault = store_open(site.path, STORE_READ, NOW, &store, &site.why);
    if (fault == FAULT_NONE) {
        const struct store_check check = {0};
        int64_t broken = 0;

        fault = store_check(store, &check, &broken, &site.why);
        assert_true(fault == FAULT_SYNTAX || (fault == FAULT_NONE && broken > 0));
        store_close(store);
    } else {
        assert_int_equal(fault, FAULT_SYNTAX);
    }
    site_close(&site);
}

static enum fault stop(void *context, const char *rule, struct span where, struct why *why)
{
    (void)context;
    (void)rule;
    (void)where;
    return fault_at(FAULT_ABSENT, 0, "enough", why);
}

static void listener_may_stop_it(void **state)
{
    const struct store_check check = {.each = stop};
    struct site site;
    int64_t broken = 0;

    (void)state;
    busy_site(&site);
    site_sql(&site, "UPDATE token SET used_at = 1, voided_at = 1");
    assert_int_equal(store_check(site.store, &check, &broken, &site.why), FAULT_ABSENT);
    assert_string_equal(site.why.rule, "enough");
    assert_done(store_begin(site.store, &site.why), &site.why); /* its transaction has ended */
    site_close(&site);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(breakings) + 3] = {
        cmocka_unit_test(good_store_is_clean),
        cmocka_unit_test(broken_page_is_found),
        cmocka_unit_test(listener_may_stop_it),
    };

    (void)TESTS_OF(tests + 3, breakings, breaking_is_found);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
