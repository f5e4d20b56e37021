#include <signal.h>
#include <stdlib.h>

#include "base/compat_sandbox.h"
#include "cmd/answers.h"
#include "cmd/inputs.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_users_options.h"
#include "cmd/overwriting.h"
#include "kms/books/books.h"
#include "kms/store/store.h"

/* Everything that the verb takes hold of; clear() lets go of it. */
struct users {
    struct kms_users_options options;
    struct store *store;
    struct inputs inputs; /* what is joined */
    struct books *books;
    struct source **sources; /* the inputs', then the books' */
    const char **names;
    size_t count;
    struct answers answers;
};

/* Whatever it reads is not replaced, the store least of all. */
static bool replaces_input(const struct kms_users_options *o)
{
    struct overwriting read = {.tree = o->store};
    bool told;

    name_list_add_all(&read.files, &o->joined);
    ldap_options_add_files(&o->ldap, &read.files);
    told = overwriting_is_told(&read, o->output.path);
    name_list_clear(&read.files);
    return told;
}

/* What is joined comes first; true also where some of it could not be opened, which is told. */
static bool open_joined(struct users *users)
{
    struct kms_users_options *o = &users->options;

    if (o->joined.count == 0) {
        return true;
    }
    if (!inputs_open(&users->inputs, o->joined.at, o->joined.count, &o->reading.source, &o->ldap)) {
        return false;
    }
    inputs_tell_idle(o->joined.at, o->joined.count, &o->reading.source, &o->ldap);
    return true;
}

static bool open_books(struct users *users)
{
    const struct kms_users_options *o = &users->options;
    const struct books_options options = {.at = o->judging.at,
                                          .joins = o->joined.count > 0,
                                          .lacks_some = users->inputs.unopened > 0};
    struct why why = {0};

    if (store_open(o->store, STORE_READ, kms_clock(), &users->store, &why) != FAULT_NONE ||
        books_open(users->store, &options, &users->books, &why) != FAULT_NONE) {
        complain(o->store, 0, why.rule);
        return false;
    }
    return true;
}

static bool list_sources(struct users *users)
{
    const size_t joined = users->inputs.count;

    users->sources = (struct source **)calloc(joined + 1, sizeof(*users->sources));
    users->names = (const char **)calloc(joined + 1, sizeof(*users->names));
    if (users->sources == NULL || users->names == NULL) {
        complain(NULL, 0, "out of memory");
        return false;
    }
    for (size_t i = 0; i < joined; i++) {
        users->sources[i] = users->inputs.sources[i];
        users->names[i] = users->inputs.names[i];
    }
    users->sources[joined] = books_source(users->books);
    users->names[joined] = users->options.store;
    users->count = joined + 1;
    return true;
}

static void enter_sandbox(const struct users *users)
{
    const struct reading_options *reading = &users->options.reading;
    char *folder = outfile_folder(&users->answers.file);

    if (!reading->no_sandbox) {
        (void)sandbox_enter(&(struct sandbox){.output_folder = folder,
                                              .read_folder = reading->source.follow_folder,
                                              .network = users->inputs.live});
    }
    free(folder);
}

/* Books that cannot be read to their end are worth nothing; of directories, some may be missing. */
static int exit_status(const struct users *users, const struct outcome *outcome)
{
    if (source_is_incomplete(users->sources[users->count - 1]) ||
        (outcome->unread_sources > 0 && outcome->unread_sources >= users->inputs.count)) {
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
    const struct kms_users_options *o = &users->options;
    struct report report = {.format = &o->format,
                            .options = {.at = o->judging.at,
                                        .sources = users->names,
                                        .source_count = users->count,
                                        .summary_only = o->rows.summary,
                                        .width = output_width(o->output.path),
                                        .colour = output_wants_colour(&o->output)},
                            .sink = answers_write,
                            .context = &users->answers};
    const struct roster roster = {
        .sources = users->sources,
        .names = users->names,
        .source_count = users->count,
        .trust = books_trust(users->books),
        .witness = books_witness(users->books),
        .rules = {.at = o->judging.at, .warning_seconds = o->rows.warning_seconds},
        .site = o->judging.site,
        .remotes = o->judging.remotes,
        .shared_keys = o->rows.shared_keys,
        .selection = o->rows.selection,
        .threads = o->reading.threads,
        .report = &report,
        .complain = answers_complain,
        .progress = answers_progress,
        .context = &users->answers};
    struct outcome outcome = {0};
    struct why why = {0};
    enum fault fault = roster_run(&roster, &outcome, &why);

    progress_clear(&users->answers.progress);
    report_clear(&report);
    return finish(users, fault, exit_status(users, &outcome), &why);
}

static void clear(struct users *users)
{
    complain_end();
    books_close(users->books);
    store_close(users->store);
    inputs_clear(&users->inputs);
    free((void *)users->sources);
    free((void *)users->names);
    answers_clear(&users->answers);
    kms_users_options_clear(&users->options);
}

int kms_verb_users(int argc, char **argv)
{
    struct users users = {.answers = {.file = {.fd = -1}}};
    int status = EXIT_NOT_DONE;

    if (!kms_users_options_parse(argc, argv, &users.options, &status)) {
        clear(&users);
        return status;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
    judging_options_settle(&users.options.judging);
    users.options.reading.source.count_lines =
        users.options.format.lines && !users.options.rows.summary;
    users.answers.progress = progress_start(!users.options.output.no_progress);
    if (reading_options_open(&users.options.reading) && open_joined(&users) && open_books(&users) &&
        list_sources(&users) && !replaces_input(&users.options) &&
        answers_open(&users.answers, users.options.output.path)) {
        enter_sandbox(&users);
        status = run(&users);
    }
    clear(&users);
    return status;
}
