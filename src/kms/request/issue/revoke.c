#include "kms/request/issue/revoke.h"

#include <stdio.h>

#include "base/hex.h"
#include "cert/crl.h"
#include "kms/request/issue/bulk.h"
#include "kms/request/issue/enrol.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/outbox_rows.h"
#include "kms/store/user_rows.h"
#include "verdict/address.h"

enum { DETAIL_SIZE = 128, SERIAL_TEXT_SIZE = 2 * CERTIFICATE_SERIAL_MAX + 1 };

struct run {
    struct kms *kms;
    const struct revoke_many *many;
};

struct way {
    struct revoke_asked asked;
    struct revoke_row *rows; /* in the item's arena */
    size_t count;
};

const char *revoke_result_name(enum revoke_result result)
{
    static const char *const names[] = {[REVOKE_REVOKED] = "revoked",
                                        [REVOKE_HELD] = "held",
                                        [REVOKE_RELEASED] = "released",
                                        [REVOKE_ALREADY] = "already",
                                        [REVOKE_FAILED] = "failed"};

    return names[result];
}

static enum revoke_result result_of(enum revoke_what what)
{
    return what == REVOKE_FOR_GOOD ? REVOKE_REVOKED
           : what == REVOKE_HOLD   ? REVOKE_HELD
                                   : REVOKE_RELEASED;
}

static enum fault plan(void *context, struct bulk_item *item, struct why *why)
{
    struct run *run = context;
    struct way *way = item->own;

    return run->many->next(run->many->context, &item->arena, &way->asked, why);
}

/* Whether there is something to do with a certificate; else what to say of it. */
static bool is_to_change(const struct run *run, const struct certificate_row *certificate,
                         struct revoke_row *row)
{
    const enum revoke_what what = run->many->terms.what;

    row->result = REVOKE_ALREADY;
    if (what == REVOKE_RELEASE && certificate->status != CERTIFICATE_HELD) {
        row->result = certificate->status == CERTIFICATE_GOOD ? REVOKE_ALREADY : REVOKE_FAILED;
        row->reason =
            certificate->status == CERTIFICATE_GOOD ? "is not held" : "is revoked for good";
        return false;
    }
    if (certificate->status == CERTIFICATE_REVOKED) {
        row->reason = "is revoked";
        return false;
    }
    if (what == REVOKE_HOLD && certificate->status == CERTIFICATE_HELD) {
        row->reason = "is held";
        return false;
    }
    row->result = result_of(what);
    return true;
}

/* The directory shows encryption certificates that are current and good. */
static enum fault tell_directory(const struct run *run, const struct certificate_row *certificate,
                                 struct why *why)
{
    const bool comes = run->many->terms.what == REVOKE_RELEASE;
    const struct outbox_row row = {.at = run->kms->now,
                                   .certificate = certificate->id,
                                   .user = certificate->user,
                                   .what = comes ? OUTBOX_ADD : OUTBOX_REMOVE};

    if (certificate->purpose != CERTIFICATE_ENCRYPTION || (comes && !certificate->is_current) ||
        (!comes && certificate->status != CERTIFICATE_GOOD)) {
        return FAULT_NONE;
    }
    return outbox_add(run->kms->store, &row, why);
}

static enum fault audit(const struct run *run, struct span address, struct span serial,
                        struct why *why)
{
    const struct revoke_terms *terms = &run->many->terms;
    char text[SERIAL_TEXT_SIZE], detail[DETAIL_SIZE];

    hex_text(span_upto(serial, CERTIFICATE_SERIAL_MAX), text);
    (void)snprintf(detail, sizeof(detail), "%s%s%s", serial.len > 0 ? text : "the open token",
                   terms->what == REVOKE_FOR_GOOD ? ", " : "",
                   terms->what == REVOKE_FOR_GOOD ? crl_reason_name((int)terms->reason) : "");
    return kms_audit(run->kms, address, revoke_result_name(result_of(terms->what)),
                     span_text(detail), why);
}

static enum fault change(const struct run *run, const struct certificate_row *certificate,
                         struct revoke_row *row, struct why *why)
{
    const struct revoke_terms *terms = &run->many->terms;
    struct store *store = run->kms->store;
    enum fault fault;

    if (!is_to_change(run, certificate, row)) {
        return FAULT_NONE;
    }
    if (terms->what == REVOKE_RELEASE) {
        fault = certificate_release(store, certificate->id, why);
    } else {
        const bool holds = terms->what == REVOKE_HOLD;

        fault = certificate_revoke(
            store, certificate->id, holds ? CERTIFICATE_HELD : CERTIFICATE_REVOKED,
            holds ? (int)REASON_CERTIFICATE_HOLD : (int)terms->reason, run->kms->now, why);
    }
    if (fault == FAULT_NONE) {
        fault = tell_directory(run, certificate, why);
    }
    return fault == FAULT_NONE ? audit(run, row->address, certificate->serial, why) : fault;
}

/* Of whom nothing is left that holds: he is no user until he is enrolled anew. */
static enum fault end_user(const struct run *run, int64_t user, struct arena *arena,
                           struct why *why)
{
    struct certificate_row *rows = NULL;
    size_t count = 0;
    const enum fault fault = certificate_list(run->kms->store, user, arena, &rows, &count, why);

    if (fault != FAULT_NONE || count == 0) {
        return fault;
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].status != CERTIFICATE_REVOKED && rows[i].not_after >= run->kms->now) {
            return FAULT_NONE;
        }
    }
    return user_set_state(run->kms->store, user, USER_LEFT, why);
}

/* What is to be said where a user has nothing that could be revoked. */
static void answer_nothing(const struct run *run, const struct way *way, struct span address,
                           bool was_open, struct revoke_row *row)
{
    *row = (struct revoke_row){.address = address, .line = way->asked.line};
    if (was_open) {
        row->result = REVOKE_REVOKED;
        row->reason = "the open token is void; there was no certificate";
        return;
    }
    row->result = run->many->terms.what == REVOKE_FOR_GOOD ? REVOKE_ALREADY : REVOKE_FAILED;
    row->reason = "there is no certificate that has not ended";
}

static enum fault void_token(const struct run *run, const struct user_row *user, bool *was_open,
                             struct why *why)
{
    enum fault fault;

    *was_open = false;
    if (run->many->terms.what != REVOKE_FOR_GOOD) {
        return FAULT_NONE;
    }
    fault = enrol_void(run->kms, user->id, was_open, why);
    return fault == FAULT_NONE && *was_open ? audit(run, user->address, (struct span){0}, why)
                                            : fault;
}

/* All certificates of a user that have not ended. */
static enum fault change_user(const struct run *run, struct bulk_item *item, struct way *way,
                              const struct user_row *user, struct why *why)
{
    struct certificate_row *rows = NULL;
    size_t count = 0;
    bool was_open = false;
    enum fault fault =
        certificate_list(run->kms->store, user->id, &item->arena, &rows, &count, why);

    if (fault == FAULT_NONE) {
        fault = void_token(run, user, &was_open, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    way->rows = arena_take_array(&item->arena, count + 1, sizeof(*way->rows));
    if (way->rows == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        struct revoke_row *row = &way->rows[way->count];

        if (rows[i].not_after >= run->kms->now) {
            *row = (struct revoke_row){
                .address = user->address, .serial = rows[i].serial, .line = way->asked.line};
            fault = change(run, &rows[i], row, why);
            way->count++;
        }
    }
    if (fault == FAULT_NONE && way->count == 0) {
        answer_nothing(run, way, user->address, was_open, &way->rows[way->count++]);
    }
    return fault;
}

/* One row that says why nothing came of it. */
static enum fault fail(struct bulk_item *item, struct way *way, const char *reason, struct why *why)
{
    way->rows = arena_take(&item->arena, sizeof(*way->rows));
    if (way->rows == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    way->rows[0] = (struct revoke_row){.result = REVOKE_FAILED,
                                       .address = way->asked.address,
                                       .serial = way->asked.serial,
                                       .reason = reason,
                                       .line = way->asked.line};
    way->count = 1;
    return FAULT_NONE;
}

static enum fault change_by_address(const struct run *run, struct bulk_item *item, struct way *way,
                                    int64_t *user, struct why *why)
{
    struct user_row row;
    enum fault fault;

    if (way->asked.doubt != NULL) {
        return fail(item, way, way->asked.doubt, why);
    }
    if (!address_is_one(way->asked.address)) {
        return fail(item, way, "this is no mail address", why);
    }
    fault = user_find(run->kms->store, way->asked.address, &item->arena, &row, why);
    if (fault == FAULT_ABSENT) {
        return fail(item, way, "nobody here has that address", why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    *user = row.id;
    return change_user(run, item, way, &row, why);
}

static enum fault change_by_serial(const struct run *run, struct bulk_item *item, struct way *way,
                                   int64_t *user, struct why *why)
{
    struct certificate_row certificate;
    struct user_row row;
    enum fault fault =
        certificate_find(run->kms->store, way->asked.serial, &item->arena, &certificate, why);

    if (fault == FAULT_ABSENT) {
        return fail(item, way, "there is no certificate of that serial number", why);
    }
    if (fault == FAULT_NONE) {
        fault = user_get(run->kms->store, certificate.user, &item->arena, &row, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    way->rows = arena_take(&item->arena, sizeof(*way->rows));
    if (way->rows == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    way->rows[0] = (struct revoke_row){.address = row.address, .serial = certificate.serial};
    way->count = 1;
    *user = row.id;
    return change(run, &certificate, &way->rows[0], why);
}

static enum fault settle(void *context, struct bulk_item *item, struct why *why)
{
    const struct run *run = context;
    struct way *way = item->own;
    int64_t user = 0;
    enum fault fault = way->asked.serial.len > 0 ? change_by_serial(run, item, way, &user, why)
                                                 : change_by_address(run, item, way, &user, why);

    if (fault == FAULT_NONE && user != 0 && run->many->terms.what == REVOKE_FOR_GOOD) {
        fault = end_user(run, user, &item->arena, why);
    }
    return fault;
}

static enum fault tell(void *context, const struct bulk_item *item, struct why *why)
{
    const struct run *run = context;
    const struct way *way = item->own;
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < way->count && fault == FAULT_NONE; i++) {
        fault = run->many->tell(run->many->context, &way->rows[i], why);
    }
    return fault;
}

enum fault revoke_many(struct kms *kms, const struct revoke_many *many, struct why *why)
{
    struct run run = {.kms = kms, .many = many};
    const struct bulk bulk = {.context = &run,
                              .own_size = sizeof(struct way),
                              .dir = &(const struct p12_dir){0},
                              .threads = 1,
                              .plan = plan,
                              .settle = settle,
                              .tell = tell};

    return bulk_run(kms, &bulk, why);
}
