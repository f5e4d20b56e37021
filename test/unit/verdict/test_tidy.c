#include "verdict/tidy.h"

#include "made.h"

#define ANNA "anna@example.org"
#define OTTO "otto@example.org"

enum {
    EXPIRED = TIDY_EXPIRED,
    REVOKED = TIDY_REVOKED,
    FOREIGN = TIDY_FOREIGN,
    SUPERSEDED = TIDY_SUPERSEDED,
    UNREADABLE = TIDY_UNREADABLE,
    ALL = EXPIRED | REVOKED | FOREIGN | SUPERSEDED | UNREADABLE,
    EVEN_LAST = 1 << 8,
    BROKEN_FIRST = 1 << 9, /* something in the first value cannot be read */
    ONE_MORE = 1 << 10,    /* one value more, in which nothing can be read */
    OTHER_ISSUER = 1 << 11 /* of the second certificate */
};

static const struct rules rules = {.at = 1793491200, .warning_seconds = (int64_t)30 * UTC_DAY};

/* A row is one sentence about what goes and what stays; the mailbox is Anna's. */
static const struct row {
    const char *name;
    struct made certs[MADE_MAX];
    unsigned how; /* kinds that are asked for, and the circumstances above */
    int older_than;
    unsigned gone[MADE_MAX]; /* of each value: why it goes, or 0 */
    int last;                /* number of the value that is kept as the last one, from 1; 0: none */
} rows[] = {
    /* expired */
    {"an expired one goes", {{-99, -9, ANNA}}, EXPIRED, 0, {EXPIRED}},
    {"a valid one beside it stays", {{-99, -9, ANNA}, {-9, 99, ANNA}}, EXPIRED, 0, {EXPIRED, 0}},
    {"the last second is not the end", {{-99, 0, ANNA}}, EXPIRED, 0, {0}},
    {"one that begins tomorrow stays", {{1, 99, ANNA}}, ALL, 0, {0}},
    {"only what is asked for goes", {{-99, -9, ANNA}}, ALL & ~EXPIRED, 0, {0}},
    {"not yet for so long", {{-99, -9, ANNA}}, EXPIRED, 10, {0}},
    {"exactly so long is not longer", {{-99, -9, ANNA}}, EXPIRED, 9, {0}},
    {"for longer", {{-99, -9, ANNA}}, EXPIRED, 8, {EXPIRED}},
    {"a signing certificate too", {{-99, -9, ANNA, IS_SIGNING}}, EXPIRED, 0, {EXPIRED}},
    {"a CA's expired one is not the user's", {{-99, -9, ANNA, IS_CHAIN}}, ALL, 0, {0}},
    {"of the first attribute too", {{-99, -9, ANNA, IS_FIRST}}, EXPIRED, 0, {EXPIRED}},
    {"the same one twice goes twice",
     {{-99, -9, ANNA}, {-99, -9, ANNA, IS_FIRST | IS_DUPLICATE}},
     EXPIRED,
     0,
     {EXPIRED, EXPIRED}},
    /* revoked */
    {"a revoked one goes", {{-9, 99, ANNA, IS_REVOKED}}, REVOKED, 0, {REVOKED}},
    {"that nobody can tell is not revoked", {{-9, 99, ANNA, IS_UNVERIFIED}}, REVOKED, 0, {0}},
    {"revoked yesterday, not for two days", {{-9, 99, ANNA, IS_REVOKED}}, REVOKED, 2, {0}},
    {"revoked yesterday, for a day", {{-9, 99, ANNA, IS_REVOKED}}, REVOKED, 1, {REVOKED}},
    {"revoked, which is not asked for", {{-9, 99, ANNA, IS_REVOKED}}, ALL & ~REVOKED, 0, {0}},
    {"expired and revoked is told as expired", {{-99, -9, ANNA, IS_REVOKED}}, ALL, 0, {EXPIRED}},
    /* foreign */
    {"a foreign one goes beside ours",
     {{-9, 99, ANNA, IS_FOREIGN}, {-9, 99, ANNA}},
     FOREIGN,
     0,
     {FOREIGN, 0}},
    {"the last usable one stays, foreign or not", {{-9, 99, ANNA, IS_FOREIGN}}, FOREIGN, 0, {0}, 1},
    {"unless that is asked for", {{-9, 99, ANNA, IS_FOREIGN}}, FOREIGN | EVEN_LAST, 0, {FOREIGN}},
    {"of two foreign ones the newer stays",
     {{-9, 99, ANNA, IS_FOREIGN}, {-8, 99, ANNA, IS_FOREIGN}},
     FOREIGN,
     0,
     {FOREIGN, 0},
     2},
    {"of two alike the first",
     {{-9, 99, ANNA, IS_FOREIGN}, {-9, 99, ANNA, IS_FOREIGN}},
     FOREIGN,
     0,
     {0, FOREIGN},
     1},
    {"beside ours that has expired, it is the last",
     {{-9, 99, ANNA, IS_FOREIGN}, {-99, -9, ANNA}},
     FOREIGN | EXPIRED,
     0,
     {0, EXPIRED},
     1},
    {"a signing one of ours does not help senders",
     {{-9, 99, ANNA, IS_FOREIGN}, {-9, 99, ANNA, IS_SIGNING}},
     FOREIGN,
     0,
     {0, 0},
     1},
    {"what is not usable is not kept for senders",
     {{-9, 99, ANNA, IS_FOREIGN | IS_SIGNING}},
     FOREIGN,
     0,
     {FOREIGN}},
    {"nor what is for somebody else", {{-9, 99, OTTO, IS_FOREIGN}}, FOREIGN, 0, {FOREIGN}},
    {"time does not matter to it",
     {{-9, 99, ANNA, IS_FOREIGN}, {-9, 99, ANNA}},
     FOREIGN,
     999,
     {FOREIGN, 0}},
    /* superseded */
    {"the older of two goes", {{-9, 99, ANNA}, {-8, 99, ANNA}}, SUPERSEDED, 0, {SUPERSEDED, 0}},
    {"in whichever order", {{-8, 99, ANNA}, {-9, 99, ANNA}}, SUPERSEDED, 0, {0, SUPERSEDED}},
    {"that ends later, too", {{-9, 99, ANNA}, {-8, 50, ANNA}}, SUPERSEDED, 0, {SUPERSEDED, 0}},
    {"of three the newest stays",
     {{-9, 99, ANNA}, {-7, 99, ANNA}, {-8, 99, ANNA}},
     SUPERSEDED,
     0,
     {SUPERSEDED, 0, SUPERSEDED}},
    {"by one in the other attribute",
     {{-9, 99, ANNA}, {-8, 99, ANNA, IS_FIRST}},
     SUPERSEDED,
     0,
     {SUPERSEDED, 0}},
    {"begun at one time, both stay", {{-9, 99, ANNA}, {-9, 98, ANNA}}, SUPERSEDED, 0, {0, 0}},
    {"a newer one that has not begun", {{-9, 99, ANNA}, {1, 99, ANNA}}, SUPERSEDED, 0, {0, 0}},
    {"that has ended", {{-9, 99, ANNA}, {-8, -1, ANNA}}, SUPERSEDED, 0, {0, 0}},
    {"that is revoked", {{-9, 99, ANNA}, {-8, 99, ANNA, IS_REVOKED}}, SUPERSEDED, 0, {0, 0}},
    {"that nobody trusts", {{-9, 99, ANNA}, {-8, 99, ANNA, IS_UNTRUSTED}}, SUPERSEDED, 0, {0, 0}},
    {"that only signs", {{-9, 99, ANNA}, {-8, 99, ANNA, IS_SIGNING}}, SUPERSEDED, 0, {0, 0}},
    {"that is a CA's", {{-9, 99, ANNA}, {-8, 99, ANNA, IS_CHAIN}}, SUPERSEDED, 0, {0, 0}},
    {"that is another's", {{-9, 99, ANNA}, {-8, 99, OTTO}}, SUPERSEDED, 0, {0, 0}},
    {"that names no address", {{-9, 99, ANNA}, {-8, 99}}, SUPERSEDED, 0, {0, 0}},
    {"that names one more than none", {{-9, 99}, {-8, 99, ANNA}}, SUPERSEDED, 0, {0, 0}},
    {"both without an address", {{-9, 99}, {-8, 99}}, SUPERSEDED, 0, {SUPERSEDED, 0}},
    {"case does not part addresses",
     {{-9, 99, ANNA}, {-8, 99, "Anna@Example.ORG"}},
     SUPERSEDED,
     0,
     {SUPERSEDED, 0}},
    {"of another issuer", {{-9, 99, ANNA}, {-8, 99, ANNA}}, SUPERSEDED | OTHER_ISSUER, 0, {0, 0}},
    {"one signing by another",
     {{-9, 99, ANNA, IS_SIGNING}, {-8, 99, ANNA, IS_SIGNING}, {-9, 99, ANNA}},
     SUPERSEDED,
     0,
     {SUPERSEDED, 0, 0}},
    {"what has expired is not superseded",
     {{-99, -9, ANNA}, {-9, 99, ANNA}},
     SUPERSEDED,
     0,
     {0, 0}},
    {"superseded yesterday, not for two days",
     {{-9, 99, ANNA}, {-1, 99, ANNA}},
     SUPERSEDED,
     2,
     {0, 0}},
    {"superseded for a day", {{-9, 99, ANNA}, {-1, 99, ANNA}}, SUPERSEDED, 1, {SUPERSEDED, 0}},
    /* unreadable */
    {"a value that nobody can read goes", {{0}}, UNREADABLE | ONE_MORE, 0, {UNREADABLE}},
    {"when that is asked for", {{0}}, (ALL & ~UNREADABLE) | ONE_MORE, 0, {0}},
    {"its neighbour stays", {{-9, 99, ANNA}}, ALL | ONE_MORE, 0, {0, UNREADABLE}},
    /* several in one value */
    {"all in a value have to qualify",
     {{-99, -9, ANNA}, {-9, 99, ANNA, IS_BESIDE}},
     EXPIRED,
     0,
     {0}},
    {"and then it goes", {{-99, -9, ANNA}, {-98, -8, ANNA, IS_BESIDE}}, EXPIRED, 0, {EXPIRED}},
    {"each by its own reason",
     {{-99, -9, ANNA}, {-9, 99, ANNA, IS_BESIDE | IS_REVOKED}},
     ALL,
     0,
     {EXPIRED | REVOKED}},
    {"chain certificates in it are not asked",
     {{-99, -9, ANNA}, {-9, 999, NULL, IS_BESIDE | IS_CHAIN}},
     EXPIRED,
     0,
     {EXPIRED}},
    {"something unreadable beside it has to be asked for",
     {{-99, -9, ANNA}},
     EXPIRED | BROKEN_FIRST,
     0,
     {0}},
    {"and is", {{-99, -9, ANNA}}, ALL | BROKEN_FIRST, 0, {EXPIRED | UNREADABLE}},
    {"but does not take a good one with it", {{-9, 99, ANNA}}, ALL | BROKEN_FIRST, 0, {0}},
    {"nor a chain", {{-9, 99, ANNA, IS_CHAIN}}, ALL | BROKEN_FIRST, 0, {0}},
    {"signing and encryption in one value, both newer",
     {{-9, 99, ANNA},
      {-9, 99, ANNA, IS_BESIDE | IS_SIGNING},
      {-8, 99, ANNA},
      {-8, 99, ANNA, IS_BESIDE | IS_SIGNING}},
     SUPERSEDED,
     0,
     {SUPERSEDED, 0}},
    {"one of them newer only",
     {{-9, 99, ANNA}, {-9, 99, ANNA, IS_BESIDE | IS_SIGNING}, {-8, 99, ANNA}},
     SUPERSEDED,
     0,
     {0, 0}},
    /* the last one */
    {"nothing usable before, nothing kept",
     {{-99, -9, ANNA}, {-98, -8, ANNA}},
     ALL,
     0,
     {EXPIRED, EXPIRED}},
    {"nothing to do", {{-9, 99, ANNA}}, ALL, 0, {0}},
    {"nothing at all", {{0}}, ALL, 0, {0}},
};

/* Values as the candidates tell them; returns how many. */
static size_t make_values(const struct row *row, const struct made_box *box,
                          struct tidy_value values[MADE_MAX])
{
    size_t count = box->mailbox.values;

    for (size_t i = 0; i < box->mailbox.count; i++) {
        struct tidy_value *value = &values[box->candidates[i].value];

        value->first = value->count == 0 ? i : value->first;
        value->count++;
    }
    values[0].broken = (row->how & BROKEN_FIRST) != 0;
    if ((row->how & ONE_MORE) != 0) {
        values[count++] = (struct tidy_value){.first = box->mailbox.count, .broken = true};
    }
    return count;
}

static void row_holds(void **state)
{
    static const char one[] = "\x30\x00";
    static const char other[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x41";
    static const char *const addresses[MADE_MAX] = {ANNA};
    const struct row *row = *state;
    const struct tidy_rules tidy = {.remove = row->how & ALL,
                                    .older_than = (int64_t)row->older_than * UTC_DAY,
                                    .even_last = (row->how & EVEN_LAST) != 0};
    struct tidy_value values[MADE_MAX] = {0};
    struct made_box box;
    size_t count;

    made_box_init(&box, row->certs, addresses);
    for (size_t i = 0; i < box.mailbox.count; i++) {
        bool is_other = i == 1 && (row->how & OTHER_ISSUER) != 0;

        box.candidates[i].cert.issuer = is_other ? span_of(TEXT(other)) : span_of(TEXT(one));
    }
    (void)verdict_of(&box.mailbox, &rules);
    count = make_values(row, &box, values);
    tidy_mailbox(&box.mailbox, &rules, &tidy, values, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(values[i].kinds, row->gone[i]);
        assert_int_equal(values[i].last, row->last == (int)i + 1);
    }
}

/*
 * Of any mailbox, whatever is asked for: a kind that was not asked for never applies, and without
 * --even-last somebody whom one could write to can still be written to.
 */
static void the_last_usable_one_is_left(void **state)
{
    static const char *const addresses[MADE_MAX] = {ANNA};
    static const char *const emails[] = {ANNA, OTTO, NULL};
    uint64_t seed = 7;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct row row = {.how = random_next(&seed) % (ALL + 1)};
        const struct tidy_rules tidy = {.remove = row.how};
        struct tidy_value values[MADE_MAX] = {0};
        size_t count, before = 0, after = 0;
        struct made_box box;

        for (size_t i = 0; i < 1 + random_next(&seed) % MADE_MAX; i++) {
            row.certs[i] = (struct made){.from = -1 - (int)(random_next(&seed) % 9),
                                         .until = (int)(random_next(&seed) % 20) - 5,
                                         .email = emails[random_next(&seed) % 3],
                                         .flags = random_next(&seed) &
                                                  (IS_FIRST | IS_CHAIN | IS_DEFAULT | IS_FOREIGN |
                                                   IS_UNTRUSTED | IS_REVOKED | IS_SIGNING)};
            row.certs[i].flags |= i > 0 && random_next(&seed) % 4 == 0 ? IS_BESIDE : 0;
        }
        made_box_init(&box, row.certs, addresses);
        (void)verdict_of(&box.mailbox, &rules);
        count = make_values(&row, &box, values);
        tidy_mailbox(&box.mailbox, &rules, &tidy, values, count);
        for (size_t i = 0; i < box.mailbox.count; i++) {
            const struct candidate *c = &box.candidates[i];

            before += c->usable;
            after += c->usable && values[c->value].kinds == 0;
        }
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(values[i].kinds & ~row.how, 0);
        }
        assert_true(before == 0 || after > 0);
    }
}

static void kinds_have_names(void **state)
{
    static const char *const wrong[] = {"", "Expired", "expire", "active", "expired "};
    uint32_t kind = 0;

    (void)state;
    for (size_t i = 0; i < TIDY_KIND_COUNT; i++) {
        assert_true(tidy_kind_find(span_text(tidy_kind_name(i)), &kind));
        assert_int_equal(kind, 1U << i);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(tidy_kind_find(span_text(wrong[i]), &kind));
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {cmocka_unit_test(the_last_usable_one_is_left),
                                                cmocka_unit_test(kinds_have_names)};

    TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
