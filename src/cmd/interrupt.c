#include "cmd/interrupt.h"

#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Copies: the texts that were given may be gone when a signal comes. */
static struct {
    char path[PATH_MAX];
    volatile sig_atomic_t is_doomed;
} doomed[2];

static volatile sig_atomic_t ending = -1; /* the status to end with; -1: as the signal says */

/* Only what signal-safety(7) allows. */
static void on_signal(int number)
{
    for (size_t i = 0; i < sizeof(doomed) / sizeof(doomed[0]); i++) {
        if (doomed[i].is_doomed != 0) {
            (void)unlink(doomed[i].path);
        }
    }
    if (ending >= 0) {
        _exit(ending);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void handle_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};

    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction before;

        /* nohup(1) and a shell's background jobs have these ignored: so be it. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            (void)sigaction(numbers[i], &action, NULL);
        }
    }
}

static void doom(size_t which, const char *path)
{
    doomed[which].is_doomed = 0;
    if (path == NULL || strlen(path) >= sizeof(doomed[which].path)) {
        return;
    }
    memcpy(doomed[which].path, path, strlen(path) + 1);
    doomed[which].is_doomed = 1;
    handle_signals();
}

void interrupt_removes(const char *path) { doom(0, path); }

void interrupt_also_removes(const char *path) { doom(1, path); }

void interrupt_ends_with(int status)
{
    ending = status;
    handle_signals();
}
