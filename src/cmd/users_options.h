#ifndef CMD_USERS_OPTIONS_H
#define CMD_USERS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/judging_options.h"
#include "cmd/ldap_options.h"
#include "cmd/output_options.h"
#include "cmd/reading_options.h"
#include "cmd/row_options.h"
#include "report/report.h"
#include "source/source.h"

/* What the command line of `keyroster users` says. */
struct users_options {
    const struct format *format;
    struct output_options output;
    struct row_options rows;
    struct judging_options judging;
    const char *since; /* the file that keeps the last roster; NULL: not said */
    uint64_t watch_s;  /* 0: not said */
    struct reading_options reading;
    bool merge; /* the sources are summaries to be added up */
    struct name_list sources;
    struct ldap_options ldap;
};

/*
 * Reads the arguments. Returns true when there is work to do; otherwise `*status` is the exit
 * status: help was printed, or a complaint about wrong use.
 */
bool users_options_parse(int argc, char **argv, struct users_options *out, int *status);

/* `--merge`: adds the summaries up; returns the exit status. */
int users_merge(const struct users_options *options);

void users_options_clear(struct users_options *options);

#endif
