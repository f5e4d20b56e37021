#include "kms/store/audit_rows.h"

#include <assert.h>

#include "kms/people/transcript.h"
#include "kms/store/rows.h"

#define AUDIT_COLUMNS                                                                              \
    "SELECT seq, at, act, who, subject, result, detail, signatures, previous, hash FROM audit "

static void audit_read(struct sql_query *query, void *row)
{
    struct audit_row *audit = row;

    audit->seq = sql_int(query, 0);
    audit->at = sql_int(query, 1);
    audit->act = sql_text(query, 2);
    audit->who = sql_text(query, 3);
    audit->subject = sql_text(query, 4);
    audit->result = sql_text(query, 5);
    audit->detail = sql_text(query, 6);
    audit->signatures = sql_int(query, 7);
    audit->previous = sql_blob(query, 8);
    audit->hash = sql_blob(query, 9);
}

enum fault audit_hash(struct store *store, const struct audit_row *row,
                      uint8_t hash[AUDIT_HASH_SIZE], struct why *why)
{
    struct transcript t = transcript_begin("keyroster audit v1");

    transcript_add(&t, store_id(store));
    transcript_add_number(&t, (uint64_t)row->seq);
    transcript_add_number(&t, (uint64_t)row->at);
    transcript_add(&t, row->act);
    transcript_add(&t, row->who);
    transcript_add(&t, row->subject);
    transcript_add(&t, row->result);
    transcript_add(&t, row->detail);
    transcript_add_number(&t, (uint64_t)row->signatures);
    transcript_add(&t, row->previous);
    return transcript_end(&t, hash, why);
}

enum fault audit_head(struct store *store, struct audit_head *out, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    enum fault fault = sql_ask(
        store_sql(store), "SELECT seq, at, hash FROM audit ORDER BY seq DESC LIMIT 1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = sql_step(query, &there, why);
    if (fault == FAULT_NONE && !there) {
        fault = fault_at(FAULT_ABSENT, 0, "the audit has no row yet", why);
    } else if (fault == FAULT_NONE && sql_blob(query, 2).len != AUDIT_HASH_SIZE) {
        fault = fault_at(FAULT_SYNTAX, 0, "the last row of the audit is damaged", why);
    } else if (fault == FAULT_NONE) {
        out->seq = sql_int(query, 0);
        out->at = sql_int(query, 1);
        memcpy(out->hash, sql_blob(query, 2).at, AUDIT_HASH_SIZE);
    }
    sql_end(query);
    return fault;
}

static enum fault insert_row(struct store *store, const struct audit_row *row, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "INSERT INTO audit(seq, at, act, who, subject, result, detail,"
                               " signatures, previous, hash)"
                               " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, row->seq);
    sql_give_int(query, 2, row->at);
    sql_give_text(query, 3, row->act);
    sql_give_text(query, 4, row->who);
    sql_give_text(query, 5, row->subject);
    sql_give_text(query, 6, row->result);
    sql_give_text(query, 7, row->detail);
    sql_give_int(query, 8, row->signatures);
    sql_give_blob(query, 9, row->previous);
    sql_give_blob(query, 10, row->hash);
    return sql_do(query, why);
}

static enum fault sign_row(struct store *store, const struct audit_row *row,
                           const struct audit_signer *signer, struct why *why)
{
    uint8_t signature[AUDIT_SIGNATURE_SIZE];
    struct sql_query *query;
    enum fault fault = signer->sign(signer->key, row->hash, signature, why);

    if (fault == FAULT_NONE) {
        fault = sql_ask(store_sql(store),
                        "INSERT INTO audit_signature(seq, person, signature) VALUES(?1, ?2, ?3)",
                        &query, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, row->seq);
    sql_give_int(query, 2, signer->person);
    sql_give_blob(query, 3, span_of(signature, sizeof(signature)));
    return sql_do(query, why);
}

enum fault audit_append(struct store *store, const struct audit_row *row,
                        const struct audit_signer *signers, size_t count, struct why *why)
{
    struct audit_head head = {0};
    uint8_t hash[AUDIT_HASH_SIZE];
    struct audit_row full = {
        .at = row->at,
        .act = row_never_null(row->act),
        .who = row_never_null(row->who),
        .subject = row_never_null(row->subject),
        .result = row_never_null(row->result),
        .detail = row_never_null(row->detail),
        .signatures = (int64_t)count,
        .previous = span_of(head.hash, sizeof(head.hash)),
        .hash = span_of(hash, sizeof(hash)),
    };
    enum fault fault;

    assert(sql_is_within(store_sql(store)) && count <= AUDIT_SIGNERS_MAX);
    fault = audit_head(store, &head, why);
    if (fault != FAULT_NONE && fault != FAULT_ABSENT) {
        return fault;
    }
    full.seq = head.seq + 1;
    fault = audit_hash(store, &full, hash, why);
    if (fault == FAULT_NONE) {
        fault = insert_row(store, &full, why);
    }
    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        fault = sign_row(store, &full, &signers[i], why);
    }
    return fault;
}

enum fault audit_walk(struct store *store, int64_t seq, struct store_walk *walk, struct why *why)
{
    enum fault fault =
        sql_ask(store_sql(store), AUDIT_COLUMNS "WHERE seq >= ?1 ORDER BY seq", &walk->query, why);

    if (fault == FAULT_NONE) {
        sql_give_int(walk->query, 1, seq);
    }
    return fault;
}

enum fault audit_walk_act(struct store *store, struct span act, struct store_walk *walk,
                          struct why *why)
{
    enum fault fault =
        sql_ask(store_sql(store), AUDIT_COLUMNS "WHERE act = ?1 ORDER BY seq", &walk->query, why);

    if (fault == FAULT_NONE) {
        sql_give_text(walk->query, 1, act);
    }
    return fault;
}

enum fault audit_walk_admins(struct store *store, struct store_walk *walk, struct why *why)
{
    return sql_ask(store_sql(store),
                   AUDIT_COLUMNS "INDEXED BY audit_admins WHERE act = 'admins' ORDER BY seq DESC",
                   &walk->query, why);
}

static enum fault walk_about(struct store *store, const char *text, struct span subject,
                             struct store_walk *walk, struct why *why)
{
    enum fault fault = sql_ask(store_sql(store), text, &walk->query, why);

    if (fault == FAULT_NONE) {
        sql_give_text(walk->query, 1, subject);
    }
    return fault;
}

enum fault audit_walk_collected(struct store *store, struct span subject, struct store_walk *walk,
                                struct why *why)
{
    static const char text[] =
        AUDIT_COLUMNS "INDEXED BY audit_collect WHERE act = 'collect' AND subject = ?1";

    return walk_about(store, text, subject, walk, why);
}

enum fault audit_walk_completed(struct store *store, struct span subject, struct store_walk *walk,
                                struct why *why)
{
    static const char text[] =
        AUDIT_COLUMNS "INDEXED BY audit_complete WHERE act = 'complete' AND subject = ?1";

    return walk_about(store, text, subject, walk, why);
}

enum fault audit_next(struct store_walk *walk, struct audit_row *out, bool *there, struct why *why)
{
    static const struct row_kind kind = {.size = sizeof(struct audit_row), .read = audit_read};

    return row_next(walk, &kind, out, there, why);
}

static enum fault check_signed(struct store *store, const struct audit_row *row,
                               audit_check_signature *check, bool *out, struct why *why)
{
    struct sql_query *query;
    bool there = true, good = true;
    int64_t count = 0;
    enum fault fault = sql_ask(store_sql(store),
                               "SELECT signature, signing FROM audit_signature"
                               " JOIN person ON person.id = person WHERE seq = ?1",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, row->seq);
    while ((fault = sql_step(query, &there, why)) == FAULT_NONE && there) {
        good = good && check(sql_blob(query, 1), row->hash, sql_blob(query, 0));
        count++;
    }
    sql_end(query);
    *out = good && count > 0 && count == row->signatures;
    return fault;
}

enum fault audit_row_verify(struct store *store, const struct audit_row *row,
                            audit_check_signature *check, bool *out, struct why *why)
{
    uint8_t hash[AUDIT_HASH_SIZE];
    enum fault fault = audit_hash(store, row, hash, why);

    *out = false;
    if (fault != FAULT_NONE || !span_equal(row->hash, span_of(hash, sizeof(hash)))) {
        return fault;
    }
    return check_signed(store, row, check, out, why);
}
