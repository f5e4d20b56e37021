#include "cmd/users_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utc.h"
#include "cmd/cmd.h"
#include "directory/url.h"

enum { WARNING_DAYS = 30, WATCH_MAX_S = 31 * 86400 };

enum option_code {
    OPTION_ONLY = 256,
    OPTION_CONTAINER,
    OPTION_EXPIRES_WITHIN,
    OPTION_NO_PROGRESS,
    OPTION_PART,
    OPTION_SUMMARY,
    OPTION_MERGE,
    OPTION_SHARED_KEYS,
    OPTION_COLOUR,
    OPTION_SINCE,
    OPTION_WATCH,
};

static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"container", required_argument, NULL, OPTION_CONTAINER},
    {"expires-within", required_argument, NULL, OPTION_EXPIRES_WITHIN},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    {"summary", no_argument, NULL, OPTION_SUMMARY},
    {"part", required_argument, NULL, OPTION_PART},
    {"merge", no_argument, NULL, OPTION_MERGE},
    {"shared-keys", no_argument, NULL, OPTION_SHARED_KEYS},
    {"color", required_argument, NULL, OPTION_COLOUR},
    {"since", required_argument, NULL, OPTION_SINCE},
    {"watch", required_argument, NULL, OPTION_WATCH},
    JUDGING_LONG_OPTIONS,
    READING_LONG_OPTIONS,
    LDAP_LONG_OPTIONS,
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int print_help(void)
{
    fputs("usage: keyroster users [OPTION]... SOURCE...\n"
          "       keyroster users --merge [-f FORMAT] [-o FILE] FILE...\n"
          "\n"
          "Tells which mailboxes use the key management server (KMS), and with what. SOURCE\n"
          "is an export file, CSV or LDIF, plain or compressed (.gz, .zst), - for standard\n"
          "input, or an LDAP URL: ldap://, ldaps:// or ldapi://.\n"
          "\n"
          "Output:\n"
          "  -f, --format FORMAT      table (default), csv, json, jsonl, html\n"
          "                           or prometheus\n"
          "  -o, --output FILE        write to FILE, which appears whole or not at all\n"
          "      --summary            the counts alone\n"
          "      --merge              add up FILEs that --summary -f json wrote, one\n"
          "                           for each part\n"
          "      --only STANDING,...  rows of these standings only (active, expired, ...)\n"
          "      --container NAME     rows of this container, and of those beneath it, only\n"
          "      --expires-within D   rows whose certificate ends within D only (30d),\n"
          "                           which is also the warning time\n"
          "      --since FILE         keep the roster of an LDAP URL in FILE, and ask only\n"
          "                           for what has changed since\n"
          "      --watch SECONDS      write -o FILE again SECONDS after each time, until\n"
          "                           stopped\n"
          "      --color WHEN         auto (default), always or never\n"
          "      --no-progress        no progress line on a terminal\n"
          "\n",
          stdout);
    fputs(judging_options_help(), stdout);
    fputs("      --shared-keys        warn of keys that two mailboxes have (reads twice)\n"
          "\n",
          stdout);
    fputs(reading_options_help(), stdout);
    fputs("      --part K/N           read the K-th of N parts of each file\n", stdout);
    fputs("\n", stdout);
    fputs(ldap_options_help(), stdout);
    fputs("\n"
          "  -h, --help               this help\n"
          "\n"
          "Exit status: 0 done; 1 done, but some input could not be read (named on stderr);\n"
          "2 used wrongly; 3 not done. keyroster-users(1) tells the whole.\n",
          stdout);
    return EXIT_DONE;
}

static bool wrong(const char *what, const char *argument, int *status)
{
    *status = complain_usage("users", what, argument);
    return false;
}

static bool parse_standings(const char *text, uint32_t *out, int *status)
{
    struct span rest = span_text(text);

    do {
        size_t comma;
        bool more = span_find(rest, ',', &comma);
        struct span name = more ? span_upto(rest, comma) : rest;
        enum standing standing = STANDING_ACTIVE;

        if (!standing_find(name, &standing)) {
            return wrong("no such standing in", text, status);
        }
        *out |= 1U << standing;
        rest = more ? span_from(rest, comma + 1) : (struct span){0};
    } while (rest.len > 0);
    return true;
}

/* A number from 1 to `max`, with digits only; `*end` is what follows it. */
static bool parse_count(const char *text, uint64_t max, uint64_t *out, const char **end)
{
    char *rest;

    errno = 0;
    *out = strtoull(text, &rest, 10);
    *end = rest;
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *out >= 1 && *out <= max;
}

static bool parse_part(const char *text, struct source_part *out, int *status)
{
    const char *rest;

    return (parse_count(text, SOURCE_PARTS_MAX, &out->number, &rest) && *rest == '/' &&
            parse_count(rest + 1, SOURCE_PARTS_MAX, &out->of, &rest) && *rest == '\0' &&
            out->number <= out->of) ||
           wrong("--part is K/N, the K-th of N parts (1/4), not", text, status);
}

/* One of a few words; gives its place in the list. */
static bool parse_word(const char *text, const char *const *words, size_t count, const char *what,
                       size_t *out, int *status)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return wrong(what, text, status);
}

static bool parse_watch(const char *text, uint64_t *out, int *status)
{
    const char *rest;

    return (parse_count(text, WATCH_MAX_S, out, &rest) && *rest == '\0') ||
           wrong("--watch is a number of seconds from 1 to 2678400, not", text, status);
}

static bool parse_output(struct users_options *o, int code, const char *argument, int *status)
{
    static const char *const colours[] = {"auto", "always", "never"};
    struct why why;
    size_t word = 0;

    switch (code) {
    case 'f':
        o->format = format_find(span_text(argument));
        return o->format != NULL ||
               wrong("--format is table, csv, json, jsonl, html or prometheus, not", argument,
                     status);
    case 'o':
        o->output = argument;
        return *argument != '\0' || wrong("--output is the name of a file, not", argument, status);
    case OPTION_EXPIRES_WITHIN:
        o->selection.expiring_only = true;
        return utc_parse_duration(span_text(argument), &o->warning_seconds, &why) == FAULT_NONE ||
               wrong("--expires-within is a duration like 30d or 12h, not", argument, status);
    case OPTION_ONLY:
        return parse_standings(argument, &o->selection.standings, status);
    case OPTION_CONTAINER:
        o->selection.container = span_text(argument);
        return true;
    case OPTION_COLOUR:
        if (!parse_word(argument, colours, 3, "--color is auto, always or never, not", &word,
                        status)) {
            return false;
        }
        o->colour = (enum colour_when)word;
        return true;
    case OPTION_NO_PROGRESS:
        o->no_progress = true;
        return true;
    case OPTION_PART:
        return parse_part(argument, &o->reading.source.part, status);
    case OPTION_MERGE:
        o->merge = true;
        return true;
    case OPTION_SINCE:
        o->since = argument;
        return true;
    case OPTION_WATCH:
        return parse_watch(argument, &o->watch_s, status);
    case OPTION_SHARED_KEYS:
        o->shared_keys = true;
        return true;
    default:
        o->summary = true;
        return true;
    }
}

/* What other verbs have too. */
static bool parse_common(struct users_options *o, int code, const char *argument, int *status)
{
    const char *what = ldap_option_is(code)      ? ldap_option_take(&o->ldap, code, argument)
                       : judging_option_is(code) ? judging_option_take(&o->judging, code, argument)
                                                 : reading_option_take(&o->reading, code, argument);

    return what == NULL || wrong(what, argument, status);
}

static bool parse_option(struct users_options *o, int code, const char *argument, int *status)
{
    if (ldap_option_is(code) || judging_option_is(code) || reading_option_is(code)) {
        return parse_common(o, code, argument, status);
    }
    return parse_output(o, code, argument, status);
}

/* What --merge has a use for. */
static bool is_for_merge(int code)
{
    return code == 'f' || code == 'o' || code == OPTION_MERGE || code == OPTION_SUMMARY ||
           code == OPTION_NO_SANDBOX || code == OPTION_COLOUR || code == OPTION_NO_PROGRESS;
}

/* What --since and --watch need. */
static bool check_again(const struct users_options *o, int *status)
{
    if (o->since != NULL && (o->sources.count != 1 || !directory_is_url(o->sources.at[0]))) {
        return wrong("--since is for one SOURCE that is an LDAP URL", NULL, status);
    }
    if (o->since != NULL && o->ldap.live.directory.follow_referrals) {
        return wrong("--since asks one server, so not with", "--follow-referrals", status);
    }
    if (o->watch_s > 0 && (o->output == NULL || strcmp(o->output, "-") == 0)) {
        return wrong("--watch needs a file to keep current (-o FILE)", NULL, status);
    }
    for (size_t i = 0; o->watch_s > 0 && i < o->sources.count; i++) {
        if (strcmp(o->sources.at[i], "-") == 0) {
            return wrong("--watch reads again and again, which cannot be done with", "-", status);
        }
    }
    return true;
}

/* Which options do not go together. */
static bool check_together(const struct users_options *o, const char *not_for_merge, int *status)
{
    if (o->merge && not_for_merge != NULL) {
        return wrong("--merge adds up what has been judged, so not with", not_for_merge, status);
    }
    if (o->reading.source.part.of > 0 && o->shared_keys) {
        return wrong("--shared-keys compares all mailboxes, so not with", "--part", status);
    }
    if (reading_options_check(&o->reading) != NULL) {
        return wrong(reading_options_check(&o->reading), NULL, status);
    }
    if (ldap_options_check(&o->ldap) != NULL) {
        return wrong(ldap_options_check(&o->ldap), NULL, status);
    }
    if (o->sources.count == 0) {
        return wrong(o->merge ? "no FILE given" : "no SOURCE given", NULL, status);
    }
    return check_again(o, status);
}

bool users_options_parse(int argc, char **argv, struct users_options *out, int *status)
{
    const char *not_for_merge = NULL;
    int code;

    *out = (struct users_options){
        .format = format_find(span_text("table")),
        .warning_seconds = (int64_t)WARNING_DAYS * UTC_DAY,
    };
    ldap_options_init(&out->ldap);
    reading_options_init(&out->reading);
    out->reading.source.live = &out->ldap.live;
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
        if (!is_for_merge(code)) {
            not_for_merge = argv[optind - (optarg == argv[optind - 1] ? 2 : 1)];
        }
    }
    for (int i = optind; i < argc; i++) {
        name_list_add(&out->sources, argv[i]);
    }
    return check_together(out, not_for_merge, status);
}

void users_options_clear(struct users_options *options)
{
    name_list_clear(&options->sources);
    judging_options_clear(&options->judging);
    reading_options_clear(&options->reading);
    ldap_options_clear(&options->ldap);
}
