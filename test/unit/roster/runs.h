#ifndef TEST_UNIT_ROSTER_RUNS_H
#define TEST_UNIT_ROSTER_RUNS_H

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utc.h"
#include "roster/roster.h"
#include "support.h"

/* Runs of a roster over files in a folder of their own, and all that they say. */

#define HEADER "Obj-Class,Display Name,E-mail Addresses,Obj-Container,Tagged-X509-Cert\r\n"
/* The same columns in another order, one left out, one more. */
#define OTHER_HEADER "X509-Cert,Display Name,Home-Server,E-mail Addresses,Obj-Container\r\n"

enum { SOURCES_MAX = 4, BATCH = 1024 * 1024, TEXT_MAX = 64 << 20 };

static const size_t thread_counts[] = {1, 2, 7};

/* ---- a run, and all that it said ---- */

struct run {
    const char *names[SOURCES_MAX + 1]; /* the files; NULL ends them */
    const char *format;
    size_t threads;
    bool shared_keys;
    int fails_at; /* call of the sink from which on it fails; 0: never */

    struct buffer rows, complaints;
    int calls;
    struct outcome outcome;
    struct why why;
};

static inline enum fault take_rows(void *context, struct span bytes, struct why *why)
{
    struct run *run = context;

    run->calls++;
    if (run->fails_at > 0 && run->calls >= run->fails_at) {
        return fault_at(FAULT_RESOURCE, 0, "the disk is full", why);
    }
    buffer_add(&run->rows, bytes);
    return FAULT_NONE;
}

static inline void take_complaint(void *context, const char *source, uint64_t line,
                                  struct span sentence)
{
    struct run *run = context;

    buffer_add_text(&run->complaints, source);
    buffer_add_byte(&run->complaints, ':');
    buffer_add_uint(&run->complaints, line);
    buffer_add_text(&run->complaints, ": ");
    buffer_add(&run->complaints, sentence);
    buffer_add_byte(&run->complaints, '\n');
}

static inline enum fault run_roster(struct run *run)
{
    const struct source_options options = {.follow_folder = -1, .count_lines = true};
    struct source *sources[SOURCES_MAX] = {NULL};
    struct report report = {
        .format = format_find(span_text(run->format)), .sink = take_rows, .context = run};
    struct roster roster = {.sources = sources,
                            .names = run->names,
                            .rules = {.at = 1793491200, .warning_seconds = 30 * (int64_t)UTC_DAY},
                            .shared_keys = run->shared_keys,
                            .threads = run->threads,
                            .report = &report,
                            .complain = take_complaint,
                            .context = run};
    enum fault fault;

    run->rows = buffer_with_max(TEXT_MAX);
    run->complaints = buffer_with_max(TEXT_MAX);
    for (; run->names[roster.source_count] != NULL; roster.source_count++) {
        assert_int_equal(source_open(run->names[roster.source_count], &options,
                                     &sources[roster.source_count], &run->why),
                         FAULT_NONE);
    }
    fault = roster_run(&roster, &run->outcome, &run->why);
    report_clear(&report);
    for (size_t i = 0; i < roster.source_count; i++) {
        source_free(sources[i]);
    }
    return fault;
}

static inline void run_clear(struct run *run)
{
    buffer_clear(&run->rows);
    buffer_clear(&run->complaints);
}

static inline void assert_same(const struct run *a, const struct run *b)
{
    assert_true(span_equal(buffer_span(&a->rows), buffer_span(&b->rows)));
    assert_true(span_equal(buffer_span(&a->complaints), buffer_span(&b->complaints)));
    assert_memory_equal(&a->outcome, &b->outcome, sizeof(a->outcome));
}

static inline bool has(const struct buffer *text, const char *part)
{
    return memmem(text->at, text->len, part, strlen(part)) != NULL;
}

static inline size_t count_of(const struct buffer *text, const char *part)
{
    struct span rest = buffer_span(text);
    size_t n = 0;

    for (;;) {
        const uint8_t *hit = rest.len > 0 ? memmem(rest.at, rest.len, part, strlen(part)) : NULL;

        if (hit == NULL) {
            return n;
        }
        n++;
        rest = span_from(rest, (size_t)(hit - rest.at) + strlen(part));
    }
}

/* ---- files ---- */

static inline void write_file(const char *path, struct buffer *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(text->fault, FAULT_NONE);
    assert_int_equal(fwrite(text->at, 1, text->len, file), text->len);
    assert_int_equal(fclose(file), 0);
    buffer_clear(text);
}

static inline void write_text(const char *path, const char *text)
{
    struct buffer bytes = buffer_with_max(TEXT_MAX);

    buffer_add_text(&bytes, text);
    write_file(path, &bytes);
}

/* A row by number; every so many are odd in one way or another. */
static inline void add_row(struct buffer *out, unsigned i, bool other)
{
    char text[200];
    const char *value = i % 1000 == 501 ? "308" : "";
    const char *class = i % 10 == 3 ? "dl" : "mailbox";

    if (other) {
        (void)snprintf(text, sizeof(text),
                       "%s,User %u,SERVER,SMTP:user%u@example.org,Recipients\r\n", value, i, i);
    } else if (i % 3000 == 700) {
        (void)snprintf(text, sizeof(text), "%s,User %u,SMTP:user%u@example.org\r\n", class, i, i);
    } else if (i % 3000 == 900) {
        (void)snprintf(text, sizeof(text), "%s,\"User %u,SMTP:user%u@example.org,R,\r\n", class, i,
                       i);
    } else {
        (void)snprintf(
            text, sizeof(text),
            "%s,\"Us\ner, %u\",SMTP:user%u@example.org%%smtp:u%u@example.org,Recipients,%s\r\n",
            class, i, i, i, value);
    }
    buffer_add_text(out, text);
}

static inline int enter_folder(void **state)
{
    static char folder[] = "/tmp/keyroster-test-XXXXXX";

    *state = folder;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static inline int remove_item(const char *path, const struct stat *status, int type,
                              struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static inline int leave_folder(void **state)
{
    return nftw(*state, remove_item, 8, FTW_DEPTH | FTW_PHYS);
}

/* The rows of one half of a file with two headers. */
static inline void add_half(struct buffer *out, unsigned first, unsigned end, bool other)
{
    for (unsigned i = first; i < end; i++) {
        add_row(out, i, other);
    }
}

#endif
