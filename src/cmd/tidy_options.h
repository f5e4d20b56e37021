#ifndef CMD_TIDY_OPTIONS_H
#define CMD_TIDY_OPTIONS_H

#include <stdbool.h>

#include "cmd/judging_options.h"
#include "cmd/ldap_options.h"
#include "cmd/output_options.h"
#include "cmd/reading_options.h"
#include "verdict/tidy.h"

/* What the command line of `keyroster tidy` says. */
struct tidy_options {
    struct tidy_rules rules;
    const char *container; /* NULL: all */
    struct output_options output;
    const char *undo; /* NULL: not said */
    bool apply, yes, dry_run;
    bool whole; /* --whole-attribute */
    struct judging_options judging;
    struct reading_options reading;
    struct ldap_options ldap;
    const char *source;
};

/*
 * Reads the arguments. Returns true when there is work to do; otherwise `*status` is the exit
 * status: help was printed, or a complaint about wrong use.
 */
bool tidy_options_parse(int argc, char **argv, struct tidy_options *out, int *status);

void tidy_options_clear(struct tidy_options *options);

#endif
