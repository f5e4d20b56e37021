#include "kms/request/recovery/recover_loss.h"

#include "support.h"

#include <stdio.h>

enum { LOSSES = 40 };

static struct arena arena;

/* `count` losses, of serials 01, 02, … */
static struct recovery_losses losses_of(size_t count)
{
    static uint8_t serials[LOSSES];
    struct recovery_losses losses = {.at = arena_take_array(&arena, LOSSES, sizeof(*losses.at))};
    struct why why;

    assert_non_null(losses.at);
    for (size_t i = 0; i < count; i++) {
        char sentence[32];

        serials[i] = (uint8_t)(i + 1);
        (void)snprintf(sentence, sizeof(sentence), "key %02zx is gone", i + 1);
        assert_int_equal(recovery_lose(&losses, &arena, span_of(&serials[i], 1), sentence, &why),
                         FAULT_NONE);
    }
    return losses;
}

static const struct row {
    const char *name;
    size_t count;
    const char *detail, *all_lost;
} rows[] = {
    {"none", 0, "", NULL},
    {"one", 1, ", left out: 01", "key 01 is gone"},
    {"two", 2, ", left out: 01,02", "key 01 is gone; nor can 1 other key be recovered"},
    {"as many as are named", 16, ", left out: 01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10",
     "key 01 is gone; nor can 15 other keys be recovered"},
    {"one more", 17, ", left out: 01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10 and 1 more",
     "key 01 is gone; nor can 16 other keys be recovered"},
    {"many", LOSSES, ", left out: 01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10 and 24 more",
     "key 01 is gone; nor can 39 other keys be recovered"},
};

static void losses_are_told(void **state)
{
    const struct row *row = *state;
    const struct recovery_losses losses = losses_of(row->count);
    struct buffer detail = buffer_with_max(LOSS_DETAIL_MAX);
    struct kms kms = {0};
    struct why why;

    recovery_losses_add_detail(&losses, &detail);
    assert_int_equal(detail.fault, FAULT_NONE);
    assert_span(buffer_span(&detail), row->detail);
    if (row->all_lost != NULL) {
        assert_int_equal(recovery_all_lost(&kms, &losses, &why), FAULT_DENIED);
        assert_string_equal(why.rule, row->all_lost);
    }
    buffer_clear(&detail);
}

/* The longest serials fit into what is kept for them in a detail. */
static void the_longest_fit(void **state)
{
    static const uint8_t serial[20] = {0x7F};
    struct recovery_losses losses = losses_of(0);
    struct buffer detail = buffer_with_max(LOSS_DETAIL_MAX);
    struct why why;

    (void)state;
    for (size_t i = 0; i < LOSSES; i++) {
        assert_int_equal(
            recovery_lose(&losses, &arena, span_of(serial, sizeof(serial)), "gone", &why),
            FAULT_NONE);
    }
    recovery_losses_add_detail(&losses, &detail);
    assert_int_equal(detail.fault, FAULT_NONE);
    buffer_clear(&detail);
}

static void without_memory_it_is_told(void **state)
{
    struct arena none = arena_with_max(0);
    struct recovery_losses losses = losses_of(1);
    struct why why;

    (void)state;
    assert_int_equal(recovery_lose(&losses, &none, span_text("x"), "gone", &why), FAULT_RESOURCE);
    assert_int_equal(losses.count, 1);
}

static int make(void **state)
{
    (void)state;
    arena = arena_with_max(1 << 20);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(the_longest_fit),
        cmocka_unit_test(without_memory_it_is_told),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[2 + i] = (struct CMUnitTest){.name = rows[i].name,
                                           .test_func = losses_are_told,
                                           .initial_state = (void *)(uintptr_t)&rows[i]};
    }
    return cmocka_run_group_tests(tests, make, clear);
}
