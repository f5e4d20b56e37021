#ifndef ENTRY_SCHEMA_H
#define ENTRY_SCHEMA_H

#include <stdbool.h>

#include "base/cursor.h"
#include "entry/attribute.h"

/*
 * The attributes that a directory export may name, and the names that each of them has: LDAP's and
 * Active Directory's, those of Exchange 5.5's schema, and the aliases that its Administrator
 * shows. `givenName`, `Given-Name` and `First Name` are one attribute.
 *
 * Where attribute.h asks what a column means for the question whether somebody uses KMS, this
 * table only asks which names are the same thing, and how its values are written.
 *
 * Sources: Q155414 and Q146304 (headers), the table of migrated attributes of Exchange 2000's
 * Migration Wizard, RFC 4519, RFC 4524, RFC 2798 and Active Directory's schema.
 */
struct schema {
    const char *ldap;   /* names separated by a space, the usual one first; "" for none */
    const char *schema; /* Exchange 5.5, separated by `|` */
    const char *alias;  /* Exchange's Administrator, separated by `|` */
    bool many;          /* it may have many values, in Exchange 5.5 or Active Directory */
    bool binary;        /* its values are bytes, written in hexadecimal */
};

/*
 * Finds the attribute that `name` (`First Name`, `givenName;lang-de`) is a name of, or NULL.
 * `raw` leaves the Administrator's aliases out, as its raw mode does.
 */
const struct schema *schema_find(struct span name, bool raw);

/* The attributes one by one; NULL behind the last one. */
const struct schema *schema_at(size_t index);

/* True when `name` is one of the names that Exchange's Administrator shows for `schema`. */
bool schema_is_alias(const struct schema *schema, struct span name);

/* The names of an attribute, one after the other; {.schema = …} at first. False at the end. */
struct schema_names {
    const struct schema *schema;
    bool raw; /* without the aliases */
    size_t list, at;
};
MUST_USE bool schema_names_next(struct schema_names *names, struct span *out);

/*
 * The known names that are most like `name`, the nearest first, at most `room` and none that are
 * far from it. Case does not count, nor whether words are joined by a dash, a space or nothing.
 */
size_t schema_nearest(struct span name, bool raw, struct span *out, size_t room);

#endif
