#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat_sandbox.h"
#include "base/utc.h"
#include "cmd/answers.h"
#include "cmd/cmd.h"
#include "cmd/diff_options.h"
#include "cmd/inputs.h"
#include "cmd/overwriting.h"
#include "cmd/users_output.h"
#include "roster/diff.h"

enum { WARNING_DAYS = 30 };

/* Everything that the verb takes hold of; comparison_clear() lets go of it. */
struct comparison {
    struct diff_options options;
    struct inputs inputs[2];
    struct spool spools[2];
    struct trust *trust;
    struct answers answers;
};

static bool open_sources(struct comparison *c)
{
    for (int i = 0; i < 2; i++) {
        if (!inputs_open(&c->inputs[i], &c->options.sources[i], 1, &c->options.reading.source,
                         &c->options.ldap)) {
            return false;
        }
    }
    return true;
}

/* Before the process may open nothing any more. */
static bool open_spools(struct comparison *c)
{
    for (int i = 0; i < 2; i++) {
        struct why why = {0};

        if (spool_open(&c->spools[i], &why) != FAULT_NONE) {
            complain(getenv("TMPDIR"), 0, why.rule);
            return false;
        }
    }
    return true;
}

static bool open_output(struct comparison *c)
{
    const struct diff_options *o = &c->options;
    struct overwriting read = {.tree = o->reading.follow_folder};
    bool told;

    name_list_add(&read.files, o->sources[0]);
    name_list_add(&read.files, o->sources[1]);
    judging_options_add_files(&o->judging, &read.files);
    ldap_options_add_files(&o->ldap, &read.files);
    told = overwriting_is_told(&read, o->output.path);
    name_list_clear(&read.files);
    return !told && answers_open(&c->answers, o->output.path);
}

static void enter_sandbox(const struct comparison *c)
{
    const struct reading_options *reading = &c->options.reading;
    char *folder = outfile_folder(&c->answers.file);

    if (!reading->no_sandbox) {
        (void)sandbox_enter(&(struct sandbox){.output_folder = folder,
                                              .read_folder = reading->source.follow_folder,
                                              .network = c->inputs[0].live || c->inputs[1].live});
    }
    free(folder);
}

/* What a directory kept back looks like a mailbox that has left. */
static bool fell_short(const struct comparison *c)
{
    const bool old = inputs_fell_short(&c->inputs[0], &c->options.ldap);

    return inputs_fell_short(&c->inputs[1], &c->options.ldap) || old;
}

/* Brings the output to its place; returns the exit status. */
static int finish(struct comparison *c, const struct diff_outcome *outcome, enum fault fault,
                  const char *at_fault, struct why *why)
{
    const int status = outcome->unread                                  ? EXIT_NOT_DONE
                       : outcome->complaints > 0 || outcome->incomplete ? EXIT_SOME
                                                                        : EXIT_DONE;

    progress_clear(&c->answers.progress);
    if (fault == FAULT_NONE && !outcome->unread &&
        !answers_withheld(
            &c->answers, fell_short(c), &c->options.ldap,
            "left as it was, since a side is incomplete (--allow-incomplete writes it)")) {
        fault = answers_commit(&c->answers, why);
    }
    return answers_end(&c->answers, fault, status, at_fault, why);
}

static int run(struct comparison *c)
{
    const struct diff_options *o = &c->options;
    struct diff_report report = {.format = o->format,
                                 .width = output_width(o->output.path),
                                 .colour = output_wants_colour(&o->output),
                                 .sink = answers_write,
                                 .context = &c->answers};
    const struct roster judged = {
        .trust = c->trust,
        .rules = {.at = o->judging.at, .warning_seconds = (int64_t)WARNING_DAYS * UTC_DAY},
        .site = o->judging.site,
        .remotes = o->judging.remotes,
        .threads = o->reading.threads,
        .complain = answers_complain,
        .progress = answers_progress,
        .context = &c->answers};
    const struct diff diff = {.sources = {c->inputs[0].sources[0], c->inputs[1].sources[0]},
                              .names = {c->inputs[0].names[0], c->inputs[1].names[0]},
                              .spools = {&c->spools[0], &c->spools[1]},
                              .judged = &judged,
                              .shown = o->shown,
                              .report = &report};
    struct diff_outcome outcome = {0};
    struct why why = {0};
    const char *at_fault = NULL;
    enum fault fault = diff_run(&diff, &outcome, &at_fault, &why);

    diff_report_clear(&report);
    return finish(c, &outcome, fault, at_fault, &why);
}

static void comparison_clear(struct comparison *c)
{
    for (int i = 0; i < 2; i++) {
        inputs_clear(&c->inputs[i]);
        spool_close(&c->spools[i]);
    }
    trust_free(c->trust);
    answers_clear(&c->answers);
    diff_options_clear(&c->options);
}

int cmd_diff(int argc, char **argv)
{
    struct comparison c = {.answers = {.file = {.fd = -1}}, .spools = {{.fd = -1}, {.fd = -1}}};
    int status = EXIT_NOT_DONE;

    if (diff_options_parse(argc, argv, &c.options, &status)) {
        (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
        (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
        judging_options_settle(&c.options.judging);
        c.answers.progress = progress_start(!c.options.output.no_progress);
        status = EXIT_NOT_DONE;
        if (judging_options_load(&c.options.judging, &c.trust) &&
            reading_options_open(&c.options.reading) && open_sources(&c) && open_spools(&c) &&
            open_output(&c)) {
            enter_sandbox(&c);
            status = run(&c);
        }
    }
    comparison_clear(&c);
    return status;
}
