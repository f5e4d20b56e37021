#include "cmd/diff_options.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"

enum { OPTION_CHANGES = 256 };

static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"only", required_argument, NULL, OPTION_CHANGES},
    {"color", required_argument, NULL, OPTION_COLOUR},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    JUDGING_LONG_OPTIONS,
    READING_LONG_OPTIONS,
    LDAP_LONG_OPTIONS,
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char help_begin[] =
    "usage: keyroster diff [OPTION]... OLD NEW\n"
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
    "\n";

static const char help_end[] =
    "\n"
    "  -h, --help               this help\n"
    "\n"
    "Exit status: 0 done, with differences or without; 1 done, but some input could\n"
    "not be read or compared (named on stderr); 2 used wrongly; 3 not done.\n"
    "keyroster-diff(1) tells the whole.\n";

static bool wrong(const char *what, const char *argument, int *status)
{
    *status = complain_usage("diff", what, argument);
    return false;
}

static const char *take_changes(const char *text, uint32_t *out)
{
    struct span rest = span_text(text);
    bool more = true;

    while (more) {
        size_t comma = 0;
        enum diff_change change = DIFF_NONE;

        more = span_find(rest, ',', &comma);
        if (!diff_change_find(more ? span_upto(rest, comma) : rest, &change)) {
            return "no such change in";
        }
        *out |= 1U << change;
        rest = span_from(rest, comma + 1);
    }
    return NULL;
}

static const char *take_option(void *own, int code, const char *argument)
{
    struct diff_options *o = own;
    const struct shared_options shared = {
        .output = &o->output, .judging = &o->judging, .reading = &o->reading, .ldap = &o->ldap};
    const char *what = NULL;

    if (shared_option_take(&shared, code, argument, &what)) {
        return what;
    }
    if (code == OPTION_CHANGES) {
        return take_changes(argument, &o->shown);
    }
    o->format = diff_format_find(span_text(argument));
    return o->format != NULL ? NULL : "--format is table, csv or jsonl, not";
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
    *out = (struct diff_options){.format = diff_format_find(span_text("table"))};
    ldap_options_init(&out->ldap);
    reading_options_init(&out->reading);
    out->reading.source.live = &out->ldap.live;
    out->reading.source.count_lines = true;
    if (!options_parse(argc, argv,
                       &(struct options_frame){.verb = "diff",
                                               .letters = ":f:o:h" LDAP_SHORT_OPTIONS,
                                               .table = long_options,
                                               .help = {help_begin, judging_options_help(), "\n",
                                                        reading_options_help(), "\n",
                                                        ldap_options_help(), help_end},
                                               .take = take_option,
                                               .own = out},
                       status)) {
        return false;
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
