#ifndef CMD_DIFF_OPTIONS_H
#define CMD_DIFF_OPTIONS_H

#include "cmd/judging_options.h"
#include "cmd/ldap_options.h"
#include "cmd/output_options.h"
#include "cmd/reading_options.h"
#include "report/diff_report.h"

/* What the command line of `keyroster diff` says. */
struct diff_options {
    const struct diff_format *format;
    struct output_options output;
    uint32_t shown; /* bit n: enum diff_change n */
    struct judging_options judging;
    struct reading_options reading;
    struct ldap_options ldap;
    const char *sources[2]; /* OLD, NEW */
};

/*
 * Reads the arguments. Returns true when there is work to do; otherwise `*status` is the exit
 * status: help was printed, or a complaint about wrong use.
 */
bool diff_options_parse(int argc, char **argv, struct diff_options *out, int *status);

void diff_options_clear(struct diff_options *options);

#endif
