#ifndef KMS_BOOKS_BOOKS_H
#define KMS_BOOKS_BOOKS_H

#include "report/report.h"
#include "roster/witness.h"
#include "source/source.h"

/*
 * The server's own books as a source of the roster, and as the one who knows more (witness.h):
 * which certificate was revoked, what is in escrow, what a directory shows otherwise.
 *
 *     books_open(&books, store, &options, &why);
 *     roster = {.sources = {books_source(books)}, .witness = books_witness(books),
 *               .trust = books_trust(books), …};
 *     books_format(span_text("jsonl"), false, &format);     // the report's
 *
 * With `joins`, directories come first and the books last: whoever is in a directory is told there,
 * with what the books know of him, and the books tell the others.
 *
 * Rows of the books come in the order in which the users came, the certificates of each newest
 * first, so that the effective one is what replaced the others. A signature is not looked at: the
 * books say what was issued. Of a directory, certificates that the books do not know are ours when
 * the CA's key signed them.
 */
struct store;
struct books;

struct books_options {
    int64_t at; /* what is revoked later is good */
    bool joins;
    bool lacks_some; /* some of the directories cannot be read: who is in none may be in those */
};

/*
 * Takes hold of the store as it is now. It has no transaction open, and lives as long; nobody else
 * uses it meanwhile. Needs no passphrase and writes nothing.
 *
 * FAULT_RESOURCE, FAULT_SYNTAX  the store gave out, or is damaged
 */
MUST_USE enum fault books_open(struct store *store, const struct books_options *options,
                               struct books **out, struct why *why);
void books_close(struct books *books);

/* All are the books'. */
struct source *books_source(struct books *books);
const struct witness *books_witness(const struct books *books);
const struct trust *books_trust(const struct books *books); /* NULL where nothing is joined */

/*
 * Makes `*out` a report's format with what the books know: `"kms":{…}` in every object, columns
 * behind those of a CSV, words behind a table's reason. With `joins`, what differs too. False: no
 * such format, or with `joins` one that does not show it.
 */
MUST_USE bool books_format(struct span name, bool joins, struct format *out);

/* The mark (struct selection, `marks`) of rows where directory and books differ in any way. */
uint32_t books_mark_of_difference(void);

#endif
