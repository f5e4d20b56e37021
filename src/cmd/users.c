#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat_sandbox.h"
#include "base/outfile.h"
#include "cmd/cmd.h"
#include "cmd/inputs.h"
#include "cmd/interrupt.h"
#include "cmd/progress.h"
#include "cmd/users_options.h"
#include "cmd/users_output.h"

/* Everything that the verb takes hold of; users_clear() lets go of it. */
struct users {
    struct users_options options;
    struct inputs inputs;
    bool *bare; /* --part: in which of them there was no certificate attribute */
    struct trust *trust;
    struct outfile output;
    bool output_failed; /* a fault is about the output, not about memory or threads */
    struct progress progress;
};

static void complain_why(const char *file, const struct why *why) { complain(file, 0, why->rule); }

/* One part does not know what the others have, where there are any. */
static bool prepare_part(struct users *users)
{
    if (users->options.reading.source.part.of > 1) {
        users->bare = calloc(users->inputs.count, sizeof(*users->bare));
        if (users->bare == NULL) {
            complain(NULL, 0, "out of memory");
            return false;
        }
    }
    return true;
}

static void enter_sandbox(const struct users *users)
{
    const struct reading_options *reading = &users->options.reading;
    char *folder = outfile_folder(&users->output);

    if (!reading->no_sandbox) {
        (void)sandbox_enter(&(struct sandbox){.output_folder = folder,
                                              .read_folder = reading->source.follow_folder,
                                              .network = users->inputs.live});
    }
    free(folder);
}

static enum fault write_output(void *context, struct span bytes, struct why *why)
{
    struct users *users = context;

    enum fault fault;

    progress_clear(&users->progress);
    fault = outfile_write(&users->output, bytes, why);
    users->output_failed |= fault != FAULT_NONE;
    return fault;
}

static void tell_complaint(void *context, const char *source, uint64_t line, struct span sentence)
{
    struct users *users = context;

    progress_clear(&users->progress);
    complain_span(source, line, sentence);
}

static void show_progress(void *context, const char *source, uint64_t position, uint64_t size,
                          uint64_t mailboxes)
{
    struct users *users = context;

    progress_show(&users->progress, source, position, size, mailboxes);
}

static bool wants_colour(const struct users *users)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (users->options.colour != COLOUR_AUTO) {
        return users->options.colour == COLOUR_ALWAYS;
    }
    return users->options.output == NULL && isatty(STDOUT_FILENO) &&
           (no_colour == NULL || *no_colour == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static int exit_status(const struct users *users, const struct outcome *outcome)
{
    if (outcome->unread_sources == users->inputs.count) {
        return EXIT_NOT_DONE;
    }
    return users->inputs.unopened > 0 || outcome->complaints > 0 || outcome->summary.incomplete
               ? EXIT_SOME
               : EXIT_DONE;
}

/* What a directory kept back is missing in the file: then it stays as it was, unless allowed. */
static bool is_withheld(const struct users *users)
{
    if (!inputs_fell_short(&users->inputs, &users->options.ldap) ||
        users->options.ldap.allow_incomplete || users->output.path == NULL) {
        return false;
    }
    complain(users->options.output, 0,
             "left as it was, since the roster is incomplete (--allow-incomplete writes it)");
    return true;
}

static int run(struct users *users)
{
    const struct users_options *o = &users->options;
    struct report report = {
        .format = o->format,
        .options = {.at = o->judging.at,
                    .sources = (const char *const *)users->inputs.names,
                    .source_count = users->inputs.count,
                    .part = users->bare != NULL ? o->reading.source.part.number : 0,
                    .parts = users->bare != NULL ? o->reading.source.part.of : 0,
                    .bare = users->bare,
                    .summary_only = o->summary,
                    .width = output_width(o->output),
                    .colour = wants_colour(users)},
        .sink = write_output,
        .context = users};
    const struct roster roster = {
        .sources = users->inputs.sources,
        .names = (const char *const *)users->inputs.names,
        .source_count = users->inputs.count,
        .trust = users->trust,
        .rules = {.at = o->judging.at, .warning_seconds = o->warning_seconds},
        .site = o->judging.site,
        .remotes = o->judging.remotes,
        .shared_keys = o->shared_keys,
        .selection = o->selection,
        .threads = o->reading.threads,
        .bare = users->bare,
        .report = &report,
        .complain = tell_complaint,
        .progress = show_progress,
        .context = users};
    struct outcome outcome = {0};
    struct why why = {0};
    enum fault fault = roster_run(&roster, &outcome, &why);
    int status = exit_status(users, &outcome);

    progress_clear(&users->progress);
    report_clear(&report);
    if (fault == FAULT_NONE && status != EXIT_NOT_DONE && !is_withheld(users)) {
        fault = outfile_commit(&users->output, &why);
        users->output_failed = fault != FAULT_NONE;
    }
    interrupt_removes(NULL);
    if (fault != FAULT_NONE) {
        if (fault != FAULT_ABSENT) { /* nobody reads any more: `| head` needs no message */
            complain_why(!users->output_failed ? NULL
                         : o->output != NULL   ? o->output
                                               : "standard output",
                         &why);
        }
        return EXIT_NOT_DONE;
    }
    return status;
}

static void users_clear(struct users *users)
{
    inputs_clear(&users->inputs);
    free(users->bare);
    trust_free(users->trust);
    outfile_clear(&users->output);
    users_options_clear(&users->options);
}

int cmd_users(int argc, char **argv)
{
    struct users users = {.output = {.fd = -1}};
    int status = EXIT_NOT_DONE;

    if (!users_options_parse(argc, argv, &users.options, &status)) {
        users_clear(&users);
        return status;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
    if (users.options.merge) {
        status = users_merge(&users.options);
    } else {
        judging_options_settle(&users.options.judging);
        users.options.reading.source.count_lines =
            users.options.format->lines && !users.options.summary;
        users.progress = progress_start(!users.options.no_progress);
        status = EXIT_NOT_DONE;
        if (judging_options_load(&users.options.judging, &users.trust) &&
            reading_options_open(&users.options.reading) &&
            inputs_open(&users.inputs, users.options.sources.at, users.options.sources.count,
                        &users.options.reading.source, &users.options.ldap) &&
            prepare_part(&users) && output_open(&users.options, &users.output)) {
            enter_sandbox(&users);
            status = run(&users);
        }
    }
    users_clear(&users);
    return status;
}
