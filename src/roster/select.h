#ifndef ROSTER_SELECT_H
#define ROSTER_SELECT_H

#include "roster/roster.h"

/* True when the row is to be shown. */
bool selection_has(const struct selection *selection, const struct row *row);

/*
 * True when `container` is `wanted` or lies beneath it. `wanted` is the whole path or DN, or just
 * its last name (`Recipients` for `/o=Org/ou=Site/cn=Recipients`, `Sales` for
 * `OU=Sales,DC=example,DC=org`). Case does not count.
 */
bool container_matches(struct span container, struct span wanted);

/* The same, but `wanted` is the container itself, not one above it. */
bool container_is(struct span container, struct span wanted);

/* Takes the container's own name off a path (its last part) or a DN (its first). */
struct span container_take(struct span *container);

#endif
