#include "kms/store/check.h"

#include <stdio.h>

#include "kms/store/store_state.h"

/* A query gives one row for each place that breaks the rule: what names the row, a text. */
struct rule {
    const char *sentence;
    const char *query;
};

static const struct rule rules[] = {
    {"the pages of the database are whole",
     "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"},
    {"what a row refers to is there", "SELECT \"table\" || ' ' || ifnull(rowid, '') || ' -> ' || "
                                      "parent FROM pragma_foreign_key_check"},
    {"an escrowed key has its envelope",
     "SELECT lower(hex(serial)) FROM certificate WHERE escrow IS NOT NULL"
     " AND NOT EXISTS (SELECT 1 FROM envelope WHERE certificate = certificate.id)"},
    {"an envelope belongs to a certificate that says so",
     "SELECT certificate FROM envelope WHERE"
     " NOT EXISTS (SELECT 1 FROM certificate WHERE id = envelope.certificate"
     " AND escrow IS NOT NULL)"},
    {"an envelope and its binding are not empty",
     "SELECT certificate FROM envelope WHERE length(cms) = 0 OR length(binding) = 0"},
    {"only encryption keys are escrowed",
     "SELECT lower(hex(serial)) FROM certificate WHERE escrow IS NOT NULL AND purpose <> 1"},
    {"a certificate's number is made of its user's",
     "SELECT lower(hex(serial)) FROM certificate WHERE id >> 16 <> user"},
    {"a serial is positive and has no leading zero",
     "SELECT id FROM certificate WHERE substr(serial, 1, 1) = x'00'"},
    {"a certificate that is not good has a time and a reason that fits",
     "SELECT lower(hex(serial)) FROM certificate WHERE (status = 0) <> (revoked_at IS NULL)"
     " OR (status = 1) <> (status > 0 AND reason = 6)"
     " OR (status = 0 AND reason <> 0)"},
    {"the last certificate of a user and purpose is the current one",
     "SELECT lower(hex(serial)) FROM certificate WHERE is_current = EXISTS"
     " (SELECT 1 FROM certificate AS later WHERE later.id > certificate.id"
     " AND later.id < (certificate.user + 1) << 16 AND later.purpose = certificate.purpose)"},
    {"every encryption certificate was told to the outbox",
     "SELECT lower(hex(serial)) FROM certificate WHERE purpose = 1 AND id NOT IN"
     " (SELECT certificate FROM outbox WHERE what = 0)"},
    {"an outbox row is of the certificate's own user",
     "SELECT id FROM outbox WHERE certificate >> 16 <> user"},
    {"a user who is invited has no certificate, and one who is enrolled has",
     "SELECT address FROM user WHERE (state = 0 AND EXISTS"
     " (SELECT 1 FROM certificate WHERE id BETWEEN user.id << 16 AND (user.id << 16) + 65535))"
     " OR (state = 1 AND NOT EXISTS"
     " (SELECT 1 FROM certificate WHERE id BETWEEN user.id << 16 AND (user.id << 16) + 65535))"},
    {"no address holds for two users",
     "SELECT user.address FROM user JOIN user_address USING (folded) WHERE until IS NULL"},
    {"a token is hashed, and ends once",
     "SELECT id FROM token WHERE length(hash) <> 32 OR created >= expires OR tries < 0"
     " OR (used_at IS NOT NULL AND voided_at IS NOT NULL)"},
    {"a revocation list begins before it ends",
     "SELECT number FROM crl WHERE this_update > next_update OR part NOT BETWEEN 0 AND parts"},
    {"a later revocation list of the same part is of a later time",
     "SELECT number FROM (SELECT number, this_update, lag(this_update)"
     " OVER (PARTITION BY part, parts ORDER BY number) AS before FROM crl)"
     " WHERE this_update < before"},
    {"a recovery key has as many shares as it says, by different persons",
     "SELECT id FROM escrow WHERE count <> (SELECT count(*) FROM share WHERE escrow = escrow.id"
     " AND place BETWEEN 1 AND escrow.count)"},
    {"shares are kept for one recovery key only",
     "SELECT escrow || '/' || place FROM share WHERE sealed IS NOT NULL"
     " AND escrow IN (SELECT id FROM escrow WHERE until IS NOT NULL)"},
    {"the key of the authority is sealed to administrators in office, and to each of them",
     "SELECT name FROM person WHERE EXISTS (SELECT 1 FROM ca_slot)"
     " AND (is_admin AND until IS NULL) <> EXISTS"
     " (SELECT 1 FROM ca_slot WHERE person = person.id)"},
    {"a request that is done keeps no key and no partial result",
     "SELECT lower(hex(digest)) FROM request WHERE done_at IS NOT NULL AND (seal_locked IS NOT NULL"
     " OR EXISTS (SELECT 1 FROM approval WHERE request = request.id AND partials IS NOT NULL))"},
    {"who asked did not approve",
     "SELECT request FROM approval JOIN request ON request.id = request WHERE person = requester"},
    {"what was asked for are keys of the user that was named",
     "SELECT request || '/' || certificate FROM request_item JOIN request ON request.id = request"
     " WHERE certificate >> 16 <> user"},
    {"the rows of the audit have numbers without a gap",
     "SELECT seq FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS place FROM audit)"
     " WHERE seq <> place LIMIT 1"},
    {"the hash of a row of the audit is in the row behind it",
     "SELECT seq FROM (SELECT seq, previous, lag(hash, 1, zeroblob(32)) OVER (ORDER BY seq)"
     " AS before FROM audit) WHERE previous <> before"},
};

/* Asked of the store and of an empty database that was made just now. */
static const char schema_query[] = "SELECT type || ' ' || name || ' ' || ifnull(sql, '')"
                                   " FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"
                                   " ORDER BY type, name";

struct checking {
    struct store *store;
    const struct store_check *check;
    int64_t broken;
};

static enum fault tell(struct checking *c, const char *rule, struct span where, struct why *why)
{
    c->broken++;
    return c->check->each != NULL ? c->check->each(c->check->context, rule, where, why)
                                  : FAULT_NONE;
}

static enum fault check_rule(struct checking *c, const struct rule *rule, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    enum fault fault = sql_ask(store_sql(c->store), rule->query, &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    while ((fault = sql_step(query, &there, why)) == FAULT_NONE && there) {
        fault = tell(c, rule->sentence, sql_text(query, 0), why);
        if (fault != FAULT_NONE) {
            break;
        }
    }
    sql_end(query);
    return fault;
}

/* Both lists are in one order: what is in one only shows where they part. */
static enum fault compare_schemas(struct checking *c, struct sql_query *want,
                                  struct sql_query *have, struct why *why)
{
    static const char sentence[] = "the tables are those that keyroster makes";
    bool more_want = true, more_have = true;
    enum fault fault = FAULT_NONE;

    while (more_want && more_have) {
        fault = sql_step(want, &more_want, why);
        if (fault == FAULT_NONE) {
            fault = sql_step(have, &more_have, why);
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
        if (more_want != more_have ||
            (more_want && !span_equal(sql_text(want, 0), sql_text(have, 0)))) {
            struct span where = more_have ? sql_text(have, 0) : sql_text(want, 0);

            return tell(c, sentence, span_upto(where, 80), why);
        }
    }
    return FAULT_NONE;
}

static enum fault check_schema(struct checking *c, struct why *why)
{
    struct sql *fresh = NULL;
    struct sql_query *want = NULL, *have = NULL;
    enum fault fault = sql_open(NULL, SQL_CREATE, &fresh, why);

    if (fault == FAULT_NONE) {
        fault = schema_migrate(fresh, schema_of_today(), why);
    }
    if (fault == FAULT_NONE) {
        fault = sql_ask(fresh, schema_query, &want, why);
    }
    if (fault == FAULT_NONE) {
        fault = sql_ask(store_sql(c->store), schema_query, &have, why);
    }
    if (fault == FAULT_NONE) {
        fault = compare_schemas(c, want, have, why);
    }
    sql_end(want);
    sql_end(have);
    if (fault != FAULT_NONE) {
        fault = store_tell(c->store, fault, why, "%s", why->rule); /* it may be `fresh` that told */
    }
    sql_close(fresh);
    return fault;
}

enum fault store_check(struct store *store, const struct store_check *check, int64_t *broken,
                       struct why *why)
{
    struct checking c = {.store = store, .check = check};
    bool began = !sql_is_within(store_sql(store));
    enum fault fault = began ? store_begin_reading(store, why) : FAULT_NONE;

    if (fault == FAULT_NONE) {
        fault = check_schema(&c, why);
    }
    for (size_t i = 0; fault == FAULT_NONE && i < sizeof(rules) / sizeof(rules[0]); i++) {
        fault = check_rule(&c, &rules[i], why);
    }
    if (began) {
        store_rollback(store);
    }
    if (fault == FAULT_NONE) {
        *broken = c.broken;
    }
    return fault;
}
