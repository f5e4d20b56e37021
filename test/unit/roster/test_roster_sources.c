#include "roster/roster.h"

#include <fcntl.h>

#include "certificates.h"
#include "runs.h"

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
        cmocka_unit_test(a_source_that_cannot_be_read_is_left_out),
        cmocka_unit_test(no_source_can_be_read),
        cmocka_unit_test(an_ldif_without_certificates_is_doubted),
        cmocka_unit_test(shared_keys_are_warned_of),
        cmocka_unit_test(shared_keys_of_a_pipe_are_not_to_be_had),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
