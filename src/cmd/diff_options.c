#include "cmd/diff_options.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

enum option_code {
    OPTION_ONLY = 256,
    OPTION_COLOUR,
    OPTION_NO_PROGRESS,
};

static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"color", required_argument, NULL, OPTION_COLOUR},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    JUDGING_LONG_OPTIONS,
    READING_LONG_OPTIONS,
    LDAP_LONG_OPTIONS,
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int print_help(void)
{
    fputs("usage: keyroster diff [OPTION]... OLD NEW\n"
          "\n"
          "Tells what has changed between two rosters: who appeared or left, who enrolled\n"
          "or lapsed, whose certificate was renewed or revoked, and what else is another.\n"
          "OLD and NEW are each an export file, CSV or LDIF, plain or compressed (.gz,\n"
          ".zst), - for standard input, or an LDAP URL: ldap://, ldaps:// or ldapi://.\n"
          "\n"
          "Output:\n"
          "  -f, --format FORMAT      table (default), csv or jsonl\n"
          "  -o, --output FILE        write to FILE, which appears whole or not at all\n"
          "      --only CHANGE,...    these changes only: appeared, left, revoked,\n"
          "                           enrolled, lapsed, renewed, changed\n"
          "      --color WHEN         auto (default), always or never\n"
          "      --no-progress        no progress line on a terminal\n"
          "\n",
          stdout);
    fputs(judging_options_help(), stdout);
    fputs("\n", stdout);
    fputs(reading_options_help(), stdout);
    fputs("\n", stdout);
    fputs(ldap_options_help(), stdout);
    fputs("\n"
          "  -h, --help               this help\n"
          "\n"
          "Exit status: 0 done, with differences or without; 1 done, but some input could\n"
          "not be read or compared (named on stderr); 2 used wrongly; 3 not done.\n"
          "keyroster-diff(1) tells the whole.\n",
          stdout);
    return EXIT_DONE;
}

static bool wrong(const char *what, const char *argument, int *status)
{
    *status = complain_usage("diff", what, argument);
    return false;
}

static bool parse_changes(const char *text, uint32_t *out, int *status)
{
    struct span rest = span_text(text);
    bool more = true;

    while (more) {
        size_t comma = 0;
        enum diff_change change = DIFF_NONE;

        more = span_find(rest, ',', &comma);
        if (!diff_change_find(more ? span_upto(rest, comma) : rest, &change)) {
            return wrong("no such change in", text, status);
        }
        *out |= 1U << change;
        rest = span_from(rest, comma + 1);
    }
    return true;
}

static bool parse_colour(const char *text, int *out, int *status)
{
    if (strcmp(text, "auto") != 0 && strcmp(text, "always") != 0 && strcmp(text, "never") != 0) {
        return wrong("--color is auto, always or never, not", text, status);
    }
    *out = *text == 'n' ? 0 : text[1] == 'l' ? 1 : -1;
    return true;
}

static bool parse_own(struct diff_options *o, int code, const char *argument, int *status)
{
    switch (code) {
    case 'f':
        o->format = diff_format_find(span_text(argument));
        return o->format != NULL || wrong("--format is table, csv or jsonl, not", argument, status);
    case 'o':
        o->output = argument;
        return *argument != '\0' || wrong("--output is the name of a file, not", argument, status);
    case OPTION_ONLY:
        return parse_changes(argument, &o->shown, status);
    case OPTION_COLOUR:
        return parse_colour(argument, &o->colour, status);
    default:
        o->no_progress = true;
        return true;
    }
}

static bool parse_option(struct diff_options *o, int code, const char *argument, int *status)
{
    const char *what;

    if (ldap_option_is(code)) {
        what = ldap_option_take(&o->ldap, code, argument);
    } else if (judging_option_is(code)) {
        what = judging_option_take(&o->judging, code, argument);
    } else if (reading_option_is(code)) {
        what = reading_option_take(&o->reading, code, argument);
    } else {
        return parse_own(o, code, argument, status);
    }
    return what == NULL || wrong(what, argument, status);
}

static bool take_sources(struct diff_options *o, int argc, char **argv, int *status)
{
    if (argc != 2) {
        return wrong("it compares two, OLD and NEW", argc > 2 ? argv[2] : NULL, status);
    }
    o->sources[0] = argv[0];
    o->sources[1] = argv[1];
    if (strcmp(argv[0], "-") == 0 && strcmp(argv[1], "-") == 0) {
        return wrong("standard input can be read only once", NULL, status);
    }
    return ldap_options_check(&o->ldap) == NULL ||
           wrong(ldap_options_check(&o->ldap), NULL, status);
}

bool diff_options_parse(int argc, char **argv, struct diff_options *out, int *status)
{
    int code;

    *out = (struct diff_options){.format = diff_format_find(span_text("table")), .colour = -1};
    ldap_options_init(&out->ldap);
    reading_options_init(&out->reading);
    out->reading.source.live = &out->ldap.live;
    out->reading.source.count_lines = true;
    opterr = 0;
    while ((code = getopt_long(argc, argv, ":f:o:h" LDAP_SHORT_OPTIONS, long_options, NULL)) !=
           -1) {
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
        if (!parse_option(out, code, optarg, status)) {
            return false;
        }
    }
    if (out->shown == 0) {
        out->shown = UINT32_MAX;
    }
    return take_sources(out, argc - optind, argv + optind, status);
}

void diff_options_clear(struct diff_options *options)
{
    judging_options_clear(&options->judging);
    reading_options_clear(&options->reading);
    ldap_options_clear(&options->ldap);
}
