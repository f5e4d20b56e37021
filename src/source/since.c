#include "source/since.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/patience.h"
#include "source/since_work.h"

enum { PRIVATE_MODE = 0600 };
#define GONE_MAX ((size_t)16 << 20) /* of DNs to be told */

struct since *since_new(struct directory *directory, const char *const *names,
                        const struct live_options *options)
{
    struct since *since = calloc(1, sizeof(*since));

    if (since == NULL) {
        return NULL;
    }
    since->directory = directory;
    since->names = names;
    since->options = options->since;
    since->old_fd = since->fd = -1;
    since->entry.max = SOURCE_RECORD_MAX;
    since->gone.max = GONE_MAX;
    since->identity.max = KEPT_IDENTITY_MAX;
    directory_sync_identity(directory, names, &since->identity);
    return since;
}

/* ---- what the directory says; in a thread of its own, for which somebody waits ---- */

static enum fault begin_entry(void *context, struct span dn)
{
    struct since *since = context;

    since->entry.len = since->entry.whole = 0;
    return frame_begin(&since->entry, dn);
}

static enum fault take_value(void *context, struct span name, struct span value)
{
    struct since *since = context;

    if (attribute_is_certificate(attribute_find(name, NULL))) {
        since->entry.flags |= FRAME_CERTIFICATE;
    }
    return frame_value(&since->entry, name, value);
}

static enum fault put_aside(struct since *since, struct span entry, struct span key)
{
    struct change *change = change_take(&since->index, key);

    if (change == NULL) {
        return FAULT_RESOURCE;
    }
    change->kind = CHANGE_ENTRY;
    change->at = since->aside;
    change->size = (uint32_t)entry.len;
    while (entry.len > 0) {
        ssize_t n = pwrite(since->options->aside, entry.at, entry.len, (off_t)since->aside);

        if (n < 0 && errno != EINTR) {
            return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), &since->sink_why);
        }
        since->aside += n > 0 ? (size_t)n : 0;
        entry = span_from(entry, n > 0 ? (size_t)n : 0);
    }
    return FAULT_NONE;
}

static enum fault end_entry(void *context, struct span key)
{
    struct since *since = context;
    enum fault fault = kept_put_key(&since->entry, key);
    struct span entry;

    if (fault != FAULT_NONE) {
        return fault;
    }
    frame_end(&since->entry);
    entry = span_of(since->entry.bytes, since->entry.whole);
    since->keyless |= key.len == 0;
    if (since->way != DIRECTORY_SYNC_CHANGES) {
        since->facts.added++;
        return since_add(since, entry, &since->sink_why);
    }
    return key.len > 0 ? put_aside(since, entry, key) : FAULT_NONE;
}

static enum fault note(struct since *since, struct span key, enum change_kind kind)
{
    struct change *change;

    if (since->way != DIRECTORY_SYNC_CHANGES) {
        return FAULT_NONE;
    }
    change = change_take(&since->index, key);
    if (change == NULL) {
        return FAULT_RESOURCE;
    }
    if (kind != CHANGE_PRESENT || change->kind != CHANGE_ENTRY) {
        change->kind = (uint8_t)kind;
    }
    return FAULT_NONE;
}

static enum fault take_present(void *context, struct span key)
{
    return note(context, key, CHANGE_PRESENT);
}

static enum fault take_gone(void *context, struct span key)
{
    return note(context, key, CHANGE_GONE);
}

/* What the thread works with; it keeps it where it does not come back. */
struct errand {
    struct since *since;
    struct span cookie;
    enum fault fault;
    struct why why;
    bool shows;
};

static void ask(void *context)
{
    struct errand *errand = context;
    struct since *since = errand->since;
    const struct directory_change_sink sink = {.context = since,
                                               .begin = begin_entry,
                                               .value = take_value,
                                               .end = end_entry,
                                               .present = take_present,
                                               .gone = take_gone};

    since->sink_why = errand->why = (struct why){.rule = NULL};
    errand->fault = directory_sync(since->directory, since->names, since->way, errand->cookie,
                                   &sink, &since->changes, &errand->why);
    if (errand->fault != FAULT_NONE && errand->why.rule == NULL) {
        errand->why =
            since->sink_why.rule != NULL ? since->sink_why : (struct why){.rule = "out of memory"};
    }
}

/* Those attributes that show that a user may see certificates. */
static const char *const certificates[] = {"userCertificate", "userSMIMECertificate",
                                           "taggedCertificate", "tagged-x509-cert", NULL};

static void ask_shows(void *context)
{
    struct errand *errand = context;

    errand->shows = directory_shows(errand->since->directory, certificates);
}

/* Has it done by a thread that may be left alone. */
static enum fault send(struct since *since, void (*work)(void *context), struct errand *errand,
                       struct why *why)
{
    switch (patience_run(since->directory, work, errand)) {
    case PATIENCE_DONE:
        return FAULT_NONE;
    case PATIENCE_LOST:
        since->lost = true;
        return fault_at(FAULT_RESOURCE, 0,
                        "search: no answer in time, and the connection cannot even be ended "
                        "(--timeout waits longer)",
                        why);
    case PATIENCE_NO_THREAD:
        break;
    }
    return fault_at(FAULT_RESOURCE, 0, "no thread is to be had", why);
}

static enum fault ask_directory(struct since *since, struct why *why)
{
    struct errand *errand = calloc(1, sizeof(*errand));
    enum fault fault;

    if (errand == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    errand->since = since;
    if (since->way == DIRECTORY_SYNC_CHANGES) {
        errand->cookie = since->old.tail.cookie;
    }
    fault = send(since, ask, errand, why);
    if (fault != FAULT_NONE) {
        return fault; /* the thread may still have the errand */
    }
    fault = errand->fault;
    *why = errand->why;
    free(errand);
    since->facts.entries += since->changes.entries;
    since->facts.keys += since->changes.keys;
    return fault;
}

/* A roster in which nobody has a certificate may be one that shows none. */
static enum fault find_hidden(struct since *since, bool *hidden, struct why *why)
{
    struct errand *errand;
    enum fault fault;

    *hidden = false;
    if (since->saw_certificate) {
        return FAULT_NONE;
    }
    errand = calloc(1, sizeof(*errand));
    if (errand == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    errand->since = since;
    fault = send(since, ask_shows, errand, why);
    if (fault == FAULT_NONE) {
        *hidden = !errand->shows;
        free(errand);
    }
    return fault;
}

/* ---- the files ---- */

static void give_reason(struct since *since, const char *reason)
{
    (void)snprintf(since->reason, sizeof(since->reason), "%s", reason);
}

/* Opens the last roster; false, perhaps with a reason, when there is none to go on from. */
static bool open_old(struct since *since)
{
    struct why why = {0};

    since->old_fd = open(since->options->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (since->old_fd < 0) {
        if (errno != ENOENT) {
            give_reason(since, strerrordesc_np(errno));
        }
        return false;
    }
    if (kept_open(&since->old, since->old_fd, &why) != FAULT_NONE) {
        (void)snprintf(since->reason, sizeof(since->reason), "the file is %s", why.rule);
        return false;
    }
    if (!span_equal(buffer_span(&since->old.identity), buffer_span(&since->identity))) {
        give_reason(since, "the last roster is of another question (server, base, filter, user)");
        return false;
    }
    return since->old.tail.cookie.len > 0;
}

/* Begins the new file anew. */
static enum fault begin_file(struct since *since, struct why *why)
{
    const int fd = since->options->out->fd;

    change_index_clear(&since->index);
    change_index_clear(&since->renamed);
    since->aside = 0;
    since->unchanged = since->keyless = since->saw_certificate = false;
    since->facts = (struct since_facts){.entries = since->facts.entries,
                                        .keys = since->facts.keys,
                                        .whole = since->way != DIRECTORY_SYNC_CHANGES};
    buffer_reset(&since->gone);
    if (ftruncate(since->options->aside, 0) != 0 || fchmod(fd, PRIVATE_MODE) != 0) {
        return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), why);
    }
    return kept_begin(&since->writer, fd, buffer_span(&since->identity), why);
}

/* Asks in one way, and makes the new file of it, but for its tail. */
static enum fault run_once(struct since *since, struct why *why)
{
    enum fault fault = begin_file(since, why);

    if (fault == FAULT_NONE) {
        fault = ask_directory(since, why);
    }
    if (fault != FAULT_NONE || since->way != DIRECTORY_SYNC_CHANGES) {
        return fault;
    }
    if (since->keyless) {
        return fault_at(FAULT_ABSENT, 0, "an entry came without its key", why);
    }
    since->unchanged = since->index.count == 0 && !since->changes.absent_gone &&
                       span_equal(buffer_span(&since->changes.cookie), since->old.tail.cookie);
    return since->unchanged ? since_verify(since, why) : since_merge(since, why);
}

static enum fault end_file(struct since *since, bool incomplete, struct why *why)
{
    struct kept_tail tail = {0};
    enum fault fault = FAULT_NONE;

    if (!incomplete) {
        fault = find_hidden(since, &tail.hidden, why);
    }
    if (!incomplete && !since->keyless) {
        tail.cookie = buffer_span(&since->changes.cookie);
    }
    return fault == FAULT_NONE ? kept_end(&since->writer, &tail, why) : fault;
}

/* Holds the new file open, to be read when it is in its place. */
static enum fault open_new(struct since *since, struct why *why)
{
    since->fd = fcntl(since->unchanged ? since->old_fd : since->options->out->fd, F_DUPFD_CLOEXEC,
                      STDERR_FILENO + 1);
    if (since->fd < 0) {
        return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), why);
    }
    return kept_open(&since->reader, since->fd, why);
}

/* Goes from one way to the next one until one leads somewhere. */
static enum fault run_ways(struct since *since, struct why *why)
{
    enum fault fault;

    for (;;) {
        fault = run_once(since, why);
        if (fault == FAULT_NONE && !since->unchanged) {
            fault = end_file(since, false, why);
        }
        if (fault == FAULT_NONE && !since->unchanged) {
            fault = since_check_names(since, since->options->out->fd, why);
        }
        if (fault != FAULT_ABSENT || since->way == DIRECTORY_SYNC_PLAIN) {
            return fault;
        }
        give_reason(since, why->rule);
        since->way =
            since->way == DIRECTORY_SYNC_CHANGES ? DIRECTORY_SYNC_WHOLE : DIRECTORY_SYNC_PLAIN;
    }
}

static void tell_gone(struct since *since)
{
    struct cursor in = cursor_over(buffer_span(&since->gone));
    struct span bytes, dn;
    uint32_t length;

    while (cursor_take(&in, sizeof(length), &bytes)) {
        memcpy(&length, bytes.at, sizeof(length));
        if (!cursor_take(&in, length, &dn)) {
            return;
        }
        since->options->tell_gone(since->options->context, dn);
    }
}

/* Only a part came: it can be read, but is no roster to go on from. */
static enum fault keep_part(struct since *since, enum fault fault, struct why *why)
{
    struct why own = {0};

    (void)snprintf(since->sentence, sizeof(since->sentence), "incomplete: %s", why->rule);
    if (since->writer.count == 0 || end_file(since, true, &own) != FAULT_NONE ||
        open_new(since, &own) != FAULT_NONE) {
        return fault;
    }
    since->incomplete = true;
    since->end_fault = fault;
    since->ready = true;
    return FAULT_NONE;
}

enum fault since_start(struct since *since, struct why *why)
{
    enum fault fault;

    if (since->ready) {
        return FAULT_NONE;
    }
    if (since->identity.fault != FAULT_NONE) {
        return fault_at(FAULT_LIMIT, 0, "a filter too long to be kept", why);
    }
    since->way = open_old(since) ? DIRECTORY_SYNC_CHANGES : DIRECTORY_SYNC_WHOLE;
    fault = run_ways(since, why);
    if (fault != FAULT_NONE && !since->lost && since->way != DIRECTORY_SYNC_CHANGES) {
        return keep_part(since, fault, why);
    }
    if (fault == FAULT_NONE) {
        fault = open_new(since, why);
    }
    if (fault == FAULT_NONE && !since->unchanged) {
        fault = outfile_commit(since->options->out, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    since->ready = true;
    since->facts.used = true;
    if (since->reason[0] != '\0') {
        since->options->tell_whole(since->options->context, since->reason);
    }
    tell_gone(since);
    return FAULT_NONE;
}

enum fault since_read(struct since *since, struct batch *batch, struct why *why)
{
    enum fault fault;

    batch->bytes = batch->bytes == NULL ? NULL : batch->bytes - batch->front;
    batch->capacity += batch->front;
    batch->front = 0;
    fault = kept_read(&since->reader, batch, why);
    if (fault == FAULT_NONE && since->reader.tail.hidden) {
        struct frame_writer all = {.bytes = batch->bytes, .whole = batch->len};

        frame_mark_all(&all, FRAME_HIDDEN);
    }
    if (fault == FAULT_ABSENT && since->incomplete) {
        return fault_at(since->end_fault == FAULT_ABSENT ? FAULT_LIMIT : since->end_fault, 0,
                        since->sentence, why);
    }
    return fault;
}

void since_rewind(struct since *since)
{
    if (since->ready) {
        kept_rewind(&since->reader);
    }
}

void since_tell_facts(const struct since *since, struct live_facts *facts)
{
    facts->since = since->facts;
    facts->references = since->changes.found.references;
    facts->missed = since->changes.found.missed;
    facts->servers = since->changes.found.servers;
    facts->incomplete |= since->incomplete;
    facts->hidden |= since->ready && since->reader.tail.hidden;
    facts->bytes = since->reader.at;
}

bool since_is_lost(const struct since *since) { return since->lost; }

void since_free(struct since *since)
{
    if (since == NULL || since->lost) {
        return;
    }
    if (since->old_fd >= 0) {
        (void)close(since->old_fd);
    }
    if (since->fd >= 0) {
        (void)close(since->fd);
    }
    kept_reader_clear(&since->old);
    kept_reader_clear(&since->reader);
    kept_writer_clear(&since->writer);
    change_index_clear(&since->index);
    change_index_clear(&since->renamed);
    buffer_clear(&since->identity);
    buffer_clear(&since->gone);
    buffer_clear(&since->changes.cookie);
    free(since->entry.bytes);
    free(since);
}
