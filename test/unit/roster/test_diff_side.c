#include "roster/diff_side.h"

#include "support.h"

/* A mailbox in short: `d` DN, `a` address, `n` name, `c` certificates; 0: it has none. */
struct short_facts {
    unsigned d, a, n, c;
    enum standing standing;
};

static struct keyed_digest digest_of(unsigned kind, unsigned n)
{
    return (struct keyed_digest){.words = {n, n > 0 ? (uint64_t)kind << 40 | n : 0}};
}

static struct diff_facts facts_of(struct short_facts in)
{
    struct diff_facts facts = {.address = digest_of(2, in.a),
                               .addresses = in.a,
                               .name = in.n,
                               .name_told = in.n > 0,
                               .certificates = in.c,
                               .best = in.c,
                               .standing = in.standing};

    facts.identity.known = in.d > 0 ? DIFF_BY_DN : in.a > 0 ? DIFF_BY_ADDRESS : DIFF_BY_NAME;
    facts.identity.digest = in.d > 0   ? digest_of(1, in.d)
                            : in.a > 0 ? digest_of(2, in.a)
                                       : digest_of(3, in.n);
    return facts;
}

enum { PEOPLE = 3 };

#define ACTIVE STANDING_ACTIVE
#define NONE   STANDING_NONE

/* A row is one sentence about two sides; `want` are the changes of the new one, then of the old. */
static const struct case_row {
    const char *name;
    struct short_facts old[PEOPLE], new[PEOPLE];
    enum diff_change want_new[PEOPLE], want_old[PEOPLE];
} rows[] = {
    {"nothing", {{1, 1, 1, 1, ACTIVE}}, {{1, 1, 1, 1, ACTIVE}}, {DIFF_NONE}, {DIFF_NONE}},
    {"another DN and address",
     {{1, 1, 1, 0, NONE}},
     {{2, 2, 1, 0, NONE}},
     {DIFF_APPEARED},
     {DIFF_LEFT}},
    {"the same DN", {{1, 1, 1, 0, NONE}}, {{1, 2, 1, 0, NONE}}, {DIFF_CHANGED}, {DIFF_CHANGED}},
    {"the same address",
     {{1, 1, 1, 0, NONE}},
     {{2, 1, 1, 0, NONE}},
     {DIFF_CHANGED},
     {DIFF_CHANGED}},
    {"the same address, no DN to compare",
     {{1, 1, 1, 0, NONE}},
     {{0, 1, 1, 0, NONE}},
     {DIFF_NONE},
     {DIFF_NONE}},
    {"the same name, no address",
     {{1, 0, 1, 0, NONE}},
     {{0, 0, 1, 0, NONE}},
     {DIFF_NONE},
     {DIFF_NONE}},
    {"the same name, an address on one side",
     {{1, 0, 1, 0, NONE}},
     {{0, 1, 1, 0, NONE}},
     {DIFF_APPEARED},
     {DIFF_LEFT}},
    {"a DN goes before an address",
     {{1, 1, 1, 0, NONE}},
     {{2, 1, 1, 0, NONE}, {1, 2, 1, 0, NONE}},
     {DIFF_APPEARED, DIFF_CHANGED},
     {DIFF_CHANGED}},
    {"the first with the address",
     {{1, 1, 1, 0, NONE}, {2, 1, 1, 0, NONE}},
     {{3, 1, 1, 0, NONE}},
     {DIFF_CHANGED},
     {DIFF_CHANGED, DIFF_LEFT}},
    {"active now", {{1, 1, 1, 0, NONE}}, {{1, 1, 1, 1, ACTIVE}}, {DIFF_ENROLLED}, {DIFF_ENROLLED}},
    {"active before", {{1, 1, 1, 1, ACTIVE}}, {{1, 1, 1, 0, NONE}}, {DIFF_LAPSED}, {DIFF_LAPSED}},
    {"by another one",
     {{1, 1, 1, 1, ACTIVE}},
     {{1, 1, 1, 2, STANDING_EXPIRING}},
     {DIFF_RENEWED},
     {DIFF_RENEWED}},
    {"soon is active too",
     {{1, 1, 1, 1, ACTIVE}},
     {{1, 1, 1, 1, STANDING_EXPIRING}},
     {DIFF_NONE},
     {DIFF_NONE}},
    {"active before, revoked now",
     {{1, 1, 1, 1, ACTIVE}},
     {{1, 1, 1, 2, STANDING_REVOKED}},
     {DIFF_REVOKED},
     {DIFF_REVOKED}},
    {"revoked before, active now",
     {{1, 1, 1, 1, STANDING_REVOKED}},
     {{1, 1, 1, 2, ACTIVE}},
     {DIFF_ENROLLED},
     {DIFF_ENROLLED}},
};

static size_t fill(struct diff_side *side, const struct short_facts *people)
{
    size_t count = 0, index;

    for (; count < PEOPLE && people[count].d + people[count].a + people[count].n > 0; count++) {
        struct diff_facts facts = facts_of(people[count]);

        assert_int_equal(diff_side_add(side, &facts, count, NULL, 0, &index), FAULT_NONE);
        assert_int_equal(index, count);
    }
    return count;
}

static void row_holds(void **state)
{
    const struct case_row *row = *state;
    struct diff_side old = {0}, new = {0};
    uint64_t counts[DIFF_CHANGES] = {0};
    size_t old_count = fill(&old, row->old), new_count = fill(&new, row->new);

    assert_int_equal(diff_compare(&old, &new, counts), FAULT_NONE);
    for (size_t i = 0; i < new_count; i++) {
        assert_int_equal(new.records[i].change, row->want_new[i]);
        assert_true(counts[row->want_new[i]] > 0);
    }
    for (size_t i = 0; i < old_count; i++) {
        assert_int_equal(old.records[i].change, row->want_old[i]);
    }
    diff_side_clear(&old);
    diff_side_clear(&new);
    diff_side_clear(&new);
}

static void revoked_ones_of_both_sides_are_found(void **state)
{
    static const uint64_t first[] = {3, 5, 9}, second[] = {4, 9}, third[] = {2, 4, 10};
    struct diff_facts facts = facts_of((struct short_facts){1, 1, 1, 1, NONE});
    struct diff_facts before = facts_of((struct short_facts){2, 2, 1, 1, NONE});

    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        struct diff_side old = {0}, new = {0};
        uint64_t counts[DIFF_CHANGES] = {0};
        size_t i;

        /* Others' around them do not count. */
        assert_int_equal(diff_side_add(&old, &before, 1, third, 3, &i), FAULT_NONE);
        assert_int_equal(diff_side_add(&old, &facts, 2, first, 3, &i), FAULT_NONE);
        assert_int_equal(diff_side_add(&new, &facts, 1, shared ? second : third, 2, &i),
                         FAULT_NONE);
        assert_int_equal(diff_compare(&old, &new, counts), FAULT_NONE);
        assert_int_equal(new.records[0].change, shared ? DIFF_REVOKED : DIFF_NONE);
        diff_side_clear(&old);
        diff_side_clear(&new);
    }
}

/* Many, all of which fall into one place of the table but for their tags. */
static void many_are_found_again(void **state)
{
    struct diff_side side = {0};
    size_t index;

    (void)state;
    for (unsigned i = 1; i <= 3000; i++) {
        struct diff_facts facts = facts_of((struct short_facts){i, i, i, 0, NONE});

        facts.identity.digest.words[0] = i % 3;
        facts.identity.digest.words[1] = (uint64_t)i << 20;
        assert_int_equal(diff_side_add(&side, &facts, i, NULL, 0, &index), FAULT_NONE);
        assert_int_equal(diff_side_add(&side, &facts, i, NULL, 0, &index), FAULT_ABSENT);
        assert_true(diff_side_find(&side, &facts.identity, &index));
        assert_int_equal(index, i - 1);
    }
    assert_int_equal(side.count, 3000);
    assert_false(diff_side_find(&side, &(struct diff_identity){.known = DIFF_BY_DN}, &index));
    assert_false(diff_side_find(&(struct diff_side){0}, &side.records[0].facts.identity, &index));
    diff_side_clear(&side);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(revoked_ones_of_both_sides_are_found),
        cmocka_unit_test(many_are_found_again),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 2] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
