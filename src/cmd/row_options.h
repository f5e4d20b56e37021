#ifndef CMD_ROW_OPTIONS_H
#define CMD_ROW_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "roster/roster.h"

/*
 * The options with which the verbs that show a roster say which of its rows they show. A verb lists
 * them for getopt_long(3), and hands on whatever row_option_is() knows.
 */
enum row_option_code {
    OPTION_ROW_FIRST = 1536,
    OPTION_ONLY = OPTION_ROW_FIRST,
    OPTION_CONTAINER,
    OPTION_EXPIRES_WITHIN,
    OPTION_SUMMARY,
    OPTION_SHARED_KEYS,
    OPTION_ROW_END
};

struct row_options {
    struct selection selection;
    int64_t warning_seconds;
    bool summary, shared_keys;
};

void row_options_init(struct row_options *options);

bool row_option_is(int code);

/* Takes one option. NULL, or what is wrong with its argument. */
const char *row_option_take(struct row_options *options, int code, const char *argument);

#endif
