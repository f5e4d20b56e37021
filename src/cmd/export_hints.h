#ifndef CMD_EXPORT_HINTS_H
#define CMD_EXPORT_HINTS_H

#include "report/export.h"

/*
 * What whoever made an export should know of it, though all of the input could be read; each is a
 * line on stderr. `exported` is the number of rows.
 */
void export_tell_hints(const struct export *export, const struct export_tally *tally,
                       uint64_t exported);

/* Tells of objects that look as if they had no certificate; true when there are some. */
MUST_USE bool export_tell_unshown(const struct export_tally *tally);

#endif
