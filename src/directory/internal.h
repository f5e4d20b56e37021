#ifndef DIRECTORY_INTERNAL_H
#define DIRECTORY_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "directory/directory.h"

enum { MESSAGE_SIZE = 1024 };

struct directory {
    struct directory_url url;
    const struct directory_options *options;
    void *ld;       /* libldap's LDAP *; NULL: not connected */
    bool protected; /* the bytes on the line cannot be read or changed */
    bool exposed;   /* a password has gone over another line */
    bool lacks_tls; /* StartTLS was refused */
    bool spoken;    /* LDAP has come from the server, on this connection or an earlier one */
    bool stuck;     /* a thread is lost in a library: nothing may be freed any more */
    char message[MESSAGE_SIZE];

    atomic_uint_fast64_t answers;
    atomic_bool aborted;
    pthread_mutex_t line; /* guards fd */
    int fd;               /* of the connection, for directory_abort() alone; -1: none */
};

/* Notes that an answer has come. */
static inline void directory_note_answer(struct directory *directory)
{
    atomic_fetch_add_explicit(&directory->answers, 1, memory_order_relaxed);
}

/*
 * What a result code of the server, or of libldap, means, as a fault and a sentence with what the
 * server said and what to do. `doing` begins it: "search", "bind".
 */
MUST_USE enum fault directory_refused(struct directory *directory, const char *doing, int code,
                                      const char *said, struct why *why);

/* Makes a sentence, printf's way, of texts that may hold what a server sent. */
__attribute__((format(printf, 4, 5))) MUST_USE enum fault directory_say(struct directory *directory,
                                                                        enum fault fault,
                                                                        struct why *why,
                                                                        const char *format, ...);

/* Closes the connection, if there is one. */
void directory_hang_up(struct directory *directory);

/* Takes the descriptor of a connection for directory_abort(). */
void directory_set_line(struct directory *directory, int fd);

/* Protects the connection as the URL and the options want it. Faults as directory_connect(). */
MUST_USE enum fault directory_secure(struct directory *directory, struct why *why);

/* Binds as the options say. Faults as directory_connect(). */
MUST_USE enum fault directory_bind(struct directory *directory, struct why *why);

#endif
