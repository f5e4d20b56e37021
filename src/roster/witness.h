#ifndef ROSTER_WITNESS_H
#define ROSTER_WITNESS_H

#include "base/arena.h"
#include "entry/entry.h"
#include "verdict/verdict.h"

/*
 * Somebody who knows more of a mailbox than its entry and the trust given: a key management server
 * that has its own books. Both calls are made by many threads at a time, and again for an entry
 * that has to be read again.
 */
struct witness {
    void *context;
    /*
     * The certificates of the entry have been read, nobody has judged them. What it knows of one it
     * writes into `trust`, and sets `known`; of the mailbox, into `witnessed`. FAULT_RESOURCE.
     */
    enum fault (*meet)(void *context, const struct entry *entry, struct mailbox *mailbox,
                       struct arena *arena);
    /* The mailbox has been judged; adds its marks to the verdict. */
    void (*judged)(void *context, const struct mailbox *mailbox, struct verdict *verdict);
    /*
     * NULL, or called once before the last source is begun, when all that was in those before has
     * been reported. `whole`: nothing of them was missing.
     */
    void (*settle)(void *context, bool whole);
    /*
     * NULL, or called once at the end, when every mailbox has been counted: adds to the counts of
     * its marks (by bit) what stands in no single mailbox.
     */
    void (*total)(void *context, uint64_t *marks);
};

#endif
