#include "roster/roster.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utc.h"
#include "certificates.h"
#include "support.h"

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

static enum fault take_rows(void *context, struct span bytes, struct why *why)
{
    struct run *run = context;

    run->calls++;
    if (run->fails_at > 0 && run->calls >= run->fails_at) {
        return fault_at(FAULT_RESOURCE, 0, "the disk is full", why);
    }
    buffer_add(&run->rows, bytes);
    return FAULT_NONE;
}

static void take_complaint(void *context, const char *source, uint64_t line, struct span sentence)
{
    struct run *run = context;

    buffer_add_text(&run->complaints, source);
    buffer_add_byte(&run->complaints, ':');
    buffer_add_uint(&run->complaints, line);
    buffer_add_text(&run->complaints, ": ");
    buffer_add(&run->complaints, sentence);
    buffer_add_byte(&run->complaints, '\n');
}

static enum fault run_roster(struct run *run)
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

static void run_clear(struct run *run)
{
    buffer_clear(&run->rows);
    buffer_clear(&run->complaints);
}

static void assert_same(const struct run *a, const struct run *b)
{
    assert_true(span_equal(buffer_span(&a->rows), buffer_span(&b->rows)));
    assert_true(span_equal(buffer_span(&a->complaints), buffer_span(&b->complaints)));
    assert_memory_equal(&a->outcome, &b->outcome, sizeof(a->outcome));
}

static bool has(const struct buffer *text, const char *part)
{
    return memmem(text->at, text->len, part, strlen(part)) != NULL;
}

static size_t count_of(const struct buffer *text, const char *part)
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

static void write_file(const char *path, struct buffer *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(text->fault, FAULT_NONE);
    assert_int_equal(fwrite(text->at, 1, text->len, file), text->len);
    assert_int_equal(fclose(file), 0);
    buffer_clear(text);
}

static void write_text(const char *path, const char *text)
{
    struct buffer bytes = buffer_with_max(TEXT_MAX);

    buffer_add_text(&bytes, text);
    write_file(path, &bytes);
}

/* A row by number; every so many are odd in one way or another. */
static void add_row(struct buffer *out, unsigned i, bool other)
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

static int enter_folder(void **state)
{
    static char folder[] = "/tmp/keyroster-test-XXXXXX";

    *state = folder;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int remove_item(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static int leave_folder(void **state) { return nftw(*state, remove_item, 8, FTW_DEPTH | FTW_PHYS); }

/* ---- tests ---- */

static void the_order_is_the_same_on_any_number_of_threads(void **state)
{
    struct buffer text = buffer_with_max(TEXT_MAX);
    struct run one = {
        .names = {"large.csv", "small.csv", "large.csv"}, .format = "jsonl", .threads = 1};

    (void)state;
    buffer_add_text(&text, HEADER);
    for (unsigned i = 0; i < 60000; i++) {
        add_row(&text, i, false);
    }
    assert_true(text.len > 4 * (size_t)BATCH);
    write_file("large.csv", &text);
    write_text("small.csv", HEADER "mailbox,Anna,SMTP:a@x,R,\r\n");
    assert_int_equal(run_roster(&one), FAULT_NONE);
    assert_int_equal(one.outcome.summary.mailboxes, 2 * (60000 - 6000 - 20) + 1);
    assert_int_equal(count_of(&one.rows, "\n"), one.outcome.summary.mailboxes);
    assert_int_equal(count_of(&one.complaints, "\n"), one.outcome.complaints);
    for (size_t i = 1; i < COUNT(thread_counts); i++) {
        struct run more = {.names = {"large.csv", "small.csv", "large.csv"},
                           .format = "jsonl",
                           .threads = thread_counts[i]};

        assert_int_equal(run_roster(&more), FAULT_NONE);
        assert_same(&one, &more);
        run_clear(&more);
    }
    run_clear(&one);
}

static void lines_and_complaints_go_up(void **state)
{
    struct run run = {.names = {"large.csv"}, .format = "jsonl", .threads = 7};
    struct span rest;
    unsigned long last = 0;
    size_t end;

    (void)state;
    assert_int_equal(run_roster(&run), FAULT_NONE);
    for (rest = buffer_span(&run.complaints); span_find(rest, '\n', &end);
         rest = span_from(rest, end + 1)) {
        unsigned long line = strtoul((const char *)rest.at + strlen("large.csv:"), NULL, 10);

        assert_true(line > last);
        last = line;
    }
    assert_true(last > 100000); /* two lines a row */
    last = 0;
    for (rest = buffer_span(&run.rows); span_find(rest, '\n', &end);
         rest = span_from(rest, end + 1)) {
        const uint8_t *place = memmem(rest.at, end, "\"line\":", 7);

        assert_non_null(place);
        assert_true(strtoul((const char *)place + 7, NULL, 10) > last);
        last = strtoul((const char *)place + 7, NULL, 10);
    }
    run_clear(&run);
}

/* The rows of one half of a file with two headers. */
static void add_half(struct buffer *out, unsigned first, unsigned end, bool other)
{
    for (unsigned i = first; i < end; i++) {
        add_row(out, i, other);
    }
}

/* About as many rows as the first batch of a file holds. */
static unsigned rows_of_a_batch(void)
{
    struct buffer text = buffer_with_max(TEXT_MAX);
    unsigned n = 0;

    while (text.len < BATCH) {
        add_row(&text, n++, false);
    }
    buffer_clear(&text);
    return n - 1;
}

/*
 * A second header in the middle: what follows is read by it, though other threads have begun to
 * read it by the first one. The same as if the halves had been two files.
 */
static void two_exports_in_one_file(void **state)
{
    const unsigned edge = rows_of_a_batch();
    const unsigned firsts[] = {1,        edge - 3, edge - 2, edge - 1, edge, edge + 1,
                               edge + 2, edge + 3, 2 * edge, 3 * edge, 39999};

    (void)state;
    for (size_t i = 0; i < COUNT(firsts); i++) {
        struct buffer whole = buffer_with_max(TEXT_MAX), half = buffer_with_max(TEXT_MAX);
        struct run halves = {.names = {"first.csv", "second.csv"}, .format = "csv", .threads = 1};

        buffer_add_text(&whole, HEADER);
        add_half(&whole, 0, firsts[i], false);
        buffer_add(&half, buffer_span(&whole));
        write_file("first.csv", &half);
        buffer_add_text(&half, OTHER_HEADER);
        add_half(&half, firsts[i], 60000, true);
        buffer_add(&whole, buffer_span(&half));
        assert_true(whole.len > 3 * (size_t)BATCH);
        write_file("second.csv", &half);
        write_file("whole.csv", &whole);
        assert_int_equal(run_roster(&halves), FAULT_NONE);
        for (size_t t = 0; t < COUNT(thread_counts); t++) {
            struct run run = {.names = {"whole.csv"}, .format = "csv", .threads = thread_counts[t]};

            assert_int_equal(run_roster(&run), FAULT_NONE);
            assert_true(span_equal(buffer_span(&run.rows), buffer_span(&halves.rows)));
            assert_memory_equal(&run.outcome.summary, &halves.outcome.summary,
                                sizeof(run.outcome.summary));
            assert_int_equal(run.outcome.complaints, halves.outcome.complaints + 1);
            assert_int_equal(count_of(&run.complaints, "a second header"), 1);
            run_clear(&run);
        }
        run_clear(&halves);
    }
}

/* Many headers, several in one batch and one in each: the last one before a row counts. */
static void many_exports_in_one_file(void **state)
{
    struct buffer whole = buffer_with_max(TEXT_MAX);
    struct run one = {.names = {"whole.csv"}, .format = "csv", .threads = 1};

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        buffer_add_text(&whole, i % 2 == 0 ? HEADER : OTHER_HEADER);
        add_half(&whole, 1, i < 50 ? 300 : 9000, i % 2 == 1);
    }
    write_file("whole.csv", &whole);
    assert_int_equal(run_roster(&one), FAULT_NONE);
    assert_int_equal(count_of(&one.complaints, "a second header"), 59);
    assert_false(has(&one.rows, "SERVER"));
    for (size_t t = 1; t < COUNT(thread_counts); t++) {
        struct run run = {.names = {"whole.csv"}, .format = "csv", .threads = thread_counts[t]};

        assert_int_equal(run_roster(&run), FAULT_NONE);
        assert_same(&one, &run);
        run_clear(&run);
    }
    run_clear(&one);
}

static void a_source_that_cannot_be_read_is_left_out(void **state)
{
    (void)state;
    write_text("good.csv", HEADER "mailbox,Anna,SMTP:a@x,R,\r\n");
    write_text("bad.csv", "what,ever\r\n1,2\r\n");
    write_text("blind.csv", "Obj-Class,Display Name\r\nmailbox,Bo\r\n");
    for (size_t t = 0; t < COUNT(thread_counts); t++) {
        struct run run = {.names = {"good.csv", "bad.csv", "blind.csv", "good.csv"},
                          .format = "csv",
                          .threads = thread_counts[t]};

        assert_int_equal(run_roster(&run), FAULT_NONE);
        assert_int_equal(run.outcome.unread_sources, 2);
        assert_int_equal(run.outcome.complaints, 2);
        assert_int_equal(run.outcome.summary.mailboxes, 2);
        assert_int_equal(count_of(&run.rows, "Anna"), 2);
        assert_memory_equal(run.complaints.at, "bad.csv:0: neither", 18);
        assert_true(has(&run.complaints, "\nblind.csv:0: no certificate column"));
        run_clear(&run);
    }
}

static void no_source_can_be_read(void **state)
{
    struct run run = {.names = {"bad.csv", "bad.csv"}, .format = "json", .threads = 2};

    (void)state;
    assert_int_equal(run_roster(&run), FAULT_NONE);
    assert_int_equal(run.outcome.unread_sources, 2);
    assert_int_equal(run.outcome.summary.mailboxes, 0);
    run_clear(&run);
}

static void an_ldif_without_certificates_is_doubted(void **state)
{
    struct run run = {.names = {"people.ldif"}, .format = "csv", .threads = 2};

    (void)state;
    write_text("people.ldif", "dn: cn=Anna,dc=x\nobjectClass: person\nmail: a@x\n\n"
                              "dn: cn=Bo,dc=x\nobjectClass: person\nmail: b@x\n");
    assert_int_equal(run_roster(&run), FAULT_NONE);
    assert_int_equal(run.outcome.summary.mailboxes, 2);
    assert_int_equal(run.outcome.complaints, 1);
    assert_true(has(&run.complaints, "was it asked for?"));
    run_clear(&run);
}

static void a_sink_that_fails_stops_the_run(void **state)
{
    (void)state;
    for (size_t t = 0; t < COUNT(thread_counts); t++) {
        for (int at = 1; at < 6; at += 2) {
            struct run run = {.names = {"large.csv", "whole.csv"},
                              .format = "csv",
                              .threads = thread_counts[t],
                              .fails_at = at};

            assert_int_equal(run_roster(&run), FAULT_RESOURCE);
            assert_string_equal(run.why.rule, "the disk is full");
            assert_int_equal(run.calls, at); /* and is not asked again */
            run_clear(&run);
        }
    }
}

static void add_owner(struct buffer *out, const char *name, const struct made_certificate *a,
                      const struct made_certificate *b)
{
    buffer_add_text(out, "mailbox,");
    buffer_add_text(out, name);
    buffer_add_text(out, ",SMTP:a@x,R,");
    made_certificate_add_hex(out, a);
    if (b != NULL) {
        buffer_add_byte(out, '%');
        made_certificate_add_hex(out, b);
    }
    buffer_add_text(out, "\r\n");
}

/* Anna and Dee, in other batches or files, have one key; Bo has his twice, but alone. */
static void shared_keys_are_warned_of(void **state)
{
    static const struct made_certificate annas = {1, 1, "a@x", "301231235959Z", false};
    static const struct made_certificate dees = {2, 1, "a@x", "311231235959Z", false};
    static const struct made_certificate bos = {3, 2, "a@x", "301231235959Z", false};
    static const struct made_certificate renewed = {4, 2, "a@x", "311231235959Z", false};
    static const struct made_certificate authority = {5, 3, NULL, "311231235959Z", true};
    struct buffer text = buffer_with_max(TEXT_MAX);

    (void)state;
    buffer_add_text(&text, HEADER);
    add_owner(&text, "Anna", &annas, &authority);
    add_owner(&text, "Bo", &bos, &renewed);
    add_half(&text, 0, 30000, false);
    add_owner(&text, "Cid", &authority, NULL);
    write_file("keys.csv", &text);
    buffer_add_text(&text, HEADER);
    add_owner(&text, "Dee", &dees, &dees);
    write_file("more.csv", &text);
    for (size_t t = 0; t < COUNT(thread_counts); t++) {
        struct run run = {.names = {"keys.csv", "bad.csv", "more.csv"},
                          .format = "csv",
                          .threads = thread_counts[t],
                          .shared_keys = true};
        struct run without = {.names = {"keys.csv", "bad.csv", "more.csv"},
                              .format = "csv",
                              .threads = thread_counts[t]};

        assert_int_equal(run_roster(&run), FAULT_NONE);
        assert_int_equal(run_roster(&without), FAULT_NONE);
        assert_int_equal(count_of(&run.rows, "shared-key"), 2);
        assert_int_equal(count_of(&without.rows, "shared-key"), 0);
        for (const char *const *name = (const char *const[]){"Anna", "Dee", NULL}; *name != NULL;
             name++) {
            const uint8_t *row = memmem(run.rows.at, run.rows.len, *name, strlen(*name));
            const uint8_t *end = memchr(row, '\n', 10000);

            assert_non_null(memmem(row, (size_t)(end - row), "shared-key", 10));
        }
        /* Nothing else is told twice. */
        assert_true(span_equal(buffer_span(&run.complaints), buffer_span(&without.complaints)));
        assert_memory_equal(&run.outcome, &without.outcome, sizeof(run.outcome));
        run_clear(&run);
        run_clear(&without);
    }
}

static void shared_keys_of_a_pipe_are_not_to_be_had(void **state)
{
    static const char text[] = HEADER "mailbox,Anna,SMTP:a@x,R,\r\n";
    const struct source_options options = {.follow_folder = -1, .count_lines = true};
    struct run run = {.names = {"fifo"}};
    struct source *source = NULL;
    struct report report = {
        .format = format_find(span_text("csv")), .sink = take_rows, .context = &run};
    const struct roster roster = {.sources = &source,
                                  .names = run.names,
                                  .source_count = 1,
                                  .threads = 2,
                                  .shared_keys = true,
                                  .report = &report,
                                  .complain = take_complaint,
                                  .context = &run};
    int end;

    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    end = open("fifo", O_RDWR | O_NONBLOCK);
    assert_true(end >= 0);
    assert_int_equal(source_open("fifo", &options, &source, &run.why), FAULT_NONE);
    assert_int_equal(write(end, text, sizeof(text) - 1), sizeof(text) - 1);
    assert_int_equal(close(end), 0);
    assert_int_equal(roster_run(&roster, &run.outcome, &run.why), FAULT_RESOURCE);
    assert_non_null(run.why.rule);
    assert_int_equal(run.calls, 0);
    source_free(source);
    report_clear(&report);
    run_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_the_same_on_any_number_of_threads),
        cmocka_unit_test(lines_and_complaints_go_up),
        cmocka_unit_test(two_exports_in_one_file),
        cmocka_unit_test(many_exports_in_one_file),
        cmocka_unit_test(a_source_that_cannot_be_read_is_left_out),
        cmocka_unit_test(no_source_can_be_read),
        cmocka_unit_test(an_ldif_without_certificates_is_doubted),
        cmocka_unit_test(a_sink_that_fails_stops_the_run),
        cmocka_unit_test(shared_keys_are_warned_of),
        cmocka_unit_test(shared_keys_of_a_pipe_are_not_to_be_had),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
