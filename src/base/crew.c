#include "base/crew.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { PIECE = 16 }; /* things that a hand takes at once */

struct hand {
    struct crew *crew;
    void *tools;
    pthread_t thread;
};

struct crew {
    struct crew_plan plan;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t begun, ended;
    uint8_t *items;
    size_t count, taken, done;
    bool is_ending;
    size_t thread_count;
    struct hand hands[]; /* the last is that of who waits */
};

/* Takes a piece of the list and works on it; false: there is none. The lock is held. */
static bool work_on_piece(struct crew *crew, void *tools)
{
    uint8_t *items = crew->items;
    const size_t first = crew->taken, left = crew->count - first;
    const size_t n = left < PIECE ? left : PIECE;

    if (n == 0) {
        return false;
    }
    crew->taken += n;
    (void)pthread_mutex_unlock(&crew->lock);
    for (size_t i = first; i < first + n; i++) {
        crew->plan.work(tools, items + i * crew->plan.item_size);
    }
    (void)pthread_mutex_lock(&crew->lock);
    crew->done += n;
    if (crew->done == crew->count) {
        (void)pthread_cond_signal(&crew->ended);
    }
    return true;
}

static void *thread_main(void *context)
{
    const struct hand *hand = context;
    struct crew *crew = hand->crew;

    (void)pthread_mutex_lock(&crew->lock);
    while (true) {
        if (!work_on_piece(crew, hand->tools)) {
            if (crew->is_ending) {
                break;
            }
            (void)pthread_cond_wait(&crew->begun, &crew->lock);
        }
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* The tools first, then the threads: what a thread reads of the crew is there before it is. */
static enum fault hire(struct crew *crew, struct why *why)
{
    for (size_t i = 0; i < crew->plan.threads; i++) {
        crew->hands[i].crew = crew;
        if (crew->plan.hire != NULL) {
            crew->hands[i].tools = crew->plan.hire(crew->plan.context);
            if (crew->hands[i].tools == NULL) {
                return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
            }
        }
    }
    while (crew->thread_count + 1 < crew->plan.threads &&
           pthread_create(&crew->hands[crew->thread_count].thread, NULL, thread_main,
                          &crew->hands[crew->thread_count]) == 0) {
        crew->thread_count++;
    }
    return FAULT_NONE;
}

enum fault crew_new(const struct crew_plan *plan, struct crew **out, struct why *why)
{
    const size_t threads = plan->threads > 0 ? plan->threads : 1;
    struct crew *crew = calloc(1, sizeof(*crew) + threads * sizeof(crew->hands[0]));
    enum fault fault;

    if (crew == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    crew->plan = *plan;
    crew->plan.threads = threads;
    (void)pthread_mutex_init(&crew->lock, NULL);
    (void)pthread_cond_init(&crew->begun, NULL);
    (void)pthread_cond_init(&crew->ended, NULL);
    fault = hire(crew, why);
    if (fault != FAULT_NONE) {
        crew_free(crew);
        return fault;
    }
    *out = crew;
    return FAULT_NONE;
}

void crew_free(struct crew *crew)
{
    if (crew == NULL) {
        return;
    }
    crew_wait(crew);
    (void)pthread_mutex_lock(&crew->lock);
    crew->is_ending = true;
    (void)pthread_cond_broadcast(&crew->begun);
    (void)pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->thread_count; i++) {
        (void)pthread_join(crew->hands[i].thread, NULL);
    }
    for (size_t i = 0; i < crew->plan.threads; i++) {
        if (crew->hands[i].tools != NULL) {
            crew->plan.dismiss(crew->hands[i].tools);
        }
    }
    (void)pthread_cond_destroy(&crew->ended);
    (void)pthread_cond_destroy(&crew->begun);
    (void)pthread_mutex_destroy(&crew->lock);
    free(crew);
}

void crew_begin(struct crew *crew, void *items, size_t count)
{
    (void)pthread_mutex_lock(&crew->lock);
    assert(crew->done == crew->count);
    crew->items = items;
    crew->count = count;
    crew->taken = crew->done = 0;
    (void)pthread_cond_broadcast(&crew->begun);
    (void)pthread_mutex_unlock(&crew->lock);
}

void crew_wait(struct crew *crew)
{
    void *tools = crew->hands[crew->plan.threads - 1].tools;

    (void)pthread_mutex_lock(&crew->lock);
    while (work_on_piece(crew, tools)) {
    }
    while (crew->done < crew->count) {
        (void)pthread_cond_wait(&crew->ended, &crew->lock);
    }
    (void)pthread_mutex_unlock(&crew->lock);
}
