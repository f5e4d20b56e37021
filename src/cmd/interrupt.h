#ifndef CMD_INTERRUPT_H
#define CMD_INTERRUPT_H

/*
 * When the user stops the program (SIGINT, SIGTERM, SIGHUP), `path` is removed before it ends as
 * the signal says: a half-written file beside its place. NULL: nothing is to be removed any more.
 */
void interrupt_removes(const char *path);

#endif
