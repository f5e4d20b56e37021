#ifndef CMD_USERS_OUTPUT_H
#define CMD_USERS_OUTPUT_H

#include "base/outfile.h"
#include "cmd/users_options.h"

/* True when a file that is written would replace one that is read; it is told then. */
MUST_USE bool output_replaces(const struct users_options *options, const char *path);

/*
 * Opens where the answers go, which must be none of the files that are read: writing over one would
 * lose it. False when that cannot be; it is told then.
 */
MUST_USE bool output_open(const struct users_options *options, struct outfile *out);

/* The width of the terminal that a table in `output` (NULL: stdout) is for; 0 when it is for none.
 */
size_t output_width(const char *output);

#endif
