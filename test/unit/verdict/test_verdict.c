#include "verdict/verdict.h"

#include "made.h"
#include "support.h"

#define ANNA  "anna@example.org"
#define OTHER "otto@example.org"
#define AT                                                                                         \
    {                                                                                              \
        ANNA                                                                                       \
    }
#define NONE (-1)

static const struct rules rules = {.at = 1793491200, .warning_seconds = (int64_t)30 * UTC_DAY};

/* A row is one sentence about standing and effective certificate. */
static const struct row {
    const char *name;
    struct made certs[MADE_MAX];
    const char *addresses[MADE_MAX];
    enum standing standing;
    int effective; /* index, or NONE */
    int best;
    size_t undecodable, lost;
    enum blank blank;
} rows[] = {
    {"a good certificate is active", {{-9, 99, ANNA}}, AT, STANDING_ACTIVE, 0, 0},
    {"it may be of the first attribute", {{-9, 99, ANNA, IS_FIRST}}, AT, STANDING_ACTIVE, 0, 0},
    {"any address of the mailbox will do", {{-9, 99, OTHER}}, {ANNA, OTHER}, STANDING_ACTIVE, 0, 0},
    {"case does not part addresses", {{-9, 99, "ANNA@example.org"}}, AT, STANDING_ACTIVE, 0, 0},
    {"no address in it, no mismatch", {{-9, 99}}, AT, STANDING_ACTIVE, 0, 0},
    {"no address known, no mismatch", {{-9, 99, OTHER}}, {NULL}, STANDING_ACTIVE, 0, 0},
    {"X.400 is no address to mismatch", {{-9, 99, OTHER}}, {"c=US;a= ;"}, STANDING_ACTIVE, 0, 0},
    {"31 days are enough", {{-9, 31, ANNA}}, AT, STANDING_ACTIVE, 0, 0},
    {"30 days are the warning", {{-9, 30, ANNA}}, AT, STANDING_EXPIRING, 0, 0},
    {"the last second is still valid", {{-9, 0, ANNA}}, AT, STANDING_EXPIRING, 0, 0},
    {"the one that senders use expires",
     {{-9, 10, ANNA}, {-9, 99, ANNA}},
     AT,
     STANDING_EXPIRING,
     0,
     0},
    {"another that ends soon does not matter",
     {{-9, 99, ANNA}, {-9, 10, ANNA}},
     AT,
     STANDING_ACTIVE,
     0,
     0},
    {"a foreign one that senders use expires too",
     {{-9, 10, ANNA, IS_FOREIGN}, {-9, 99, ANNA}},
     AT,
     STANDING_EXPIRING,
     0,
     0},
    {"signing only", {{-9, 99, ANNA, IS_SIGNING}}, AT, STANDING_SIGNING_ONLY, NONE, 0},
    {"a server's is counted as signing only",
     {{-9, 99, ANNA, IS_SERVER}},
     AT,
     STANDING_SIGNING_ONLY,
     NONE,
     0},
    {"Ed25519 signs only",
     {{-9, 99, ANNA, 0, KEY_ED25519, 256}},
     AT,
     STANDING_SIGNING_ONLY,
     NONE,
     0},
    {"signing beside encryption is active",
     {{-9, 99, ANNA, IS_SIGNING}, {-9, 99, ANNA}},
     AT,
     STANDING_ACTIVE,
     1,
     1},
    {"not yet valid", {{1, 99, ANNA}}, AT, STANDING_NOT_YET_VALID, NONE, 0},
    {"of two not yet valid the earlier is told",
     {{5, 99, ANNA}, {2, 99, ANNA}},
     AT,
     STANDING_NOT_YET_VALID,
     NONE,
     1},
    {"expired", {{-99, -1, ANNA}}, AT, STANDING_EXPIRED, NONE, 0},
    {"of two expired the later is told",
     {{-99, -9, ANNA}, {-99, -1, ANNA}},
     AT,
     STANDING_EXPIRED,
     NONE,
     1},
    {"a span of no time is expired", {{9, -9, ANNA}}, AT, STANDING_EXPIRED, NONE, 0},
    {"revoked", {{-9, 99, ANNA, IS_REVOKED}}, AT, STANDING_REVOKED, NONE, 0},
    {"revoked goes before expired", {{-99, -1, ANNA, IS_REVOKED}}, AT, STANDING_REVOKED, NONE, 0},
    {"untrusted", {{-9, 99, ANNA, IS_UNTRUSTED}}, AT, STANDING_UNTRUSTED, NONE, 0},
    {"expired goes before untrusted",
     {{-99, -1, ANNA, IS_UNTRUSTED}},
     AT,
     STANDING_EXPIRED,
     NONE,
     0},
    {"mismatched", {{-9, 99, OTHER}}, AT, STANDING_MISMATCHED, NONE, 0},
    {"untrusted goes before mismatched",
     {{-9, 99, OTHER, IS_UNTRUSTED}},
     AT,
     STANDING_UNTRUSTED,
     NONE,
     0},
    {"mismatched goes before signing only",
     {{-9, 99, OTHER, IS_SIGNING}},
     AT,
     STANDING_MISMATCHED,
     NONE,
     0},
    {"foreign, and senders use it", {{-9, 99, ANNA, IS_FOREIGN}}, AT, STANDING_FOREIGN, 0, 0},
    {"foreign goes before revoked",
     {{-9, 99, ANNA, IS_FOREIGN | IS_REVOKED}},
     AT,
     STANDING_FOREIGN,
     NONE,
     0},
    {"foreign and expired is of no use",
     {{-99, -1, ANNA, IS_FOREIGN}},
     AT,
     STANDING_FOREIGN,
     NONE,
     0},
    {"foreign for another is of no use",
     {{-9, 99, OTHER, IS_FOREIGN}},
     AT,
     STANDING_FOREIGN,
     NONE,
     0},
    {"ours expired beats a foreign good one, which is used",
     {{-9, 99, ANNA, IS_FOREIGN}, {-99, -1, ANNA}},
     AT,
     STANDING_EXPIRED,
     0,
     1},
    {"ours in the second attribute, a foreign one in the first",
     {{-9, 99, ANNA}, {-9, 98, ANNA, IS_FIRST | IS_FOREIGN}},
     AT,
     STANDING_ACTIVE,
     1,
     0},
    {"the best of many",
     {{-9, 99, OTHER},
      {-9, 99, ANNA, IS_UNTRUSTED},
      {-9, 99, ANNA, IS_REVOKED},
      {-99, -1, ANNA},
      {3, 99, ANNA},
      {-9, 99, ANNA, IS_SIGNING}},
     AT,
     STANDING_SIGNING_ONLY,
     NONE,
     5},
    {"the first attribute goes before the second",
     {{-9, 99, ANNA}, {-9, 99, ANNA, IS_FIRST}},
     AT,
     STANDING_ACTIVE,
     1,
     1},
    {"a useless first attribute is passed over",
     {{-9, 99, ANNA}, {-99, -1, ANNA, IS_FIRST}},
     AT,
     STANDING_ACTIVE,
     0,
     0},
    {"the marked default goes first in its attribute",
     {{-9, 99, ANNA, IS_FIRST}, {-9, 98, ANNA, IS_FIRST | IS_DEFAULT}},
     AT,
     STANDING_ACTIVE,
     1,
     1},
    {"an expired default is passed over",
     {{-9, 99, ANNA, IS_FIRST}, {-99, -1, ANNA, IS_FIRST | IS_DEFAULT}},
     AT,
     STANDING_ACTIVE,
     0,
     0},
    {"a default of the second attribute does not beat the first",
     {{-9, 99, ANNA, IS_DEFAULT}, {-9, 99, ANNA, IS_FIRST}},
     AT,
     STANDING_ACTIVE,
     1,
     1},
    {"as they come: the first good one, not the longest",
     {{-99, -1, ANNA}, {-9, 50, ANNA}, {-9, 99, ANNA}},
     AT,
     STANDING_ACTIVE,
     1,
     1},
    {"a chain certificate never counts",
     {{-9, 99, ANNA, IS_CHAIN}, {-99, -1, ANNA}},
     AT,
     STANDING_EXPIRED,
     NONE,
     1},
    {"chain certificates alone are unreadable",
     {{-9, 99, ANNA, IS_CHAIN}},
     AT,
     STANDING_UNREADABLE,
     NONE,
     NONE},
    {"no values are none", {{0}}, AT, STANDING_NONE, NONE, NONE},
    {"a blank of another site is unknown",
     {{0}},
     AT,
     STANDING_UNKNOWN,
     NONE,
     NONE,
     .blank = BLANK_OTHER_SITE},
    {"a record cut off is unknown",
     {{0}},
     AT,
     STANDING_UNKNOWN,
     NONE,
     NONE,
     .blank = BLANK_CUT_OFF},
    {"a blank that nobody may look at is unknown",
     {{0}},
     AT,
     STANDING_UNKNOWN,
     NONE,
     NONE,
     .blank = BLANK_HIDDEN},
    {"values of another site count",
     {{-9, 99, ANNA}},
     AT,
     STANDING_ACTIVE,
     0,
     0,
     .blank = BLANK_OTHER_SITE},
    {"values that nobody can decode are unreadable",
     {{0}},
     AT,
     STANDING_UNREADABLE,
     NONE,
     NONE,
     .undecodable = 2},
    {"they are so at another site too",
     {{0}},
     AT,
     STANDING_UNREADABLE,
     NONE,
     NONE,
     .undecodable = 1,
     .blank = BLANK_OTHER_SITE},
    {"lost values are unknown", {{0}}, AT, STANDING_UNKNOWN, NONE, NONE, .lost = 1},
    {"lost goes before undecodable",
     {{0}},
     AT,
     STANDING_UNKNOWN,
     NONE,
     NONE,
     .undecodable = 1,
     .lost = 1},
    {"lost beside readable: the readable counts",
     {{-99, -1, ANNA}},
     AT,
     STANDING_EXPIRED,
     NONE,
     0,
     .lost = 1},
    {"undecodable beside readable: the readable counts",
     {{-9, 99, ANNA}},
     AT,
     STANDING_ACTIVE,
     0,
     0,
     .undecodable = 1},
};

static enum uses_kms uses_wanted(enum standing standing)
{
    if (standing <= STANDING_MISMATCHED) {
        return USES_YES;
    }
    return standing == STANDING_FOREIGN || standing == STANDING_NONE ? USES_NO : USES_UNKNOWN;
}

static void box_of_row(const struct row *row, struct made_box *box)
{
    made_box_init(box, row->certs, row->addresses);
    box->mailbox.undecodable = row->undecodable;
    box->mailbox.lost = row->lost;
    box->mailbox.values += row->undecodable + row->lost;
    box->mailbox.blank = row->blank;
}

static void assert_candidate(const struct candidate *got, const struct made_box *box, int want)
{
    assert_ptr_equal(got, want == NONE ? NULL : &box->candidates[want]);
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct made_box box;
    struct verdict got;

    box_of_row(row, &box);
    got = verdict_of(&box.mailbox, &rules);
    assert_string_equal(standing_name(got.standing), standing_name(row->standing));
    assert_int_equal(got.uses, uses_wanted(row->standing));
    assert_candidate(got.effective, &box, row->effective);
    assert_candidate(got.best, &box, row->best);
}

static void duplicates_and_chains_are_not_counted(void **state)
{
    static const struct made certs[MADE_MAX] = {{-9, 99, ANNA, IS_FIRST},
                                                {-9, 99, ANNA, IS_DUPLICATE},
                                                {-9, 99, ANNA},
                                                {-9, 99, NULL, IS_CHAIN}};
    static const char *const addresses[MADE_MAX] = AT;
    struct made_box box;

    (void)state;
    made_box_init(&box, certs, addresses);
    assert_int_equal(verdict_of(&box.mailbox, &rules).user_certificates, 2);
}

static void swap(struct candidate *a, struct candidate *b)
{
    struct candidate kept = *a;

    *a = *b;
    *b = kept;
}

static enum standing without_expiring(enum standing standing)
{
    return standing == STANDING_EXPIRING ? STANDING_ACTIVE : standing;
}

/*
 * The property: exports shuffle values, and the answer stays. Only `expiring` may turn into
 * `active`, since it speaks of the one that senders would use, which is the first.
 */
static void order_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct made_box box;
        struct verdict before, after;

        box_of_row(&rows[i], &box);
        before = verdict_of(&box.mailbox, &rules);
        for (size_t n = 0; n < 2 * box.mailbox.count; n++) {
            for (size_t j = n % 2; j + 1 < box.mailbox.count; j += 2) {
                swap(&box.candidates[j], &box.candidates[j + 1]);
            }
            after = verdict_of(&box.mailbox, &rules);
            assert_int_equal(after.uses, before.uses);
            assert_int_equal(without_expiring(after.standing), without_expiring(before.standing));
            assert_int_equal(after.user_certificates, before.user_certificates);
        }
    }
}

/* The property: an expired certificate more makes no standing worse, and senders do not care. */
static void an_expired_one_more_does_no_harm(void **state)
{
    static const struct made expired[MADE_MAX] = {{-99, -50, OTHER}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct made_box box, more;
        struct verdict before, after;

        box_of_row(&rows[i], &box);
        before = verdict_of(&box.mailbox, &rules);
        if (box.mailbox.count == MADE_MAX) {
            continue;
        }
        made_box_init(&more, expired, rows[i].addresses);
        box.candidates[box.mailbox.count++] = more.candidates[0];
        box.mailbox.values++;
        after = verdict_of(&box.mailbox, &rules);
        assert_true(after.standing <= before.standing);
        assert_ptr_equal(after.effective, before.effective);
    }
}

/* The property: what is of no use is told so, and the effective one has nothing but its issuer. */
static void effective_is_usable(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct made_box box;
        struct verdict got;

        box_of_row(&rows[i], &box);
        got = verdict_of(&box.mailbox, &rules);
        for (size_t j = 0; j < box.mailbox.count; j++) {
            const struct candidate *c = &box.candidates[j];

            assert_true(!c->usable || got.effective != NULL);
            assert_true(!c->usable || !c->chain);
            assert_true(!c->usable || c->fault == STANDING_ACTIVE || c->fault == STANDING_FOREIGN);
        }
    }
}

int main(void)
{
    enum { OTHERS = 4 };
    struct CMUnitTest tests[COUNT(rows) + OTHERS] = {
        cmocka_unit_test(duplicates_and_chains_are_not_counted),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(an_expired_one_more_does_no_harm),
        cmocka_unit_test(effective_is_usable),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + OTHERS] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
