#include <stdlib.h>

#include "base/crew.h"
#include "kms/request/inspect/check_certificate.h"
#include "kms/store/store.h"

/*
 * Rows are read by one thread, in their order, a list of them at a time; the crew judges the list
 * before meanwhile. What is wrong is told in the order of the rows, however many hands there are.
 */
enum { SERIAL_TEXT = 2 * CERTIFICATE_SERIAL_MAX + 1, LIST_MAX = 512, LISTS = 2 };

/* What a list's rows take: their certificates and envelopes. */
#define LIST_ARENA_MAX ((size_t)1 << 30)
#define LIST_BYTES     ((size_t)8 << 20) /* the list is full then, however few rows it has */

struct list {
    struct arena arena;
    size_t bytes; /* of certificates and envelopes */
    struct certificate_item *items;
    size_t count;
};

struct walking {
    struct checking *checking;
    struct store_walk rows;
    bool is_at_end;
    struct certificate_owner *owner; /* of the last row; in the arena of its list */
    struct crew *crew;
    struct list lists[LISTS];
};

static void serial_text(struct span serial, char out[SERIAL_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;

    for (size_t i = 0; i < serial.len && i < CERTIFICATE_SERIAL_MAX; i++) {
        out[n++] = digits[serial.at[i] >> 4];
        out[n++] = digits[serial.at[i] & 15];
    }
    out[n] = '\0';
}

/* Whether he is who the audit says that was enrolled. */
static enum fault check_user(struct checking *c, const struct certificate_owner *owner,
                             struct arena *arena, struct why *why)
{
    struct span *addresses = arena_take_array(arena, owner->count + 1, sizeof(*addresses));
    struct user_identity user = {.id = owner->id, .name = owner->name, .addresses = addresses};
    uint8_t digest[USER_DIGEST_SIZE];
    enum fault fault;

    if (addresses == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    addresses[user.address_count++] = owner->first;
    for (size_t i = 0; i < owner->count; i++) {
        if (owner->others[i].until == 0) {
            addresses[user.address_count++] = owner->others[i].address;
        }
    }
    fault = user_digest(store_id(c->kms->store), &user, digest, why);
    return fault == FAULT_NONE && told_users_differ(c->told, user.id, digest)
               ? check_report(c, why, "name or addresses are not those that the audit tells of",
                              "user %.*s", (int)owner->first.len, (const char *)owner->first.at)
               : fault;
}

static enum fault read_owner(struct store *store, int64_t id, struct arena *arena,
                             struct certificate_owner *owner, struct why *why)
{
    struct user_row user;
    enum fault fault = user_get(store, id, arena, &user, why);

    if (fault == FAULT_NONE) {
        fault = user_address_list(store, id, true, arena, &owner->others, &owner->count, why);
    }
    if (fault == FAULT_NONE) {
        owner->id = id;
        owner->first = user.address;
        owner->name = user.name;
    }
    return fault;
}

/*
 * The user whose certificates are being looked at: they lie one behind the other. `known` is his
 * number where a list before had him already.
 */
static enum fault find_owner(struct walking *w, struct list *list, int64_t id, int64_t known,
                             struct why *why)
{
    struct certificate_owner *owner;
    enum fault fault;

    if (w->owner != NULL && w->owner->id == id) {
        return FAULT_NONE;
    }
    w->owner = NULL;
    owner = arena_take(&list->arena, sizeof(*owner));
    if (owner == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    *owner = (struct certificate_owner){0};
    fault = read_owner(w->checking->kms->store, id, &list->arena, owner, why);
    if (fault == FAULT_NONE && id != known) {
        fault = check_user(w->checking, owner, &list->arena, why);
    }
    if (fault == FAULT_NONE) {
        w->owner = owner;
    }
    return fault;
}

static enum fault find_envelope(struct walking *w, struct list *list, struct certificate_item *item,
                                struct why *why)
{
    enum fault fault;

    if (item->row.purpose != CERTIFICATE_ENCRYPTION) {
        return FAULT_NONE;
    }
    fault = envelope_get(w->checking->kms->store, item->row.id, &list->arena, &item->envelope, why);
    item->has_envelope = fault == FAULT_NONE;
    list->bytes += item->has_envelope ? item->envelope.cms.len : 0;
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

/* Adds a row, copied; one without its user is left to store_check(), which tells it. */
static enum fault add(struct walking *w, struct list *list, const struct certificate_row *row,
                      int64_t known, struct why *why)
{
    struct certificate_item *item = &list->items[list->count];
    enum fault fault = find_owner(w, list, row->user, known, why);

    if (fault != FAULT_NONE) {
        return fault == FAULT_ABSENT ? FAULT_NONE : fault;
    }
    *item = (struct certificate_item){.row = *row, .owner = w->owner};
    if (arena_copy(&list->arena, row->serial, &item->row.serial) != FAULT_NONE ||
        arena_copy(&list->arena, row->der, &item->row.der) != FAULT_NONE ||
        arena_copy(&list->arena, row->key_kind, &item->row.key_kind) != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    list->bytes += row->der.len;
    list->count++;
    return find_envelope(w, list, item, why);
}

static enum fault fill(struct walking *w, struct list *list, struct why *why)
{
    const int64_t known = w->owner != NULL ? w->owner->id : 0;
    struct certificate_row row;
    bool there = true;
    enum fault fault = FAULT_NONE;

    arena_reset(&list->arena);
    list->count = list->bytes = 0;
    w->owner = NULL; /* in the other list's arena, which is gone before this one's */
    while (fault == FAULT_NONE && there && list->count < LIST_MAX && list->bytes < LIST_BYTES) {
        fault = certificate_next(&w->rows, &row, &there, why);
        if (fault == FAULT_NONE && there) {
            fault = add(w, list, &row, known, why);
        }
    }
    w->is_at_end = !there;
    return fault;
}

static enum fault tell(struct walking *w, const struct list *list, struct why *why)
{
    char serial[SERIAL_TEXT];
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; fault == FAULT_NONE && i < list->count; i++) {
        if (list->items[i].what != NULL) {
            serial_text(list->items[i].row.serial, serial);
            fault = check_report(w->checking, why, list->items[i].what, "certificate %s", serial);
        }
    }
    return fault;
}

static enum fault go_along(struct walking *w, struct why *why)
{
    struct list *next = &w->lists[0], *judged = &w->lists[1];
    enum fault fault = fill(w, next, why);

    while (fault == FAULT_NONE && next->count > 0) {
        struct list *filled = next;

        crew_begin(w->crew, filled->items, filled->count);
        next = judged;
        judged = filled;
        next->count = 0;
        fault = w->is_at_end ? FAULT_NONE : fill(w, next, why);
        crew_wait(w->crew);
        if (fault == FAULT_NONE) {
            fault = tell(w, judged, why);
        }
    }
    return fault;
}

static enum fault lists_new(struct walking *w, struct why *why)
{
    for (size_t i = 0; i < LISTS; i++) {
        w->lists[i].arena = arena_with_max(LIST_ARENA_MAX);
        w->lists[i].items = calloc(LIST_MAX, sizeof(*w->lists[i].items));
        if (w->lists[i].items == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    return FAULT_NONE;
}

static enum fault crew_of(struct walking *w, struct why *why)
{
    const struct crew_plan plan = {.threads = w->checking->kms->threads,
                                   .item_size = sizeof(struct certificate_item),
                                   .context = w->checking,
                                   .hire = certificate_judge_new,
                                   .dismiss = certificate_judge_free,
                                   .work = certificate_judge};

    return crew_new(&plan, &w->crew, why);
}

enum fault check_certificates(struct checking *c, struct why *why)
{
    struct walking w = {.checking = c};
    enum fault fault = told_users_read(c->kms->store, &c->told, why);

    if (fault == FAULT_NONE) {
        fault = lists_new(&w, why);
    }
    if (fault == FAULT_NONE) {
        fault = crew_of(&w, why);
    }
    if (fault == FAULT_NONE) {
        fault = certificate_walk(c->kms->store, &w.rows, why);
    }
    if (fault == FAULT_NONE) {
        fault = go_along(&w, why);
    }
    store_walk_end(&w.rows);
    crew_free(w.crew);
    for (size_t i = 0; i < LISTS; i++) {
        arena_clear(&w.lists[i].arena);
        free(w.lists[i].items);
    }
    return fault;
}
