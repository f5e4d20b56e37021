#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/cursor.h"

/* Exit statuses, everywhere (keyroster(1), EXIT STATUS). */
enum {
    EXIT_DONE = 0,  /* done, all input read */
    EXIT_SOME = 1,  /* done, but some input could not be read: each is named on stderr */
    EXIT_USAGE = 2, /* used wrongly */
    EXIT_NOT_DONE = 3,
};

/* A verb gets argv[0] == its own name, as main() gets the program's; it returns the exit status. */
typedef int command_fn(int argc, char **argv);

command_fn cmd_cert;
command_fn cmd_diff;
command_fn cmd_export;
command_fn cmd_kms;
command_fn cmd_tidy;
command_fn cmd_users;

/*
 * One diagnostic on stderr: `keyroster: FILE:LINE: what is wrong (what to do)`; `line` 0 leaves the
 * line out, `file` NULL the file too. Unsafe characters in both texts are replaced.
 */
void complain(const char *file, unsigned long long line, const char *what);

/* The same for a sentence that is no C string. */
void complain_span(const char *file, unsigned long long line, struct span what);

/*
 * The same sentence of more than ten lines, one after the other, is told of the rest at once, when
 * another comes. To be called when none does: at the end.
 */
void complain_end(void);

/* One line on stderr that is no diagnostic: what people are to be told. */
void inform(const char *what);

/* The line for a command used wrongly, with the pointer to --help; returns EXIT_USAGE. */
MUST_USE int complain_usage(const char *verb, const char *what, const char *argument);

#endif
