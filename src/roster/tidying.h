#ifndef ROSTER_TIDYING_H
#define ROSTER_TIDYING_H

#include "base/arena.h"
#include "base/buffer.h"
#include "entry/entry.h"
#include "roster/judge.h"
#include "verdict/tidy.h"

/*
 * A tidying in place of a roster: the same batches, workers and verdicts, but a row is what is to
 * be removed from an entry (report/change.h), and an entry of which everything stays has none.
 */
struct tidy_tally {
    uint64_t kept; /* values that stay only because they hold the last usable certificate */
};

struct tidying {
    struct tidy_rules rules;
    /* Attributes, without options, of which the server removes no single value; NULL at the end, or
       NULL: there is none. */
    const char *const *inseparable;
    bool whole;              /* these are replaced as a whole then */
    struct tidy_tally tally; /* of all that has been handed over */
};

/* The end of each complaint of a value of an inseparable attribute: it may be of every entry. */
const char *tidying_inseparable(void);

/* What comes of a batch. */
struct tidying_output {
    struct buffer *rows;
    struct tidy_tally *tally;
    struct complaints *complaints;
    struct arena *kept; /* for complaints */
};

/*
 * Adds the row of a mailbox that has been judged, where something is to be removed; `*added` tells.
 * What is to be removed and cannot be is a complaint: a row without a DN of LDAP; a value whose
 * bytes the source does not show; one of an inseparable attribute. FAULT_RESOURCE when memory is
 * out.
 */
MUST_USE enum fault tidying_add(const struct tidying *tidying, const struct entry *entry,
                                const struct mailbox *mailbox, const struct rules *rules,
                                struct arena *arena, const struct tidying_output *out, bool *added);

#endif
