#ifndef KMS_REQUEST_ISSUE_MAILBOXES_H
#define KMS_REQUEST_ISSUE_MAILBOXES_H

#include "source/source.h"

/*
 * The mailboxes of a source, whichever kind it is, one by one: whom they are for and under which
 * addresses. What is no mailbox is passed over; what cannot be read is told and passed over.
 */
struct mailbox_entry {
    struct span name;    /* for people; may be empty */
    struct span address; /* the one to write to; empty: it has none */
    const struct span *others;
    size_t other_count;
    const char *doubt; /* why it is not to be believed; NULL: nothing. It was not told */
    uint64_t line;     /* 0: of a directory */
};

/* Told of what could not be read: the line (0: none) and the sentence. */
typedef void mailboxes_complain(void *context, uint64_t line, struct span sentence);

struct mailboxes;

/*
 * Begins to read an opened source, whose options have count_lines, and csv.any_columns where a
 * source without certificates will do. It stays the caller's. FAULT_RESOURCE; and faults of
 * source_start(), where nothing of it can be read.
 */
MUST_USE enum fault mailboxes_new(struct source *source, mailboxes_complain *complain,
                                  void *context, struct mailboxes **out, struct why *why);

/*
 * The next mailbox; what its spans view is in the arena. FAULT_ABSENT: there is no more;
 * FAULT_RESOURCE.
 */
MUST_USE enum fault mailboxes_next(struct mailboxes *mailboxes, struct arena *arena,
                                   struct mailbox_entry *out, struct why *why);

/* How many times `complain` was called. */
uint64_t mailboxes_complaints(const struct mailboxes *mailboxes);

void mailboxes_free(struct mailboxes *mailboxes);

#endif
