#include "base/hide.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "support.h"

/* In a process of its own, which has hidden itself. Its status is the answer. */
static int status_of(int (*does)(void))
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        struct why why;

        _exit(process_hide(&why) == FAULT_NONE ? does() : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int tell_state(void)
{
    struct rlimit core = {1, 1};

    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
                   core.rlim_cur == 0 && core.rlim_max == 0
               ? 0
               : 1;
}

static int hide_again(void)
{
    struct why why;

    return process_hide(&why) == FAULT_NONE ? 0 : 1;
}

static int tell_state_of_child(void)
{
    pid_t child = fork();
    int status = 1;

    if (child == 0) {
        _exit(tell_state());
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}

static void it_is_hidden(void **state)
{
    (void)state;
    assert_int_equal(status_of(tell_state), 0);
    assert_int_equal(status_of(tell_state_of_child), 0);
    assert_int_equal(status_of(hide_again), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
