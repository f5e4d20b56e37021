#ifndef SOURCE_SINCE_WORK_H
#define SOURCE_SINCE_WORK_H

#include "directory/sync.h"
#include "source/change_index.h"
#include "source/since.h"

enum { SINCE_SENTENCE = 1024 };

/* One reading by way of a file; shared by since.c, which asks, and since_merge.c, which merges. */
struct since {
    struct directory *directory;
    const char *const *names;
    const struct since_options *options;
    struct buffer identity; /* of what is asked */

    int old_fd; /* -1: there is no last roster */
    struct kept_reader old;
    int fd; /* of the roster that is read; -1: none yet */
    struct kept_reader reader;
    struct kept_writer writer;
    bool unchanged; /* nothing was said: the file of the last roster is the new one */

    enum directory_sync_way way;
    struct directory_changes changes;
    struct frame_writer entry;   /* one at a time */
    struct change_index index;   /* what was said since the last roster */
    struct change_index renamed; /* digests of the names that entries had */
    uint64_t aside;              /* bytes that were put aside */
    struct buffer gone;          /* DNs, each behind its length, for tell_gone */
    bool keyless;                /* an entry came without a key */
    bool saw_certificate;        /* an entry has one */
    struct since_facts facts;
    struct why sink_why;

    bool ready, lost, incomplete;
    enum fault end_fault; /* where it is incomplete */
    char sentence[SINCE_SENTENCE];
    char reason[SINCE_SENTENCE]; /* why everything was read; empty: there is none to tell */
};

/* Adds an entry to the new file. */
MUST_USE enum fault since_add(struct since *since, struct span entry, struct why *why);

/*
 * Makes the new file of the last roster and what has changed, without its tail.
 *
 * FAULT_ABSENT  it cannot be made of them: everything has to be read; `why` says why
 */
MUST_USE enum fault since_merge(struct since *since, struct why *why);

/* Reads the last roster to its end. FAULT_ABSENT where it is damaged, as since_merge(). */
MUST_USE enum fault since_verify(struct since *since, struct why *why);

/*
 * When the new file can be read: true when the name of an entry that has not changed goes by the
 * old name of one that has.
 */
MUST_USE enum fault since_check_names(struct since *since, int fd, struct why *why);

#endif
