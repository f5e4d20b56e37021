#include "kms/books/internal.h"

#include <stdlib.h>

#include "kms/store/authority_rows.h"

static enum fault start(void *context, struct why *why)
{
    struct books *books = context;

    return ledger_start(&books->ledger, why);
}

static enum fault put(struct frame_writer *writer, const char *name, struct span value)
{
    return value.len > 0 ? frame_value(writer, span_text(name), value) : FAULT_NONE;
}

static enum fault put_user(struct frame_writer *writer, const struct book_row *row,
                           const struct book_note *note)
{
    const struct span bytes = span_of(note, book_note_size(note->count));
    enum fault fault = frame_begin(writer, (struct span){0});

    if (fault == FAULT_NONE) {
        fault = put(writer, "displayName", row->user.name);
    }
    if (fault == FAULT_NONE) {
        fault = put(writer, "mail", row->user.address);
    }
    for (size_t i = 0; i < row->address_count && fault == FAULT_NONE; i++) {
        fault = put(writer, "mail", row->addresses[i]);
    }
    if (fault == FAULT_NONE) { /* before what a very long history would leave out */
        fault = put(writer, BOOKS_NOTE_NAME, bytes);
    }
    for (size_t i = row->certificate_count; i > 0 && fault == FAULT_NONE; i--) {
        fault = put(writer, "userCertificate", row->certificates[i - 1].der);
    }
    if (fault == FAULT_NONE) {
        frame_end(writer);
    }
    return fault;
}

/* Whoever has a mailbox in a directory has his row there. */
static bool is_told(const struct books *books, const struct book_note *note)
{
    return books->index != NULL && book_index_has_seen(books->index, note->number);
}

static enum fault fill(void *context, struct frame_writer *writer, struct why *why)
{
    struct books *books = context;
    struct book_row row;
    struct book_note *note;

    while (writer->whole < FILLED_BATCH_SIZE) {
        enum fault fault = ledger_next(&books->ledger, &row, &note, why);

        if (fault != FAULT_NONE) {
            return fault == FAULT_ABSENT && writer->whole > 0 ? FAULT_NONE : fault;
        }
        if (!is_told(books, note) && put_user(writer, &row, note) != FAULT_NONE) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    return FAULT_NONE;
}

/* Whose certificates are ours: those of every CA that the store ever had. */
static enum fault load_trust(struct books *books, struct store *store, struct why *why)
{
    struct authority_row *rows = NULL;
    size_t count = 0, added;
    enum fault fault = authority_list(store, &books->ledger.kept, &rows, &count, why);

    books->trust = trust_new();
    if (fault == FAULT_NONE && books->trust == NULL) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        if (rows[i].certificate.len > 0 && rows[i].role != AUTHORITY_RECOVERY) {
            fault = trust_add_issuers(books->trust, rows[i].certificate, &added, why);
            books->has_authority = true;
        }
    }
    return fault == FAULT_NONE ? trust_seal(books->trust, books->options.at, why) : fault;
}

enum fault books_open(struct store *store, const struct books_options *options, struct books **out,
                      struct why *why)
{
    const struct span names[] = {span_text(BOOKS_NOTE_NAME)};
    struct books *books = calloc(1, sizeof(*books));
    enum fault fault;

    if (books == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    books->options = *options;
    books->filler = (struct filler){books, start, fill};
    books->witness = books_witness_of(books);
    (void)pthread_mutex_init(&books->asking, NULL);
    fault = ledger_open(&books->ledger, store, why);
    if (fault == FAULT_NONE) {
        fault = projection_new(names, 1, true, &books->projection, why);
    }
    if (fault == FAULT_NONE) {
        fault = source_open_filled(&books->filler, books->projection, &books->source, why);
    }
    if (fault == FAULT_NONE && options->joins) {
        fault = load_trust(books, store, why);
    }
    if (fault == FAULT_NONE && options->joins) {
        fault = book_index_new(&books->ledger, &books->index, why);
    }
    if (fault != FAULT_NONE) {
        books_close(books);
        return fault;
    }
    *out = books;
    return FAULT_NONE;
}

void books_close(struct books *books)
{
    if (books == NULL) {
        return;
    }
    source_free(books->source);
    projection_free(books->projection);
    book_index_free(books->index);
    trust_free(books->trust);
    ledger_close(&books->ledger);
    (void)pthread_mutex_destroy(&books->asking);
    free(books);
}

struct source *books_source(struct books *books) { return books->source; }

const struct witness *books_witness(const struct books *books) { return &books->witness; }

const struct trust *books_trust(const struct books *books) { return books->trust; }
