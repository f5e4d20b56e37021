#include "kms/request/issue/bulk.h"

#include <stdlib.h>

#include "kms/request/issue/bulk_makers.h"

#include <openssl/crypto.h>

/* What one item's orders and answers may take: a user's addresses and certificates. */
#define ITEM_ARENA_MAX ((size_t)64 << 20)

enum { GROUP_MAX = 128 }; /* acts in one transaction */

struct run {
    struct kms *kms;
    const struct bulk *bulk;
    struct makers *makers; /* NULL until the first item is to be made */
    struct bulk_item *ring;
    size_t first, count; /* the items that are under way */
    bool is_at_end;      /* of what is asked for */
    enum fault fault;    /* why it is, where the reading broke off */
    struct why why;
};

static struct bulk_item *item_at(const struct run *run, size_t i)
{
    return &run->ring[(run->first + i) % BULK_RING];
}

/* Makes an item as good as new; its memory stays. */
static void item_reset(const struct run *run, struct bulk_item *item)
{
    const struct arena arena = item->arena;
    void *own = item->own;

    p12_dir_drop(run->bulk->dir, &item->file);
    issue_clear(&item->issue);
    *item = (struct bulk_item){.arena = arena, .own = own};
    arena_reset(&item->arena);
    OPENSSL_cleanse(own, run->bulk->own_size); /* a token may have been in it */
}

static enum fault hand_in(struct run *run, struct bulk_item *item, struct why *why)
{
    if (!item->is_to_make) {
        item->state = BULK_READY;
        return FAULT_NONE;
    }
    if (run->makers == NULL) {
        const enum fault fault = makers_new(run->bulk, &run->makers, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    makers_hand_in(run->makers, item);
    return FAULT_NONE;
}

/*
 * Asks for what comes next, while there is a place for it. Where that breaks off, what is under way
 * is still done.
 */
static void fill(struct run *run)
{
    while (!run->is_at_end && run->count < BULK_RING) {
        struct bulk_item *item = item_at(run, run->count);
        enum fault fault;

        item_reset(run, item);
        fault = run->bulk->plan(run->bulk->context, item, &run->why);
        if (fault == FAULT_NONE) {
            fault = hand_in(run, item, &run->why);
        }
        run->is_at_end = fault != FAULT_NONE;
        run->fault = fault == FAULT_ABSENT ? FAULT_NONE : fault;
        run->count += fault == FAULT_NONE;
    }
}

/* How many from the first on are ready; waits for the first one. */
static size_t gather(const struct run *run)
{
    size_t n = 1;

    if (run->makers != NULL) {
        makers_wait(run->makers, item_at(run, 0));
    }
    while (n < run->count && n < GROUP_MAX &&
           (run->makers != NULL ? makers_is_made(run->makers, item_at(run, n))
                                : item_at(run, n)->state == BULK_READY)) {
        n++;
    }
    return n;
}

static enum fault settle_one(const struct run *run, struct bulk_item *item, struct why *why)
{
    enum fault fault;

    if (item->fault == FAULT_RESOURCE) {
        *why = item->why;
        return item->fault; /* memory or the disk gave out: nothing that is this one's own */
    }
    fault = run->bulk->settle(run->bulk->context, item, why);
    if (fault == FAULT_NONE && item->file.fd > 0 && !item->is_dropped) {
        fault = p12_dir_place(run->bulk->dir, item->file_name, &item->file, why);
        item->is_placed = fault == FAULT_NONE;
        if (fault != FAULT_NONE) {
            fault = kms_tell(run->kms, fault, why, "%s: %s", item->file_name, why->rule);
        }
    }
    return fault == FAULT_NONE || fault == FAULT_SYNTAX ? fault : FAULT_RESOURCE;
}

static enum fault settle_all(const struct run *run, size_t n, struct why *why)
{
    bool is_any_placed = false;
    enum fault fault = kms_begin(run->kms, why);

    for (size_t i = 0; i < n && fault == FAULT_NONE; i++) {
        fault = settle_one(run, item_at(run, i), why);
        is_any_placed |= item_at(run, i)->is_placed;
    }
    if (fault == FAULT_NONE && is_any_placed) {
        fault = p12_dir_sync(run->bulk->dir, why);
    }
    return fault == FAULT_NONE ? kms_commit(run->kms, why) : fault;
}

/* The files of the first `n` items, the last one first. */
static void take_back(const struct run *run, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        struct bulk_item *item = item_at(run, i);

        if (item->is_placed) {
            p12_dir_take_back(run->bulk->dir, item->file_name, &item->file);
            item->is_placed = false;
        }
    }
}

/* One transaction with the first `n` items in it, and then their rows. */
static enum fault commit(struct run *run, size_t n, struct why *why)
{
    enum fault fault = settle_all(run, n, why);

    if (fault != FAULT_NONE) {
        fault = kms_tell(run->kms, fault, why, "%s", why->rule); /* outlives the transaction */
        kms_rollback(run->kms);
        take_back(run, n);
        return fault;
    }
    for (size_t i = 0; i < n && fault == FAULT_NONE; i++) {
        fault = run->bulk->tell(run->bulk->context, item_at(run, i), why);
    }
    for (size_t i = 0; i < n; i++) {
        item_reset(run, item_at(run, i));
    }
    run->first = (run->first + n) % BULK_RING;
    run->count -= n;
    return fault;
}

static enum fault go_on(struct run *run, struct why *why)
{
    enum fault fault = FAULT_NONE;

    fill(run);
    while (fault == FAULT_NONE && run->count > 0) {
        fault = commit(run, gather(run), why);
        if (fault == FAULT_NONE) {
            fill(run);
        }
    }
    if (fault == FAULT_NONE && run->fault != FAULT_NONE) {
        *why = run->why;
        fault = run->fault;
    }
    return fault;
}

static enum fault ring_new(struct run *run, struct why *why)
{
    run->ring = calloc(BULK_RING, sizeof(*run->ring));
    for (size_t i = 0; run->ring != NULL && i < BULK_RING; i++) {
        run->ring[i].arena = arena_with_max(ITEM_ARENA_MAX);
        run->ring[i].own = calloc(1, run->bulk->own_size);
        if (run->ring[i].own == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    return run->ring != NULL ? FAULT_NONE : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

static void ring_free(struct run *run)
{
    for (size_t i = 0; run->ring != NULL && i < BULK_RING && run->ring[i].own != NULL; i++) {
        item_reset(run, &run->ring[i]);
        arena_clear(&run->ring[i].arena);
        free(run->ring[i].own);
    }
    free(run->ring);
}

enum fault bulk_run(struct kms *kms, const struct bulk *bulk, struct why *why)
{
    struct run run = {.kms = kms, .bulk = bulk};
    enum fault fault = ring_new(&run, why);

    if (fault == FAULT_NONE) {
        fault = go_on(&run, why);
    }
    makers_free(run.makers);
    ring_free(&run);
    return fault;
}
