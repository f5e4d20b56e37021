#include "kms/request/issue/complete.h"

#include <stdio.h>

#include "base/utc.h"
#include "kms/authority/csr.h"
#include "kms/request/issue/enrol.h"
#include "kms/request/issue/token_vouch.h"
#include "kms/store/audit_rows.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/token_rows.h"
#include "kms/store/user_rows.h"

#define SCRATCH_MAX ((size_t)CERTIFICATE_USER_MAX * CERTIFICATE_DER_MAX)

enum { TOKEN_DETAIL_SIZE = 32 };

static const char not_good[] =
    "the token is not good (look at it again; after ten wrong tries only a new one helps)";

/*
 * Counts a wrong try, in a transaction of its own, whatever becomes of the rest: what was begun is
 * taken back.
 */
static enum fault count_try(struct kms *kms, const struct token_row *row, struct why *why)
{
    enum fault fault;

    kms_rollback(kms);
    fault = kms_begin(kms, why);

    if (fault == FAULT_NONE) {
        fault = token_count_try(kms->store, row->id, why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_commit(kms, why);
    }
    kms_rollback(kms);
    return fault == FAULT_ABSENT ? FAULT_NONE : fault; /* it is used or voided: nothing to count */
}

static enum fault refuse(struct kms *kms, enum fault fault, const char *rule, struct why *why)
{
    *why = (struct why){.rule = rule};
    return kms_refuse(kms, fault, why);
}

/* The words for a token whose secret part is right, and which is of no use all the same. */
static enum fault check_state(struct kms *kms, const struct token_row *row, struct why *why)
{
    char at[UTC_TEXT_SIZE];
    enum fault fault;

    if (row->used_at != 0) {
        utc_text(row->used_at, at);
        fault = kms_tell(kms, FAULT_DENIED, why, "the token was used at %s", at);
    } else if (row->voided_at != 0) {
        utc_text(row->voided_at, at);
        fault = kms_tell(kms, FAULT_DENIED, why, "the token was made void at %s", at);
    } else if (row->tries >= TOKEN_TRIES_MAX) {
        fault =
            fault_at(FAULT_DENIED, 0,
                     "the token was tried wrongly too often (enrol --again makes a new one)", why);
    } else if (row->expires <= kms->now) {
        utc_text(row->expires, at);
        fault = kms_tell(kms, FAULT_DENIED, why,
                         "the token expired at %s (enrol --again makes a new one)", at);
    } else {
        return FAULT_NONE;
    }
    return kms_refuse(kms, fault, why);
}

/* A row that says what the CA has signed, and is of a user who is who he was then. */
static enum fault check_vouched(struct kms *kms, const struct token_row *row, struct why *why)
{
    bool holds = false;
    const enum fault fault = token_vouch_check(kms, row, &holds, why);

    if (fault != FAULT_NONE || holds) {
        return fault;
    }
    return refuse(kms, FAULT_DENIED,
                  "the store was altered: the CA does not vouch for the token and its user "
                  "(enrol --again makes a new one)",
                  why);
}

/* What the audit row of its use ends with. */
static void name_token(const struct token *token, char out[TOKEN_DETAIL_SIZE])
{
    (void)snprintf(out, TOKEN_DETAIL_SIZE, ", token %s", token->name);
}

/*
 * A used token that was made open again in the database is used all the same, when the audit tells
 * so. The address is the one of its use: another one, and the CA would not vouch for the token.
 */
static enum fault check_unused(struct kms *kms, const struct token *token, struct span address,
                               struct why *why)
{
    struct store_walk walk = {0};
    struct audit_row row;
    char end[TOKEN_DETAIL_SIZE];
    bool there = true, is_used = false;
    enum fault fault = audit_walk_completed(kms->store, address, &walk, why);

    name_token(token, end);
    while (fault == FAULT_NONE && there && !is_used) {
        fault = audit_next(&walk, &row, &there, why);
        if (fault == FAULT_NONE && there && span_is(row.result, "issued") &&
            row.detail.len >= strlen(end)) {
            is_used = span_is(span_from(row.detail, row.detail.len - strlen(end)), end);
        }
    }
    store_walk_end(&walk);
    return is_used ? refuse(kms, FAULT_DENIED,
                            "the store was altered: the audit says that the token was used", why)
                   : fault;
}

/* Finds the row, and refuses one that is not to be used. */
static enum fault find_row(struct kms *kms, const struct token *token, struct arena *arena,
                           struct token_row *row, struct why *why)
{
    enum fault fault = token_find(kms->store, span_text(token->name), arena, row, why);

    if (fault == FAULT_ABSENT) {
        return refuse(kms, FAULT_DENIED, not_good, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!token_fits(token, row->hash)) {
        fault = row->tries < TOKEN_TRIES_MAX ? count_try(kms, row, why) : FAULT_NONE;
        return fault == FAULT_NONE ? refuse(kms, FAULT_DENIED, not_good, why) : fault;
    }
    fault = check_state(kms, row, why);
    return fault == FAULT_NONE ? check_vouched(kms, row, why) : fault;
}

/* Whoever is held gets no new certificates by an old token. */
static enum fault check_user(struct kms *kms, int64_t user, struct arena *arena, struct why *why)
{
    struct certificate_row *rows = NULL;
    size_t count = 0;
    const enum fault fault = certificate_list(kms->store, user, arena, &rows, &count, why);

    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        if (rows[i].is_current && rows[i].status == CERTIFICATE_HELD) {
            return refuse(kms, FAULT_DENIED,
                          "certificates of the user are held (revoke --release ends that)", why);
        }
    }
    return fault;
}

static enum fault look(struct kms *kms, struct arena *arena, struct complete *out, struct why *why)
{
    struct token_row row;
    enum fault fault;

    kms_subject(kms, span_text(out->token.name));
    fault = find_row(kms, &out->token, arena, &row, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    out->user = row.user;
    if (!key_kind_find(row.key_kind, &out->order.kind)) {
        return fault_at(FAULT_SYNTAX, 0, "the store names a kind of keys that is none", why);
    }
    fault = enrol_subject_of(kms, row.user, &kms->arena, &out->order, why);
    if (fault == FAULT_NONE) {
        kms_subject(kms, out->order.addresses[0]);
        fault = check_unused(kms, &out->token, out->order.addresses[0], why);
    }
    if (fault == FAULT_NONE) {
        fault = check_user(kms, row.user, arena, why);
    }
    return fault;
}

enum fault complete_look(struct kms *kms, struct span token, struct complete *out, struct why *why)
{
    struct arena arena = arena_with_max(SCRATCH_MAX);
    enum fault fault;

    /* In its place from the start: a copy would leave the token on the stack. */
    *out = (struct complete){0};
    fault = token_read(store_id(kms->store), token, &out->token, why);
    explicit_bzero(out->token.text, sizeof(out->token.text)); /* name and digest are enough */
    fault = fault == FAULT_SYNTAX ? kms_refuse(kms, fault, why) : fault;
    if (fault == FAULT_NONE) {
        fault = look(kms, &arena, out, why);
    }
    arena_clear(&arena);
    if (fault != FAULT_NONE) {
        complete_clear(out);
    }
    return fault;
}

enum fault complete_take_csr(struct kms *kms, struct complete *complete, struct span csr,
                             struct why *why)
{
    struct buffer spki = buffer_with_max(CSR_MAX);
    enum fault fault = csr_read(csr, &complete->order.signing_kind, &spki, why);

    if (fault == FAULT_NONE &&
        arena_copy(&kms->arena, buffer_span(&spki), &complete->order.signing) != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    buffer_clear(&spki);
    return fault == FAULT_NONE || fault == FAULT_RESOURCE ? fault : kms_refuse(kms, fault, why);
}

enum fault complete_make(struct kms *kms, const struct issue_terms *terms,
                         struct complete *complete, struct why *why)
{
    struct issue_maker *maker = NULL;
    enum fault fault = issue_maker_new(terms, &maker, why);

    if (fault == FAULT_NONE) {
        fault = issue_make(maker, &complete->order, &complete->issue, why);
    }
    issue_maker_free(maker);
    return fault == FAULT_NONE || fault == FAULT_RESOURCE ? fault : kms_refuse(kms, fault, why);
}

/* The rows, all of them in the transaction that is open. */
static enum fault settle(struct kms *kms, const struct issue_terms *terms,
                         const struct complete *complete, struct why *why)
{
    struct arena arena = arena_with_max(SCRATCH_MAX);
    const struct span address = complete->order.addresses[0];
    char detail[ISSUE_DETAIL_SIZE];
    struct token_row row;
    char end[TOKEN_DETAIL_SIZE];
    size_t len;
    /* Again: another process may have used it, or holds the user, while keys were made here. */
    enum fault fault = find_row(kms, &complete->token, &arena, &row, why);

    if (fault == FAULT_NONE) {
        fault = check_user(kms, complete->user, &arena, why);
    }
    if (fault == FAULT_NONE) {
        fault = token_use(kms->store, row.id, kms->now, why);
    }
    if (fault == FAULT_NONE) {
        fault = issue_settle(kms, terms, &complete->issue, complete->user, address, why);
    }
    if (fault == FAULT_NONE) {
        issue_detail(&complete->issue, detail);
        name_token(&complete->token, end);
        len = strlen(detail);
        (void)snprintf(detail + len, sizeof(detail) - len, "%s", end);
        fault = kms_audit(kms, address, "issued", span_text(detail), why);
    }
    arena_clear(&arena);
    return fault;
}

static enum fault place(const struct p12_dir *dir, const char *name, struct p12_file *file,
                        bool *is_placed, struct why *why)
{
    const enum fault fault = p12_dir_place(dir, name, file, why);

    *is_placed = fault == FAULT_NONE;
    return fault == FAULT_NONE ? p12_dir_sync(dir, why) : fault;
}

enum fault complete_settle(struct kms *kms, const struct issue_terms *terms,
                           const struct p12_dir *dir, const char *name, struct complete *complete,
                           struct why *why)
{
    struct p12_file file = {0};
    bool is_placed = false;
    enum fault fault = p12_dir_keep(dir, name, buffer_span(&complete->issue.p12), &file, why);

    complete->is_at_file = fault != FAULT_NONE;
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = kms_begin(kms, why);
    if (fault == FAULT_NONE) {
        fault = settle(kms, terms, complete, why);
    }
    if (fault == FAULT_NONE) {
        /* Before the commit: a token is used only when its keys are in the user's hands. */
        fault = place(dir, name, &file, &is_placed, why);
        complete->is_at_file = fault != FAULT_NONE;
    }
    if (fault == FAULT_NONE) {
        fault = kms_commit(kms, why);
    }
    if (fault != FAULT_NONE) {
        fault = kms_tell(kms, fault, why, "%s", why->rule);
        kms_rollback(kms);
        if (is_placed) {
            p12_dir_take_back(dir, name, &file);
        }
    }
    p12_dir_drop(dir, &file);
    return fault;
}

void complete_clear(struct complete *complete)
{
    if (complete != NULL) {
        token_clear(&complete->token);
        issue_clear(&complete->issue);
        complete->order = (struct issue_order){0};
    }
}
