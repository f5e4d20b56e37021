#include "source/live.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "directory/patience.h"
#include "source/live_frame.h"
#include "source/since.h"

enum {
    BATCH_SIZE = 256 * 1024, /* a batch is handed on at the first entry that fills it */
    QUEUE_SIZE = 3,          /* batches ahead of those who take them */
    SLOW_MS = 500,           /* one that fills slowly is handed on after this time */
    SENTENCE_SIZE = 1024,
    NAMES_MAX = 512, /* attributes of one search */
};

/*
 * What a mailbox is judged by, as servers call it (entry/attribute.c has them all). What every
 * server knows stands first: slapd looks for each attribute of an entry from the start of the list,
 * and takes long over a name that its schema has not.
 */
static const char *const judged[] = {
    "objectClass",
    "cn",
    "mail",
    "userCertificate",
    "userCertificate;binary", /* OpenLDAP answers to both by this one, Active Directory to none */
    "userSMIMECertificate",
    "displayName",
    "proxyAddresses",
    "mailNickname",
    "mailAlternateAddress",
    "mailLocalAddress",
    "zimbraMailAlias",
    "taggedCertificate",
    "tagged-x509-cert",
};

/* Those of them that show that a user may see certificates. */
static const char *const certificates[] = {"userCertificate",      "userCertificate;binary",
                                           "userSMIMECertificate", "taggedCertificate",
                                           "tagged-x509-cert",     NULL};

struct live {
    const struct live_options *options;
    struct directory *directory;
    struct since *since; /* NULL: everything is asked for */
    char **names;        /* attributes to ask for, NULL at the end */
    size_t name_count;

    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Guarded by the lock. */
    struct batch queue[QUEUE_SIZE];
    size_t first, count;
    bool ended, stop;
    enum fault fault; /* why it ended; FAULT_NONE: the directory's end */
    struct why why;

    /* The thread's own. */
    struct frame_writer writer;
    int64_t begun_ms;     /* when the first entry of the batch came */
    bool settled;         /* it is known whether certificates are shown */
    bool saw_certificate; /* an entry of the first batch had one */
    bool hidden;
    struct directory_found found;

    /* Of those who take. */
    uint64_t bytes;
    bool taken_any, lost, incomplete;
    char sentence[SENTENCE_SIZE];
};

static int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the thread that talks to the server ---- */

/* Hands the whole entries of the writer to the queue; what is begun stays. False: nobody wants it.
 */
static bool hand_on(struct live *live)
{
    struct frame_writer *writer = &live->writer;
    struct batch *slot;
    bool wanted;

    (void)pthread_mutex_lock(&live->lock);
    while (live->count == QUEUE_SIZE && !live->stop) {
        (void)pthread_cond_wait(&live->changed, &live->lock);
    }
    wanted = !live->stop;
    if (wanted) {
        slot = &live->queue[(live->first + live->count) % QUEUE_SIZE];
        *slot = (struct batch){
            .bytes = writer->bytes, .len = writer->whole, .capacity = writer->capacity};
        *writer = (struct frame_writer){.max = writer->max};
        live->count++;
        (void)pthread_cond_broadcast(&live->changed);
    }
    (void)pthread_mutex_unlock(&live->lock);
    return wanted;
}

/*
 * Where the first batch shows no certificate, it is asked whether this user sees any at all: if
 * not, a blank tells nothing.
 */
static void settle(struct live *live)
{
    if (!live->settled) {
        live->settled = true;
        live->hidden = !live->saw_certificate && !directory_shows(live->directory, certificates);
    }
    if (live->hidden) {
        frame_mark_all(&live->writer, FRAME_HIDDEN);
    }
}

static bool flush(struct live *live)
{
    if (live->writer.whole == 0) {
        return true;
    }
    settle(live);
    return hand_on(live);
}

static enum fault begin_entry(void *context, struct span dn)
{
    struct live *live = context;

    if (live->writer.whole == 0) {
        live->begun_ms = now_ms();
    }
    return frame_begin(&live->writer, dn);
}

static enum fault take_value(void *context, struct span name, struct span value)
{
    struct live *live = context;

    if (!live->settled) {
        live->saw_certificate |= attribute_is_certificate(attribute_find(name, NULL));
    }
    return frame_value(&live->writer, name, value);
}

static enum fault end_entry(void *context)
{
    struct live *live = context;

    frame_end(&live->writer);
    if (live->writer.whole < BATCH_SIZE && now_ms() - live->begun_ms < SLOW_MS) {
        return FAULT_NONE;
    }
    return flush(live) ? FAULT_NONE : FAULT_RESOURCE;
}

static void hand_on_slowly(void *context)
{
    struct live *live = context;

    if (live->writer.whole > 0 && now_ms() - live->begun_ms >= SLOW_MS) {
        (void)flush(live);
    }
}

static void *talk(void *context)
{
    struct live *live = context;
    const struct directory_search search = {.attributes = (const char *const *)live->names,
                                            .everything = live->options->everything};
    const struct directory_sink sink = {.context = live,
                                        .begin = begin_entry,
                                        .value = take_value,
                                        .end = end_entry,
                                        .idle = hand_on_slowly};
    struct why why = {.rule = "out of memory"};
    enum fault fault = directory_search(live->directory, &search, &sink, &live->found, &why);

    (void)flush(live);
    (void)pthread_mutex_lock(&live->lock);
    live->ended = true;
    live->fault = fault;
    live->why = why;
    (void)pthread_cond_broadcast(&live->changed);
    (void)pthread_mutex_unlock(&live->lock);
    return NULL;
}

/* ---- those who take the batches ---- */

static void wait_tick(struct live *live)
{
    struct timespec until = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PATIENCE_TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    (void)pthread_cond_clockwait(&live->changed, &live->lock, CLOCK_MONOTONIC, &until);
}

/* Waits for a batch or the end, called with the lock taken. */
static void wait_for_batch(struct live *live)
{
    struct patience patience = patience_start(live->directory);

    while (live->count == 0 && !live->ended && !live->lost) {
        if (patience_lasts(&patience)) {
            wait_tick(live);
        } else {
            live->lost = true;
        }
    }
}

static enum fault why_ended(struct live *live, struct why *why)
{
    if (live->lost) {
        return fault_at(
            FAULT_RESOURCE, 0,
            "incomplete: search: no answer in time, and the connection cannot even be ended "
            "(--timeout waits longer)",
            why);
    }
    if (live->taken_any && live->fault != FAULT_NONE) {
        (void)snprintf(live->sentence, sizeof(live->sentence), "incomplete: %s", live->why.rule);
        return fault_at(live->fault, live->why.offset, live->sentence, why);
    }
    *why = live->why;
    return live->fault;
}

enum fault live_start(struct live *live, struct why *why)
{
    enum fault fault = FAULT_NONE;

    if (live->since != NULL) {
        return since_start(live->since, why);
    }
    live->ended = live->stop = false;
    live->settled = live->saw_certificate = live->hidden = false;
    live->writer.len = live->writer.whole = 0;
    if (pthread_create(&live->thread, NULL, talk, live) != 0) {
        return fault_at(FAULT_RESOURCE, 0, "no thread is to be had", why);
    }
    live->running = true;
    (void)pthread_mutex_lock(&live->lock);
    wait_for_batch(live);
    if (live->count == 0) {
        fault = why_ended(live, why);
    }
    (void)pthread_mutex_unlock(&live->lock);
    return fault;
}

static void take_first(struct live *live, struct batch *batch)
{
    batch_clear(batch);
    *batch = live->queue[live->first];
    batch->first = !live->taken_any;
    live->queue[live->first] = (struct batch){0};
    live->taken_any = true;
    live->bytes += batch->len;
    live->first = (live->first + 1) % QUEUE_SIZE;
    live->count--;
    (void)pthread_cond_broadcast(&live->changed);
}

enum fault live_read(struct live *live, struct batch *batch, struct why *why)
{
    enum fault fault = FAULT_NONE;

    if (live->since != NULL) {
        return since_read(live->since, batch, why);
    }
    (void)pthread_mutex_lock(&live->lock);
    wait_for_batch(live);
    if (live->count > 0) {
        take_first(live, batch);
    } else {
        fault = why_ended(live, why);
        live->incomplete |= fault != FAULT_NONE;
        /* "Absent" would say that all is well. */
        fault = fault == FAULT_NONE ? FAULT_ABSENT : fault == FAULT_ABSENT ? FAULT_LIMIT : fault;
    }
    (void)pthread_mutex_unlock(&live->lock);
    return fault;
}

enum fault live_connect(struct live *live, struct why *why)
{
    return directory_connect(live->directory, why);
}

/* Ends the thread; false when it does not come back. */
static bool end_thread(struct live *live)
{
    bool ended;

    if (!live->running) {
        return true;
    }
    (void)pthread_mutex_lock(&live->lock);
    live->stop = true;
    (void)pthread_cond_broadcast(&live->changed);
    ended = live->ended;
    (void)pthread_mutex_unlock(&live->lock);
    if (!ended) {
        directory_abort(live->directory);
    }
    if (live->lost) {
        (void)pthread_detach(live->thread);
        return false;
    }
    (void)pthread_join(live->thread, NULL);
    live->running = false;
    return true;
}

void live_rewind(struct live *live)
{
    if (live->since != NULL) {
        since_rewind(live->since);
        return;
    }
    if (end_thread(live)) {
        live->count = 0;
        live->taken_any = false;
        live->bytes = 0;
    }
}

struct live_facts live_facts_of(const struct live *live)
{
    struct live_facts facts = {.bytes = live->bytes,
                               .incomplete = live->incomplete,
                               .hidden = live->hidden,
                               .exposed = directory_exposes_password(live->directory),
                               .reconnected = live->found.reconnected,
                               .lacks_tls = directory_lacks_tls(live->directory),
                               .references = live->found.references,
                               .missed = live->found.missed,
                               .servers = live->found.servers,
                               .followed = live->found.followed};

    if (live->since != NULL) {
        since_tell_facts(live->since, &facts);
    }
    return facts;
}

/* The names to ask for: what a mailbox is judged by, and what a projection wants beside it. */
static bool add_name(struct live *live, struct span name)
{
    if (live->name_count + 1 >= NAMES_MAX) {
        return true;
    }
    live->names[live->name_count] = strndup((const char *)name.at, name.len);
    return live->names[live->name_count++] != NULL;
}

static bool add_names(struct live *live)
{
    const struct projection *projection = live->options->projection;
    struct span name;

    live->names = calloc(NAMES_MAX, sizeof(*live->names));
    if (live->names == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof(judged) / sizeof(judged[0]); i++) {
        if (!add_name(live, span_text(judged[i]))) {
            return false;
        }
    }
    for (size_t i = 0; projection != NULL && projection_ldap_name(projection, &i, &name);) {
        if (!add_name(live, name)) {
            return false;
        }
    }
    return true;
}

enum fault live_new(const char *text, const struct live_options *options, struct live **out,
                    struct why *why)
{
    struct directory_url url = {0};
    struct live *live;
    enum fault fault = directory_url_parse(text, &url, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    live = calloc(1, sizeof(*live));
    if (live != NULL) {
        live->options = options;
        live->writer.max = SOURCE_RECORD_MAX;
        live->directory = directory_new_take(&url, &options->directory);
        (void)pthread_mutex_init(&live->lock, NULL);
        (void)pthread_cond_init(&live->changed, NULL);
    }
    if (live == NULL || live->directory == NULL || !add_names(live)) {
        directory_url_clear(&url);
        live_free(live);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (options->since != NULL) {
        live->since = since_new(live->directory, (const char *const *)live->names, options);
        if (live->since == NULL) {
            live_free(live);
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    *out = live;
    return FAULT_NONE;
}

void live_free(struct live *live)
{
    if (live == NULL || (live->since != NULL && since_is_lost(live->since)) || !end_thread(live)) {
        return; /* a thread that does not come back keeps what it has */
    }
    since_free(live->since);
    for (size_t i = 0; i < QUEUE_SIZE; i++) {
        batch_clear(&live->queue[i]);
    }
    for (size_t i = 0; i < live->name_count; i++) {
        free(live->names[i]);
    }
    free((void *)live->names);
    free(live->writer.bytes);
    directory_free(live->directory);
    (void)pthread_cond_destroy(&live->changed);
    (void)pthread_mutex_destroy(&live->lock);
    free(live);
}
