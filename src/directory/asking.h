#ifndef DIRECTORY_ASKING_H
#define DIRECTORY_ASKING_H

#include "directory/internal.h"
#include "directory/repeat.h"

/* One search on one server, over as many pages and connections as it takes. */
struct asking {
    struct directory *directory;
    const struct directory_search *search;
    const struct directory_sink *sink;
    struct directory_found *found;
    const char *base, *filter;
    enum directory_scope scope;
    unsigned page_size; /* 0: in no pages */
    bool deleted;       /* deleted objects too, as Active Directory keeps them for a while */

    uint64_t handed; /* entries handed over by earlier passes, to be passed over */
    uint64_t handed_digest;
    uint64_t seen; /* entries of this pass, and a digest of their DNs in their order */
    uint64_t seen_digest;
    char last_dn[256]; /* of the last entry, its start alone where it is longer */
    bool page_begun;   /* an entry of this page has come */
    struct repeat repeat;
    bool lost; /* out: the connection ended under it */

    char **references; /* continuation references, to be followed later */
    size_t reference_count;
    bool referred; /* a result, not a continuation, led to one of them */
};

/* LDAP_SERVER_SHOW_DELETED_OID (MS-ADTS, 3.1.1.3.4.1.14). */
#define ASKING_SHOW_DELETED "1.2.840.113556.1.4.417"

/* Hands over one entry, `message` being libldap's, its ranges fetched to their end. */
MUST_USE enum fault asking_take_entry(struct asking *asking, void *message, struct why *why);

/*
 * Asks until all pages have come, or the first fault; references are gathered. Begins at the first
 * entry, and passes over those that were handed over before.
 */
MUST_USE enum fault asking_run(struct asking *asking, struct why *why);

/* Gathers the URLs of one continuation reference, or of a result that is one. */
void asking_take_references(struct asking *asking, char *const *urls);

/* Counts a reference that is not followed, and names its server. */
void directory_note_missed(struct directory_found *found, const char *url);

/* The same for a message of libldap's that is one. */
void asking_read_reference(struct asking *asking, void *message);

void asking_clear(struct asking *asking);

/* The scope as libldap calls it. */
int asking_scope(const struct asking *asking);

/* What the server tells of itself in its root entry (RFC 4512, 5.1). */
struct directory_root {
    bool read; /* it has been asked */
    bool active_directory, is_389;
    bool content_sync; /* it knows RFC 4533 */
    char **contexts;   /* NULL at the end; Active Directory's default one alone */
    /* Active Directory: highestCommittedUSN, dsServiceName, currentTime; else NULL. */
    char *usn, *service, *time;
};

/* Empty where the server does not tell, or not to us. False when it did not answer in time. */
MUST_USE bool directory_read_root(struct directory *directory, struct directory_root *out);
void directory_root_clear(struct directory_root *root);

/*
 * Makes up for what the URL leaves open, by the root entry, which is read where that is needed and
 * has not been done. Faults as directory_search().
 */
MUST_USE enum fault asking_settle(struct asking *asking, struct directory_root *root,
                                  struct why *why);

/* The reason for libldap's last failure on this connection. */
MUST_USE enum fault directory_failed(struct directory *directory, const char *doing, bool *lost,
                                     struct why *why);

#endif
