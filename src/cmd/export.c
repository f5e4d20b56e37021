#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat_sandbox.h"
#include "base/text.h"
#include "cmd/answers.h"
#include "cmd/cmd.h"
#include "cmd/export_hints.h"
#include "cmd/export_options.h"
#include "cmd/inputs.h"
#include "cmd/overwriting.h"
#include "report/export.h"
#include "roster/exporting.h"
#include "roster/roster.h"

enum { NEAREST = 3, SENTENCE_MAX = 64 * 1024 };

/* Everything that the verb takes hold of; work_clear() lets go of it. */
struct exporter {
    struct export_command command;
    struct export_header header;
    struct export export;
    struct exporting exporting;
    struct inputs inputs;
    struct answers answers;
};

/* Reads no more of the file than its header may take: it may be an export of any size. */
static enum fault read_head(const char *path, struct buffer *head, bool *last, struct why *why)
{
    int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    uint8_t *room = buffer_room(head, EXPORT_HEADER_MAX);
    ssize_t n = 1;

    *last = false;
    while (fd >= 0 && room != NULL && n > 0 && head->len < EXPORT_HEADER_MAX) {
        n = read(fd, room + head->len, EXPORT_HEADER_MAX - head->len);
        if (n < 0 && errno == EINTR) {
            n = 1;
            continue;
        }
        head->len += n > 0 ? (size_t)n : 0;
        *last = n == 0;
    }
    if (fd < 0 || room == NULL || n < 0) {
        *why = (struct why){.rule = strerrordesc_np(room == NULL ? ENOMEM : errno)};
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd < 0 || room == NULL || n < 0 ? FAULT_RESOURCE : FAULT_NONE;
}

static bool read_header(struct exporter *exporter)
{
    const struct export_command *command = &exporter->command;
    struct buffer head = buffer_with_max(2 * EXPORT_HEADER_MAX);
    struct why why = {0};
    bool last;
    enum fault fault = read_head(command->header, &head, &last, &why);

    if (fault == FAULT_NONE) {
        fault =
            export_header_read(buffer_span(&head), last, &command->export, &exporter->header, &why);
    }
    buffer_clear(&head);
    if (fault == FAULT_NONE) {
        fault = export_init(&exporter->header, &command->export, &exporter->export, &why);
    }
    if (fault == FAULT_NONE) {
        fault = exporting_init(&exporter->export, &exporter->exporting, &why);
    }
    if (fault != FAULT_NONE) {
        complain(command->header, 0, why.rule);
    }
    return fault == FAULT_NONE;
}

/* What the header asks for is asked of the sources. */
static void prepare_reading(struct exporter *exporter)
{
    struct export_command *command = &exporter->command;
    struct source_options *source = &command->reading.source;

    source->csv.projection = exporter->export.projection;
    source->csv.any_columns = exporter->export.last_certificate == 0;
    command->ldap.live.projection = exporter->export.projection;
    command->ldap.live.everything = command->export.objects != EXPORT_MAILBOXES;
}

static bool open_output(struct exporter *exporter)
{
    const struct export_command *command = &exporter->command;
    struct overwriting read = {.tree = command->reading.follow_folder};
    bool told;

    for (size_t i = 0; i < command->source_count; i++) { /* the header may be the output */
        name_list_add(&read.files, command->sources[i]);
    }
    if (command->options_file != NULL) {
        name_list_add(&read.files, command->options_file);
    }
    ldap_options_add_files(&command->ldap, &read.files);
    told = overwriting_is_told(&read, command->output.path);
    name_list_clear(&read.files);
    return !told && answers_open(&exporter->answers, command->output.path);
}

static void enter_sandbox(const struct exporter *exporter)
{
    const struct reading_options *reading = &exporter->command.reading;
    char *folder = outfile_folder(&exporter->answers.file);

    if (!reading->no_sandbox) {
        (void)sandbox_enter(&(struct sandbox){.output_folder = folder,
                                              .read_folder = reading->source.follow_folder,
                                              .network = exporter->inputs.live});
    }
    free(folder);
}

/* Names a column that nobody knows, and what it may have been meant to be. */
static void complain_of_column(const struct exporter *exporter, size_t index)
{
    const struct projection_column *column =
        &projection_columns(exporter->export.projection)[index];
    const struct schema *alias = schema_find(column->name, false);
    struct buffer sentence = buffer_with_max(SENTENCE_MAX);
    struct span nearest[NEAREST];
    size_t count = schema_nearest(column->name, exporter->export.options.raw, nearest, NEAREST);

    buffer_add_text(&sentence, "column ");
    buffer_add_uint(&sentence, index + 1);
    if (column->name.len > 0) {
        buffer_add_text(&sentence, ", '");
        text_add_safe(&sentence, span_upto(column->name, SENTENCE_MAX / 16));
        buffer_add_text(&sentence, "': no attribute is called like that, and it stays empty (");
    } else {
        buffer_add_text(&sentence, " has no name, and it stays empty (");
    }
    if (alias != NULL) {
        struct schema_names names = {.schema = alias, .raw = true};

        buffer_add_text(&sentence, "an alias, which --raw does not know: ");
        count = schema_names_next(&names, &nearest[0]) ? 1 : 0;
    } else {
        buffer_add_text(&sentence, count > 0 ? "nearest: " : "no known name is near");
    }
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(&sentence, i > 0 ? ", " : "");
        buffer_add(&sentence, nearest[i]);
    }
    buffer_add_byte(&sentence, ')');
    complain_span(exporter->command.header, 1, buffer_span(&sentence));
    buffer_clear(&sentence);
}

/* Columns that neither the table nor any source knows; returns how many. */
static size_t complain_of_columns(const struct exporter *exporter)
{
    const struct projection_column *columns = projection_columns(exporter->export.projection);
    size_t unknown = 0;

    for (size_t i = 0; i < exporter->header.count; i++) {
        if (columns[i].schema == NULL && !exporter->exporting.tally.met[i]) {
            complain_of_column(exporter, i);
            unknown++;
        }
    }
    return unknown;
}

static int exit_status(const struct exporter *exporter, const struct outcome *outcome)
{
    if (outcome->unread_sources == exporter->inputs.count) {
        return EXIT_NOT_DONE;
    }
    return exporter->inputs.unopened > 0 || outcome->complaints > 0 || outcome->summary.incomplete
               ? EXIT_SOME
               : EXIT_DONE;
}

/* Brings the file to its place, unless what it holds is only a part. */
static enum fault commit(struct exporter *exporter, struct why *why)
{
    const struct ldap_options *ldap = &exporter->command.ldap;

    return answers_withheld(
               &exporter->answers, inputs_fell_short(&exporter->inputs, ldap), ldap,
               "left as it was, since the export is incomplete (--allow-incomplete writes it)")
               ? FAULT_NONE
               : answers_commit(&exporter->answers, why);
}

static int run(struct exporter *exporter)
{
    struct report report = {.format = format_export(),
                            .options = {.export = &exporter->export},
                            .sink = answers_write,
                            .context = &exporter->answers};
    const struct roster roster = {.sources = exporter->inputs.sources,
                                  .names = (const char *const *)exporter->inputs.names,
                                  .source_count = exporter->inputs.count,
                                  .threads = exporter->command.reading.threads,
                                  .report = &report,
                                  .exporting = &exporter->exporting,
                                  .complain = answers_complain,
                                  .progress = answers_progress,
                                  .context = &exporter->answers};
    struct outcome outcome = {0};
    struct why why = {0};
    enum fault fault = roster_run(&roster, &outcome, &why);
    int status = exit_status(exporter, &outcome);

    progress_clear(&exporter->answers.progress);
    report_clear(&report);
    if (fault == FAULT_NONE && status != EXIT_NOT_DONE) {
        if (complain_of_columns(exporter) + export_tell_unshown(&exporter->exporting.tally) > 0) {
            status = EXIT_SOME;
        }
        if (!exporter->export.options.quiet) {
            export_tell_hints(&exporter->export, &exporter->exporting.tally,
                              outcome.summary.mailboxes);
        }
        fault = commit(exporter, &why);
    }
    return answers_end(&exporter->answers, fault, status, NULL, &why);
}

static void exporter_clear(struct exporter *exporter)
{
    inputs_clear(&exporter->inputs);
    exporting_clear(&exporter->exporting);
    export_clear(&exporter->export);
    export_header_clear(&exporter->header);
    answers_clear(&exporter->answers);
    export_command_clear(&exporter->command);
}

int cmd_export(int argc, char **argv)
{
    struct exporter exporter = {.answers = {.file = {.fd = -1}}};
    struct export_command *command = &exporter.command;
    int status = EXIT_NOT_DONE;

    if (export_command_parse(argc, argv, command, &status)) {
        (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
        (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
        exporter.answers.progress =
            progress_start(!command->output.no_progress && !command->export.quiet);
        status = EXIT_NOT_DONE;
        if (read_header(&exporter)) {
            prepare_reading(&exporter);
            if (reading_options_open(&command->reading) &&
                inputs_open(&exporter.inputs, command->sources, command->source_count,
                            &command->reading.source, &command->ldap) &&
                open_output(&exporter)) {
                inputs_tell_idle(command->sources, command->source_count, &command->reading.source,
                                 &command->ldap);
                enter_sandbox(&exporter);
                status = run(&exporter);
            }
        }
    }
    exporter_clear(&exporter);
    return status;
}
