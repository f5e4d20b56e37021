#ifndef SOURCE_LIVE_OPTIONS_H
#define SOURCE_LIVE_OPTIONS_H

#include "directory/directory.h"
#include "source/since_options.h"

struct projection;

/* How a live directory is read; what it names is borrowed, and lives as long as the source. */
struct live_options {
    struct directory_options directory;
    const struct projection *projection; /* attributes beside those of a roster; NULL: none */
    bool everything; /* objects that are no mailboxes too, where the URL has no filter */
    const struct since_options *since; /* NULL: everything is asked for */
};

/* What became of one, beside its entries. */
struct live_facts {
    uint64_t bytes;                /* of its entries, so far */
    bool incomplete;               /* it ended early */
    bool hidden;                   /* it shows this user no certificate of anybody */
    bool exposed;                  /* a password went over an unprotected line */
    bool reconnected;              /* the connection was lost once, and taken up again */
    bool lacks_tls;                /* the server refused StartTLS, and was read without */
    uint64_t references, followed; /* continuation references */
    uint64_t missed;               /* of those not followed: where mailboxes may be */
    const char *servers; /* where those lead to (directory_found); NULL: it was never searched */
    struct since_facts since;
};

#endif
