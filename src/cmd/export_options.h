#ifndef CMD_EXPORT_OPTIONS_H
#define CMD_EXPORT_OPTIONS_H

#include "base/buffer.h"
#include "cmd/ldap_options.h"
#include "cmd/output_options.h"
#include "cmd/reading_options.h"
#include "report/export_options.h"

/* What the command line of `keyroster export` says, and the options file that it names. */
struct export_command {
    struct export_options export;
    struct buffer file; /* the text of --options, which `export` borrows from */
    const char *options_file;
    const char *header;
    struct output_options output;
    struct reading_options reading;
    struct ldap_options ldap;
    const char *const *sources;
    size_t source_count;
};

/*
 * Reads the arguments, and the options file, over which the arguments win. Returns true when there
 * is work to do; otherwise `*status` is the exit status: help was printed, or a complaint.
 */
bool export_command_parse(int argc, char **argv, struct export_command *out, int *status);

void export_command_clear(struct export_command *command);

#endif
