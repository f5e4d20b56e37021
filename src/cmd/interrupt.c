#include "cmd/interrupt.h"

#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* A copy: the text that was given may be gone when a signal comes. */
static char doomed[PATH_MAX];
static volatile sig_atomic_t is_doomed;

/* Only what signal-safety(7) allows. */
static void on_signal(int number)
{
    if (is_doomed != 0) {
        (void)unlink(doomed);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

void interrupt_removes(const char *path)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};

    is_doomed = 0;
    if (path == NULL || strlen(path) >= sizeof(doomed)) {
        return;
    }
    memcpy(doomed, path, strlen(path) + 1);
    is_doomed = 1;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction before;

        /* nohup(1) and a shell's background jobs have these ignored: so be it. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            (void)sigaction(numbers[i], &action, NULL);
        }
    }
}
