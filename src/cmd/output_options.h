#ifndef CMD_OUTPUT_OPTIONS_H
#define CMD_OUTPUT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/outfile.h"

/*
 * The options with which verbs say where answers go, and what is shown while they are made. A verb
 * has those that it lists for getopt_long(3), and hands on whatever output_option_is() knows.
 */
enum output_option_code {
    OPTION_OUTPUT_FIRST = 1280,
    OPTION_COLOUR = OPTION_OUTPUT_FIRST,
    OPTION_NO_PROGRESS,
    OPTION_OUTPUT_END
};

enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct output_options {
    const char *path; /* -o; NULL: standard output */
    enum colour_when colour;
    bool no_progress;
};

bool output_option_is(int code);

/* Takes one option. NULL, or what is wrong with its argument. */
const char *output_option_take(struct output_options *options, int code, const char *argument);

/*
 * Opens where the answers go; `path` is NULL for standard output. What it makes beside the path is
 * removed when a signal ends the program. False when that cannot be; it is told then.
 */
MUST_USE bool output_open(const char *path, struct outfile *out);

/* The width of the terminal that a table in `path` (NULL: stdout) is for; 0 when it is for none. */
size_t output_width(const char *path);

/* Whether a table is to have colours: on a terminal that has them, unless said. */
bool output_wants_colour(const struct output_options *options);

#endif
