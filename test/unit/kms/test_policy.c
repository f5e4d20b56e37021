#include "kms/request/session/policy.h"

#include "support.h"

/* `counts` of enrol, revoke, renew, move, admins, policy; each was 1 before. */
static const struct parse_row {
    const char *name, *text;
    size_t len;
    enum fault fault;
    unsigned counts[TASK_COUNT];
} parse_rows[] = {
    {"one task", TEXT("enrol=2"), 0, {2, 1, 1, 1, 1, 1}},
    {"several", TEXT("policy=3,admins=2"), 0, {1, 1, 1, 1, 2, 3}},
    {"all of them",
     TEXT("enrol=1,revoke=2,renew=3,move=4,admins=5,policy=6"),
     0,
     {1, 2, 3, 4, 5, 6}},
    {"two digits", TEXT("move=64"), 0, {1, 1, 1, 64, 1, 1}},
    {"nothing", TEXT(""), FAULT_SYNTAX},
    {"a comma alone", TEXT(","), FAULT_SYNTAX},
    {"a comma behind it", TEXT("enrol=2,"), FAULT_SYNTAX},
    {"a comma before it", TEXT(",enrol=2"), FAULT_SYNTAX},
    {"a task alone", TEXT("enrol"), FAULT_SYNTAX},
    {"no number", TEXT("enrol="), FAULT_SYNTAX},
    {"no task", TEXT("=2"), FAULT_SYNTAX},
    {"a task that is none", TEXT("approve=2"), FAULT_SYNTAX},
    {"capital letters", TEXT("Enrol=2"), FAULT_SYNTAX},
    {"a task twice", TEXT("enrol=2,enrol=2"), FAULT_SYNTAX},
    {"zero", TEXT("enrol=0"), FAULT_SYNTAX},
    {"too many", TEXT("enrol=65"), FAULT_SYNTAX},
    {"far too many", TEXT("enrol=4294967297"), FAULT_SYNTAX},
    {"a sign", TEXT("enrol=+2"), FAULT_SYNTAX},
    {"less than none", TEXT("enrol=-1"), FAULT_SYNTAX},
    {"a blank", TEXT("enrol= 2"), FAULT_SYNTAX},
    {"a word", TEXT("enrol=two"), FAULT_SYNTAX},
    {"a NUL", TEXT("enrol=2\0"), FAULT_SYNTAX},
    {"the second one is wrong", TEXT("enrol=2,revoke=0"), FAULT_SYNTAX},
};

static void parse_holds(void **state)
{
    const struct parse_row *row = *state;
    uint8_t *block = exact_copy(row->text, row->len);
    struct policy policy = policy_default();
    struct why why = {0};

    assert_int_equal(policy_parse(span_of(block, row->len), &policy, &why), row->fault);
    for (size_t i = 0; i < TASK_COUNT; i++) {
        assert_int_equal(policy.counts[i], row->fault == FAULT_NONE ? row->counts[i] : 1);
    }
    assert_true((why.rule != NULL) == (row->fault != FAULT_NONE));
    free(block);
}

static const struct check_row {
    const char *name;
    unsigned count; /* of one task */
    size_t administrators;
    enum fault fault;
} check_rows[] = {
    {"one of one", 1, 1, FAULT_NONE},
    {"one of two", 1, 2, FAULT_NONE},
    {"two of three", 2, 3, FAULT_NONE},
    {"all but one of many", 63, 64, FAULT_NONE},
    {"two of two: one may be away", 2, 2, FAULT_DENIED},
    {"three of three", 3, 3, FAULT_DENIED},
    {"two of one", 2, 1, FAULT_DENIED},
    {"more than there are", 9, 3, FAULT_DENIED},
    {"none is too few", 0, 3, FAULT_DENIED},
};

static void check_holds(void **state)
{
    const struct check_row *row = *state;

    for (size_t i = 0; i < TASK_COUNT; i++) {
        struct policy policy = policy_default();
        struct why why = {0};

        policy.counts[i] = row->count;
        assert_int_equal(policy_check(&policy, row->administrators, &why), row->fault);
    }
}

static void every_task_is_found_by_its_name(void **state)
{
    enum kms_task task;

    (void)state;
    for (size_t i = 0; i < TASK_COUNT; i++) {
        assert_true(policy_task_find(span_text(policy_task_name((enum kms_task)i)), &task));
        assert_int_equal(task, i);
    }
    assert_false(policy_task_find(span_text("recover"), &task));
    assert_false(policy_task_find(span_text(""), &task));
}

int main(void)
{
    struct CMUnitTest tests[COUNT(parse_rows) + COUNT(check_rows) + 1] = {
        cmocka_unit_test(every_task_is_found_by_its_name)};
    size_t count = 1;

    count += TESTS_OF(tests + count, parse_rows, parse_holds);
    (void)TESTS_OF(tests + count, check_rows, check_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
