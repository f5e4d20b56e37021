#ifndef CMD_INPUTS_H
#define CMD_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/ldap_options.h"
#include "source/source.h"

/* The sources that a command line names, opened. */
struct inputs {
    struct source **sources; /* those that could be opened */
    char **names;            /* theirs, as they may be shown */
    size_t count;
    size_t unopened;
    bool live; /* one of them is a live directory */
};

/*
 * Opens the sources; what cannot be opened is told, and the others are still done. False when there
 * is none, or no use going on. The password of a directory is asked for when it is needed. Of one
 * that is named twice a hint says so; it is read twice.
 */
bool inputs_open(struct inputs *inputs, const char *const *paths, size_t count,
                 const struct source_options *options, struct ldap_options *ldap);

/*
 * Tells what --verbose shows of them. True when a directory kept something back, also from the
 * search that wrote an LDIF file: what is missing is missing in the result too.
 */
bool inputs_fell_short(const struct inputs *inputs, const struct ldap_options *ldap);

/* Tells of options that had nothing to do: for LDAP where all sources are files, or the reverse. */
void inputs_tell_idle(const char *const *paths, size_t count, const struct source_options *options,
                      const struct ldap_options *ldap);

void inputs_clear(struct inputs *inputs);

#endif
