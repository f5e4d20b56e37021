#ifndef CMD_READING_OPTIONS_H
#define CMD_READING_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "source/source.h"

/*
 * The options with which every verb that reads exports says how to read them, instead of having it
 * recognised. A verb puts the list behind its own for getopt_long(3), and hands on whatever
 * reading_option_is() knows.
 */
enum reading_option_code {
    OPTION_READING_FIRST = 768,
    OPTION_FROM = OPTION_READING_FIRST,
    OPTION_ENCODING,
    OPTION_DELIMITER,
    OPTION_QUOTE,
    OPTION_SEPARATOR,
    OPTION_FOLLOW_URLS,
    OPTION_THREADS,
    OPTION_NO_SANDBOX,
    OPTION_READING_END
};

#define READING_LONG_OPTIONS                                                                       \
    {"from", required_argument, NULL, OPTION_FROM},                                                \
        {"encoding", required_argument, NULL, OPTION_ENCODING},                                    \
        {"delimiter", required_argument, NULL, OPTION_DELIMITER},                                  \
        {"quote", required_argument, NULL, OPTION_QUOTE},                                          \
        {"multi-value-separator", required_argument, NULL, OPTION_SEPARATOR},                      \
        {"follow-urls", required_argument, NULL, OPTION_FOLLOW_URLS},                              \
        {"threads", required_argument, NULL, OPTION_THREADS},                                      \
    {                                                                                              \
        "no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX                                         \
    }

enum { THREADS_MAX = 256 };

struct reading_options {
    struct source_options source;
    const char *follow_folder; /* NULL: `:<` is never followed */
    size_t threads;
    bool no_sandbox;
};

/* The part of a --help that tells of them. */
const char *reading_options_help(void);

/* As many threads as there are processors, within reason. */
void reading_options_init(struct reading_options *options);

bool reading_option_is(int code);

/* Takes one option. NULL, or what is wrong with its argument. */
const char *reading_option_take(struct reading_options *options, int code, const char *argument);

/*
 * What is wrong with the options together, or NULL: a delimiter that quotes as well, or, where
 * nothing quotes, separates values too.
 */
const char *reading_options_check(const struct reading_options *options);

/*
 * Settles what depends on several options, and opens the folder of --follow-urls; false when that
 * failed, which has been told.
 */
bool reading_options_open(struct reading_options *options);

void reading_options_clear(struct reading_options *options);

#endif
