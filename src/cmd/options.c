#include "cmd/options.h"

#include <stdio.h>

#include "cmd/cmd.h"

static bool wrong(const struct options_frame *frame, const char *what, const char *argument,
                  int *status)
{
    *status = complain_usage(frame->verb, what, argument);
    return false;
}

static bool take(const struct options_frame *frame, int code, char **argv, int *status)
{
    const char *what;

    switch (code) {
    case 'h':
        for (size_t i = 0; i < OPTIONS_HELP_MAX && frame->help[i] != NULL; i++) {
            fputs(frame->help[i], stdout);
        }
        *status = EXIT_DONE;
        return false;
    case ':':
        return wrong(frame, "an argument is missing behind", argv[optind - 1], status);
    case '?':
        /* The word that could not be taken: getopt has gone past it, or stands within it. */
        return wrong(frame, "unknown option, or one that takes no argument", argv[optind - 1],
                     status);
    default:
        what = frame->take(frame->own, code, optarg);
        return what == NULL || wrong(frame, what, optarg, status);
    }
}

bool options_parse(int argc, char **argv, const struct options_frame *frame, int *status)
{
    int code;

    opterr = 0;
    optind = 0; /* from the start, also the second time */
    while ((code = getopt_long(argc, argv, frame->letters, frame->table, NULL)) != -1) {
        if (!take(frame, code, argv, status)) {
            return false;
        }
    }
    return true;
}

bool shared_option_take(const struct shared_options *options, int code, const char *argument,
                        const char **what)
{
    if (options->output != NULL && output_option_is(code)) {
        *what = output_option_take(options->output, code, argument);
    } else if (options->rows != NULL && row_option_is(code)) {
        *what = row_option_take(options->rows, code, argument);
    } else if (options->judging != NULL && judging_option_is(code)) {
        *what = judging_option_take(options->judging, code, argument);
    } else if (options->reading != NULL && reading_option_is(code)) {
        *what = reading_option_take(options->reading, code, argument);
    } else if (options->ldap != NULL && ldap_option_is(code)) {
        *what = ldap_option_take(options->ldap, code, argument);
    } else {
        return false;
    }
    return true;
}
