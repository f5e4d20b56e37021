#include "base/crew.h"

#include "support.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A thing counts how often it was worked on; tools count their hands. */
static atomic_int hired;
static int hires_left;

enum { MANY = 1000 };

static void *hire(void *context)
{
    int *tools = hires_left-- > 0 ? calloc(1, sizeof(*tools)) : NULL;

    assert_ptr_equal(context, &hired);
    hired += tools != NULL;
    return tools;
}

static void dismiss(void *tools)
{
    hired--;
    free(tools);
}

static void work(void *tools, void *item)
{
    ++*(int *)tools;
    ++*(uint32_t *)item;
}

static struct crew *made(size_t threads)
{
    const struct crew_plan plan = {.threads = threads,
                                   .item_size = sizeof(uint32_t),
                                   .context = &hired,
                                   .hire = hire,
                                   .dismiss = dismiss,
                                   .work = work};
    struct crew *crew = NULL;
    struct why why;

    hires_left = MANY;
    assert_int_equal(crew_new(&plan, &crew, &why), FAULT_NONE);
    assert_int_equal(hired, threads > 0 ? threads : 1);
    return crew;
}

static void each_thing_is_worked_on_once(void **state)
{
    static const size_t threads[] = {0, 1, 2, 9}, counts[] = {0, 1, 15, 16, 17, MANY};
    static uint32_t lists[2][MANY];

    (void)state;
    for (size_t t = 0; t < COUNT(threads); t++) {
        struct crew *crew = made(threads[t]);
        uint32_t rounds[2] = {0};

        memset(lists, 0, sizeof(lists));
        for (size_t i = 0; i < 40; i++) {
            const size_t n = counts[i % COUNT(counts)];

            crew_begin(crew, lists[i % 2], n);
            crew_wait(crew);
            crew_wait(crew);
            rounds[i % 2] += n == MANY;
            assert_int_equal(lists[i % 2][MANY - 1], rounds[i % 2]);
        }
        crew_begin(crew, lists[0], MANY);
        crew_free(crew); /* finishes it */
        assert_int_equal(lists[0][MANY - 1], rounds[0] + 1);
        assert_int_equal(hired, 0);
    }
}

static void tools_that_are_not_to_be_had(void **state)
{
    const struct crew_plan plan = {.threads = 3,
                                   .item_size = 1,
                                   .context = &hired,
                                   .hire = hire,
                                   .dismiss = dismiss,
                                   .work = work};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct crew *crew = NULL;
        struct why why = {0};

        hires_left = i;
        assert_int_equal(crew_new(&plan, &crew, &why), FAULT_RESOURCE);
        assert_null(crew);
        assert_non_null(why.rule);
        assert_int_equal(hired, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thing_is_worked_on_once),
        cmocka_unit_test(tools_that_are_not_to_be_had),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
