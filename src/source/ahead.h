#ifndef SOURCE_AHEAD_H
#define SOURCE_AHEAD_H

#include "source/internal.h"

/*
 * LDIF: looks ahead whether any line names a certificate attribute, before the first entry is
 * handed out: where none does, nobody knows whether a mailbox has a certificate, since the
 * attribute was not asked for, or may not be read. To be called when the carry is filled for the
 * first time.
 *
 * As a rule the answer stands in the first kilobytes. Where it does not, the file is read on to the
 * first such line and begun again. What cannot be read twice is looked at as far as the carry goes,
 * and no more is said of it: it may name one later.
 *
 * FAULT_RESOURCE  the file cannot be begun again
 */
MUST_USE enum fault ahead_look(struct source *source, struct why *why);

#endif
