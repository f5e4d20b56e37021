#include "kms/store/book_rows.h"

#include <stdlib.h>

#include "kms/store/certificate_columns.h"

/*
 * Three queries side by side, each in the order of the users' numbers, and each read where it lies
 * on the disk from its beginning to its end.
 */
enum { USER_SHIFT = 16 };

struct book {
    struct store *store;
    int64_t next, last; /* users that have not been given yet */
    bool began;         /* the transaction is ours */
    bool is_placed;     /* the queries stand where `next` says */
    struct sql_query *users, *addresses, *certificates;
    bool has_address, has_certificate; /* that query stands on a row that was not given yet */
};

static void book_lift(struct book *book)
{
    sql_end(book->users);
    sql_end(book->addresses);
    sql_end(book->certificates);
    book->users = book->addresses = book->certificates = NULL;
    book->is_placed = false;
}

static enum fault ask_between(struct book *book, const char *text, int64_t first, int64_t last,
                              struct sql_query **out, struct why *why)
{
    enum fault fault = sql_ask(store_sql(book->store), text, out, why);

    if (fault == FAULT_NONE) {
        sql_give_int(*out, 1, first);
        sql_give_int(*out, 2, last);
    }
    return fault;
}

static enum fault book_place(struct book *book, struct why *why)
{
    enum fault fault;

    if (book->is_placed) {
        return FAULT_NONE;
    }
    fault = ask_between(book,
                        "SELECT id, address, name, since, state FROM user"
                        " WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                        book->next, book->last, &book->users, why);
    if (fault == FAULT_NONE) {
        fault = ask_between(book,
                            "SELECT user, address FROM user_address INDEXED BY user_address_of"
                            " WHERE user BETWEEN ?1 AND ?2 AND until IS NULL ORDER BY user, id",
                            book->next, book->last, &book->addresses, why);
    }
    if (fault == FAULT_NONE) {
        fault = ask_between(book, CERTIFICATES_BETWEEN, book->next << USER_SHIFT,
                            (book->last << USER_SHIFT) + CERTIFICATE_USER_MAX - 1,
                            &book->certificates, why);
    }
    if (fault == FAULT_NONE) {
        fault = sql_step(book->addresses, &book->has_address, why);
    }
    if (fault == FAULT_NONE) {
        fault = sql_step(book->certificates, &book->has_certificate, why);
    }
    book->is_placed = true;
    if (fault != FAULT_NONE) {
        book_lift(book);
    }
    return fault;
}

enum fault book_open(struct store *store, int64_t first, int64_t last, struct book **out,
                     struct why *why)
{
    static const int64_t greatest = INT64_MAX >> USER_SHIFT;
    struct book *book = calloc(1, sizeof(*book));
    enum fault fault = FAULT_NONE;

    if (book == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    book->store = store;
    book->next = first > 0 ? first : 0;
    book->last = last < greatest ? last : greatest - 1;
    if (!sql_is_within(store_sql(store))) {
        fault = store_begin_reading(store, why);
        book->began = fault == FAULT_NONE;
    }
    if (fault == FAULT_NONE) {
        fault = book_place(book, why);
    }
    if (fault != FAULT_NONE) {
        book_close(book);
        return fault;
    }
    *out = book;
    return FAULT_NONE;
}

static enum fault out_of_memory(enum fault fault, struct why *why)
{
    return fault != FAULT_NONE ? fault_at(FAULT_RESOURCE, 0, "out of memory", why) : FAULT_NONE;
}

static enum fault take_addresses(struct book *book, struct arena *arena, struct book_row *row,
                                 struct why *why)
{
    void *array = NULL;
    size_t count = 0, capacity = 0;

    while (book->has_address && sql_int(book->addresses, 0) <= row->user.id) {
        enum fault fault =
            arena_grow(arena, &array, sizeof(struct span), count, &capacity, SIZE_MAX);

        if (fault == FAULT_NONE) {
            fault = arena_copy(arena, sql_text(book->addresses, 1), (struct span *)array + count);
        }
        if (fault != FAULT_NONE) {
            return out_of_memory(fault, why);
        }
        count++;
        fault = sql_step(book->addresses, &book->has_address, why);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    row->addresses = array;
    row->address_count = count;
    return FAULT_NONE;
}

static enum fault take_certificates(struct book *book, struct arena *arena, struct book_row *row,
                                    struct why *why)
{
    const struct row_kind *kind = certificate_row_kind();
    void *array = NULL;
    size_t count = 0, capacity = 0;

    while (book->has_certificate && sql_int(book->certificates, 1) <= row->user.id) {
        enum fault fault = arena_grow(arena, &array, kind->size, count, &capacity, SIZE_MAX);

        if (fault == FAULT_NONE) {
            kind->read(book->certificates, (struct certificate_row *)array + count);
            fault = row_keep(kind, arena, (struct certificate_row *)array + count, why);
        }
        if (fault != FAULT_NONE) {
            return out_of_memory(fault, why);
        }
        count++;
        fault = sql_step(book->certificates, &book->has_certificate, why);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    row->certificates = array;
    row->certificate_count = count;
    return FAULT_NONE;
}

static enum fault take_user(struct book *book, struct arena *arena, struct book_row *row,
                            struct why *why)
{
    enum fault fault;

    row->user.id = sql_int(book->users, 0);
    row->user.since = sql_int(book->users, 3);
    row->user.state = (enum user_state)sql_int(book->users, 4);
    fault = arena_copy(arena, sql_text(book->users, 1), &row->user.address);
    if (fault == FAULT_NONE) {
        fault = arena_copy(arena, sql_text(book->users, 2), &row->user.name);
    }
    if (fault != FAULT_NONE) {
        return out_of_memory(fault, why);
    }
    fault = take_addresses(book, arena, row, why);
    return fault == FAULT_NONE ? take_certificates(book, arena, row, why) : fault;
}

enum fault book_next(struct book *book, struct arena *arena, struct book_row *out, bool *there,
                     struct why *why)
{
    struct book_row row = {0};
    bool more = false;
    enum fault fault = book_place(book, why);

    if (fault == FAULT_NONE) {
        fault = sql_step(book->users, &more, why);
    }
    if (fault == FAULT_NONE && more) {
        fault = take_user(book, arena, &row, why);
    }
    if (fault != FAULT_NONE) {
        book_lift(book); /* the next call begins with this user again */
        return fault;
    }
    if (more) {
        book->next = row.user.id + 1;
        *out = row;
    }
    *there = more;
    return FAULT_NONE;
}

void book_close(struct book *book)
{
    if (book == NULL) {
        return;
    }
    book_lift(book);
    if (book->began) {
        store_rollback(book->store);
    }
    free(book);
}
