#ifndef ROSTER_JUDGE_H
#define ROSTER_JUDGE_H

#include "base/arena.h"
#include "cert/trust.h"
#include "entry/entry.h"
#include "roster/witness.h"
#include "verdict/verdict.h"

/* What is wrong with one value of an entry, for a diagnostic: "certificate value 2: …". */
struct complaint {
    uint64_t line;
    struct span dn;   /* of the entry, in the batch: told where there are no lines */
    const char *rule; /* a static sentence */
    size_t value;     /* number of the value, from 1; 0: about the record */
    size_t offset;    /* byte within the value or record; told when not zero */
    size_t further;   /* so many values more of the record are faulty, and not told one by one */
};

/* One record does not flood the terminal: so many of its values are told one by one. */
enum { COMPLAINTS_A_RECORD = 8 };

/* Complaints in the order in which they came up, in an arena. */
struct complaints {
    struct complaint *at;
    size_t count, capacity;
};

/* FAULT_RESOURCE when the arena is exhausted. */
MUST_USE enum fault complaints_add(struct complaints *complaints, struct arena *arena,
                                   const struct complaint *complaint);

/* Under which circumstances an entry is judged. */
struct circumstances {
    const struct rules *rules;
    const char *site;              /* --site, or NULL */
    struct trust_session *session; /* NULL: no issuers, anchors or lists were given */
    const struct witness *witness; /* NULL: nobody knows more */
    struct cert_habits *habits;    /* the thread's; NULL: each certificate is read anew */
};

/*
 * From an entry to its answer: reads the certificates in its values, asks whom they come from,
 * and judges the mailbox. What lives as long as the entry comes from `arena`, complaints from
 * `kept`.
 *
 * FAULT_RESOURCE when memory is out.
 */
MUST_USE enum fault judge_entry(const struct entry *entry, const struct circumstances *given,
                                struct arena *arena, struct mailbox *mailbox,
                                struct verdict *verdict, struct complaints *complaints,
                                struct arena *kept);

#endif
