#include "base/readfile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

static enum fault fault_of_errno(struct why *why)
{
    enum fault fault = errno == ENOENT || errno == ENOTDIR ? FAULT_ABSENT
                       : errno == EACCES || errno == EPERM ? FAULT_DENIED
                       : errno == EISDIR                   ? FAULT_SYNTAX
                                                           : FAULT_RESOURCE;

    return fault_at(fault, 0, strerrordesc_np(errno), why);
}

/* read(2), gone on with after a signal. */
static ssize_t read_some(int fd, uint8_t *out, size_t room)
{
    ssize_t n;

    do {
        n = read(fd, out, room);
    } while (n < 0 && errno == EINTR);
    return n;
}

enum fault readfile(const char *path, struct buffer *out, struct why *why)
{
    int fd = -1;
    enum fault fault = readfile_open(path, &fd, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = readfile_from(fd, out, why);
    if (fd != STDIN_FILENO) {
        (void)close(fd);
    }
    return fault;
}

enum fault readfile_open(const char *path, int *fd, struct why *why)
{
    int opened;

    if (strcmp(path, "-") == 0) {
        *fd = STDIN_FILENO;
        return FAULT_NONE;
    }
    opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (opened == STDIN_FILENO) { /* which was closed, and is not to be this file */
        opened = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        (void)close(STDIN_FILENO);
    }
    if (opened < 0) {
        return fault_of_errno(why);
    }
    *fd = opened;
    return FAULT_NONE;
}

enum fault readfile_from(int fd, struct buffer *out, struct why *why)
{
    for (;;) {
        size_t left = out->len < out->max ? out->max - out->len : 0;
        size_t room = left < PIECE ? left : PIECE;
        uint8_t beyond; /* the byte that tells a file of the maximum from a larger one */
        uint8_t *place = room > 0 ? buffer_room(out, room) : &beyond;
        ssize_t n;

        if (place == NULL) {
            return fault_at(FAULT_RESOURCE, out->len, "out of memory", why);
        }
        n = read_some(fd, place, room > 0 ? room : 1);
        if (n <= 0) {
            return n == 0 ? FAULT_NONE : fault_of_errno(why);
        }
        if (room == 0) {
            return fault_at(FAULT_LIMIT, out->len, "the file is too large", why);
        }
        out->len += (size_t)n;
    }
}
