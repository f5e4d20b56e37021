#include "kms/request/issue/enrol_many.h"

#include <stdio.h>
#include <string.h>

#include "base/utc.h"
#include "kms/authority/name_write.h"
#include "kms/request/issue/user_digest.h"
#include "kms/request/session/id_set.h"

enum { DETAIL_SIZE = 512, SHOWN_MAX = 254 };

static const char cut[] = "the name is cut to 64 characters";

struct run {
    struct kms *kms;
    const struct enrol_many *many;
    struct enrol_terms terms;
    struct id_set done; /* the users of this run */
};

/* What is kept of one on his way. */
struct way {
    struct enrol_asked asked;
    struct enrol_look look;
    struct token token;
    int64_t user;
    enum enrol_result result;
    bool is_cut; /* his name was longer than a certificate holds */
};

static const char twice[] = "stands there twice";

const char *enrol_result_name(enum enrol_result result)
{
    static const char *const names[] = {[ENROL_TOKEN] = "token",
                                        [ENROL_ISSUED] = "issued",
                                        [ENROL_DONE] = "already",
                                        [ENROL_FAILED] = "failed"};

    return names[result];
}

/* The order as it can be stored, and how the server stands to it. */
static enum fault look(const struct run *run, struct way *way, struct why *why)
{
    struct enrol_order *order = &way->asked.order;
    enum fault fault;

    if (way->asked.doubt != NULL) {
        way->look = (struct enrol_look){.standing = ENROL_REFUSED};
        (void)snprintf(way->look.reason, sizeof(way->look.reason), "%s", way->asked.doubt);
        return FAULT_NONE;
    }
    if (name_characters(order->name) > NAME_CHARACTERS_MAX) {
        order->name = name_cut(order->name);
        way->is_cut = true;
    }
    fault = enrol_look(run->kms, order, &run->terms, &way->look, why);
    if (fault == FAULT_NONE && way->is_cut && way->look.standing == ENROL_NEW) {
        const size_t len = strlen(way->look.reason);

        (void)snprintf(way->look.reason + len, sizeof(way->look.reason) - len, "%s%s",
                       len > 0 ? "; " : "", cut);
    }
    return fault;
}

static enum fault plan(void *context, struct bulk_item *item, struct why *why)
{
    struct run *run = context;
    struct way *way = item->own;
    enum fault fault = run->many->next(run->many->context, &item->arena, &way->asked, why);

    if (fault == FAULT_NONE) {
        fault = look(run, way, why);
    }
    if (fault != FAULT_NONE || way->look.standing != ENROL_NEW || run->many->issue == NULL) {
        return fault;
    }
    item->order.kind = run->terms.kind;
    item->is_to_make = true;
    return enrol_subject(run->kms, &way->asked.order, &way->look, &item->arena, &item->order, why);
}

/* Looks again, now that nobody else can change it. */
static enum fault look_again(struct run *run, struct way *way, struct why *why)
{
    const int64_t planned = way->look.user;
    const enum fault fault = look(run, way, why);

    if (fault != FAULT_NONE || way->look.user == 0) {
        return fault;
    }
    if (way->look.standing != ENROL_REFUSED && id_set_has(&run->done, way->look.user)) {
        const char *primary = way->look.primary;

        way->look.standing = ENROL_ALREADY;
        (void)snprintf(way->look.reason, sizeof(way->look.reason), "%s%s%s%s",
                       primary[0] != '\0' ? "is an address of " : "", primary,
                       primary[0] != '\0' ? ": " : "", twice);
    } else if (run->many->issue != NULL && way->look.user != planned &&
               way->look.standing == ENROL_NEW) {
        /* The certificates that were made do not have the addresses of this user. */
        way->look.standing = ENROL_REFUSED;
        (void)snprintf(way->look.reason, sizeof(way->look.reason),
                       "somebody else enrolled the address meanwhile (run it again)");
    }
    return FAULT_NONE;
}

/* An address comes last: it may have commas. */
static enum fault write_detail(const struct run *run, const struct bulk_item *item,
                               const struct way *way, char out[DETAIL_SIZE], struct why *why)
{
    const struct span before = span_upto(way->asked.order.instead_of, SHOWN_MAX);
    char what[ISSUE_DETAIL_SIZE], who[USER_DETAIL_SIZE] = "";
    const enum fault fault = user_detail(run->kms, way->user, who, why);
    char until[UTC_TEXT_SIZE];

    if (run->many->issue != NULL) {
        issue_detail(&item->issue, what);
    } else {
        utc_text(run->kms->now + run->terms.valid_for, until);
        (void)snprintf(what, sizeof(what), "%s keys, until %s, token %s",
                       key_kind_name(run->terms.kind), until, way->token.name);
    }
    (void)snprintf(out, DETAIL_SIZE, "%s%s%s%.*s", what, who, before.len > 0 ? ", instead of " : "",
                   (int)before.len, before.len > 0 ? (const char *)before.at : "");
    return fault;
}

static enum fault enrol(struct run *run, struct bulk_item *item, struct way *way, struct why *why)
{
    const struct span address =
        way->look.primary[0] != '\0' ? span_text(way->look.primary) : way->asked.order.address;
    char detail[DETAIL_SIZE];
    enum fault fault = enrol_user(run->kms, &way->asked.order, &way->look, &way->user, why);

    if (fault == FAULT_NONE) {
        fault = run->many->issue != NULL
                    ? issue_settle(run->kms, run->many->issue, &item->issue, way->user,
                                   item->order.addresses[0], why)
                    : enrol_token(run->kms, way->user, &run->terms, &way->token, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    way->result = run->many->issue != NULL ? ENROL_ISSUED : ENROL_TOKEN;
    fault = write_detail(run, item, way, detail, why);
    if (fault == FAULT_NONE) {
        fault =
            kms_audit(run->kms, address, enrol_result_name(way->result), span_text(detail), why);
    }
    return fault == FAULT_NONE ? id_set_add(&run->done, way->user, why) : fault;
}

static enum fault settle(void *context, struct bulk_item *item, struct why *why)
{
    struct run *run = context;
    struct way *way = item->own;
    enum fault fault = FAULT_NONE;

    if (item->fault != FAULT_NONE) {
        way->look.standing = ENROL_REFUSED;
        (void)snprintf(way->look.reason, sizeof(way->look.reason), "%s", item->why.rule);
    } else if (way->look.standing == ENROL_NEW) {
        fault = look_again(run, way, why);
    }
    if (fault == FAULT_NONE && way->look.standing == ENROL_NEW) {
        return enrol(run, item, way, why);
    }
    way->result = way->look.standing == ENROL_ALREADY ? ENROL_DONE : ENROL_FAILED;
    item->is_dropped = true;
    return fault;
}

static enum fault tell(void *context, const struct bulk_item *item, struct why *why)
{
    const struct run *run = context;
    const struct way *way = item->own;
    const bool is_issued = way->result == ENROL_ISSUED;
    const struct enrol_row row = {
        .result = way->result,
        .address = way->asked.order.address,
        .token = way->result == ENROL_TOKEN ? way->token.text : NULL,
        .expires =
            way->result == ENROL_TOKEN ? run->kms->now + run->terms.valid_for : way->look.expires,
        .reason = way->look.reason[0] != '\0' ? way->look.reason : NULL,
        .line = way->asked.line,
        .file = is_issued ? item->file_name : NULL,
        .issue = is_issued ? &item->issue : NULL,
    };

    return run->many->tell(run->many->context, &row, why);
}

enum fault enrol_many(struct kms *kms, const struct enrol_many *many, struct why *why)
{
    struct run run = {.kms = kms, .many = many, .terms = many->terms};
    const struct bulk bulk = {.context = &run,
                              .own_size = sizeof(struct way),
                              .terms = many->issue,
                              .dir = many->dir,
                              .threads = many->threads,
                              .plan = plan,
                              .settle = settle,
                              .tell = tell};
    enum fault fault;

    run.terms.issues = many->issue != NULL;
    fault = bulk_run(kms, &bulk, why);
    id_set_clear(&run.done);
    return fault;
}
