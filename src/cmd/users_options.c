#include "cmd/users_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "directory/url.h"

enum { WATCH_MAX_S = 31 * 86400 };

enum option_code { OPTION_PART = 256, OPTION_MERGE, OPTION_SINCE, OPTION_WATCH };

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

static const char help_begin[] =
    "usage: keyroster users [OPTION]... SOURCE...\n"
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
    "\n";

static const char help_middle[] =
    "      --shared-keys        warn of keys that two mailboxes have (reads twice)\n"
    "\n";

static const char help_more[] =
    "      --part K/N           read the K-th of N parts of each file\n";

static const char help_end[] =
    "\n"
    "  -h, --help               this help\n"
    "\n"
    "Exit status: 0 done; 1 done, but some input could not be read (named on stderr);\n"
    "2 used wrongly; 3 not done. keyroster-users(1) tells the whole.\n";

static bool wrong(const char *what, const char *argument, int *status)
{
    *status = complain_usage("users", what, argument);
    return false;
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

static const char *take_part(const char *text, struct source_part *out)
{
    const char *rest;

    return parse_count(text, SOURCE_PARTS_MAX, &out->number, &rest) && *rest == '/' &&
                   parse_count(rest + 1, SOURCE_PARTS_MAX, &out->of, &rest) && *rest == '\0' &&
                   out->number <= out->of
               ? NULL
               : "--part is K/N, the K-th of N parts (1/4), not";
}

static const char *take_watch(const char *text, uint64_t *out)
{
    const char *rest;

    return parse_count(text, WATCH_MAX_S, out, &rest) && *rest == '\0'
               ? NULL
               : "--watch is a number of seconds from 1 to 2678400, not";
}

static const char *take_own(struct users_options *o, int code, const char *argument)
{
    switch (code) {
    case OPTION_PART:
        return take_part(argument, &o->reading.source.part);
    case OPTION_MERGE:
        o->merge = true;
        return NULL;
    case OPTION_SINCE:
        o->since = argument;
        return NULL;
    case OPTION_WATCH:
        return take_watch(argument, &o->watch_s);
    default:
        o->format = format_find(span_text(argument));
        return o->format != NULL ? NULL
                                 : "--format is table, csv, json, jsonl, html or prometheus, not";
    }
}

/* What --merge has a use for. */
static bool is_for_merge(int code)
{
    return code == 'f' || code == 'o' || code == OPTION_MERGE || code == OPTION_SUMMARY ||
           code == OPTION_NO_SANDBOX || code == OPTION_COLOUR || code == OPTION_NO_PROGRESS;
}

/* What the options are taken into. */
struct taking {
    struct users_options *options;
    char **argv;
    const char *not_for_merge; /* the last that --merge has no use for, as it was written */
};

static const char *take_option(void *own, int code, const char *argument)
{
    struct taking *taking = own;
    struct users_options *o = taking->options;
    const struct shared_options shared = {.output = &o->output,
                                          .rows = &o->rows,
                                          .judging = &o->judging,
                                          .reading = &o->reading,
                                          .ldap = &o->ldap};
    const char *before = taking->argv[optind - 1];
    const char *what = NULL;

    if (!is_for_merge(code)) {
        taking->not_for_merge = argument == before ? taking->argv[optind - 2] : before;
    }
    return shared_option_take(&shared, code, argument, &what) ? what : take_own(o, code, argument);
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
    if (o->watch_s > 0 && (o->output.path == NULL || strcmp(o->output.path, "-") == 0)) {
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
    if (o->reading.source.part.of > 0 && o->rows.shared_keys) {
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
    struct taking taking = {.options = out, .argv = argv};

    *out = (struct users_options){.format = format_find(span_text("table"))};
    row_options_init(&out->rows);
    ldap_options_init(&out->ldap);
    reading_options_init(&out->reading);
    out->reading.source.live = &out->ldap.live;
    if (!options_parse(
            argc, argv,
            &(struct options_frame){.verb = "users",
                                    .letters = ":f:o:h" LDAP_SHORT_OPTIONS,
                                    .table = long_options,
                                    .help = {help_begin, judging_options_help(), help_middle,
                                             reading_options_help(), help_more, "\n",
                                             ldap_options_help(), help_end},
                                    .take = take_option,
                                    .own = &taking},
            status)) {
        return false;
    }
    for (int i = optind; i < argc; i++) {
        name_list_add(&out->sources, argv[i]);
    }
    return check_together(out, taking.not_for_merge, status);
}

void users_options_clear(struct users_options *options)
{
    name_list_clear(&options->sources);
    judging_options_clear(&options->judging);
    reading_options_clear(&options->reading);
    ldap_options_clear(&options->ldap);
}
