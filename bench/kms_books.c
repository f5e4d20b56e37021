/*
 * usage: kms_books STORE USERS
 *
 * Fills a store: to the one user that it has, who was issued his certificates, USERS more are
 * added, each with copies of his rows under an address and serials of his own. The address is
 * `user0000000@…`, its digits are counted up. Signatures and envelopes do not fit then, which only
 * `kms check` would notice. For measuring what a store costs that holds a million rows.
 */

#include <stdio.h>
#include <stdlib.h>

#include "kms/store/book_rows.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"

enum { A_TRANSACTION = 20000, DIGITS = 7, DIGITS_AT = 4, HISTORY_MAX = 16 };

struct template
{
    struct store *store;
    struct arena arena;
    struct book_row row;
    struct envelope_row envelopes[HISTORY_MAX];
    struct why why;
};

static bool is_done(enum fault fault, const struct template *t)
{
    if (fault != FAULT_NONE) {
        fprintf(stderr, "kms_books: %s\n", t->why.rule);
    }
    return fault == FAULT_NONE;
}

static bool read_template(struct template *t)
{
    struct book *book = NULL;
    bool there = false;
    enum fault fault = book_open(t->store, 0, INT64_MAX, &book, &t->why);

    if (fault == FAULT_NONE) {
        fault = book_next(book, &t->arena, &t->row, &there, &t->why);
    }
    book_close(book);
    if (!is_done(fault, t)) {
        return false;
    }
    if (!there || t->row.certificate_count > HISTORY_MAX ||
        t->row.user.address.len < DIGITS_AT + DIGITS) {
        fprintf(stderr, "kms_books: the first user is no user0000000@...\n");
        return false;
    }
    for (size_t i = 0; i < t->row.certificate_count; i++) {
        if (t->row.certificates[i].escrow != 0 &&
            !is_done(envelope_get(t->store, t->row.certificates[i].id, &t->arena, &t->envelopes[i],
                                  &t->why),
                     t)) {
            return false;
        }
    }
    return true;
}

/* Puts `to` in place of `from`, of the same length, wherever it stands. */
static void replace(struct span in, struct span from, struct span to)
{
    uint8_t *at = (uint8_t *)in.at;
    uint8_t *found;

    while ((found = memmem(at, (size_t)(in.at + in.len - at), from.at, from.len)) != NULL) {
        memcpy(found, to.at, to.len);
        at = found + to.len;
    }
}

static bool add_certificate(struct template *t, size_t index, struct span address, int64_t user,
                            unsigned number)
{
    const struct certificate_row *from = &t->row.certificates[index];
    struct certificate_row row = *from;
    struct envelope_row envelope = t->envelopes[index];
    uint8_t der[4096], serial[CERTIFICATE_SERIAL_MAX];

    if (from->der.len > sizeof(der)) {
        return false;
    }
    memcpy(der, from->der.at, from->der.len);
    memcpy(serial, from->serial.at, from->serial.len);
    memcpy(serial + from->serial.len - sizeof(number), &number, sizeof(number));
    row.user = user;
    row.der = span_of(der, from->der.len);
    row.serial = span_of(serial, from->serial.len);
    replace(row.der, from->serial, row.serial);
    replace(row.der, t->row.user.address, address);
    if (!is_done(certificate_add(t->store, &row, &envelope.certificate, &t->why), t)) {
        return false;
    }
    return envelope.cms.len == 0 || is_done(envelope_add(t->store, &envelope, &t->why), t);
}

static bool add_user(struct template *t, unsigned number)
{
    char address[512], digits[16];
    struct user_row user = t->row.user;
    int64_t id = 0;

    (void)snprintf(digits, sizeof(digits), "%07u", number);
    (void)snprintf(address, sizeof(address), "%.*s", (int)user.address.len,
                   (const char *)user.address.at);
    memcpy(address + DIGITS_AT, digits, DIGITS);
    user.address = span_text(address);
    if (!is_done(user_add(t->store, &user, &id, &t->why), t)) {
        return false;
    }
    for (size_t i = 0; i < t->row.certificate_count; i++) {
        if (!add_certificate(t, i, user.address, id, number)) {
            return false;
        }
    }
    return true;
}

static bool add_all(struct template *t, unsigned users)
{
    for (unsigned number = 1; number <= users; number++) {
        if (number % A_TRANSACTION == 1 && !is_done(store_begin(t->store, &t->why), t)) {
            return false;
        }
        if (!add_user(t, number)) {
            return false;
        }
        if ((number % A_TRANSACTION == 0 || number == users) &&
            !is_done(store_commit(t->store, &t->why), t)) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct template t = {.arena = arena_with_max((size_t)1 << 24)};
    unsigned users = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    bool good;

    if (users == 0 || users > 9999999) {
        fprintf(stderr, "usage: kms_books STORE USERS\n");
        return 2;
    }
    good = is_done(store_open(argv[1], STORE_WRITE, INT64_MAX / 2, &t.store, &t.why), &t) &&
           read_template(&t) && add_all(&t, users);
    store_close(t.store);
    arena_clear(&t.arena);
    return good ? 0 : 1;
}
