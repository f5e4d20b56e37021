#ifndef KMS_BOOKS_LEDGER_H
#define KMS_BOOKS_LEDGER_H

#include "kms/books/facts.h"
#include "kms/store/token_rows.h"

/*
 * A walk through the books, user after user, each made a note (facts.h): the rows of the store, his
 * last recovery and the token that he has not used. Needs no passphrase and writes nothing.
 */
struct recovered_row;

struct ledger {
    struct store *store;
    struct recovered_row *recovered; /* by user */
    size_t recovered_count;
    struct arena kept; /* for what lives as long as the ledger */
    struct arena row;  /* for one user */
    struct book *book; /* NULL: the walk has not begun, or ended */
    struct store_walk tokens;
    struct open_token_row token; /* the next one */
    bool has_token;              /* there is one */
    bool reads;                  /* the transaction is ours */
    uint32_t given;              /* users of this walk so far */
};

/*
 * Takes hold of the store's state as it is now, which all walks see. `store` has no transaction
 * open. To be closed after a fault too.
 */
MUST_USE enum fault ledger_open(struct ledger *ledger, struct store *store, struct why *why);
void ledger_close(struct ledger *ledger);

/* Begins with the first user, again and again. */
MUST_USE enum fault ledger_start(struct ledger *ledger, struct why *why);

/*
 * The next user; both are valid until the next call. The note's certificates are the row's in
 * reverse. FAULT_ABSENT behind the last, however often, and after a failure.
 */
MUST_USE enum fault ledger_next(struct ledger *ledger, struct book_row *row,
                                struct book_note **note, struct why *why);

#endif
