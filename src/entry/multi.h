#ifndef ENTRY_MULTI_H
#define ENTRY_MULTI_H

#include "base/arena.h"
#include "base/cursor.h"
#include "entry/entry.h"

/*
 * Takes the next text value of a field. With `style->backslash`, `\%` and `\\` are undone, in a
 * copy in the arena; otherwise the value is a view. csvde's X'…' is decoded where the whole
 * value has that form and no NUL comes of it. FAULT_ABSENT at the end of the field, FAULT_RESOURCE
 * without memory.
 */
MUST_USE enum fault multi_next(struct cursor *field, const struct entry_style *style,
                               struct arena *arena, struct span *out);

/* The same for a field that is one value. */
MUST_USE enum fault multi_single(struct span field, struct arena *arena, struct span *out);

/* The same for a name of one value: the first that is not empty stays. */
MUST_USE static inline enum fault multi_set(struct span field, struct arena *arena,
                                            struct span *place)
{
    if (place->len > 0 || field.len == 0) {
        return FAULT_NONE;
    }
    if (field.at[field.len - 1] == '\'') { /* it may be X'…' */
        return multi_single(field, arena, place);
    }
    *place = field;
    return FAULT_NONE;
}

#endif
