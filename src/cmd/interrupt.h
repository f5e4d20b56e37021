#ifndef CMD_INTERRUPT_H
#define CMD_INTERRUPT_H

/*
 * When the user stops the program (SIGINT, SIGTERM, SIGHUP), `path` is removed before it ends as
 * the signal says: a half-written file beside its place. NULL: nothing is to be removed any more.
 */
void interrupt_removes(const char *path);

/* The same for a second file. */
void interrupt_also_removes(const char *path);

/* From now on the program ends with `status`, instead of as the signal says. */
void interrupt_ends_with(int status);

#endif
