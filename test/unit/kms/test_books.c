#include "kms/books/books.h"

#include "kms/books/index.h"
#include "kms/store/request_rows.h"
#include "kms/store/token_rows.h"
#include "report/report.h"
#include "roster/roster.h"
#include "store_support.h"

enum { LATER = NOW + 1000, END = NOW + 100000 };

/* ---- facts ---- */

static const struct status_row {
    const char *name;
    enum certificate_status status;
    int64_t revoked_at, at;
    enum certificate_status told;
} status_rows[] = {
    {"good is good", CERTIFICATE_GOOD, 0, NOW, CERTIFICATE_GOOD},
    {"revoked in its second", CERTIFICATE_REVOKED, NOW, NOW, CERTIFICATE_REVOKED},
    {"revoked afterwards", CERTIFICATE_REVOKED, NOW, LATER, CERTIFICATE_REVOKED},
    {"good before it is revoked", CERTIFICATE_REVOKED, NOW, NOW - 1, CERTIFICATE_GOOD},
    {"held", CERTIFICATE_HELD, NOW, LATER, CERTIFICATE_HELD},
    {"good before it is held", CERTIFICATE_HELD, LATER, NOW, CERTIFICATE_GOOD},
};

static void status_is_as_of_the_time(void **state)
{
    const struct status_row *row = *state;
    const struct book_certificate certificate = {.status = (uint8_t)row->status,
                                                 .revoked_at = row->revoked_at};

    assert_int_equal(book_status(&certificate, row->at), row->told);
}

static void every_mark_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < BOOK_MARK_COUNT; i++) {
        assert_true(strlen(book_mark_name((enum book_mark)i)) > 2);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(book_mark_name((enum book_mark)i),
                                    book_mark_name((enum book_mark)k));
        }
    }
    assert_true((int)BOOK_MARK_COUNT <= (int)SUMMARY_MARKS);
}

/* ---- a store with something in it ---- */

static void add_token(struct site *site, int64_t user, const char *id, int64_t expires)
{
    static const uint8_t hash[TOKEN_HASH_SIZE] = {7};
    const struct token_row row = {.id = span_text(id),
                                  .user = user,
                                  .hash = span_of(hash, sizeof(hash)),
                                  .created = NOW,
                                  .expires = expires,
                                  .key_kind = span_text("p256")};

    assert_done(token_add(site->store, &row, &site->why), &site->why);
}

static void add_recovery(struct site *site, int64_t person, int64_t user, uint8_t name,
                         int64_t done_at)
{
    uint8_t digest[REQUEST_DIGEST_SIZE] = {name};
    const struct request_row row = {.digest = span_of(digest, sizeof(digest)),
                                    .document = span_text("{}"),
                                    .requester = person,
                                    .user = user,
                                    .created = NOW,
                                    .expires = END,
                                    .seal_public = span_text("p"),
                                    .seal_locked = span_text("l")};
    int64_t id = 0;

    assert_done(request_add(site->store, &row, &id, &site->why), &site->why);
    if (done_at > 0) {
        assert_done(request_done(site->store, id, done_at, &site->why), &site->why);
    }
}

static int64_t add_escrowed(struct site *site, int64_t user, const char *serial, const char *der,
                            int64_t escrow)
{
    const struct certificate_row row = {.user = user,
                                        .serial = span_text(serial),
                                        .purpose = CERTIFICATE_ENCRYPTION,
                                        .der = span_text(der),
                                        .key_kind = span_text("p256"),
                                        .not_before = NOW,
                                        .not_after = END,
                                        .issued_at = NOW,
                                        .escrow = escrow};
    int64_t id = 0;

    assert_done(certificate_add(site->store, &row, &id, &site->why), &site->why);
    return id;
}

enum { ANNA = 1, BO, CAI, USERS = CAI };

/*
 * Anna: a signing certificate, an encryption one that was replaced, one that is held; another
 * address; recovered twice. Bo: a token that was used, an open one. Cai: an old token only.
 */
static void fill(struct site *site)
{
    int64_t escrow = site_escrow(site), person = site_person(site, "dora");

    assert_int_equal(site_user(site, "anna@x.example"), ANNA);
    assert_int_equal(site_user(site, "bo@x.example"), BO);
    assert_int_equal(site_user(site, "cai@x.example"), CAI);
    assert_done(user_address_add(site->store, ANNA, span_text("a.berg@x.example"), NOW, &site->why),
                &site->why);
    assert_done(user_address_add(site->store, ANNA, span_text("gone@x.example"), NOW, &site->why),
                &site->why);
    assert_done(user_address_end(site->store, ANNA, span_text("gone@x.example"), LATER, &site->why),
                &site->why);
    (void)site_certificate(site, ANNA, "\x11s", CERTIFICATE_SIGNING, END);
    (void)add_escrowed(site, ANNA,
                       "\x12"
                       "old",
                       "the old one", escrow);
    assert_done(certificate_revoke(site->store,
                                   add_escrowed(site, ANNA,
                                                "\x13"
                                                "new",
                                                "the new one", escrow),
                                   CERTIFICATE_HELD, 6, LATER, &site->why),
                &site->why);
    assert_done(user_set_state(site->store, ANNA, USER_ENROLLED, &site->why), &site->why);
    add_recovery(site, person, ANNA, 1, LATER);
    add_recovery(site, person, ANNA, 2, LATER + 5);
    add_recovery(site, person, ANNA, 3, 0);
    add_token(site, BO, "used", END);
    assert_done(token_use(site->store, span_text("used"), NOW, &site->why), &site->why);
    add_token(site, BO, "open", END + 7);
    add_token(site, CAI, "void", END);
    assert_done(token_void(site->store, span_text("void"), NOW, &site->why), &site->why);
}

static void close_ledger(struct ledger *ledger, struct site *site)
{
    ledger_close(ledger);
    site_close(site);
}

static void assert_note_of_anna(const struct book_note *note)
{
    const struct book_certificate *newest = &note->certificates[0];
    struct book_counts counts = book_counts(note, LATER);

    assert_int_equal(note->user, ANNA);
    assert_int_equal(note->recovered_at, LATER + 5);
    assert_int_equal(note->token_expires, 0);
    assert_int_equal(note->count, 3);
    assert_string_equal(book_state_name(note), "enrolled");
    assert_memory_equal(newest->serial, "\x13new", newest->serial_length);
    assert_true(newest->is_current && newest->is_escrowed);
    assert_false(note->certificates[1].is_current);
    assert_int_equal(note->certificates[2].purpose, CERTIFICATE_SIGNING);
    assert_int_equal(counts.issued, 3);
    assert_int_equal(counts.escrowed, 2);
    assert_int_equal(counts.held, 1);
    assert_int_equal(counts.revoked, 0);
    assert_int_equal(book_counts(note, NOW).held, 0);
    assert_int_equal(book_marks(note, LATER), 1U << BOOK_ENROLLED | 1U << BOOK_ESCROWED |
                                                  1U << BOOK_HELD | 1U << BOOK_RECOVERED);
}

static void a_ledger_tells_each_user_again_and_again(void **state)
{
    struct site site;
    struct ledger ledger;
    struct book_row row;
    struct book_note *note = NULL;

    (void)state;
    site_open(&site);
    fill(&site);
    assert_done(ledger_open(&ledger, site.store, &site.why), &site.why);
    assert_int_equal(ledger_next(&ledger, &row, &note, &site.why), FAULT_ABSENT);
    for (int times = 0; times < 2; times++) {
        assert_done(ledger_start(&ledger, &site.why), &site.why);
        assert_done(ledger_next(&ledger, &row, &note, &site.why), &site.why);
        assert_note_of_anna(note);
        assert_int_equal(row.address_count, 1);
        assert_done(ledger_next(&ledger, &row, &note, &site.why), &site.why);
        assert_int_equal(note->number, 1);
        assert_int_equal(note->token_expires, END + 7);
        assert_int_equal(book_marks(note, LATER), 1U << BOOK_INVITED);
        assert_done(ledger_next(&ledger, &row, &note, &site.why), &site.why);
        assert_int_equal(note->token_expires, 0);
        assert_int_equal(ledger_next(&ledger, &row, &note, &site.why), FAULT_ABSENT);
        assert_int_equal(ledger_next(&ledger, &row, &note, &site.why), FAULT_ABSENT);
    }
    close_ledger(&ledger, &site);
}

static void a_ledger_sees_one_moment(void **state)
{
    struct site site;
    struct store *other = NULL;
    struct ledger ledger;
    struct book_row row;
    struct book_note *note = NULL;
    const struct user_row late = {.address = span_text("late@x.example"), .since = NOW};
    int64_t id = 0;
    size_t count = 0;

    (void)state;
    site_open(&site);
    fill(&site);
    site_reopen(&site, STORE_READ);
    assert_done(ledger_open(&ledger, site.store, &site.why), &site.why);
    assert_done(store_open(site.path, STORE_WRITE, NOW, &other, &site.why), &site.why);
    assert_done(user_add(other, &late, &id, &site.why), &site.why);
    store_close(other);
    assert_done(ledger_start(&ledger, &site.why), &site.why);
    while (ledger_next(&ledger, &row, &note, &site.why) == FAULT_NONE) {
        count++;
    }
    assert_int_equal(count, USERS);
    close_ledger(&ledger, &site);
}

/* ---- the index ---- */

static const struct find_row {
    const char *name, *address;
    int64_t user; /* 0: nobody */
} find_rows[] = {
    {"by the first address", "anna@x.example", ANNA},
    {"in capitals", "ANNA@X.EXAMPLE", ANNA},
    {"by another address", "A.Berg@x.example", ANNA},
    {"another user", "bo@x.example", BO},
    {"one without certificates", "cai@X.example", CAI},
    {"one that holds no longer", "gone@x.example", 0},
    {"nobody", "nobody@x.example", 0},
    {"no address", "anna", 0},
    {"nothing", "", 0},
};

static void the_index_finds_by_any_address(void **state)
{
    const struct find_row *row = *state;
    struct site site;
    struct ledger ledger;
    struct book_index *index = NULL;
    const struct book_note *note;

    site_open(&site);
    fill(&site);
    assert_done(ledger_open(&ledger, site.store, &site.why), &site.why);
    assert_done(book_index_new(&ledger, &index, &site.why), &site.why);
    note = book_index_find(index, span_text(row->address));
    assert_int_equal(note != NULL ? note->user : 0, row->user);
    book_index_free(index);
    close_ledger(&ledger, &site);
}

static void the_index_knows_certificates_and_who_was_seen(void **state)
{
    static char long_address[100000];
    struct site site;
    struct ledger ledger;
    struct book_index *index = NULL;
    const struct book_note *note;
    uint32_t place = 9;

    (void)state;
    site_open(&site);
    fill(&site);
    assert_done(ledger_open(&ledger, site.store, &site.why), &site.why);
    assert_done(book_index_new(&ledger, &index, &site.why), &site.why);
    note = book_index_find(index, span_text("anna@x.example"));
    assert_non_null(note);
    assert_int_equal(book_note_find(note,
                                    span_text("\x12"
                                              "old"),
                                    span_text("the old one"), &place),
                     FAULT_NONE);
    assert_int_equal(place, 2);
    assert_int_equal(book_note_find(note,
                                    span_text("\x12"
                                              "old"),
                                    span_text("the new one"), &place),
                     FAULT_NONE);
    assert_int_equal(place, 0); /* the serial is known, the certificate is another */
    assert_int_equal(book_note_find(note, span_text("x"), span_text("the old one"), &place),
                     FAULT_NONE);
    assert_int_equal(place, 0);
    assert_false(book_index_has_seen(index, note->number));
    book_index_see(index, note);
    assert_true(book_index_has_seen(index, note->number));
    assert_false(book_index_has_seen(index, note->number + 1));
    assert_false(book_index_has_seen(index, USERS));
    memset(long_address, 'a', sizeof(long_address) - 1);
    memcpy(long_address + 500, "@x.example", 10);
    assert_null(book_index_find(index, span_text(long_address)));
    book_index_free(index);
    close_ledger(&ledger, &site);
}

static void an_index_of_many(void **state)
{
    enum { MANY = 3000 };
    struct site site;
    struct ledger ledger;
    struct book_index *index = NULL;
    char address[64];

    (void)state;
    site_open(&site);
    assert_done(store_begin(site.store, &site.why), &site.why);
    for (int i = 1; i <= MANY; i++) {
        (void)snprintf(address, sizeof(address), "u%d@x.example", i);
        assert_int_equal(site_user(&site, address), i);
    }
    assert_done(store_commit(site.store, &site.why), &site.why);
    assert_done(ledger_open(&ledger, site.store, &site.why), &site.why);
    assert_done(book_index_new(&ledger, &index, &site.why), &site.why);
    for (int i = 1; i <= MANY; i++) {
        const struct book_note *note;

        (void)snprintf(address, sizeof(address), "U%d@X.example", i);
        note = book_index_find(index, span_text(address));
        assert_non_null(note);
        assert_int_equal(note->user, i);
    }
    book_index_free(index);
    close_ledger(&ledger, &site);
}

/* ---- the whole ---- */

static enum fault take(void *context, struct span bytes, struct why *why)
{
    (void)why;
    buffer_add(context, bytes);
    return FAULT_NONE;
}

static void complain(void *context, const char *source, uint64_t line, struct span sentence)
{
    (void)context;
    (void)source;
    (void)line;
    (void)sentence; /* certificates of this store are none, which is told */
}

static void run(struct books *books, const char *name, bool joins, struct buffer *out,
                struct outcome *outcome)
{
    struct format format;
    const char *const names[] = {"the books"};
    struct source *sources[] = {books_source(books)};
    struct why why = {0};

    assert_true(books_format(span_text(name), joins, &format));
    struct report report = {.format = &format, .sink = take, .context = out};
    const struct roster roster = {.sources = sources,
                                  .names = names,
                                  .source_count = 1,
                                  .trust = books_trust(books),
                                  .witness = books_witness(books),
                                  .rules = {.at = LATER},
                                  .threads = 2,
                                  .report = &report,
                                  .complain = complain};

    assert_done(roster_run(&roster, outcome, &why), &why);
    report_clear(&report);
}

static void the_books_are_a_roster(void **state)
{
    struct site site;
    struct books *books = NULL;
    struct buffer out = buffer_with_max(1 << 20);
    struct outcome outcome = {0};

    (void)state;
    site_open(&site);
    fill(&site);
    assert_done(books_open(site.store, &(struct books_options){.at = LATER}, &books, &site.why),
                &site.why);
    run(books, "csv", false, &out, &outcome);
    assert_int_equal(outcome.summary.mailboxes, USERS);
    assert_int_equal(outcome.summary.marks[BOOK_INVITED], 2);
    assert_int_equal(outcome.summary.marks[BOOK_RECOVERED], 1);
    assert_int_equal(outcome.summary.marks[BOOK_DIFFERS], 0);
    buffer_add_byte(&out, '\0');
    assert_non_null(strstr((char *)out.at, "bo@x.example,bo@x.example,,no,none,"
                                           "no certificate was issued,0,,,,,,,invited,0,0,0,0,,"));
    buffer_clear(&out);
    books_close(books);
    site_close(&site);
}

static void without_a_directory_all_are_missing_in_it(void **state)
{
    static const struct {
        bool lacks_some;
        uint64_t missing;
    } rows[] = {{false, USERS - 1}, {true, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct books_options options = {
            .at = LATER, .joins = true, .lacks_some = rows[i].lacks_some};
        struct site site;
        struct books *books = NULL;
        struct buffer out = buffer_with_max(1 << 20);
        struct outcome outcome = {0};

        site_open(&site);
        fill(&site);
        assert_done(user_set_state(site.store, CAI, USER_LEFT, &site.why), &site.why);
        assert_done(books_open(site.store, &options, &books, &site.why), &site.why);
        assert_non_null(books_trust(books));
        run(books, "jsonl", true, &out, &outcome);
        assert_int_equal(outcome.summary.marks[BOOK_NOT_IN_DIRECTORY], rows[i].missing);
        assert_int_equal(outcome.summary.marks[BOOK_KNOWN], USERS);
        buffer_clear(&out);
        books_close(books);
        site_close(&site);
    }
}

static void formats_are_those_that_show_it(void **state)
{
    static const struct {
        const char *name;
        bool alone, joined;
    } rows[] = {{"table", true, true}, {"csv", true, true},         {"json", true, true},
                {"jsonl", true, true}, {"prometheus", true, false}, {"html", true, false},
                {"xml", false, false}, {"", false, false}};
    struct format format;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(books_format(span_text(rows[i].name), false, &format), rows[i].alone);
        assert_int_equal(books_format(span_text(rows[i].name), true, &format), rows[i].joined);
    }
}

static void what_the_store_cannot_give_is_a_fault(void **state)
{
    static const char *const damages[] = {
        "DROP TABLE request",
        "DROP TABLE token",
        "DROP TABLE user_address",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(damages); i++) {
        const struct books_options options = {.at = LATER, .joins = true};
        struct site site;
        struct books *books = NULL;

        site_open(&site);
        site_sql(&site, "PRAGMA foreign_keys = OFF");
        site_sql(&site, damages[i]);
        assert_int_not_equal(books_open(site.store, &options, &books, &site.why), FAULT_NONE);
        assert_non_null(site.why.rule);
        assert_null(books);
        site_close(&site);
    }
}

int main(void)
{
    struct CMUnitTest tests[9 + COUNT(status_rows) + COUNT(find_rows)] = {
        cmocka_unit_test(every_mark_has_a_name),
        cmocka_unit_test(a_ledger_tells_each_user_again_and_again),
        cmocka_unit_test(a_ledger_sees_one_moment),
        cmocka_unit_test(the_index_knows_certificates_and_who_was_seen),
        cmocka_unit_test(an_index_of_many),
        cmocka_unit_test(the_books_are_a_roster),
        cmocka_unit_test(without_a_directory_all_are_missing_in_it),
        cmocka_unit_test(formats_are_those_that_show_it),
        cmocka_unit_test(what_the_store_cannot_give_is_a_fault),
    };

    (void)TESTS_OF(tests + 9, status_rows, status_is_as_of_the_time);
    (void)TESTS_OF(tests + 9 + COUNT(status_rows), find_rows, the_index_finds_by_any_address);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
