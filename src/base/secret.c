#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

enum { PAGE = 4096 };

/* Pages, all zero, for `len` bytes and a NUL. */
static enum fault take_pages(size_t len, struct secret *secret, struct why *why)
{
    size_t held = (len / PAGE + 1) * PAGE;
    void *pages = mmap(NULL, held, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    (void)mlock(pages, held); /* a limit of zero on locked memory is no reason to stop */
    (void)madvise(pages, held, MADV_DONTDUMP);
    *secret = (struct secret){.at = pages, .held = held};
    return FAULT_NONE;
}

static void drop_line_end(struct secret *secret)
{
    if (secret->len > 0 && secret->at[secret->len - 1] == '\n') {
        secret->len--;
        if (secret->len > 0 && secret->at[secret->len - 1] == '\r') {
            secret->len--;
        }
    }
    explicit_bzero(secret->at + secret->len, secret->held - secret->len);
}

/* Reads to the end of the file or, `line`, to the end of a line. */
static enum fault read_all(int fd, bool line, struct secret *secret, struct why *why)
{
    for (;;) {
        ssize_t n = read(fd, secret->at + secret->len, secret->held - secret->len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), why);
        }
        secret->len += (size_t)n;
        if (n == 0 || line) { /* a terminal gives a line at a time */
            drop_line_end(secret);
            return FAULT_NONE;
        }
        if (secret->len > SECRET_MAX) {
            return fault_at(FAULT_LIMIT, 0, "a password of more than 4095 bytes", why);
        }
    }
}

static enum fault fill(int fd, bool line, struct secret *out, struct why *why)
{
    struct secret secret = {0};
    enum fault fault = take_pages(SECRET_MAX, &secret, why);

    if (fault == FAULT_NONE) {
        fault = read_all(fd, line, &secret, why);
    }
    if (fault != FAULT_NONE) {
        secret_clear(&secret);
        return fault;
    }
    *out = secret;
    return FAULT_NONE;
}

enum fault secret_read(const char *path, struct secret *out, struct why *why)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum fault fault;

    if (fd < 0) {
        fault = errno == EACCES || errno == EPERM    ? FAULT_DENIED
                : errno == EMFILE || errno == ENFILE ? FAULT_RESOURCE
                                                     : FAULT_ABSENT;
        return fault_at(fault, 0, strerrordesc_np(errno), why);
    }
    fault = fill(fd, false, out, why);
    if (!standard) {
        (void)close(fd);
    }
    return fault;
}

enum fault secret_ask(const char *prompt, struct secret *out, struct why *why)
{
    struct termios usual, silent;
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool interrupted;
    enum fault fault;

    if (terminal < 0 || tcgetattr(terminal, &usual) != 0) {
        if (terminal >= 0) {
            (void)close(terminal);
        }
        return fault_at(FAULT_ABSENT, 0, "no terminal to ask for a password on (use -y FILE)", why);
    }
    silent = usual;
    /* Ctrl-C ends the line, as a character, so that the terminal is put right before it counts. */
    silent.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ISIG);
    silent.c_cc[VEOL] = usual.c_cc[VINTR];
    (void)tcsetattr(terminal, TCSAFLUSH, &silent);
    (void)!write(terminal, prompt, strlen(prompt));
    fault = fill(terminal, true, out, why);
    interrupted = fault == FAULT_NONE && out->len > 0 && out->at[out->len - 1] == usual.c_cc[VINTR];
    (void)tcsetattr(terminal, TCSAFLUSH, &usual);
    (void)!write(terminal, "\n", 1);
    (void)close(terminal);
    if (interrupted) {
        secret_clear(out);
        (void)raise(SIGINT);
        return fault_at(FAULT_ABSENT, 0, "no password was typed", why);
    }
    if (fault == FAULT_NONE && out->len == 0) {
        secret_clear(out);
        return fault_at(FAULT_ABSENT, 0, "no password was typed", why);
    }
    return fault;
}

enum fault secret_new(size_t len, struct secret *out, struct why *why)
{
    struct secret secret = {0};
    enum fault fault;

    if (len > SECRET_NEW_MAX) {
        return fault_at(FAULT_LIMIT, SECRET_NEW_MAX, "a secret of more than 1 MiB", why);
    }
    fault = take_pages(len, &secret, why);
    if (fault == FAULT_NONE) {
        secret.len = len;
        *out = secret;
    }
    return fault;
}

enum fault secret_copy(struct span bytes, struct secret *out, struct why *why)
{
    enum fault fault = secret_new(bytes.len, out, why);

    if (fault == FAULT_NONE && bytes.len > 0) {
        memcpy(out->at, bytes.at, bytes.len);
    }
    return fault;
}

void secret_shorten(struct secret *secret, size_t len)
{
    if (len < secret->len) {
        explicit_bzero(secret->at + len, secret->len - len);
        secret->len = len;
    }
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
    volatile uint8_t differs = 0; /* volatile: no compiler finds a way out of the loop */

    if (a->len != b->len) {
        return false;
    }
    for (size_t i = 0; i < a->len; i++) {
        differs = (uint8_t)(differs | (a->at[i] ^ b->at[i]));
    }
    return differs == 0;
}

void secret_clear(struct secret *secret)
{
    if (secret != NULL && secret->at != NULL) {
        explicit_bzero(secret->at, secret->held);
        (void)munmap(secret->at, secret->held);
        *secret = (struct secret){0};
    }
}
