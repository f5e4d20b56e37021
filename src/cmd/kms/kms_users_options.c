#include "cmd/kms/kms_users_options.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "kms/books/books.h"

enum option_code { OPTION_JOIN = 256, OPTION_DISAGREEING, OPTION_PASSPHRASE };

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

static const char help_begin[] =
    "usage: keyroster kms users [OPTION]... STORE\n"
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
    "\n";

static const char help_end[] =
    "\n"
    "  -h, --help               this help\n"
    "\n"
    "Exit status: 0 done; 1 done, but some input could not be read (named on stderr);\n"
    "2 used wrongly; 3 not done. keyroster-kms(1) tells the whole.\n";

static bool wrong(const char *what, const char *argument, int *status)
{
    *status = complain_usage("kms users", what, argument);
    return false;
}

/* What the options are taken into. */
struct taking {
    struct kms_users_options *options;
    const char *format; /* which there are depends on --join, which may follow */
};

static const char *take_own(struct taking *taking, int code, const char *argument)
{
    struct kms_users_options *o = taking->options;

    switch (code) {
    case OPTION_JOIN:
        name_list_add(&o->joined, argument);
        return *argument != '\0' ? NULL : "--join is a SOURCE, not";
    case OPTION_DISAGREEING:
        o->rows.selection.marks = books_mark_of_difference();
        return NULL;
    case OPTION_PASSPHRASE:
        return kms_passphrases_take(&o->passphrases, argument);
    default:
        taking->format = argument;
        return NULL;
    }
}

static const char *take_option(void *own, int code, const char *argument)
{
    struct taking *taking = own;
    struct kms_users_options *o = taking->options;
    const struct shared_options shared = {.output = &o->output,
                                          .rows = &o->rows,
                                          .judging = &o->judging,
                                          .reading = &o->reading,
                                          .ldap = &o->ldap};
    const char *what = NULL;

    return shared_option_take(&shared, code, argument, &what) ? what
                                                              : take_own(taking, code, argument);
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
    if (joins && o->rows.shared_keys) {
        return wrong("--shared-keys reads twice, so not with", "--join", status);
    }
    if (!joins && o->rows.selection.marks != 0) {
        return wrong("there is nothing to disagree with without --join", NULL, status);
    }
    if (!joins && o->rows.selection.container.len > 0) {
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
    struct taking taking = {.options = out, .format = "table"};

    *out = (struct kms_users_options){0};
    row_options_init(&out->rows);
    ldap_options_init(&out->ldap);
    reading_options_init(&out->reading);
    out->reading.source.live = &out->ldap.live;
    return options_parse(argc, argv,
                         &(struct options_frame){.verb = "kms users",
                                                 .letters = ":f:o:h" LDAP_SHORT_OPTIONS,
                                                 .table = long_options,
                                                 .help = {help_begin, reading_options_help(), "\n",
                                                          ldap_options_help(), help_end},
                                                 .take = take_option,
                                                 .own = &taking},
                         status) &&
           find_format(out, taking.format, status) && check_together(out, status) &&
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
