#include "verdict/verdict.h"

#include "support.h"

static void standings_are_found_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < STANDING_COUNT; i++) {
        const char *name = standing_name((enum standing)i);
        enum standing found = STANDING_COUNT;

        assert_true(standing_find(span_text(name), &found));
        assert_int_equal(found, i);
        assert_true(strlen(standing_meaning((enum standing)i)) > 0);
    }
}

static void standings_make_the_answer(void **state)
{
    static const enum uses_kms others[STANDING_COUNT] = {[STANDING_MISMATCHED] = USES_YES,
                                                         [STANDING_FOREIGN] = USES_NO,
                                                         [STANDING_NONE] = USES_NO,
                                                         [STANDING_UNREADABLE] = USES_UNKNOWN,
                                                         [STANDING_UNKNOWN] = USES_UNKNOWN};

    (void)state;
    for (int i = 0; i < STANDING_COUNT; i++) {
        enum uses_kms want = i < STANDING_MISMATCHED ? USES_YES : others[i];

        assert_int_equal(standing_uses((enum standing)i), want);
    }
}

static void other_names_are_no_standing(void **state)
{
    static const char *const names[] = {"", "Active", "active ", "activ", "signing_only", "yes"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        enum standing found = STANDING_COUNT;

        assert_false(standing_find(span_text(names[i]), &found));
        assert_int_equal(found, STANDING_COUNT); /* nothing is written */
    }
}

static void answers_have_names(void **state)
{
    (void)state;
    assert_string_equal(uses_kms_name(USES_YES), "yes");
    assert_string_equal(uses_kms_name(USES_NO), "no");
    assert_string_equal(uses_kms_name(USES_UNKNOWN), "unknown");
}

static void warnings_have_names_of_their_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WARNING_COUNT; i++) {
        assert_true(strlen(warning_meaning((enum warning)(1U << i))) > 0);
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(warning_name((enum warning)(1U << i)),
                                    warning_name((enum warning)(1U << j)));
        }
    }
    assert_string_equal(warning_name(WARNING_EXPIRED_FIRST), "expired-first");
    assert_string_equal(warning_name(WARNING_SHARED_KEY), "shared-key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standings_are_found_by_name),
        cmocka_unit_test(standings_make_the_answer),
        cmocka_unit_test(other_names_are_no_standing),
        cmocka_unit_test(answers_have_names),
        cmocka_unit_test(warnings_have_names_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
