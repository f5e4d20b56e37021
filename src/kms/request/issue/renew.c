#include "kms/request/issue/renew.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/utc.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/token_rows.h"
#include "kms/store/user_rows.h"

#define SCRATCH_MAX ((size_t)CERTIFICATE_USER_MAX * CERTIFICATE_DER_MAX)

enum { REASON_SIZE = 256 };

struct run {
    struct kms *kms;
    const struct renew_many *many;
    size_t next;
};

struct way {
    int64_t user;
    struct span address;
    enum renew_result result;
    enum key_kind kind; /* that he has */
    bool is_due;
    struct token token;
    int64_t expires;
    char reason[REASON_SIZE];
};

const char *renew_result_name(enum renew_result result)
{
    static const char *const names[] = {[RENEW_RENEWED] = "renewed",
                                        [RENEW_TOKEN] = "token",
                                        [RENEW_ALREADY] = "already",
                                        [RENEW_FAILED] = "failed"};

    return names[result];
}

static void answer(struct way *way, enum renew_result result, const char *reason)
{
    way->is_due = false;
    way->result = result;
    (void)snprintf(way->reason, sizeof(way->reason), "%s", reason);
}

/* What the current certificates of a user say of whether he is due. */
static void judge(const struct run *run, const struct certificate_row *rows, size_t count,
                  struct way *way)
{
    bool has_any = false;

    way->is_due = false;
    for (size_t i = 0; i < count; i++) {
        const struct certificate_row *row = &rows[i];

        if (!row->is_current || row->status == CERTIFICATE_REVOKED) {
            continue;
        }
        if (row->status == CERTIFICATE_HELD) {
            answer(way, RENEW_FAILED, "certificates are held (revoke --release ends that)");
            return;
        }
        has_any = true;
        way->is_due |= row->not_after < run->many->before;
        if (row->purpose == CERTIFICATE_ENCRYPTION && !run->many->has_kind &&
            !key_kind_find(row->key_kind, &way->kind)) {
            way->kind = run->kms->profile.user_key;
        }
    }
    if (!has_any) {
        answer(way, RENEW_FAILED, "there is no certificate to renew (enrol makes the first)");
    } else if (!way->is_due) {
        answer(way, RENEW_ALREADY, "was renewed before");
    }
}

static enum fault check_token(const struct run *run, struct way *way, struct arena *arena,
                              struct why *why)
{
    struct token_row token;
    const enum fault fault = token_of_user(run->kms->store, way->user, arena, &token, why);

    if (fault == FAULT_NONE && run->many->issue == NULL && token.expires > run->kms->now &&
        token.tries < TOKEN_TRIES_MAX) {
        way->expires = token.expires;
        answer(way, RENEW_ALREADY, "has a token (enrol --again voids it)");
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

/* Whether he is due; not, then with result and reason. */
static enum fault look(const struct run *run, struct way *way, struct why *why)
{
    struct arena arena = arena_with_max(SCRATCH_MAX);
    struct certificate_row *rows = NULL;
    size_t count = 0;
    enum fault fault = certificate_list(run->kms->store, way->user, &arena, &rows, &count, why);

    if (fault == FAULT_NONE) {
        judge(run, rows, count, way);
    }
    if (fault == FAULT_NONE && way->is_due) {
        fault = check_token(run, way, &arena, why);
    }
    arena_clear(&arena);
    return fault;
}

static enum fault plan(void *context, struct bulk_item *item, struct why *why)
{
    struct run *run = context;
    const struct renew_many *many = run->many;
    struct way *way = item->own;
    enum fault fault;

    if (run->next == many->count) {
        return FAULT_ABSENT;
    }
    way->user = many->users[run->next++];
    way->kind = many->has_kind ? many->kind : run->kms->profile.user_key;
    fault = enrol_subject_of(run->kms, way->user, &item->arena, &item->order, why);
    if (fault == FAULT_NONE) {
        way->address = item->order.addresses[0];
        fault = look(run, way, why);
    }
    if (fault != FAULT_NONE) {
        return fault == FAULT_ABSENT ? fault_at(FAULT_SYNTAX, 0, "a user has no row", why) : fault;
    }
    item->order.kind = way->kind;
    item->order.signing = many->signing;
    item->order.signing_kind = many->signing_kind;
    if (many->file != NULL) {
        (void)snprintf(item->file_name, sizeof(item->file_name), "%s", many->file);
    }
    item->is_to_make = way->is_due && many->issue != NULL;
    return FAULT_NONE;
}

static enum fault give_token(const struct run *run, struct way *way, char detail[ISSUE_DETAIL_SIZE],
                             struct why *why)
{
    const struct enrol_terms terms = {.kind = way->kind, .valid_for = run->many->valid_for};
    char until[UTC_TEXT_SIZE];
    bool was_open;
    enum fault fault = enrol_void(run->kms, way->user, &was_open, why); /* an expired one */

    if (fault == FAULT_NONE) {
        fault = enrol_token(run->kms, way->user, &terms, &way->token, why);
    }
    way->expires = run->kms->now + terms.valid_for;
    way->result = RENEW_TOKEN;
    utc_text(way->expires, until);
    (void)snprintf(detail, ISSUE_DETAIL_SIZE, "%s keys, until %s, token %s",
                   key_kind_name(way->kind), until, way->token.name);
    return fault;
}

static enum fault renew(const struct run *run, struct bulk_item *item, struct way *way,
                        struct why *why)
{
    char detail[ISSUE_DETAIL_SIZE];
    enum fault fault;

    if (run->many->issue != NULL) {
        bool was_open;

        fault = enrol_void(run->kms, way->user, &was_open, why);
        if (fault == FAULT_NONE) {
            fault = issue_settle(run->kms, run->many->issue, &item->issue, way->user, way->address,
                                 why);
        }
        way->result = RENEW_RENEWED;
        issue_detail(&item->issue, detail);
    } else {
        fault = give_token(run, way, detail, why);
    }
    return fault == FAULT_NONE ? kms_audit(run->kms, way->address, renew_result_name(way->result),
                                           span_text(detail), why)
                               : fault;
}

static enum fault settle(void *context, struct bulk_item *item, struct why *why)
{
    const struct run *run = context;
    struct way *way = item->own;
    enum fault fault = FAULT_NONE;

    if (item->fault != FAULT_NONE) {
        answer(way, RENEW_FAILED, item->why.rule);
    } else if (way->is_due) {
        fault = look(run, way, why); /* again, now that nobody else can change it */
    }
    if (fault == FAULT_NONE && way->is_due) {
        return renew(run, item, way, why);
    }
    item->is_dropped = true;
    return fault;
}

static enum fault tell(void *context, const struct bulk_item *item, struct why *why)
{
    const struct run *run = context;
    const struct way *way = item->own;
    const bool is_renewed = way->result == RENEW_RENEWED;
    const struct renew_row row = {
        .result = way->result,
        .address = way->address,
        .token = way->result == RENEW_TOKEN ? way->token.text : NULL,
        .expires = way->expires,
        .issue = is_renewed ? &item->issue : NULL,
        .file = is_renewed ? item->file_name : NULL,
        .reason = way->reason[0] != '\0' ? way->reason : NULL,
    };

    return run->many->tell(run->many->context, &row, why);
}

enum fault renew_many(struct kms *kms, const struct renew_many *many, struct why *why)
{
    struct run run = {.kms = kms, .many = many};
    const struct bulk bulk = {.context = &run,
                              .own_size = sizeof(struct way),
                              .terms = many->issue,
                              .dir = many->dir,
                              .threads = many->threads,
                              .plan = plan,
                              .settle = settle,
                              .tell = tell};

    return bulk_run(kms, &bulk, why);
}
