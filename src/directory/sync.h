#ifndef DIRECTORY_SYNC_H
#define DIRECTORY_SYNC_H

#include "base/buffer.h"
#include "directory/directory.h"

/*
 * Asks a directory for what has changed since the last time, by what its root entry says that it
 * knows:
 *
 *   RFC 4533, content synchronization   OpenLDAP (overlay syncprov), 389 DS (its plugin)
 *   uSNChanged (MS-ADTS, 3.1.1.1.9)     Active Directory, Samba
 *
 * Of the two ways of Active Directory this is the one that needs no right but to read: DirSync
 * wants the right to replicate, which on Windows goes with reading password hashes, and knows no
 * base but the root. What was deleted is found among the deleted objects by whoever may read them;
 * for others, and where a server is known not to tell all of it, the keys of all entries are asked
 * for, which is a hundredth of what their certificates take.
 *
 * An entry is known by its key, whatever it is called: entryUUID, nsUniqueId, objectGUID.
 */
enum { DIRECTORY_KEY_SIZE = 16, DIRECTORY_COOKIE_MAX = 16 * 1024 };

/* How to ask. When one way fails with FAULT_ABSENT, the next one is worth trying. */
enum directory_sync_way {
    DIRECTORY_SYNC_CHANGES, /* what has changed since the cookie */
    DIRECTORY_SYNC_WHOLE,   /* everything, in such a way that changes can be asked for next time */
    DIRECTORY_SYNC_PLAIN,   /* everything, without keys */
};

/*
 * Who is told. Of two statements about one key the later one holds, but for "present", which says
 * nothing against an entry that was handed over. A fault that these return ends the search.
 */
struct directory_change_sink {
    void *context;
    enum fault (*begin)(void *context, struct span dn); /* an entry, whole */
    enum fault (*value)(void *context, struct span name, struct span value);
    enum fault (*end)(void *context, struct span key);     /* DIRECTORY_KEY_SIZE bytes, or none */
    enum fault (*present)(void *context, struct span key); /* it is as it was */
    enum fault (*gone)(void *context, struct span key);
};

/* What came of it; `{0}`, and to be cleared. */
struct directory_changes {
    struct buffer cookie;         /* for the next time; empty: there is none */
    bool absent_gone;             /* what was neither handed over nor told to be present is gone */
    uint64_t entries;             /* that the server sent */
    uint64_t keys;                /* that it sent without an entry */
    struct directory_found found; /* continuation references, which are not followed */
};

/*
 * Asks, on a directory that is connected or was. The attributes are NULL at the end. Besides what
 * the URL's filter finds, containers are handed over, since their new names are those of what lies
 * beneath them, which no server says has changed.
 *
 * FAULT_ABSENT  CHANGES: the cookie is of no use any more, or of another directory; WHOLE: the
 *               server tells no changes, or not to this user; what was handed over is void then,
 *               and `why` is a sentence for "read whole: ..."
 * The others, and all of PLAIN, are those of directory_search(): with FAULT_LIMIT what was handed
 * over holds, as far as it goes.
 */
MUST_USE enum fault directory_sync(struct directory *directory, const char *const *attributes,
                                   enum directory_sync_way way, struct span cookie,
                                   const struct directory_change_sink *sink,
                                   struct directory_changes *out, struct why *why);

/* What is asked of whom by whom, as a text: with another one, a cookie is foreign. */
void directory_sync_identity(const struct directory *directory, const char *const *attributes,
                             struct buffer *out);

#endif
