#ifndef KMS_STORE_BOOK_ROWS_H
#define KMS_STORE_BOOK_ROWS_H

#include "kms/store/certificate_rows.h"
#include "kms/store/user_rows.h"

/*
 * The books: every user with all that is his, in the order of their numbers, as of one moment.
 *
 *     fault = book_open(store, 0, INT64_MAX, &book, why);
 *     while ((fault = book_next(book, &arena, &row, &there, why)) == FAULT_NONE && there) …
 *     book_close(book);
 */
struct book;

struct book_row {
    struct user_row user;
    const struct span *addresses; /* further ones that hold */
    size_t address_count;
    const struct certificate_row *certificates; /* oldest first; old and revoked ones too */
    size_t certificate_count;
};

/*
 * The users numbered `first` to `last`. Opens a reading transaction when none is open (then
 * book_close ends it). One book at a time on a store.
 */
MUST_USE enum fault book_open(struct store *store, int64_t first, int64_t last, struct book **out,
                              struct why *why);

/*
 * The next user, copied into `arena` (its caller resets it between batches). FAULT_RESOURCE
 * also when the arena is exhausted; the same user comes again with the next call.
 */
MUST_USE enum fault book_next(struct book *book, struct arena *arena, struct book_row *out,
                              bool *there, struct why *why);

void book_close(struct book *book);

#endif
