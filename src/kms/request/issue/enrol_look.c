#include <stdarg.h>
#include <stdio.h>

#include "base/utc.h"
#include "kms/request/issue/enrol.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/token_rows.h"
#include "kms/store/user_rows.h"
#include "verdict/address.h"

/* What one look takes at most: every certificate that a user ever had. */
#define SCRATCH_MAX ((size_t)CERTIFICATE_USER_MAX * CERTIFICATE_DER_MAX)

__attribute__((format(printf, 3, 4))) static void
answer(struct enrol_look *out, enum enrol_standing standing, const char *format, ...)
{
    va_list more;

    va_start(more, format);
    (void)vsnprintf(out->reason, sizeof(out->reason), format, more);
    va_end(more);
    out->standing = standing;
}

static int shown(struct span text) { return text.len < 200 ? (int)text.len : 200; }

static void check_one(struct span address, struct enrol_look *out)
{
    struct why why = {0};

    if (out->standing != ENROL_REFUSED && subject_check_address(address, &why) != FAULT_NONE) {
        answer(out, ENROL_REFUSED, "%.*s: %s", shown(address), (const char *)address.at, why.rule);
    }
}

/* What can be said of an order by itself. */
static void check_order(const struct enrol_order *order, struct enrol_look *out)
{
    struct why why = {0};

    if (order->address.len == 0) {
        answer(out, ENROL_REFUSED, "there is no mail address");
        return;
    }
    if (subject_check_address(order->address, &why) != FAULT_NONE) {
        answer(out, ENROL_REFUSED, "%s", why.rule);
        return;
    }
    if (order->other_count + 1 > ENROL_ADDRESSES_MAX) {
        answer(out, ENROL_REFUSED, "more than %d addresses", ENROL_ADDRESSES_MAX);
        return;
    }
    if (order->instead_of.len > 0) {
        check_one(order->instead_of, out);
    }
    for (size_t i = 0; i < order->other_count; i++) {
        check_one(order->others[i], out);
    }
    if (order->name.len > 0 && subject_check_name(order->name, &why) != FAULT_NONE) {
        answer(out, ENROL_REFUSED, "%s", why.rule);
    }
}

/* Whose address that is; 0: nobody's. */
static enum fault find_owner(struct kms *kms, struct span address, struct arena *arena,
                             int64_t *out, struct why *why)
{
    struct user_row row;
    const enum fault fault = user_find(kms->store, address, arena, &row, why);

    *out = fault == FAULT_NONE ? row.id : 0;
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

/* Who changes his address; `out->user` is who has the new one. */
static enum fault find_changing(struct kms *kms, const struct enrol_order *order, bool is_made,
                                struct arena *arena, struct enrol_look *out, bool *changes,
                                struct why *why)
{
    int64_t before = 0;
    enum fault fault = find_owner(kms, order->instead_of, arena, &before, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (before == 0 && out->user == 0) {
        answer(out, ENROL_REFUSED, "nobody here has the address %.*s", shown(order->instead_of),
               (const char *)order->instead_of.at);
    } else if (before != 0 && out->user != 0 && before != out->user) {
        answer(out, ENROL_REFUSED, "the address is another user's");
    } else {
        *changes = before != 0 && !is_made;
        out->user = before != 0 ? before : out->user;
    }
    return FAULT_NONE;
}

/* Of whom is found by an address that is not his first one. */
static void note_alias(const struct enrol_order *order, const struct user_row *row,
                       struct enrol_look *out)
{
    (void)snprintf(out->primary, sizeof(out->primary), "%.*s", (int)row->address.len,
                   (const char *)row->address.at);
    if (order->name.len > 0 && !span_equal(order->name, row->name)) {
        answer(out, ENROL_REFUSED,
               "is an address of %s, who has another name (--instead-of changes his address)",
               out->primary);
    }
}

/* Puts whose address it is before what was found out about him. */
static void name_primary(struct enrol_look *out)
{
    char found[ENROL_REASON_SIZE];

    (void)snprintf(found, sizeof(found), "%s", out->reason);
    answer(out, out->standing, "is an address of %s%s%.400s", out->primary,
           found[0] != '\0' ? ": " : "", found);
}

/* Which user is meant, and whether his address is still to be changed. */
static enum fault find_user(struct kms *kms, const struct enrol_order *order, struct arena *arena,
                            struct enrol_look *out, bool *changes, struct why *why)
{
    struct user_row row;
    const enum fault fault = user_find(kms->store, order->address, arena, &row, why);
    const bool is_there = fault == FAULT_NONE;
    const bool first =
        is_there && address_compare(row.address, order->address) != ADDRESS_DIFFERENT;

    *changes = false;
    if (!is_there && fault != FAULT_ABSENT) {
        return fault;
    }
    out->user = is_there ? row.id : 0;
    if (order->instead_of.len > 0) {
        return find_changing(kms, order, first, arena, out, changes, why);
    }
    if (is_there && !first) {
        note_alias(order, &row, out);
    }
    return FAULT_NONE;
}

static enum fault check_others(struct kms *kms, const struct enrol_order *order,
                               struct arena *arena, struct enrol_look *out, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < order->other_count && fault == FAULT_NONE; i++) {
        int64_t owner = 0;

        fault = find_owner(kms, order->others[i], arena, &owner, why);
        if (fault == FAULT_NONE && owner != 0 && owner != out->user) {
            answer(out, ENROL_REFUSED, "%.*s is another user's address", shown(order->others[i]),
                   (const char *)order->others[i].at);
        }
    }
    return fault;
}

/* Whether there are certificates that the user can go on with. */
static enum fault check_certificates(struct kms *kms, const struct enrol_terms *terms,
                                     struct arena *arena, struct enrol_look *out, struct why *why)
{
    struct certificate_row *rows = NULL;
    size_t count = 0;
    const enum fault fault = certificate_list(kms->store, out->user, arena, &rows, &count, why);

    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        char date[UTC_DATE_SIZE];

        if (!rows[i].is_current || rows[i].not_after < kms->now ||
            rows[i].status == CERTIFICATE_REVOKED) {
            continue;
        }
        utc_date(rows[i].not_after, date);
        if (rows[i].status == CERTIFICATE_HELD) {
            answer(out, terms->again ? ENROL_REFUSED : ENROL_ALREADY,
                   "certificates are held (revoke --release ends that)");
            return FAULT_NONE;
        }
        if (!terms->again) {
            answer(out, ENROL_ALREADY, "has certificates until %s", date);
        }
    }
    return fault;
}

static enum fault check_token(struct kms *kms, const struct enrol_terms *terms, struct arena *arena,
                              struct enrol_look *out, struct why *why)
{
    struct token_row token;
    const enum fault fault = token_of_user(kms->store, out->user, arena, &token, why);

    if (fault != FAULT_NONE) {
        return fault == FAULT_ABSENT ? FAULT_NONE : fault;
    }
    if (!terms->again && !terms->issues && token.expires > kms->now &&
        token.tries < TOKEN_TRIES_MAX) {
        char until[UTC_TEXT_SIZE];

        utc_text(token.expires, until);
        out->expires = token.expires;
        answer(out, ENROL_ALREADY, "has a token until %s (--again voids it)", until);
    }
    return FAULT_NONE;
}

static enum fault look(struct kms *kms, const struct enrol_order *order,
                       const struct enrol_terms *terms, struct arena *arena, struct enrol_look *out,
                       struct why *why)
{
    struct enrol_terms asked = *terms;
    bool changes;
    enum fault fault = find_user(kms, order, arena, out, &changes, why);

    if (fault == FAULT_NONE && out->standing == ENROL_NEW) {
        fault = check_others(kms, order, arena, out, why);
    }
    if (fault != FAULT_NONE || out->standing != ENROL_NEW || out->user == 0) {
        return fault;
    }
    asked.again |= changes; /* the certificates that are there have the address of before */
    fault = check_certificates(kms, &asked, arena, out, why);
    if (fault == FAULT_NONE && out->standing == ENROL_NEW) {
        fault = check_token(kms, &asked, arena, out, why);
    }
    if (fault == FAULT_NONE && out->primary[0] != '\0') {
        name_primary(out);
    }
    return fault;
}

enum fault enrol_look(struct kms *kms, const struct enrol_order *order,
                      const struct enrol_terms *terms, struct enrol_look *out, struct why *why)
{
    struct arena arena = arena_with_max(SCRATCH_MAX);
    enum fault fault = FAULT_NONE;

    *out = (struct enrol_look){.standing = ENROL_NEW};
    check_order(order, out);
    if (out->standing == ENROL_NEW) {
        fault = look(kms, order, terms, &arena, out, why);
    }
    arena_clear(&arena);
    return fault;
}
