#include "cmd/kms/kms_users_options.h"

#include <stdio.h>
#include <string.h>

#include "base/utc.h"
#include "cmd/cmd.h"
#include "kms/books/books.h"

enum { WARNING_DAYS = 30 };

enum option_code {
    OPTION_ONLY = 256,
    OPTION_CONTAINER,
    OPTION_EXPIRES_WITHIN,
    OPTION_NO_PROGRESS,
    OPTION_SUMMARY,
    OPTION_SHARED_KEYS,
    OPTION_COLOUR,
    OPTION_JOIN,
    OPTION_DISAGREEING,
    OPTION_PASSPHRASE,
};

static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"container", required_argument, NULL, OPTION_CONTAINER},
    {"expires-within", required_argument, NULL, OPTION_EXPIRES_WITHIN},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    {"summary", no_argument, NULL, OPTION_SUMMARY},
    {"shared-keys", no_argument, NULL, OPTION_SHARED_KEYS},
    {"color", required_argument, NULL, OPTION_COLOUR},
    {"join", required_argument, NULL, OPTION_JOIN},
    {"disagreeing", no_argument, NULL, OPTION_DISAGREEING},
    {"passphrase", required_argument, NULL, OPTION_PASSPHRASE},
    {"at", required_argument, NULL, OPTION_AT},
    {"site", required_argument, NULL, OPTION_SITE},
    {"objects", required_argument, NULL, OPTION_OBJECTS},
    READING_LONG_OPTIONS,
    LDAP_LONG_OPTIONS,
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int print_help(void)
{
    fputs("usage: keyroster kms users [OPTION]... STORE\n"
          "\n"
          "Tells the users whom the server knows, with every certificate that was issued to\n"
          "them, as 'keyroster users' tells those of a directory. Needs no passphrase.\n"
          "\n"
          "Output:\n"
          "  -f, --format FORMAT      table (default), csv, json, jsonl, html\n"
          "                           or prometheus\n"
          "  -o, --output FILE        write to FILE, which appears whole or not at all\n"
          "      --summary            the counts alone\n"
          "      --only STANDING,...  rows of these standings only (active, expired, ...)\n"
          "      --expires-within D   rows whose certificate ends within D only (30d),\n"
          "                           which is also the warning time\n"
          "      --shared-keys        warn of keys that two users have (reads twice)\n"
          "      --color WHEN         auto (default), always or never\n"
          "      --no-progress        no progress line on a terminal\n"
          "      --at TIME            judge at this time: RFC 3339, or YYYY-MM-DD\n"
          "      --passphrase NAME=FILE\n"
          "                           taken as by other verbs, and not needed\n"
          "\n"
          "Beside a directory:\n"
          "      --join SOURCE        an export file or LDAP URL, as many as you like: a\n"
          "                           row a mailbox of both, and where the two disagree;\n"
          "                           then table, csv, json or jsonl\n"
          "      --disagreeing        only rows where they do\n"
          "      --container NAME     rows of this container, and of those beneath it, only\n"
          "      --site NAME          the site the export was made in: blanks of mailboxes\n"
          "                           homed elsewhere are unknown\n"
          "      --objects KIND       mailbox (default), or all: custom recipients too\n"
          "\n",
          stdout);
    fputs(reading_options_help(), stdout);
    fputs("\n", stdout);
    fputs(ldap_options_help(), stdout);
    fputs("\n"
          "  -h, --help               this help\n"
          "\n"
          "Exit status: 0 done; 1 done, but some input could not be read (named on stderr);\n"
          "2 used wrongly; 3 not done. keyroster-kms(1) tells the whole.\n",
          stdout);
    return EXIT_DONE;
}

static bool wrong(const char *what, const char *argument, int *status)
{
    *status = complain_usage("kms users", what, argument);
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

static bool parse_colour(const char *text, enum colour_when *out, int *status)
{
    static const char *const words[] = {"auto", "always", "never"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = (enum colour_when)i;
            return true;
        }
    }
    return wrong("--color is auto, always or never, not", text, status);
}

static bool parse_own(struct kms_users_options *o, int code, const char *argument, int *status)
{
    struct why why;

    switch (code) {
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
        return parse_colour(argument, &o->colour, status);
    case OPTION_JOIN:
        name_list_add(&o->joined, argument);
        return *argument != '\0' || wrong("--join is a SOURCE, not", argument, status);
    case OPTION_NO_PROGRESS:
        o->no_progress = true;
        return true;
    case OPTION_DISAGREEING:
        o->selection.marks = books_mark_of_difference();
        return true;
    case OPTION_SHARED_KEYS:
        o->shared_keys = true;
        return true;
    default:
        o->summary = true;
        return true;
    }
}

static bool parse_option(struct kms_users_options *o, int code, const char *argument, int *status)
{
    const char *what;

    if (ldap_option_is(code)) {
        what = ldap_option_take(&o->ldap, code, argument);
    } else if (judging_option_is(code)) {
        what = judging_option_take(&o->judging, code, argument);
    } else if (reading_option_is(code)) {
        what = reading_option_take(&o->reading, code, argument);
    } else if (code == OPTION_PASSPHRASE) {
        what = kms_passphrases_take(&o->passphrases, argument);
    } else {
        return parse_own(o, code, argument, status);
    }
    return what == NULL || wrong(what, argument, status);
}

static bool find_format(struct kms_users_options *o, const char *name, int *status)
{
    const bool joins = o->joined.count > 0;

    if (books_format(span_text(name), joins, &o->format)) {
        return true;
    }
    return format_find(span_text(name)) != NULL
               ? wrong("--join is shown by table, csv, json and jsonl, not by", name, status)
               : wrong("--format is table, csv, json, jsonl, html or prometheus, not", name,
                       status);
}

/* Which options go together. */
static bool check_together(const struct kms_users_options *o, int *status)
{
    const bool joins = o->joined.count > 0;
    const char *what = reading_options_check(&o->reading);

    if (what == NULL) {
        what = ldap_options_check(&o->ldap);
    }
    if (what != NULL) {
        return wrong(what, NULL, status);
    }
    if (joins && o->shared_keys) {
        return wrong("--shared-keys reads twice, so not with", "--join", status);
    }
    if (!joins && o->selection.marks != 0) {
        return wrong("there is nothing to disagree with without --join", NULL, status);
    }
    if (!joins && o->selection.container.len > 0) {
        return wrong("the books have no containers: --container is for --join", NULL, status);
    }
    return true;
}

static bool take_store(struct kms_users_options *o, int argc, char **argv, int *status)
{
    if (argc == 0) {
        return wrong("no STORE given", NULL, status);
    }
    if (argc > 1) {
        return wrong("one argument too many", argv[1], status);
    }
    o->store = argv[0];
    if (*o->store == '\0') {
        return wrong("STORE is a directory, not", o->store, status);
    }
    return strncmp(o->store, "postgresql:", strlen("postgresql:")) != 0 ||
           wrong("this keyroster has stores in directories only, not", o->store, status);
}

bool kms_users_options_parse(int argc, char **argv, struct kms_users_options *out, int *status)
{
    const char *format = "table";
    int code;

    *out = (struct kms_users_options){.warning_seconds = (int64_t)WARNING_DAYS * UTC_DAY};
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
            return wrong("unknown option, or one that takes no argument", argv[optind - 1], status);
        }
        if (code == 'f') {
            format = optarg;
        } else if (!parse_option(out, code, optarg, status)) {
            return false;
        }
    }
    return find_format(out, format, status) && check_together(out, status) &&
           take_store(out, argc - optind, argv + optind, status);
}

void kms_users_options_clear(struct kms_users_options *options)
{
    name_list_clear(&options->joined);
    judging_options_clear(&options->judging);
    reading_options_clear(&options->reading);
    ldap_options_clear(&options->ldap);
    kms_passphrases_clear(&options->passphrases);
}
