#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/compat_sandbox.h"
#include "base/spool.h"
#include "cmd/cmd.h"
#include "cmd/inputs.h"
#include "cmd/progress.h"
#include "cmd/tidy_apply.h"
#include "cmd/tidy_files.h"
#include "cmd/tidy_options.h"
#include "directory/modify.h"
#include "report/change.h"
#include "roster/roster.h"

enum { SENTENCE_MAX = 64 * 1024, TOLD_MAX = 10 };

/* Attributes with certificates that a directory may have no equality rule for. */
static const char *const attributes[] = {"userCertificate", "userSMIMECertificate",
                                         "taggedCertificate", "tagged-x509-cert", NULL};
enum { ATTRIBUTE_NAMES = sizeof(attributes) / sizeof(attributes[0]) };

/* RFC 2798, 2.8, gives this one none; where a file comes from, nobody knows. */
static const char *const in_files[] = {"userSMIMECertificate", NULL};

/* Everything that the verb takes hold of; tidier_clear() lets go of it. */
struct tidier {
    struct tidy_options options;
    struct inputs inputs;
    struct trust *trust;
    struct directory *directory; /* a second connection, to look at the schema and to change */
    const char *inseparable[ATTRIBUTE_NAMES];
    struct tidying tidying;
    struct tidy_files files;
    struct spool spool; /* the changes, until they may be done */
    uint64_t spooled;
    uint64_t entries, values; /* to be removed */
    uint64_t kinds[TIDY_KIND_COUNT];
    uint64_t smime;        /* values of userSMIMECertificate among them, one by one */
    uint64_t inseparables; /* complaints of values of inseparable attributes */
    bool told;             /* the fault that ends the run has been told */
    struct progress progress;
};

static bool applies(const struct tidier *t) { return t->options.apply && !t->options.dry_run; }

/* Connects once more; what cannot be done is told. */
static bool open_directory(struct tidier *t)
{
    struct directory_url url = {0};
    bool lacks[ATTRIBUTE_NAMES] = {0};
    struct why why = {0};
    enum fault fault = directory_url_parse(t->options.source, &url, &why);

    if (fault == FAULT_NONE) {
        t->directory = directory_new_take(&url, &t->options.ldap.live.directory);
        directory_url_clear(&url);
        fault = t->directory == NULL ? fault_at(FAULT_RESOURCE, 0, "out of memory", &why)
                                     : directory_connect(t->directory, &why);
    }
    if (fault == FAULT_NONE) {
        fault = directory_lacks_equality(t->directory, attributes, lacks, &why);
    }
    if (fault != FAULT_NONE) {
        complain(t->inputs.names[0], 0, why.rule);
        return false;
    }
    for (size_t i = 0, n = 0; attributes[i] != NULL; i++) {
        if (lacks[i]) {
            t->inseparable[n++] = attributes[i];
        }
    }
    return true;
}

/* Finds out of which attributes single values can be removed. */
static bool look_at_schema(struct tidier *t)
{
    const struct tidy_options *o = &t->options;

    t->tidying = (struct tidying){.rules = o->rules, .whole = o->whole};
    if (!t->inputs.live) {
        t->tidying.inseparable = o->whole ? in_files : NULL;
        return true;
    }
    t->tidying.inseparable = t->inseparable;
    return open_directory(t);
}

static bool open_spool(struct tidier *t)
{
    struct why why = {0};

    if (!applies(t) || spool_open(&t->spool, &why) == FAULT_NONE) {
        return true;
    }
    complain(getenv("TMPDIR"), 0, why.rule);
    return false;
}

static void enter_sandbox(const struct tidier *t)
{
    const struct reading_options *reading = &t->options.reading;
    char *folder = outfile_folder(&t->files.output);
    char *undo_folder = outfile_folder(&t->files.undo);

    if (!reading->no_sandbox) {
        (void)sandbox_enter(&(struct sandbox){.output_folder = folder,
                                              .kept_folder = undo_folder,
                                              .read_folder = reading->source.follow_folder,
                                              .network = t->inputs.live});
    }
    free(folder);
    free(undo_folder);
}

static void count_change(struct tidier *t, const struct change *change)
{
    struct cursor in = change->values;
    struct change_value value;

    t->entries++;
    while (change_value_next(&in, &value)) {
        t->values += value.kinds != 0;
        t->smime += value.kinds != 0 && !value.whole && span_is(value.name, "userSMIMECertificate");
        if (value.kinds != 0) {
            t->kinds[__builtin_ctz(value.kinds)]++;
        }
    }
}

/* Takes the changes of a batch. */
static enum fault take_changes(void *context, struct span bytes, struct why *why)
{
    struct tidier *t = context;
    struct cursor in = cursor_over(bytes);
    struct change change;
    uint64_t at;
    enum fault fault;

    progress_clear(&t->progress);
    while ((fault = change_next(&in, &change)) == FAULT_NONE) {
        count_change(t, &change);
        fault = tidy_files_add(&t->files, &change, why);
        if (fault != FAULT_NONE) {
            t->told = true;
            return fault;
        }
    }
    if (fault == FAULT_ABSENT && applies(t)) {
        t->spooled += bytes.len;
        return spool_add(&t->spool, bytes, &at, why);
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault_at(fault, 0, "a change is damaged", why);
}

/* True for what may be said of every entry of a directory. */
static bool is_inseparable(struct span sentence)
{
    struct span end = span_text(tidying_inseparable());

    return sentence.len >= end.len && span_equal(span_from(sentence, sentence.len - end.len), end);
}

static void tell_complaint(void *context, const char *source, uint64_t line, struct span sentence)
{
    struct tidier *t = context;

    if (is_inseparable(sentence) && ++t->inseparables > TOLD_MAX && !t->options.ldap.verbose) {
        return; /* tell_hints() has their number */
    }
    progress_clear(&t->progress);
    complain_span(source, line, sentence);
}

static void show_progress(void *context, const char *source, uint64_t position, uint64_t size,
                          uint64_t mailboxes)
{
    struct tidier *t = context;

    progress_show(&t->progress, source, position, size, mailboxes);
}

/* `12 values (10 expired, 2 superseded) from 7 entries` */
static void add_count(struct buffer *out, const struct tidier *t)
{
    const char *between = " (";

    buffer_add_uint(out, t->values);
    buffer_add_text(out, t->values == 1 ? " value" : " values");
    for (size_t i = 0; i < TIDY_KIND_COUNT; i++) {
        if (t->kinds[i] > 0) {
            buffer_add_text(out, between);
            buffer_add_uint(out, t->kinds[i]);
            buffer_add_byte(out, ' ');
            buffer_add_text(out, tidy_kind_name(i));
            between = ", ";
        }
    }
    buffer_add_text(out, t->values > 0 ? ") from " : " from ");
    buffer_add_uint(out, t->entries);
    buffer_add_text(out, t->entries == 1 ? " entry" : " entries");
}

static void tell_hints(const struct tidier *t)
{
    struct buffer sentence = buffer_with_max(SENTENCE_MAX);

    if (t->inseparables > TOLD_MAX && !t->options.ldap.verbose) {
        buffer_add_text(&sentence, "so for ");
        buffer_add_uint(&sentence, t->inseparables - TOLD_MAX);
        buffer_add_text(&sentence, t->inseparables - TOLD_MAX == 1 ? " value" : " values");
        buffer_add_text(&sentence, " more (--verbose names each)");
        complain_span(t->inputs.names[0], 0, buffer_span(&sentence));
        buffer_reset(&sentence);
    }
    if (t->options.dry_run || t->values == 0) {
        if (t->values > 0) {
            add_count(&sentence, t);
        } else {
            buffer_add_text(&sentence, "nothing");
        }
        buffer_add_text(&sentence, " to be removed");
        complain_span(t->inputs.names[0], 0, buffer_span(&sentence));
        buffer_reset(&sentence);
    }
    if (t->tidying.tally.kept > 0) {
        buffer_add_uint(&sentence, t->tidying.tally.kept);
        buffer_add_text(&sentence, t->tidying.tally.kept == 1
                                       ? " value kept: the last usable certificate of its mailbox"
                                       : " values kept: the last usable certificates of their "
                                         "mailboxes");
        buffer_add_text(&sentence, " (--even-last removes it)");
        complain_span(t->inputs.names[0], 0, buffer_span(&sentence));
    }
    if (!t->inputs.live && t->smime > 0) {
        complain(t->inputs.names[0], 0,
                 "an OpenLDAP will refuse to remove single values of userSMIMECertificate "
                 "(--whole-attribute writes what it takes; other servers need not)");
    }
    buffer_clear(&sentence);
}

static bool is_agreed(const struct tidier *t)
{
    struct buffer question = buffer_with_max(SENTENCE_MAX);
    bool agreed = t->options.yes;

    if (!agreed) {
        buffer_add_text(&question, "Remove ");
        add_count(&question, t);
        buffer_add_text(&question, " of ");
        buffer_add_text(&question, t->inputs.names[0]);
        buffer_add_text(&question, "? [y/N] ");
        agreed = tidy_apply_ask(buffer_span(&question));
        buffer_clear(&question);
        if (!agreed) {
            complain(t->inputs.names[0], 0, "nothing was changed");
        }
    }
    return agreed;
}

/* Asks, writes down how to undo it, and does it. */
static int apply(struct tidier *t, int status)
{
    const struct tidy_applying applying = {.directory = t->directory,
                                           .name = t->inputs.names[0],
                                           .changes = &t->spool,
                                           .size = t->spooled,
                                           .entries = t->entries,
                                           .progress = &t->progress};
    int applied;

    if (!is_agreed(t) || !tidy_files_commit(&t->files)) {
        return EXIT_NOT_DONE;
    }
    if (t->options.undo == NULL) {
        complain(t->files.undo_name, 0, "what puts back what is removed now");
    }
    applied = tidy_apply(&applying);
    return applied > status ? applied : status;
}

/* What a directory kept back may be what a mailbox needs: nothing is done by halves unasked. */
static bool is_withheld(const struct tidier *t)
{
    if (!inputs_fell_short(&t->inputs, &t->options.ldap) || t->options.ldap.allow_incomplete) {
        return false;
    }
    if (applies(t)) {
        complain(t->inputs.names[0], 0,
                 "nothing was changed, since not all of it could be read (--allow-incomplete goes "
                 "on with what was)");
    } else if (t->files.output.path != NULL) {
        complain(t->options.output.path, 0,
                 "left as it was, since the reading is incomplete (--allow-incomplete writes it)");
    }
    return true;
}

static int finish(struct tidier *t, const struct outcome *outcome)
{
    int status = outcome->complaints > 0 || outcome->summary.incomplete ? EXIT_SOME : EXIT_DONE;

    if (outcome->unread_sources > 0) {
        return EXIT_NOT_DONE;
    }
    if (is_withheld(t)) {
        return applies(t) ? EXIT_NOT_DONE : EXIT_SOME;
    }
    tell_hints(t);
    if (applies(t) && t->entries > 0) {
        return apply(t, status);
    }
    return tidy_files_commit(&t->files) ? status : EXIT_NOT_DONE;
}

static int run(struct tidier *t)
{
    const struct tidy_options *o = &t->options;
    struct report report = {.format = format_changes(), .sink = take_changes, .context = t};
    const struct roster roster = {
        .sources = t->inputs.sources,
        .names = (const char *const *)t->inputs.names,
        .source_count = t->inputs.count,
        .trust = t->trust,
        .rules = {.at = o->judging.at},
        .selection = {.container = span_text(o->container != NULL ? o->container : "")},
        .threads = o->reading.threads,
        .report = &report,
        .tidying = &t->tidying,
        .complain = tell_complaint,
        .progress = show_progress,
        .context = t};
    struct outcome outcome = {0};
    struct why why = {0};
    enum fault fault = roster_run(&roster, &outcome, &why);

    progress_clear(&t->progress);
    report_clear(&report);
    if (fault == FAULT_NONE) {
        return finish(t, &outcome);
    }
    if (fault != FAULT_ABSENT && !t->told) { /* nobody reads any more: `| head` needs no message */
        complain(NULL, 0, why.rule);
    }
    return EXIT_NOT_DONE;
}

static void tidier_clear(struct tidier *t)
{
    inputs_clear(&t->inputs);
    trust_free(t->trust);
    directory_free(t->directory);
    tidy_files_clear(&t->files);
    spool_close(&t->spool);
    tidy_options_clear(&t->options);
}

/* --older-than is of what has a time at which it came to be so. */
static void tell_idle(const struct tidy_options *o)
{
    const uint32_t timed = TIDY_EXPIRED | TIDY_SUPERSEDED | TIDY_REVOKED;

    if (o->rules.older_than > 0 && (o->rules.remove & timed) == 0) {
        complain(NULL, 0,
                 "--older-than does nothing here: it is of what is expired, superseded or revoked");
    }
}

int cmd_tidy(int argc, char **argv)
{
    struct tidier t = {.files = {.output = {.fd = -1}, .undo = {.fd = -1}, .undo_folder = -1},
                       .spool = {.fd = -1}};
    int status = EXIT_NOT_DONE;

    if (tidy_options_parse(argc, argv, &t.options, &status)) {
        (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
        (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
        judging_options_settle(&t.options.judging);
        tell_idle(&t.options);
        t.progress = progress_start(!t.options.output.no_progress);
        status = EXIT_NOT_DONE;
        if (judging_options_load(&t.options.judging, &t.trust) &&
            reading_options_open(&t.options.reading) &&
            inputs_open(&t.inputs, &t.options.source, 1, &t.options.reading.source,
                        &t.options.ldap) &&
            look_at_schema(&t) && open_spool(&t) && tidy_files_open(&t.options, &t.files)) {
            inputs_tell_idle(&t.options.source, 1, &t.options.reading.source, &t.options.ldap);
            enter_sandbox(&t);
            status = run(&t);
        }
    }
    tidier_clear(&t);
    return status;
}
