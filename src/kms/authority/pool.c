#include "kms/authority/pool.h"

#include <pthread.h>
#include <stdlib.h>

struct key_pool {
    enum key_kind kind;
    pthread_mutex_t mutex;
    pthread_cond_t wanted; /* there is room for a key, or the end has come */
    struct private_key **keys;
    size_t ready, making, depth;
    size_t limit; /* keys that may still be begun */
    bool ending;
    pthread_t *threads;
    size_t thread_count;
    struct key_maker **makers; /* at rest: one is taken for each key made in place */
    size_t maker_count, maker_room;
};

static bool may_begin(const struct key_pool *pool)
{
    return pool->limit > 0 && pool->ready + pool->making < pool->depth;
}

/* Gives up, and leaves the making to those who take, when libcrypto fails. */
static void *make_ahead(void *argument)
{
    struct key_pool *pool = argument;
    enum fault fault = FAULT_NONE;

    (void)pthread_mutex_lock(&pool->mutex);
    while (fault == FAULT_NONE && !pool->ending) {
        struct private_key *key = NULL;
        struct why why;

        if (!may_begin(pool)) {
            (void)pthread_cond_wait(&pool->wanted, &pool->mutex);
            continue;
        }
        pool->making++;
        pool->limit--;
        (void)pthread_mutex_unlock(&pool->mutex);
        fault = private_key_make(pool->kind, &key, &why);
        (void)pthread_mutex_lock(&pool->mutex);
        pool->making--;
        if (fault == FAULT_NONE) {
            pool->keys[pool->ready++] = key;
        }
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static bool start_threads(struct key_pool *pool, size_t threads)
{
    pool->keys = calloc(pool->depth, sizeof(struct private_key *));
    pool->threads = calloc(threads, sizeof(*pool->threads));
    if (pool->keys == NULL || pool->threads == NULL) {
        return false;
    }
    while (pool->thread_count < threads) {
        if (pthread_create(&pool->threads[pool->thread_count], NULL, make_ahead, pool) != 0) {
            return false;
        }
        pool->thread_count++;
    }
    return true;
}

enum fault key_pool_new(enum key_kind kind, size_t depth, size_t threads, struct key_pool **out,
                        struct why *why)
{
    struct key_pool *pool = calloc(1, sizeof(*pool));

    if (pool == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    pool->kind = kind;
    pool->depth = depth;
    pool->limit = SIZE_MAX;
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->wanted, NULL);
    if (key_kind_is_slow(kind) && depth > 0 && threads > 0 && !start_threads(pool, threads)) {
        key_pool_free(pool);
        return fault_at(FAULT_RESOURCE, 0, "no thread to make keys ahead", why);
    }
    *out = pool;
    return FAULT_NONE;
}

/* A maker at rest, or NULL. */
static struct key_maker *take_maker(struct key_pool *pool)
{
    struct key_maker *maker = NULL;

    (void)pthread_mutex_lock(&pool->mutex);
    if (pool->maker_count > 0) {
        maker = pool->makers[--pool->maker_count];
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return maker;
}

static void rest_maker(struct key_pool *pool, struct key_maker *maker)
{
    (void)pthread_mutex_lock(&pool->mutex);
    if (pool->maker_count == pool->maker_room) {
        size_t room = pool->maker_room * 2 + 4;
        struct key_maker **grown = realloc(pool->makers, room * sizeof(struct key_maker *));

        if (grown != NULL) {
            pool->makers = grown;
            pool->maker_room = room;
        }
    }
    if (pool->maker_count < pool->maker_room) {
        pool->makers[pool->maker_count++] = maker;
        maker = NULL;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    key_maker_free(maker);
}

static enum fault make_in_place(struct key_pool *pool, struct private_key **out, struct why *why)
{
    struct key_maker *maker = take_maker(pool);
    enum fault fault = FAULT_NONE;

    if (maker == NULL) {
        fault = key_maker_new(pool->kind, &maker, why);
    }
    if (fault == FAULT_NONE) {
        fault = key_maker_make(maker, out, why);
        rest_maker(pool, maker);
    }
    return fault;
}

enum fault key_pool_take(struct key_pool *pool, struct private_key **out, struct why *why)
{
    struct private_key *key = NULL;

    if (pool->thread_count > 0) {
        (void)pthread_mutex_lock(&pool->mutex);
        if (pool->ready > 0) {
            key = pool->keys[--pool->ready];
            pool->keys[pool->ready] = NULL;
            (void)pthread_cond_signal(&pool->wanted);
        }
        (void)pthread_mutex_unlock(&pool->mutex);
    }
    if (key == NULL) {
        return make_in_place(pool, out, why);
    }
    *out = key;
    return FAULT_NONE;
}

size_t key_pool_ready(struct key_pool *pool)
{
    size_t ready;

    (void)pthread_mutex_lock(&pool->mutex);
    ready = pool->ready;
    (void)pthread_mutex_unlock(&pool->mutex);
    return ready;
}

void key_pool_limit(struct key_pool *pool, size_t count)
{
    (void)pthread_mutex_lock(&pool->mutex);
    pool->limit = count;
    (void)pthread_cond_broadcast(&pool->wanted);
    (void)pthread_mutex_unlock(&pool->mutex);
}

void key_pool_free(struct key_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&pool->mutex);
    pool->ending = true;
    (void)pthread_cond_broadcast(&pool->wanted);
    (void)pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->thread_count; i++) {
        (void)pthread_join(pool->threads[i], NULL);
    }
    for (size_t i = 0; i < pool->ready; i++) {
        private_key_free(pool->keys[i]);
    }
    for (size_t i = 0; i < pool->maker_count; i++) {
        key_maker_free(pool->makers[i]);
    }
    free(pool->keys);
    free(pool->threads);
    free(pool->makers);
    (void)pthread_cond_destroy(&pool->wanted);
    (void)pthread_mutex_destroy(&pool->mutex);
    free(pool);
}
