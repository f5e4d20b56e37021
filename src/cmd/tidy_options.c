#include "cmd/tidy_options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utc.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "directory/url.h"

enum option_code {
    OPTION_REMOVE = 256,
    OPTION_OLDER_THAN,
    OPTION_UNDO,
    OPTION_APPLY,
    OPTION_YES,
    OPTION_EVEN_LAST,
    OPTION_WHOLE_ATTRIBUTE,
    OPTION_FROM_CONTAINER,
};

/* Of the judging options those that a removal can depend on. */
static const struct option long_options[] = {
    {"remove", required_argument, NULL, OPTION_REMOVE},
    {"older-than", required_argument, NULL, OPTION_OLDER_THAN},
    {"even-last", no_argument, NULL, OPTION_EVEN_LAST},
    {"whole-attribute", no_argument, NULL, OPTION_WHOLE_ATTRIBUTE},
    {"container", required_argument, NULL, OPTION_FROM_CONTAINER},
    {"output", required_argument, NULL, 'o'},
    {"undo", required_argument, NULL, OPTION_UNDO},
    {"apply", no_argument, NULL, OPTION_APPLY},
    {"yes", no_argument, NULL, OPTION_YES},
    {"dry-run", no_argument, NULL, 'n'},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    {"at", required_argument, NULL, OPTION_AT},
    {"issuer", required_argument, NULL, OPTION_ISSUER},
    {"trust", required_argument, NULL, OPTION_TRUST},
    {"crl", required_argument, NULL, OPTION_CRL},
    READING_LONG_OPTIONS,
    LDAP_LONG_OPTIONS,
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char help_begin[] =
    "usage: keyroster tidy [OPTION]... --remove KIND,... SOURCE\n"
    "\n"
    "Writes the LDIF that removes certificate values from mailboxes, each by exact\n"
    "match, and the LDIF that puts them back; with --apply it does the first itself.\n"
    "SOURCE is an LDAP URL: ldap://, ldaps:// or ldapi://, or an export file with\n"
    "DNs, LDIF or CSV, plain or compressed (.gz, .zst), or - for standard input.\n"
    "\n"
    "What is removed:\n"
    "      --remove KIND,...    expired, superseded, unreadable, foreign (needs\n"
    "                           --issuer), revoked (needs --crl)\n"
    "      --older-than D       what has been expired, superseded or revoked for\n"
    "                           longer than D only (30d)\n"
    "      --container NAME     from mailboxes of this container, and of those\n"
    "                           beneath it, only\n"
    "      --even-last          the last usable certificate of a mailbox too\n"
    "      --whole-attribute    replace attributes of which the server removes no\n"
    "                           single value (OpenLDAP: userSMIMECertificate)\n"
    "\n"
    "Output:\n"
    "  -o, --output FILE        write the LDIF to FILE, which appears whole or not at\n"
    "                           all\n"
    "      --undo FILE          write the LDIF that undoes it to FILE\n"
    "                           (with -o: FILE.undo)\n"
    "      --apply              change the directory: asks first, on a terminal\n"
    "      --yes                do not ask\n"
    "  -n, --dry-run            change nothing, with --apply too; tell the count\n"
    "      --no-progress        no progress line on a terminal\n"
    "\n"
    "Judging:\n"
    "      --at TIME            judge at this time: RFC 3339, or YYYY-MM-DD\n"
    "      --issuer FILE        CA certificates of our KMS: what others issued is\n"
    "                           foreign\n"
    "      --trust FILE         anchors to chain to\n"
    "      --crl FILE|DIR       revocation lists to consult\n"
    "\n";

static const char help_end[] =
    "\n"
    "  -h, --help               this help\n"
    "\n"
    "Exit status: 0 done; 1 done, but some input could not be read or some value not\n"
    "removed (named on stderr); 2 used wrongly; 3 not done. keyroster-tidy(1) tells\n"
    "the whole.\n";

static bool wrong(const char *what, const char *argument, int *status)
{
    *status = complain_usage("tidy", what, argument);
    return false;
}

static const char *take_kinds(const char *text, uint32_t *out)
{
    struct span rest = span_text(text);
    bool more = true;

    while (more) {
        size_t comma = 0;
        uint32_t kind = 0;

        more = span_find(rest, ',', &comma);
        if (!tidy_kind_find(more ? span_upto(rest, comma) : rest, &kind)) {
            return "--remove is of expired, superseded, unreadable, foreign and revoked, not";
        }
        *out |= kind;
        rest = more ? span_from(rest, comma + 1) : (struct span){0};
    }
    return NULL;
}

/* Options without an argument; true when it is one. */
static bool take_flag(struct tidy_options *o, int code)
{
    bool *const flag = code == OPTION_APPLY             ? &o->apply
                       : code == OPTION_YES             ? &o->yes
                       : code == OPTION_EVEN_LAST       ? &o->rules.even_last
                       : code == OPTION_WHOLE_ATTRIBUTE ? &o->whole
                       : code == 'n'                    ? &o->dry_run
                                                        : NULL;

    if (flag != NULL) {
        *flag = true;
    }
    return flag != NULL;
}

static const char *take_own(struct tidy_options *o, int code, const char *argument)
{
    struct why why;

    switch (code) {
    case OPTION_REMOVE:
        return take_kinds(argument, &o->rules.remove);
    case OPTION_OLDER_THAN:
        return utc_parse_duration(span_text(argument), &o->rules.older_than, &why) == FAULT_NONE
                   ? NULL
                   : "--older-than is a duration like 30d or 12h, not";
    case OPTION_FROM_CONTAINER:
        o->container = argument;
        return NULL;
    default:
        o->undo = argument;
        return strcmp(argument, "-") != 0 ? NULL : "--undo is a file, not";
    }
}

static const char *take_option(void *own, int code, const char *argument)
{
    struct tidy_options *o = own;
    const struct shared_options shared = {
        .output = &o->output, .judging = &o->judging, .reading = &o->reading, .ldap = &o->ldap};
    const char *what = NULL;

    if (take_flag(o, code) || shared_option_take(&shared, code, argument, &what)) {
        return what;
    }
    return take_own(o, code, argument);
}

static bool is_on_terminal(void) { return isatty(STDIN_FILENO) && isatty(STDERR_FILENO); }

/* Whether the options go together: NULL, or what is wrong. */
static const char *check_together(const struct tidy_options *o)
{
    if (o->rules.remove == 0) {
        return "what is to be removed? (--remove expired,superseded,...)";
    }
    if ((o->rules.remove & TIDY_FOREIGN) != 0 && o->judging.issuers.count == 0) {
        return "--remove foreign needs to know whose certificates are ours (--issuer FILE)";
    }
    if ((o->rules.remove & TIDY_REVOKED) != 0 && o->judging.crls.count == 0) {
        return "--remove revoked needs a revocation list (--crl FILE)";
    }
    if (o->apply && !directory_is_url(o->source)) {
        return "--apply changes a directory, so SOURCE is an LDAP URL";
    }
    if (o->apply && o->ldap.live.directory.follow_referrals) {
        return "--apply changes the server of the URL alone, so not with --follow-referrals";
    }
    if (o->yes && !o->apply) {
        return "--yes answers the question of --apply";
    }
    if (o->apply && !o->yes && !o->dry_run && !is_on_terminal()) {
        return "--apply asks on a terminal, and there is none (--yes goes on without asking)";
    }
    return ldap_options_check(&o->ldap);
}

static bool take_source(struct tidy_options *o, int argc, char **argv, int *status)
{
    const char *what;

    if (argc != 1) {
        return wrong(argc == 0 ? "no SOURCE given" : "one SOURCE at a time, not also",
                     argc == 0 ? NULL : argv[1], status);
    }
    o->source = argv[0];
    what = check_together(o);
    return what == NULL || wrong(what, NULL, status);
}

bool tidy_options_parse(int argc, char **argv, struct tidy_options *out, int *status)
{
    *out = (struct tidy_options){0};
    ldap_options_init(&out->ldap);
    reading_options_init(&out->reading);
    out->reading.source.live = &out->ldap.live;
    out->reading.source.count_lines = true;
    return options_parse(argc, argv,
                         &(struct options_frame){.verb = "tidy",
                                                 .letters = ":o:nh" LDAP_SHORT_OPTIONS,
                                                 .table = long_options,
                                                 .help = {help_begin, reading_options_help(), "\n",
                                                          ldap_options_help(), help_end},
                                                 .take = take_option,
                                                 .own = out},
                         status) &&
           take_source(out, argc - optind, argv + optind, status);
}

void tidy_options_clear(struct tidy_options *options)
{
    judging_options_clear(&options->judging);
    reading_options_clear(&options->reading);
    ldap_options_clear(&options->ldap);
}
