#ifndef KMS_BOOKS_FACTS_H
#define KMS_BOOKS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "kms/store/book_rows.h"

/*
 * What the books say of a mailbox beside its certificates: with whom they were issued to, what is
 * in escrow, what was revoked; and, where a directory is laid beside the books, how the two differ.
 */

/* The first bytes of a certificate's SHA-256: no two certificates have the same. */
enum { BOOK_DIGEST_SIZE = 16 };

struct book_certificate {
    int64_t not_before, not_after, issued_at;
    int64_t revoked_at;               /* 0 while good */
    uint8_t digest[BOOK_DIGEST_SIZE]; /* only in an index (index.h) */
    uint8_t serial[CERTIFICATE_SERIAL_MAX];
    uint8_t serial_length;
    uint8_t purpose, status; /* enum certificate_purpose, enum certificate_status */
    uint8_t reason;          /* of RFC 5280, section 5.3.1 */
    bool is_escrowed, is_current;
};

/* One user. The certificates are newest first: what is current comes before what it replaced. */
struct book_note {
    int64_t user, since;
    int64_t recovered_at;  /* the last time that his keys were handed out; 0: never */
    int64_t token_expires; /* of the token that he has not used; 0: he has none */
    uint32_t number;       /* of all users of the walk, from 0 */
    uint32_t state;        /* enum user_state */
    uint32_t count;
    struct book_certificate certificates[];
};

/* How many bytes a note with so many certificates has. */
static inline size_t book_note_size(size_t count)
{
    return sizeof(struct book_note) + count * sizeof(struct book_certificate);
}

/* What a row of the roster has of it (struct mailbox, `witnessed`). */
struct book_facts {
    const struct book_note *note; /* NULL: the books do not know the mailbox */
    int64_t at;
    bool is_joined;  /* a directory is laid beside the books */
    bool is_untold;  /* it is not in what came of the directory, of which something is missing */
    bool is_listed;  /* it is in the directory */
    uint32_t *which; /* for each candidate: 1 + its place in the note; 0: it is not there */
};

/* What is counted of mailboxes (struct verdict, `marks`). */
enum book_mark {
    BOOK_INVITED,
    BOOK_ENROLLED,
    BOOK_LEFT,
    BOOK_ESCROWED, /* some key of his can be recovered */
    BOOK_HELD,
    BOOK_REVOKED,
    BOOK_RECOVERED,
    BOOK_DIFFERS_FIRST,
    BOOK_NOT_PUBLISHED =
        BOOK_DIFFERS_FIRST,    /* his encryption certificate is not in the directory */
    BOOK_NOT_ISSUED,           /* the directory shows one of ours that the books do not know */
    BOOK_ISSUED_TO_ANOTHER,    /* … that they know as another user's */
    BOOK_REVOKED_PUBLISHED,    /* … that is revoked or held */
    BOOK_SUPERSEDED_PUBLISHED, /* clients would take one that a newer one has replaced */
    BOOK_FOREIGN_EFFECTIVE,    /* clients would take one that is not ours */
    BOOK_UNKNOWN_TO_KMS,       /* a mailbox of the directory that the books do not know */
    BOOK_NOT_IN_DIRECTORY,     /* a user whom the directory does not have */
    BOOK_DIFFERS_END,
    BOOK_LISTED = BOOK_DIFFERS_END, /* a mailbox of a directory */
    BOOK_KNOWN,                     /* the books know it */
    BOOK_DIFFERS,                   /* any of the above applies */
    BOOK_MARK_COUNT
};

#define BOOK_DIFFERENCES ((1U << BOOK_DIFFERS_END) - (1U << BOOK_DIFFERS_FIRST))

const char *book_mark_name(enum book_mark mark);           /* "invited", "not-published", … */
const char *book_purpose_name(uint8_t purpose);            /* "signing", "encryption" */
const char *book_state_name(const struct book_note *note); /* "invited", "enrolled", "left" */

/* What the status of a certificate was at a time. A hold that was released is forgotten. */
enum certificate_status book_status(const struct book_certificate *certificate, int64_t at);
const char *book_status_name(enum certificate_status status); /* "good", "held", "revoked" */

/* How many of a note's certificates there are of a kind. */
struct book_counts {
    uint32_t issued, escrowed, held, revoked;
};
struct book_counts book_counts(const struct book_note *note, int64_t at);

/* The marks of the books alone: everything before BOOK_DIFFERS_FIRST. */
uint32_t book_marks(const struct book_note *note, int64_t at);

/* Fills in one from its row, without the digest. */
void book_certificate_fill(struct book_certificate *out, const struct certificate_row *row);

#endif
