#ifndef DIRECTORY_MODIFY_H
#define DIRECTORY_MODIFY_H

#include <stdbool.h>

#include "directory/directory.h"

/*
 * Takes values off entries of a live directory (RFC 4511, 4.6), and nothing but these: what
 * somebody else has added since they were read stays.
 */
struct directory_value {
    struct span name;  /* of the attribute, with options, as the directory writes it */
    struct span bytes; /* as the directory holds them */
    bool removed;      /* else it is told only because its attribute is replaced as a whole */
    bool whole; /* all values of its attribute are told, one behind the other: the attribute is
                   replaced by those that are not removed */
};

struct directory_removal {
    struct span dn;
    const struct directory_value *values;
    size_t count;
};

/* What came of it. */
struct directory_removed {
    size_t removed; /* values that this call removed */
    size_t gone;    /* that were gone already */
};

/*
 * Removes the values in one modification of the entry, by exact match, and reads back whether they
 * are gone. Of those that somebody else has removed meanwhile, the rest is removed. A connection
 * that is lost is taken up again, and the entry looked at for what was done of it.
 *
 * An attribute that is replaced as a whole has to hold what was told of it, no more and no less;
 * where the server tells the entry's version (entryCSN), it is asked to compare that in the same
 * step (RFC 4528).
 *
 * FAULT_ABSENT    the entry is not there
 * FAULT_DENIED    the server refuses
 * FAULT_LIMIT     it has changed under us, or the values are still there
 * FAULT_RESOURCE  no answer in time, the connection is lost for good, or the server changes nothing
 *                 without a bind: nothing more can be done; or memory
 *
 * All but FAULT_RESOURCE concern this entry alone. `*out` is written on success only.
 */
MUST_USE enum fault directory_remove(struct directory *directory,
                                     const struct directory_removal *removal,
                                     struct directory_removed *out, struct why *why);

/*
 * Whether the server removes a single value of each attribute; `lacks` has one answer for each
 * name, which ends with NULL. An OpenLDAP does not where its schema has no equality rule for the
 * attribute (RFC 4512, 4.1.2, "EQUALITY"), as it has none for userSMIMECertificate; others compare
 * bytes. Where the schema may not be read, what OpenLDAP ships is assumed.
 *
 * FAULT_RESOURCE  no answer, no connection
 */
MUST_USE enum fault directory_lacks_equality(struct directory *directory, const char *const *names,
                                             bool *lacks, struct why *why);

#endif
