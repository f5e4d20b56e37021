#ifndef REPORT_CHANGE_H
#define REPORT_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "report/report.h"

/*
 * What is to be removed from one entry, as it passes from the thread that settled it to those who
 * write it down and do it:
 *
 *     change  size length(DN) DN value...
 *     value   kinds whole length(name) length(bytes) name bytes
 *
 * `size` is that of what follows it; every number is four bytes in the machine's own order. No
 * change leaves the process, but for a file without a name, in which it waits for its turn.
 */
struct change_value {
    struct span name;  /* of the attribute, with options, as the directory writes it */
    struct span bytes; /* as the directory holds them */
    uint32_t kinds;    /* of enum tidy_kind, why it is removed; 0: it stays, and is told since */
    bool whole;        /* the attribute can only be replaced as a whole: all its values are told,
                          one behind the other */
};

/* One change as it stands there; a walk over its values takes a copy. */
struct change {
    struct span dn;
    struct cursor values;
};

/* Begins a change at the end of `out`; `*start` is for change_end(). */
void change_begin(struct buffer *out, struct span dn, size_t *start);
void change_add(struct buffer *out, const struct change_value *value);
void change_end(struct buffer *out, size_t start);

/* How long the change is that begins with these four bytes, they included. */
size_t change_length(struct span head);

/* Takes the next change off `in`. FAULT_ABSENT at its end, FAULT_SYNTAX when it is damaged. */
MUST_USE enum fault change_next(struct cursor *in, struct change *out);

/* Takes its next value; false at the end. What was damaged ends there too. */
MUST_USE bool change_value_next(struct cursor *values, struct change_value *out);

/* For a report whose rows are changes, and nothing else. */
const struct format *format_changes(void);

#endif
