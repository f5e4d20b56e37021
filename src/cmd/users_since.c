#include "cmd/users_since.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/interrupt.h"
#include "cmd/overwriting.h"
#include "cmd/users_output.h"
#include "directory/url.h"
#include "source/kept.h"

enum { SENTENCE_MAX = 2048 };

static void tell_whole(void *context, const char *reason)
{
    const struct users_since *since = context;
    char sentence[SENTENCE_MAX];

    progress_clear(since->progress);
    (void)snprintf(sentence, sizeof(sentence), "everything was read, not the changes alone: %s",
                   reason);
    complain(since->options.path, 0, sentence);
}

static void tell_gone(void *context, struct span dn)
{
    const struct users_since *since = context;
    struct buffer sentence = buffer_with_max((size_t)1 << 20);

    progress_clear(since->progress);
    buffer_add_text(&sentence, "gone: ");
    text_add_safe(&sentence, dn);
    complain_span(since->name, 0, buffer_span(&sentence));
    buffer_clear(&sentence);
}

/* A file without a name in the folder of the other. */
static int open_aside(const struct outfile *out)
{
    char *folder = outfile_folder(out), *name = NULL;
    int fd = -1;

    if (folder != NULL && asprintf(&name, "%s/.keyroster-XXXXXX", folder) >= 0) {
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0) {
            (void)unlink(name);
        }
        free(name);
    }
    free(folder);
    return fd;
}

/* True for a file that holds something else: a mistaken name must not cost it. */
static bool is_somebody_elses(const char *path)
{
    uint8_t head[KEPT_HEAD_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t n = fd >= 0 ? read(fd, head, sizeof(head)) : 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return n > 0 && !kept_is_one(span_of(head, (size_t)n));
}

static bool refuse(const char *path, const char *what)
{
    complain(path, 0, what);
    return false;
}

/* A FIFO would wait for a writer for ever. */
static bool is_no_file(const char *path)
{
    struct stat seen;

    return stat(path, &seen) == 0 && !S_ISREG(seen.st_mode);
}

bool users_since_open(struct users_options *options, struct progress *progress,
                      struct users_since *out)
{
    struct why why = {0};

    *out = (struct users_since){.out = {.fd = -1}, .aside = -1, .progress = progress};
    if (options->since == NULL) {
        return true;
    }
    if (overwriting_is_one(options->since, options->output.path)) {
        return refuse(options->since, "both --since and -o: one would replace the other");
    }
    if (output_replaces(options, options->since)) {
        return false;
    }
    if (is_no_file(options->since)) {
        return refuse(options->since, "no file that a roster could be kept in");
    }
    if (is_somebody_elses(options->since)) {
        return refuse(options->since, "no roster that was kept here: it is not replaced (choose "
                                      "another name for --since, or remove it)");
    }
    if (outfile_open(options->since, &out->out, &why) != FAULT_NONE) {
        return refuse(options->since, why.rule);
    }
    if (out->out.temporary == NULL) {
        return refuse(options->since, "no file that a roster could be kept in");
    }
    interrupt_also_removes(out->out.temporary);
    out->aside = open_aside(&out->out);
    if (out->aside < 0) {
        return refuse(options->since, strerrordesc_np(errno));
    }
    out->name = directory_url_public(options->sources.at[0]);
    out->options = (struct since_options){.path = options->since,
                                          .out = &out->out,
                                          .aside = out->aside,
                                          .tell_whole = tell_whole,
                                          .tell_gone = options->ldap.verbose ? tell_gone : NULL,
                                          .context = out};
    options->ldap.live.since = &out->options;
    return true;
}

void users_since_tell(const struct users_since *since, const struct users_options *options,
                      const struct since_facts *facts)
{
    char sentence[SENTENCE_MAX];

    if (!facts->used) {
        return;
    }
    if (facts->gone > 0) {
        (void)snprintf(sentence, sizeof(sentence), "%llu gone since the last roster%s",
                       (unsigned long long)facts->gone,
                       options->ldap.verbose ? "" : " (--verbose names them)");
        complain(since->name, 0, sentence);
    }
    if (options->ldap.verbose) {
        (void)snprintf(sentence, sizeof(sentence),
                       "%llu entries read%s, and %llu keys without an entry: %llu changed, %llu "
                       "new, %llu gone",
                       (unsigned long long)facts->entries, facts->whole ? " (everything)" : "",
                       (unsigned long long)facts->keys, (unsigned long long)facts->changed,
                       (unsigned long long)facts->added, (unsigned long long)facts->gone);
        complain(since->name, 0, sentence);
    }
}

char *users_since_folder(const struct users_since *since)
{
    return since->out.fd >= 0 ? outfile_folder(&since->out) : NULL;
}

void users_since_clear(struct users_since *since)
{
    interrupt_also_removes(NULL);
    if (since->aside > STDERR_FILENO) {
        (void)close(since->aside);
    }
    outfile_clear(&since->out);
    free(since->name);
    *since = (struct users_since){.out = {.fd = -1}, .aside = -1};
}
