#ifndef KMS_BOOKS_INDEX_H
#define KMS_BOOKS_INDEX_H

#include "kms/books/ledger.h"

/*
 * The books in memory, to be found by any address: what a directory is laid beside. It holds a note
 * of each user, some 150 bytes, and 80 of each certificate, of which it keeps the digest.
 */
struct book_index;

/* Walks through the ledger. FAULT_RESOURCE without memory; faults of the ledger. */
MUST_USE enum fault book_index_new(struct ledger *ledger, struct book_index **out, struct why *why);
void book_index_free(struct book_index *index);

/* Whose address that is, without regard to case; NULL: nobody's. Safe from many threads. */
const struct book_note *book_index_find(const struct book_index *index, struct span address);

/* Notes that a mailbox of a directory is this user's; safe from many threads. True the first time.
 */
bool book_index_see(struct book_index *index, const struct book_note *note);

/* The same user's note, by its number; and whether it has been seen. */
bool book_index_has_seen(const struct book_index *index, uint32_t number);

/* Where the certificate is in the note: 1 + its place; 0: not there. FAULT_RESOURCE. */
MUST_USE enum fault book_note_find(const struct book_note *note, struct span serial,
                                   struct span der, uint32_t *out);

#endif
