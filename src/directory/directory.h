#ifndef DIRECTORY_DIRECTORY_H
#define DIRECTORY_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "directory/url.h"

/*
 * A live directory, asked by LDAP (RFC 4511).
 *
 *     directory_new()      nothing is done yet
 *     directory_connect()  connects, protects the connection, binds
 *     directory_search()   asks, page by page, and hands the entries over one by one
 *
 * A directory is used by one thread at a time, directory_answers() and directory_abort() apart.
 * Every `why->rule` of this room may be a sentence made for the occasion: it lives until the next
 * call, or until directory_free().
 */
struct directory;

enum directory_tls {
    DIRECTORY_TLS_NONE,   /* as the scheme says: ldaps is protected anyway */
    DIRECTORY_TLS_TRY,    /* StartTLS; where it is refused, go on without */
    DIRECTORY_TLS_DEMAND, /* StartTLS or nothing */
};

/* How to connect. Borrowed: everything lives as long as the directory. */
struct directory_options {
    const char *bind_dn;   /* NULL or empty: anonymous, unless a mechanism is named */
    struct span password;  /* of a simple bind */
    const char *mechanism; /* SASL: EXTERNAL or GSSAPI; NULL: a simple bind */
    enum directory_tls tls;
    const char *ca_file; /* whom a server's certificate must come from; NULL: as the system says */
    unsigned timeout_s;  /* connecting, TLS, each answer; not 0 */
    unsigned page_size;  /* entries a page; not 0 */
    bool follow_referrals; /* also ask the servers that this one points to */
};

/* True for a mechanism that directory_connect() knows. */
bool directory_knows_mechanism(const char *name);

/* Takes a URL that directory_url_parse() has read; the copy is emptied. NULL without memory. */
struct directory *directory_new_take(struct directory_url *url,
                                     const struct directory_options *options);

/*
 * Connects and binds, within the time limit for each step, whatever the libraries do meanwhile.
 *
 * The certificate of the server must be valid, come from whom the options say, and bear the
 * host's name.
 *
 * FAULT_ABSENT    no such host, nobody listens
 * FAULT_DENIED    wrong name or password; a certificate that is not accepted; the server wants a
 *                 protected connection
 * FAULT_RESOURCE  no answer in time, no network, no memory, a server that is busy or broken
 */
MUST_USE enum fault directory_connect(struct directory *directory, struct why *why);

/*
 * True when the password went over a line that others may listen to: neither TLS nor a socket of
 * this machine.
 */
bool directory_exposes_password(const struct directory *directory);

/* True when the server refused StartTLS that was asked for, and the line is not protected. */
bool directory_lacks_tls(const struct directory *directory);

/* What is asked. Borrowed for the call. */
struct directory_search {
    const char *const *attributes; /* names, NULL at the end */
    bool everything;               /* where the URL has no filter: all objects */
};

/* Who takes the entries. A fault that these return ends the search, which returns it. */
struct directory_sink {
    void *context;
    enum fault (*begin)(void *context, struct span dn);
    /* One value of the entry; the name comes with its options, but never a range. */
    enum fault (*value)(void *context, struct span name, struct span value);
    enum fault (*end)(void *context);
    void (*idle)(void *context); /* called now and then while no answer comes */
};

/* What came of a search; also when it failed. */
struct directory_found {
    uint64_t entries;    /* handed over */
    uint64_t references; /* continuation references that were not followed */
    uint64_t missed;     /* of those: where mailboxes may be */
    uint64_t followed;   /* continuation references that were */
    char servers[512]; /* where those not followed lead to, each as ` ldap://host,`, as far as they
                          fit */
    bool reconnected;  /* the connection was lost, and taken up again */
};

/*
 * Searches what the URL names: its base (or the server's own, where it names none), its scope, and
 * its filter, or else one that leaves out what cannot be a mailbox, unless everything is wanted.
 * Always in pages (RFC 2696), which shrink where the server refuses their size; a server that knows
 * no pages answers in one. Values that come in ranges (Active Directory, `member;range=0-1499`) are
 * fetched to their end. A connection that is lost is taken up once, and the search begun again; the
 * entries handed over already are passed over, if they are the same.
 *
 * FAULT_ABSENT    the base is not there
 * FAULT_DENIED    the server refuses
 * FAULT_LIMIT     the server ended the search before its end: there is more than was handed over
 * FAULT_RESOURCE  no answer in time, the connection was lost for good
 * FAULT_SYNTAX    what the server sends is no LDAP
 */
MUST_USE enum fault directory_search(struct directory *directory,
                                     const struct directory_search *search,
                                     const struct directory_sink *sink,
                                     struct directory_found *found, struct why *why);

/*
 * True when some entry near the base of the URL, or of its naming context, shows one of the
 * attributes named: whoever asks may see them. False also when that cannot be found out.
 */
bool directory_shows(struct directory *directory, const char *const *attributes);

/* How many answers have come, of any kind. Safe from any thread: somebody waits and looks. */
uint64_t directory_answers(struct directory *directory);

/* Ends what another thread waits for within the library. Safe from any thread. */
void directory_abort(struct directory *directory);

void directory_free(struct directory *directory);

#endif
