#ifndef ENTRY_PROJECTION_H
#define ENTRY_PROJECTION_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "entry/attribute.h"
#include "entry/entry.h"
#include "entry/schema.h"

/*
 * Which attributes somebody wants beside those that an entry is judged by: the columns of an
 * administrator's header. It becomes marks on the columns of a CSV, a filter of names in LDIF, the
 * attribute list of an LDAP search.
 *
 * A source asks projection_find() what its own name for an attribute is to the projection: a
 * *route*, which leads to one column or more. What it keeps under that route (projection_keep())
 * stands in entry.extras, in the order of the source. Certificates are kept as values of the
 * entry, not as extras.
 */

/* How well a source's attribute fits a column. */
enum projection_fit {
    PROJECTION_ADDED,   /* it means something like it, and no other column shows it */
    PROJECTION_SYNONYM, /* the same attribute under another name */
    PROJECTION_EXACT,   /* the very name */
};

struct projection_column {
    struct span name;            /* as it was given, without options; borrowed */
    const struct schema *schema; /* NULL: the table does not know it */
    enum attribute attribute;    /* ATTRIBUTE_OTHER for what no one is judged by */
};

struct projection_target {
    size_t column;
    enum projection_fit fit;
};

/* Columns are at most this many. */
enum { PROJECTION_COLUMNS_MAX = 4096 };

struct projection;

/*
 * A projection on `count` columns of these names, which it borrows. With `raw`, aliases of
 * Exchange's Administrator are names like any other, and nothing is PROJECTION_ADDED.
 *
 * FAULT_LIMIT     more columns than PROJECTION_COLUMNS_MAX
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault projection_new(const struct span *names, size_t count, bool raw,
                                   struct projection **out, struct why *why);

const struct projection_column *projection_columns(const struct projection *projection);

/* The route of a source's attribute, with or without options, from 1 on; 0 when no one wants it. */
size_t projection_find(const struct projection *projection, struct span name);

/*
 * The route under which what stands in `column` has to be kept: 0 for certificates, which an entry
 * has as values, and where `projection` is NULL.
 */
static inline size_t projection_route(const struct projection *projection,
                                      const struct entry_column *column)
{
    return projection == NULL || attribute_is_certificate(column->attribute)
               ? 0
               : projection_find(projection, column->name);
}

/* Where a route leads to. */
const struct projection_target *projection_targets(const struct projection *projection,
                                                   size_t route, size_t *count);

/*
 * The `index`th name that an LDAP server could know a wanted attribute by; false behind the last
 * one. Names that no attribute of LDAP has (RFC 4512, 1.4: letters, digits, dashes) are passed
 * over.
 */
MUST_USE bool projection_ldap_name(const struct projection *projection, size_t *index,
                                   struct span *out);

/*
 * Keeps what the source has in one field or attribute line: `style` tells how it is written, and
 * lives as long as the source. What is more than ENTRY_VALUES_MAX is left out and counted in
 * entry.dropped. FAULT_RESOURCE when the arena is exhausted.
 */
MUST_USE enum fault projection_keep(struct entry *entry, size_t route, struct span text,
                                    const struct entry_style *style, struct arena *arena);

void projection_free(struct projection *projection);

#endif
