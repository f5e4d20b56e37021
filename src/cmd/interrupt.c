#include "cmd/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static _Atomic(const char *) doomed;

/* Only what signal-safety(7) allows. */
static void on_signal(int number)
{
    const char *path = atomic_load(&doomed);

    if (path != NULL) {
        (void)unlink(path);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

void interrupt_removes(const char *path)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};

    atomic_store(&doomed, path);
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; path != NULL && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction before;

        /* nohup(1) and a shell's background jobs have these ignored: so be it. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            (void)sigaction(numbers[i], &action, NULL);
        }
    }
}
