#include "directory/patience.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "directory/internal.h"

/* How long a thread may take to notice that its connection has ended. */
enum { GRACE_MS = 1000 };

static int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct patience patience_start(struct directory *directory)
{
    return (struct patience){
        .directory = directory, .answers = directory_answers(directory), .since_ms = now_ms()};
}

bool patience_lasts(struct patience *patience)
{
    const struct directory *directory = patience->directory;
    uint64_t answers = directory_answers(patience->directory);
    int64_t now = now_ms();

    if (patience->aborted) {
        return now - patience->since_ms < GRACE_MS;
    }
    if (answers != patience->answers) {
        patience->answers = answers;
        patience->since_ms = now;
    }
    if (now - patience->since_ms >= (int64_t)directory->options->timeout_s * 1000) {
        directory_abort(patience->directory);
        patience->aborted = true;
        patience->since_ms = now;
    }
    return true;
}

/* One piece of work; freed by whoever of the two leaves last. */
struct errand {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done, left_alone;
    void (*work)(void *context);
    void *context;
};

static void errand_free(struct errand *errand)
{
    (void)pthread_cond_destroy(&errand->changed);
    (void)pthread_mutex_destroy(&errand->lock);
    free(errand);
}

static void *run_errand(void *context)
{
    struct errand *errand = context;
    bool left_alone;

    errand->work(errand->context);
    (void)pthread_mutex_lock(&errand->lock);
    errand->done = true;
    left_alone = errand->left_alone;
    (void)pthread_cond_signal(&errand->changed);
    (void)pthread_mutex_unlock(&errand->lock);
    if (left_alone) {
        errand_free(errand);
    }
    return NULL;
}

static void wait_tick(struct errand *errand)
{
    struct timespec until = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PATIENCE_TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    (void)pthread_cond_clockwait(&errand->changed, &errand->lock, CLOCK_MONOTONIC, &until);
}

enum patience_end patience_run(struct directory *directory, void (*work)(void *context),
                               void *context)
{
    struct errand *errand = calloc(1, sizeof(*errand));
    struct patience patience = patience_start(directory);
    pthread_t thread;
    bool done;

    if (errand == NULL) {
        return PATIENCE_NO_THREAD;
    }
    (void)pthread_mutex_init(&errand->lock, NULL);
    (void)pthread_cond_init(&errand->changed, NULL);
    errand->work = work;
    errand->context = context;
    if (pthread_create(&thread, NULL, run_errand, errand) != 0) {
        errand_free(errand);
        return PATIENCE_NO_THREAD;
    }
    (void)pthread_mutex_lock(&errand->lock);
    while (!errand->done && patience_lasts(&patience)) {
        wait_tick(errand);
    }
    done = errand->done;
    errand->left_alone = !done;
    (void)pthread_mutex_unlock(&errand->lock);
    if (!done) {
        (void)pthread_detach(thread);
        return PATIENCE_LOST;
    }
    (void)pthread_join(thread, NULL);
    errand_free(errand);
    return PATIENCE_DONE;
}
