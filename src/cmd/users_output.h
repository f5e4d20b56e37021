#ifndef CMD_USERS_OUTPUT_H
#define CMD_USERS_OUTPUT_H

#include "base/outfile.h"
#include "cmd/users_options.h"

enum { USERS_BASIS_SIZE = 33 }; /* hexadecimal, with its NUL */

/* True when a file that is written would replace one that is read; it is told then. */
MUST_USE bool output_replaces(const struct users_options *options, const char *path);

/*
 * What a part stands on, for whoever adds parts up: a digest of the options that judge and read, of
 * the files that they name, and of the sources' sizes. FAULT_RESOURCE without memory.
 */
MUST_USE enum fault users_basis(const struct users_options *options, struct source *const *sources,
                                size_t count, char out[USERS_BASIS_SIZE]);

#endif
