#include "cert/lists.h"

#include "cert/der.h"
#include "cert/general_name.h"

#include <stdlib.h>

enum { POINT_TAG = DER_CONTEXT | DER_CONSTRUCTED | 0, FULL_NAME_TAG = POINT_TAG };

static bool is_usable(const struct crl *crl) { return crl->usable && crl->state != CRL_REFUSED; }

static bool is_same_scope(const struct crl *a, const struct crl *b)
{
    return span_equal(a->scope, b->scope) && span_equal(a->authority_key_id, b->authority_key_id);
}

/* Numbers that are not negative, as DER: the longer is the larger. */
static int number_order(struct span a, struct span b)
{
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return a.len > 0 ? memcmp(a.at, b.at, a.len) : 0;
}

static int order_newest_first(const void *a, const void *b)
{
    const struct crl *const *x = a;
    const struct crl *const *y = b;

    if ((*x)->this_update != (*y)->this_update) {
        return (*x)->this_update > (*y)->this_update ? -1 : 1;
    }
    return number_order((*y)->number, (*x)->number);
}

/* RFC 5280, section 5.2.4: the base is no older than what the delta builds on. */
static bool is_delta_of(const struct crl *delta, const struct crl *base)
{
    return base->number.len > 0 && is_same_scope(delta, base) &&
           number_order(base->number, delta->base_number) >= 0 &&
           number_order(base->number, delta->number) < 0;
}

/* Whether a newer list of the same scope stands before `lists[i]`. */
static bool is_overtaken(struct crl *const *lists, size_t i, int64_t at)
{
    for (size_t j = 0; j < i; j++) {
        if (is_usable(lists[j]) && lists[j]->this_update <= at &&
            lists[j]->is_delta == lists[i]->is_delta && is_same_scope(lists[j], lists[i])) {
            return true;
        }
    }
    return false;
}

/* A delta that is older than a complete list of its scope tells nothing any more. */
static void retire_deltas(struct crl *const *lists, size_t count, const struct crl *base)
{
    for (size_t i = 0; i < count; i++) {
        if (lists[i]->is_delta && is_same_scope(lists[i], base) &&
            number_order(lists[i]->number, base->number) <= 0) {
            lists[i]->is_newest = false;
        }
    }
}

static const struct crl *delta_of(struct crl *const *lists, size_t count, const struct crl *base)
{
    for (size_t i = 0; i < count; i++) {
        if (lists[i]->is_delta && lists[i]->is_newest && is_usable(lists[i]) &&
            is_delta_of(lists[i], base)) {
            return lists[i];
        }
    }
    return NULL;
}

void lists_seal(struct crl **lists, size_t count, int64_t at)
{
    qsort(lists, count, sizeof *lists, order_newest_first);
    for (size_t i = 0; i < count; i++) {
        lists[i]->is_newest = lists[i]->this_update <= at && !is_overtaken(lists, i, at);
    }
    for (size_t i = 0; i < count; i++) {
        if (!lists[i]->is_delta && lists[i]->is_newest && is_usable(lists[i])) {
            retire_deltas(lists, count, lists[i]);
            lists[i]->delta = delta_of(lists, count, lists[i]);
        }
    }
}

/* True when one of `names` is one of `others`, byte for byte: as our CA and most others write. */
static bool have_one_in_common(struct span names, struct span others)
{
    struct cursor in = cursor_over(names);
    struct der_element a, b;

    while (der_next(&in, &a)) {
        struct cursor other = cursor_over(others);

        while (der_next(&other, &b)) {
            if (span_equal(a.whole, b.whole)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether one of the certificate's distribution points is the one that the list is a part of. */
static bool is_part_of(const struct crl *crl, struct span points)
{
    struct cursor in = cursor_over(points);
    struct cursor point, name;
    struct span names;

    while (der_enter(&in, DER_SEQUENCE, &point)) {
        if (der_enter(&point, POINT_TAG, &name) && der_take(&name, FULL_NAME_TAG, &names) &&
            have_one_in_common(names, crl->point_names)) {
            return true;
        }
    }
    return false;
}

static bool covers(const struct crl *crl, const struct list_query *query)
{
    if (crl->authority_key_id.len > 0 && query->authority_key_id.len > 0 &&
        !span_equal(crl->authority_key_id, query->authority_key_id) &&
        !(query->is_rolled_over != NULL &&
          query->is_rolled_over(query->context, crl->authority_key_id))) {
        return false;
    }
    return !crl->is_part || is_part_of(crl, query->points);
}

static bool is_for(const struct crl *crl, const struct list_query *query)
{
    return !crl->only_attributes && !(crl->only_users && query->is_ca) &&
           !(crl->only_cas && !query->is_ca);
}

static bool is_current(const struct crl *crl, int64_t at)
{
    return crl->this_update <= at && (!crl->has_next_update || crl->next_update >= at);
}

static bool is_verified(const struct crl *crl, const struct list_query *query)
{
    return crl->state == CRL_VERIFIED || (crl->state == CRL_UNCHECKED && query->vouch != NULL &&
                                          query->vouch(query->context, crl));
}

/* What a list says, with its delta if it has one that nobody doubts. */
struct opinion {
    bool revoked, current;
    struct crl_entry entry;
};

static struct opinion opinion_of(const struct crl *crl, const struct list_query *query)
{
    const struct crl *delta = crl->delta;
    struct opinion opinion = {.current = is_current(crl, query->at)};
    bool named = false;

    if (delta != NULL && is_current(delta, query->at) && is_verified(delta, query)) {
        opinion.current = crl->this_update <= query->at;
        named = crl_find(delta, query->serial, &opinion.entry);
    }
    if (!named) {
        named = crl_find(crl, query->serial, &opinion.entry);
    }
    opinion.revoked =
        named && opinion.entry.reason != REASON_REMOVED && opinion.entry.revoked_at <= query->at;
    return opinion;
}

/* Whether a list may tell of this certificate at all; parts are asked, since they may name it. */
static bool is_heard(const struct crl *crl, const struct list_query *query)
{
    return is_usable(crl) && is_for(crl, query) && (crl->this_update > query->at || crl->is_newest);
}

struct list_answer lists_ask(struct crl *const *lists, size_t count, const struct list_query *query)
{
    struct list_answer answer = {.said = LIST_UNKNOWN};
    unsigned reasons = 0;

    for (size_t i = 0; i < count; i++) {
        const struct crl *crl = lists[i];
        struct opinion opinion;

        if (!is_heard(crl, query)) {
            continue;
        }
        opinion = opinion_of(crl, query);
        if (opinion.revoked) {
            answer = (struct list_answer){LIST_REVOKED, opinion.entry, !is_verified(crl, query)};
            if (!answer.unverified) {
                return answer;
            }
        } else if (opinion.current && !crl->is_delta && covers(crl, query) &&
                   is_verified(crl, query)) {
            reasons |= crl->reasons;
        }
    }
    if (answer.said == LIST_UNKNOWN && reasons == CRL_ALL_REASONS) {
        answer.said = LIST_GOOD;
    }
    return answer;
}
