#ifndef SOURCE_SINCE_OPTIONS_H
#define SOURCE_SINCE_OPTIONS_H

#include "base/outfile.h"

/* By which file a live directory is read, so that only what has changed is asked for. Borrowed. */
struct since_options {
    const char *path;    /* the file, which need not be there */
    struct outfile *out; /* opened for it, private; it is committed when all of it is written */
    int aside;           /* an empty file without a name, for what has changed */
    /* Told why everything was read anew: a sentence. */
    void (*tell_whole)(void *context, const char *reason);
    /* Told the DN of each entry of the last roster that is gone; NULL: nobody wants to know. */
    void (*tell_gone)(void *context, struct span dn);
    void *context;
};

/* What came of it. */
struct since_facts {
    bool used;               /* the source was read in this way */
    bool whole;              /* everything was read */
    uint64_t entries, keys;  /* that the server sent, and keys without an entry */
    uint64_t added, changed; /* entries of the new roster, containers too */
    uint64_t gone;           /* entries of the last one */
};

#endif
