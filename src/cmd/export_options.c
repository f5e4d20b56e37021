#include "cmd/export_options.h"

#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/readfile.h"
#include "cmd/cmd.h"

/* An options file has some twenty lines. */
#define OPTIONS_FILE_MAX ((size_t)1 << 20)

enum option_code {
    OPTION_HEADER = 256,
    OPTION_OBJECTS,
    OPTION_CONTAINER,
    OPTION_SUBCONTAINERS,
    OPTION_HIDDEN,
    OPTION_RAW,
    OPTION_OPTIONS,
    OPTION_NO_PROGRESS,
};

static const struct option long_options[] = {
    {"header", required_argument, NULL, OPTION_HEADER},
    {"output", required_argument, NULL, 'o'},
    {"objects", required_argument, NULL, OPTION_OBJECTS},
    {"container", required_argument, NULL, OPTION_CONTAINER},
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

static const char short_options[] = ":o:h" LDAP_SHORT_OPTIONS;

static int print_help(void)
{
    fputs("usage: keyroster export [OPTION]... SOURCE... --header FILE -o FILE\n"
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
          "\n",
          stdout);
    fputs(reading_options_help(), stdout);
    fputs("\n", stdout);
    fputs(ldap_options_help(), stdout);
    fputs("\n"
          "  -h, --help               this help\n"
          "\n"
          "Exit status: 0 done; 1 done, but some input could not be read, or a column is\n"
          "unknown (named on stderr); 2 used wrongly; 3 not done. keyroster-export(1) tells\n"
          "the whole.\n",
          stdout);
    return EXIT_DONE;
}

static bool wrong(const char *what, const char *argument, int *status)
{
    *status = complain_usage("export", what, argument);
    return false;
}

static bool take_own(struct export_command *command, int code, const char *argument, int *status)
{
    switch (code) {
    case OPTION_HEADER:
        command->header = argument;
        return true;
    case 'o':
        command->output = argument;
        return *argument != '\0' || wrong("--output is the name of a file, not", argument, status);
    case OPTION_OBJECTS:
        return export_objects_find(span_text(argument), &command->export.objects) ||
               wrong("--objects is mailbox, remote, dl, recipients or all, not", argument, status);
    case OPTION_CONTAINER:
        command->export.container = span_text(argument);
        return true;
    case OPTION_SUBCONTAINERS:
        command->export.subcontainers = true;
        return true;
    case OPTION_HIDDEN:
        command->export.hidden = true;
        return true;
    case OPTION_RAW:
        command->export.raw = true;
        return true;
    case OPTION_OPTIONS:
        command->options_file = argument;
        return true;
    default:
        command->no_progress = true;
        return true;
    }
}

static bool take(struct export_command *command, int code, const char *argument, int *status)
{
    const char *what;

    if (!ldap_option_is(code) && !reading_option_is(code)) {
        return take_own(command, code, argument, status);
    }
    what = ldap_option_is(code) ? ldap_option_take(&command->ldap, code, argument)
                                : reading_option_take(&command->reading, code, argument);
    return what == NULL || wrong(what, argument, status);
}

static bool take_all(int argc, char **argv, struct export_command *command, int *status)
{
    int code;

    opterr = 0;
    optind = 0; /* from the start, also the second time */
    while ((code = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        if (code == 'h') {
            *status = print_help();
            return false;
        }
        if (code == ':') {
            return wrong("an argument is missing behind", argv[optind - 1], status);
        }
        if (code == '?') {
            /* The word that could not be taken: getopt has gone past it, or stands within it. */
            return wrong("unknown option, or one that takes no argument", argv[optind - 1], status);
        }
        if (!take(command, code, optarg, status)) {
            return false;
        }
    }
    command->sources = (const char *const *)(argv + optind);
    command->source_count = (size_t)(argc - optind);
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
