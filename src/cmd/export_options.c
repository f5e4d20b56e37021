#include "cmd/export_options.h"

#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/readfile.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

/* An options file has some twenty lines. */
#define OPTIONS_FILE_MAX ((size_t)1 << 20)

enum option_code {
    OPTION_HEADER = 256,
    OPTION_KIND,
    OPTION_OF_CONTAINER,
    OPTION_SUBCONTAINERS,
    OPTION_HIDDEN,
    OPTION_RAW,
    OPTION_OPTIONS,
};

static const struct option long_options[] = {
    {"header", required_argument, NULL, OPTION_HEADER},
    {"output", required_argument, NULL, 'o'},
    {"objects", required_argument, NULL, OPTION_KIND},
    {"container", required_argument, NULL, OPTION_OF_CONTAINER},
    {"subcontainers", no_argument, NULL, OPTION_SUBCONTAINERS},
    {"hidden", no_argument, NULL, OPTION_HIDDEN},
    {"raw", no_argument, NULL, OPTION_RAW},
    {"options", required_argument, NULL, OPTION_OPTIONS},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    READING_LONG_OPTIONS,
    LDAP_LONG_OPTIONS,
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char help_begin[] =
    "usage: keyroster export [OPTION]... SOURCE... --header FILE -o FILE\n"
    "\n"
    "The directory export of Exchange 5.5, from any source: a CSV file with a row for\n"
    "each mailbox, in the columns that the first line of the header file names.\n"
    "SOURCE is an export file, CSV or LDIF, plain or compressed (.gz, .zst), - for\n"
    "standard input, or an LDAP URL: ldap://, ldaps:// or ldapi://.\n"
    "\n"
    "      --header FILE        its first line names the columns; it may be the file\n"
    "                           that is written\n"
    "  -o, --output FILE        write to FILE, which appears whole or not at all\n"
    "      --objects KIND       mailbox (default), remote, dl, recipients or all\n"
    "      --container NAME     objects of this container only\n"
    "      --subcontainers      and of those beneath it\n"
    "      --hidden             objects that are hidden from the address book too\n"
    "      --raw                no aliases of the Administrator program, and nothing\n"
    "                           made up from other attributes\n"
    "      --options FILE       an options file of the Administrator program\n"
    "                           ([Export] counts)\n"
    "      --no-progress        no progress line on a terminal\n"
    "\n";

static const char help_end[] =
    "\n"
    "  -h, --help               this help\n"
    "\n"
    "Exit status: 0 done; 1 done, but some input could not be read, or a column is\n"
    "unknown (named on stderr); 2 used wrongly; 3 not done. keyroster-export(1) tells\n"
    "the whole.\n";

static bool wrong(const char *what, const char *argument, int *status)
{
    *status = complain_usage("export", what, argument);
    return false;
}

static const char *take_own(struct export_command *command, int code, const char *argument)
{
    switch (code) {
    case OPTION_HEADER:
        command->header = argument;
        return NULL;
    case OPTION_KIND:
        return export_objects_find(span_text(argument), &command->export.objects)
                   ? NULL
                   : "--objects is mailbox, remote, dl, recipients or all, not";
    case OPTION_OF_CONTAINER:
        command->export.container = span_text(argument);
        return NULL;
    case OPTION_SUBCONTAINERS:
        command->export.subcontainers = true;
        return NULL;
    case OPTION_HIDDEN:
        command->export.hidden = true;
        return NULL;
    case OPTION_RAW:
        command->export.raw = true;
        return NULL;
    default:
        command->options_file = argument;
        return NULL;
    }
}

static const char *take_option(void *own, int code, const char *argument)
{
    struct export_command *command = own;
    const struct shared_options shared = {
        .output = &command->output, .reading = &command->reading, .ldap = &command->ldap};
    const char *what = NULL;

    return shared_option_take(&shared, code, argument, &what) ? what
                                                              : take_own(command, code, argument);
}

static bool take_all(int argc, char **argv, struct export_command *out, int *status)
{
    if (!options_parse(argc, argv,
                       &(struct options_frame){.verb = "export",
                                               .letters = ":o:h" LDAP_SHORT_OPTIONS,
                                               .table = long_options,
                                               .help = {help_begin, reading_options_help(), "\n",
                                                        ldap_options_help(), help_end},
                                               .take = take_option,
                                               .own = out},
                       status)) {
        return false;
    }
    out->sources = (const char *const *)(argv + optind);
    out->source_count = (size_t)(argc - optind);
    return true;
}

/* Reads what --options names, in whatever encoding it is. False when that failed. */
static bool read_options_file(struct export_command *command, int *status)
{
    struct buffer bytes = buffer_with_max(OPTIONS_FILE_MAX);
    struct why why = {0};
    size_t mark;
    enum fault fault = readfile(command->options_file, &bytes, &why);

    command->file = buffer_with_max(4 * OPTIONS_FILE_MAX);
    if (fault == FAULT_NONE) {
        enum encoding encoding = encoding_find(buffer_span(&bytes), &mark);

        encoding_add_decoded(&command->file, span_from(buffer_span(&bytes), mark), encoding);
        fault = export_options_read(buffer_span(&command->file), &command->export, &why);
    }
    buffer_clear(&bytes);
    if (fault != FAULT_NONE) {
        complain(command->options_file, why.offset, why.rule);
        *status = EXIT_NOT_DONE;
    }
    return fault == FAULT_NONE;
}

static bool check(const struct export_command *command, int *status)
{
    size_t from_stdin = command->header != NULL && strcmp(command->header, "-") == 0;

    for (size_t i = 0; i < command->source_count; i++) {
        from_stdin += strcmp(command->sources[i], "-") == 0;
    }
    if (command->source_count == 0) {
        return wrong("no SOURCE given", NULL, status);
    }
    if (command->header == NULL) {
        return wrong("no --header given (a file whose first line names the columns)", NULL, status);
    }
    if (from_stdin > 1) {
        return wrong("standard input can be read only once", NULL, status);
    }
    if (reading_options_check(&command->reading) != NULL) {
        return wrong(reading_options_check(&command->reading), NULL, status);
    }
    return ldap_options_check(&command->ldap) == NULL ||
           wrong(ldap_options_check(&command->ldap), NULL, status);
}

bool export_command_parse(int argc, char **argv, struct export_command *out, int *status)
{
    *out = (struct export_command){0};
    reading_options_init(&out->reading);
    ldap_options_init(&out->ldap);
    if (!take_all(argc, argv, out, status)) {
        return false;
    }
    if (out->options_file != NULL) {
        out->export = (struct export_options){0};
        reading_options_init(&out->reading);
        ldap_options_init(&out->ldap);
        if (!read_options_file(out, status) || !take_all(argc, argv, out, status)) {
            return false;
        }
    }
    out->reading.source.live = &out->ldap.live;
    return check(out, status);
}

void export_command_clear(struct export_command *command)
{
    buffer_clear(&command->file);
    reading_options_clear(&command->reading);
    ldap_options_clear(&command->ldap);
}
