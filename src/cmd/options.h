#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "base/fault.h"
#include "cmd/judging_options.h"
#include "cmd/ldap_options.h"
#include "cmd/output_options.h"
#include "cmd/reading_options.h"
#include "cmd/row_options.h"

enum { OPTIONS_HELP_MAX = 10 };

/* How the options of a verb are parsed. */
struct options_frame {
    const char *verb;    /* for complaints: "users" */
    const char *letters; /* of the table, as getopt(3) wants them, with ':' before them */
    const struct option *table;
    const char *help[OPTIONS_HELP_MAX]; /* what --help prints, one after the other, to a NULL */
    /* Takes an option: NULL, or what is wrong with `argument` (NULL: it has none). */
    const char *(*take)(void *own, int code, const char *argument);
    void *own;
};

/*
 * Takes every option, and prints the help. False when the verb ends here, with `*status`: help was
 * printed, or it is used wrongly, which is told. The arguments begin at argv[optind] then.
 */
MUST_USE bool options_parse(int argc, char **argv, const struct options_frame *frame, int *status);

/* Where a verb keeps the options that other verbs have too; NULL: it has none of that kind. */
struct shared_options {
    struct output_options *output;
    struct row_options *rows;
    struct judging_options *judging;
    struct reading_options *reading;
    struct ldap_options *ldap;
};

/*
 * True when the option is one of them, which then is taken: `*what` is NULL, or what is wrong with
 * its argument.
 */
MUST_USE bool shared_option_take(const struct shared_options *options, int code,
                                 const char *argument, const char **what);

#endif
