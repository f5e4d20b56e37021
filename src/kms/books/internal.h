#ifndef KMS_BOOKS_INTERNAL_H
#define KMS_BOOKS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "kms/books/books.h"
#include "kms/books/index.h"
#include "source/filled.h"

/* Shared by books.c, which reads the books, and witness.c, which is asked about mailboxes. */
struct books {
    struct books_options options;
    struct ledger ledger;
    struct filler filler;
    struct projection *projection;
    struct source *source;
    struct witness witness;
    struct book_index *index; /* NULL where nothing is joined */
    struct trust *trust;      /* the CA's certificates; NULL where nothing is joined */
    bool has_authority;       /* there are any */
    bool is_whole;            /* nothing is missing of the directories */
    pthread_mutex_t asking;   /* of the store, by the witness */
    /* Marks of the users whom directories have: of each once, in however many of them he is. */
    atomic_uint_least64_t listed[BOOK_MARK_COUNT];
};

/* The value of an entry that holds its note, and is asked for by the projection. */
#define BOOKS_NOTE_NAME "keyrosterBooksNote"

struct witness books_witness_of(struct books *books);

#endif
