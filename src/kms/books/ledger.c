#include "kms/books/ledger.h"

#include <stdlib.h>

#include "kms/store/request_rows.h"

/* The longest history of one user, and as many recoveries as there can be. */
#define LEDGER_MAX ((size_t)8 << 30)

enum fault ledger_open(struct ledger *ledger, struct store *store, struct why *why)
{
    enum fault fault;

    *ledger = (struct ledger){
        .store = store, .kept = arena_with_max(LEDGER_MAX), .row = arena_with_max(LEDGER_MAX)};
    fault = store_begin_reading(store, why);
    ledger->reads = fault == FAULT_NONE;
    return fault == FAULT_NONE ? recovered_list(store, &ledger->kept, &ledger->recovered,
                                                &ledger->recovered_count, why)
                               : fault;
}

static void end_walks(struct ledger *ledger)
{
    store_walk_end(&ledger->tokens);
    book_close(ledger->book);
    ledger->book = NULL;
    ledger->has_token = false;
}

void ledger_close(struct ledger *ledger)
{
    end_walks(ledger);
    if (ledger->reads) {
        store_rollback(ledger->store);
    }
    arena_clear(&ledger->row);
    arena_clear(&ledger->kept);
    *ledger = (struct ledger){0};
}

enum fault ledger_start(struct ledger *ledger, struct why *why)
{
    enum fault fault;

    end_walks(ledger);
    ledger->given = 0;
    fault = open_token_walk(ledger->store, &ledger->tokens, why);
    if (fault == FAULT_NONE) {
        fault = open_token_next(&ledger->tokens, &ledger->token, &ledger->has_token, why);
    }
    return fault == FAULT_NONE ? book_open(ledger->store, 0, INT64_MAX, &ledger->book, why) : fault;
}

static int compare_users(const void *key, const void *element)
{
    const int64_t user = *(const int64_t *)key;
    const struct recovered_row *row = element;

    return user < row->user ? -1 : user > row->user;
}

static int64_t recovered_at(const struct ledger *ledger, int64_t user)
{
    const struct recovered_row *found =
        ledger->recovered_count == 0 ? NULL
                                     : bsearch(&user, ledger->recovered, ledger->recovered_count,
                                               sizeof(*ledger->recovered), compare_users);

    return found != NULL ? found->at : 0;
}

/* Of two walks in the order of users, the one through the tokens goes as far as the other. */
static enum fault find_token(struct ledger *ledger, struct book_note *note, struct why *why)
{
    enum fault fault = FAULT_NONE;

    while (fault == FAULT_NONE && ledger->has_token && ledger->token.user < note->user) {
        fault = open_token_next(&ledger->tokens, &ledger->token, &ledger->has_token, why);
    }
    if (fault == FAULT_NONE && ledger->has_token && ledger->token.user == note->user) {
        note->token_expires = ledger->token.expires;
    }
    return fault;
}

enum fault ledger_next(struct ledger *ledger, struct book_row *row, struct book_note **out,
                       struct why *why)
{
    bool there = false;
    struct book_note *note;
    enum fault fault;

    if (ledger->book == NULL) {
        return FAULT_ABSENT; /* it was at its end before */
    }
    arena_reset(&ledger->row);
    fault = book_next(ledger->book, &ledger->row, row, &there, why);
    if (fault != FAULT_NONE || !there) {
        end_walks(ledger);
        return fault != FAULT_NONE ? fault : FAULT_ABSENT;
    }
    note = arena_take(&ledger->row, book_note_size(row->certificate_count));
    if (note == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    *note = (struct book_note){.user = row->user.id,
                               .since = row->user.since,
                               .number = ledger->given++,
                               .recovered_at = recovered_at(ledger, row->user.id),
                               .state = (uint32_t)row->user.state,
                               .count = (uint32_t)row->certificate_count};
    for (size_t i = 0; i < row->certificate_count; i++) {
        book_certificate_fill(&note->certificates[row->certificate_count - 1 - i],
                              &row->certificates[i]);
    }
    *out = note;
    return find_token(ledger, note, why);
}
