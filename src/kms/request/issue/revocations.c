#include "kms/request/issue/revocations.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "cert/crl.h"
#include "kms/store/audit_rows.h"
#include "kms/store/certificate_rows.h"

enum { FIRST_CAPACITY = 64 };

/* The last that the audit says of a serial. */
struct said {
    int64_t seq, at;
    uint8_t serial[CERTIFICATE_SERIAL_MAX];
    uint8_t len;
    uint8_t status; /* enum certificate_status */
    int reason;
};

struct all_said {
    struct said *at;
    size_t count, capacity;
};

static int reason_of(struct span name)
{
    for (int reason = 0; reason <= (int)REASON_LAST; reason++) {
        const char *known = crl_reason_name(reason);

        if (known != NULL && span_is(name, known)) {
            return reason;
        }
    }
    return -1;
}

/* "SERIAL" or "SERIAL, reason". False for a row that is of no certificate. */
static bool read_said(const struct audit_row *row, struct said *said)
{
    const size_t len = hex_run_length(row->detail);
    const struct span rest = span_from(row->detail, len);
    const bool revoked = span_is(row->result, "revoked");

    if (len == 0 || len > sizeof(said->serial) * 2 || len % 2 != 0) {
        return false;
    }
    *said = (struct said){.seq = row->seq, .at = row->at, .len = (uint8_t)(len / 2)};
    if (hex_decode_run(span_upto(row->detail, len), said->serial) != len) {
        return false;
    }
    said->status = revoked                        ? CERTIFICATE_REVOKED
                   : span_is(row->result, "held") ? CERTIFICATE_HELD
                                                  : CERTIFICATE_GOOD;
    said->reason = revoked && rest.len > 2 ? reason_of(span_from(rest, 2)) : -1;
    return revoked || said->status == CERTIFICATE_HELD || span_is(row->result, "released");
}

static enum fault keep(struct all_said *all, const struct said *said, struct why *why)
{
    if (all->count == all->capacity) {
        const size_t capacity = all->capacity == 0 ? FIRST_CAPACITY : 2 * all->capacity;
        struct said *more = realloc(all->at, capacity * sizeof(*more));

        if (more == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
        all->at = more;
        all->capacity = capacity;
    }
    all->at[all->count++] = *said;
    return FAULT_NONE;
}

static enum fault read_audit(struct store *store, struct all_said *all, struct why *why)
{
    struct store_walk walk = {0};
    struct audit_row row;
    struct said said;
    bool there = true;
    enum fault fault = audit_walk_act(store, span_text("revoke"), &walk, why);

    while (fault == FAULT_NONE && there) {
        fault = audit_next(&walk, &row, &there, why);
        if (fault == FAULT_NONE && there && read_said(&row, &said)) {
            fault = keep(all, &said, why);
        }
    }
    store_walk_end(&walk);
    return fault;
}

/* As the database sorts them. */
static int order_serials(struct span a, struct span b)
{
    const int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static struct span serial_of(const struct said *said) { return span_of(said->serial, said->len); }

static int order_said(const void *left, const void *right)
{
    const struct said *a = left, *b = right;
    const int order = order_serials(serial_of(a), serial_of(b));

    return order != 0 ? order : (a->seq > b->seq) - (a->seq < b->seq);
}

/* Of each serial its last row alone, and those that are not revoked or held left out. */
static void settle(struct all_said *all)
{
    size_t kept = 0;

    if (all->count > 0) {
        qsort(all->at, all->count, sizeof(*all->at), order_said);
    }
    for (size_t i = 0; i < all->count; i++) {
        const bool is_last =
            i + 1 == all->count || !span_equal(serial_of(&all->at[i]), serial_of(&all->at[i + 1]));

        if (is_last && all->at[i].status != CERTIFICATE_GOOD) {
            all->at[kept++] = all->at[i];
        }
    }
    all->count = kept;
}

static enum fault compare(const struct said *said, const struct revoked_row *row,
                          const struct revocations_listener *listener, struct why *why)
{
    if (said->status > (uint8_t)row->status) {
        return listener->hear(listener->context, row->serial, CLASH_LOST, why);
    }
    if (said->status < (uint8_t)row->status) {
        return listener->hear(listener->context, row->serial, CLASH_UNSIGNED, why);
    }
    if (said->at != row->revoked_at ||
        (said->status == CERTIFICATE_REVOKED && said->reason != row->reason)) {
        return listener->hear(listener->context, row->serial, CLASH_TERMS, why);
    }
    return FAULT_NONE;
}

/* Both are in the order of the serials. */
static enum fault merge(struct store *store, const struct all_said *all,
                        const struct revocations_listener *listener, struct why *why)
{
    struct store_walk walk = {0};
    struct revoked_row row;
    size_t next = 0;
    bool there = true;
    enum fault fault = revoked_walk(store, 0, &walk, why);

    while (fault == FAULT_NONE && (there || next < all->count)) {
        if (there) {
            fault = revoked_next(&walk, &row, &there, why);
        }
        while (fault == FAULT_NONE && next < all->count &&
               (!there || order_serials(serial_of(&all->at[next]), row.serial) < 0)) {
            fault = listener->hear(listener->context, serial_of(&all->at[next++]), CLASH_LOST, why);
        }
        if (fault != FAULT_NONE || !there) {
            continue;
        }
        fault = next < all->count && span_equal(serial_of(&all->at[next]), row.serial)
                    ? compare(&all->at[next++], &row, listener, why)
                    : listener->hear(listener->context, row.serial, CLASH_UNSIGNED, why);
    }
    store_walk_end(&walk);
    return fault;
}

enum fault revocations_compare(struct kms *kms, const struct revocations_listener *listener,
                               struct why *why)
{
    struct all_said all = {0};
    enum fault fault = read_audit(kms->store, &all, why);

    if (fault == FAULT_NONE) {
        settle(&all);
        fault = merge(kms->store, &all, listener, why);
    }
    free(all.at);
    return fault;
}
