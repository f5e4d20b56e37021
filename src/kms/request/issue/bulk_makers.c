#include "kms/request/issue/bulk_makers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct makers {
    const struct bulk *bulk;
    pthread_mutex_t lock;
    pthread_cond_t handed_in, made;
    struct bulk_item *waiting[BULK_RING]; /* a queue */
    size_t first, count;
    bool is_ending;
    pthread_t *threads;
    size_t thread_count;
};

/* `file` is what it failed at, or "". */
static void keep_why(struct bulk_item *item, enum fault fault, const char *file,
                     const struct why *why)
{
    (void)snprintf(item->told, sizeof(item->told), "%s%s%s", file, *file != '\0' ? ": " : "",
                   why->rule);
    item->fault = fault;
    item->why = (struct why){.offset = why->offset, .rule = item->told};
}

/* Makes the issue, and lays its file down, to be placed later. */
static void make(const struct bulk *bulk, struct issue_maker *maker, struct bulk_item *item)
{
    const char *file = "";
    struct why why = {0};
    enum fault fault = issue_make(maker, &item->order, &item->issue, &why);

    if (fault == FAULT_NONE && item->file_name[0] == '\0') {
        fault = p12_dir_name(item->order.addresses[0], item->file_name, &why);
    }
    if (fault == FAULT_NONE) {
        file = item->file_name;
        fault = p12_dir_keep(bulk->dir, item->file_name, buffer_span(&item->issue.p12), &item->file,
                             &why);
        buffer_clear(&item->issue.p12);
    }
    if (fault != FAULT_NONE) {
        issue_clear(&item->issue);
        keep_why(item, fault, file, &why);
    }
}

/* The next item; NULL: there is no more to do. */
static struct bulk_item *take(struct makers *makers)
{
    struct bulk_item *item = NULL;

    (void)pthread_mutex_lock(&makers->lock);
    while (makers->count == 0 && !makers->is_ending) {
        (void)pthread_cond_wait(&makers->handed_in, &makers->lock);
    }
    if (!makers->is_ending) {
        item = makers->waiting[makers->first];
        makers->first = (makers->first + 1) % BULK_RING;
        makers->count--;
        item->state = BULK_MAKING;
    }
    (void)pthread_mutex_unlock(&makers->lock);
    return item;
}

static void give_back(struct makers *makers, struct bulk_item *item)
{
    (void)pthread_mutex_lock(&makers->lock);
    item->state = BULK_READY;
    (void)pthread_cond_broadcast(&makers->made);
    (void)pthread_mutex_unlock(&makers->lock);
}

static void *work(void *context)
{
    struct makers *makers = context;
    struct issue_maker *maker = NULL;
    struct bulk_item *item;

    while ((item = take(makers)) != NULL) {
        struct why why = {0};
        enum fault fault =
            maker != NULL ? FAULT_NONE : issue_maker_new(makers->bulk->terms, &maker, &why);

        if (fault == FAULT_NONE) {
            make(makers->bulk, maker, item);
        } else {
            keep_why(item, fault, "", &why);
        }
        give_back(makers, item);
    }
    issue_maker_free(maker);
    return NULL;
}

static struct makers *new (const struct bulk *bulk)
{
    struct makers *makers = calloc(1, sizeof(*makers));

    if (makers == NULL) {
        return NULL;
    }
    makers->bulk = bulk;
    makers->threads = calloc(bulk->threads, sizeof(*makers->threads));
    (void)pthread_mutex_init(&makers->lock, NULL);
    (void)pthread_cond_init(&makers->handed_in, NULL);
    (void)pthread_cond_init(&makers->made, NULL);
    return makers;
}

enum fault makers_new(const struct bulk *bulk, struct makers **out, struct why *why)
{
    struct makers *makers = new (bulk);

    if (makers != NULL && makers->threads != NULL) {
        while (makers->thread_count < bulk->threads &&
               pthread_create(&makers->threads[makers->thread_count], NULL, work, makers) == 0) {
            makers->thread_count++;
        }
    }
    if (makers == NULL || makers->thread_count == 0) {
        makers_free(makers);
        return fault_at(FAULT_RESOURCE, 0, "no memory, or no thread, to make keys with", why);
    }
    *out = makers;
    return FAULT_NONE;
}

void makers_hand_in(struct makers *makers, struct bulk_item *item)
{
    (void)pthread_mutex_lock(&makers->lock);
    item->state = BULK_WAITING;
    makers->waiting[(makers->first + makers->count++) % BULK_RING] = item;
    (void)pthread_cond_signal(&makers->handed_in);
    (void)pthread_mutex_unlock(&makers->lock);
}

void makers_wait(struct makers *makers, const struct bulk_item *item)
{
    (void)pthread_mutex_lock(&makers->lock);
    while (item->state != BULK_READY) {
        (void)pthread_cond_wait(&makers->made, &makers->lock);
    }
    (void)pthread_mutex_unlock(&makers->lock);
}

bool makers_is_made(struct makers *makers, const struct bulk_item *item)
{
    bool is_made;

    (void)pthread_mutex_lock(&makers->lock);
    is_made = item->state == BULK_READY;
    (void)pthread_mutex_unlock(&makers->lock);
    return is_made;
}

void makers_free(struct makers *makers)
{
    if (makers == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&makers->lock);
    makers->is_ending = true;
    (void)pthread_cond_broadcast(&makers->handed_in);
    (void)pthread_mutex_unlock(&makers->lock);
    for (size_t i = 0; i < makers->thread_count; i++) {
        (void)pthread_join(makers->threads[i], NULL);
    }
    (void)pthread_cond_destroy(&makers->handed_in);
    (void)pthread_cond_destroy(&makers->made);
    (void)pthread_mutex_destroy(&makers->lock);
    free(makers->threads);
    free(makers);
}
