#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/compat_sandbox.h"
#include "cmd/answers.h"
#include "cmd/cmd.h"
#include "cmd/inputs.h"
#include "cmd/interrupt.h"
#include "cmd/users_options.h"
#include "cmd/users_output.h"
#include "cmd/users_since.h"
#include "directory/url.h"

/* Everything that the verb takes hold of; users_clear() lets go of it. */
struct users {
    struct users_options options;
    struct inputs inputs;
    bool *bare;                   /* --part: in which of them there was no certificate attribute */
    char basis[USERS_BASIS_SIZE]; /* --part */
    struct trust *trust;
    struct users_since since;
    struct answers answers;
    bool confined; /* the sandbox was entered */
};

/* One part does not know what the others have, where there are any. */
static bool prepare_part(struct users *users)
{
    if (users->options.reading.source.part.of > 1) {
        users->bare = calloc(users->inputs.count, sizeof(*users->bare));
        if (users->bare == NULL || users_basis(&users->options, users->inputs.sources,
                                               users->inputs.count, users->basis) != FAULT_NONE) {
            complain(NULL, 0, "out of memory");
            return false;
        }
    }
    return true;
}

/* Whether one of the sources is a directory, also one that could not be reached this time. */
static bool names_directory(const struct users_options *options)
{
    bool names = false;

    for (size_t i = 0; i < options->sources.count; i++) {
        names |= directory_is_url(options->sources.at[i]);
    }
    return names;
}

static void enter_sandbox(struct users *users)
{
    const struct reading_options *reading = &users->options.reading;
    bool again = users->options.watch_s > 0;
    char *folder = outfile_folder(&users->answers.file), *kept = users_since_folder(&users->since);

    if (!reading->no_sandbox && !users->confined) {
        (void)sandbox_enter(&(struct sandbox){.output_folder = folder,
                                              .kept_folder = kept,
                                              .writes_again = again,
                                              .reads_again = again,
                                              .read_folder = reading->source.follow_folder,
                                              .network = names_directory(&users->options)});
        users->confined = true;
    }
    free(folder);
    free(kept);
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

/* Brings the output to its place where all went well; returns the exit status. */
static int finish(struct users *users, enum fault fault, int status, struct why *why)
{
    const struct ldap_options *ldap = &users->options.ldap;

    if (fault == FAULT_NONE && status != EXIT_NOT_DONE &&
        !answers_withheld(
            &users->answers, inputs_fell_short(&users->inputs, ldap), ldap,
            "left as it was, since the roster is incomplete (--allow-incomplete writes it)")) {
        fault = answers_commit(&users->answers, why);
    }
    return answers_end(&users->answers, fault, status, NULL, why);
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
                    .basis = users->basis,
                    .summary_only = o->rows.summary,
                    .width = output_width(o->output.path),
                    .colour = output_wants_colour(&o->output)},
        .sink = answers_write,
        .context = &users->answers};
    const struct roster roster = {
        .sources = users->inputs.sources,
        .names = (const char *const *)users->inputs.names,
        .source_count = users->inputs.count,
        .trust = users->trust,
        .rules = {.at = o->judging.at, .warning_seconds = o->rows.warning_seconds},
        .site = o->judging.site,
        .remotes = o->judging.remotes,
        .shared_keys = o->rows.shared_keys,
        .selection = o->rows.selection,
        .threads = o->reading.threads,
        .bare = users->bare,
        .report = &report,
        .complain = answers_complain,
        .progress = answers_progress,
        .context = &users->answers};
    struct outcome outcome = {0};
    struct why why = {0};
    enum fault fault = roster_run(&roster, &outcome, &why);
    int status = exit_status(users, &outcome);

    progress_clear(&users->answers.progress);
    report_clear(&report);
    if (o->since != NULL) {
        const struct live_facts facts = source_live_facts(users->inputs.sources[0]);

        users_since_tell(&users->since, o, &facts.since);
    }
    return finish(users, fault, status, &why);
}

/* Lets go of what one round took hold of. */
static void end_round(struct users *users)
{
    complain_end();
    inputs_clear(&users->inputs);
    users_since_clear(&users->since);
    free(users->bare);
    users->bare = NULL;
    trust_free(users->trust);
    users->trust = NULL;
    answers_clear(&users->answers);
}

/* Reads, judges and writes once; returns the exit status. */
static int run_round(struct users *users)
{
    struct users_options *o = &users->options;
    int status = EXIT_NOT_DONE;

    judging_options_settle(&o->judging);
    users->answers.progress = progress_start(!o->output.no_progress);
    if (judging_options_load(&o->judging, &users->trust) &&
        users_since_open(o, &users->answers.progress, &users->since) &&
        inputs_open(&users->inputs, o->sources.at, o->sources.count, &o->reading.source,
                    &o->ldap) &&
        prepare_part(users) && !output_replaces(o, o->output.path) &&
        answers_open(&users->answers, o->output.path)) {
        inputs_tell_idle(o->sources.at, o->sources.count, &o->reading.source, &o->ldap);
        enter_sandbox(users);
        status = run(users);
    }
    end_round(users);
    return status;
}

/* Round after round, until a signal ends the program; what goes wrong in one was told. */
static _Noreturn void watch(struct users *users)
{
    interrupt_ends_with(EXIT_DONE);
    for (;;) {
        (void)run_round(users);
        for (uint64_t left = users->options.watch_s; left > 0; left--) {
            (void)sleep(1);
        }
    }
}

int cmd_users(int argc, char **argv)
{
    struct users users = {.answers = {.file = {.fd = -1}},
                          .since = {.out = {.fd = -1}, .aside = -1}};
    int status = EXIT_NOT_DONE;

    if (!users_options_parse(argc, argv, &users.options, &status)) {
        users_options_clear(&users.options);
        return status;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
    users.options.reading.source.count_lines =
        users.options.format->lines && !users.options.rows.summary;
    if (users.options.merge) {
        status = users_merge(&users.options);
    } else if (reading_options_open(&users.options.reading)) {
        if (users.options.watch_s > 0) {
            watch(&users);
        }
        status = run_round(&users);
    }
    users_options_clear(&users.options);
    return status;
}
