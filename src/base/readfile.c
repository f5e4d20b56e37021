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

static enum fault read_all(int fd, struct buffer *out, struct why *why)
{
    for (;;) {
        size_t room = out->max - out->len < PIECE ? out->max - out->len : PIECE;
        uint8_t *place = buffer_room(out, room > 0 ? room : 1);
        ssize_t n;

        if (place == NULL) {
            return fault_at(out->fault, out->len,
                            out->fault == FAULT_LIMIT ? "the file is too large" : "out of memory",
                            why);
        }
        n = read(fd, place, room);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n == 0 ? FAULT_NONE : fault_of_errno(why);
        }
        out->len += (size_t)n;
    }
}

enum fault readfile(const char *path, struct buffer *out, struct why *why)
{
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum fault fault;

    if (fd < 0) {
        return fault_of_errno(why);
    }
    fault = read_all(fd, out, why);
    if (!standard_input) {
        (void)close(fd);
    }
    return fault;
}
