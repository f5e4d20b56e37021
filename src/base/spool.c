#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAIL_MAX = 1 << 20, TAIL_FULL = 1 << 18, PRIVATE_MODE = 0600 };

static enum fault told(struct why *why)
{
    return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), why);
}

/* Where a file system cannot make files without a name, one is made and its name removed at once.
 */
static int open_unnamed(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, PRIVATE_MODE);
    char *path = NULL;

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
        return fd;
    }
    if (asprintf(&path, "%s/.keyroster-XXXXXX", folder) < 0) {
        errno = ENOMEM;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        (void)unlink(path);
    }
    free(path);
    return fd;
}

enum fault spool_open(struct spool *out, struct why *why)
{
    const char *folder = getenv("TMPDIR");

    *out = (struct spool){.tail = buffer_with_max(TAIL_MAX)};
    out->fd = open_unnamed(folder != NULL && *folder != '\0' ? folder : "/var/tmp");
    return out->fd >= 0 ? FAULT_NONE : told(why);
}

static enum fault write_out(struct spool *spool, struct span bytes, struct why *why)
{
    while (bytes.len > 0) {
        ssize_t n = pwrite(spool->fd, bytes.at, bytes.len, (off_t)spool->written);

        if (n < 0 && errno != EINTR) {
            return told(why);
        }
        spool->written += n > 0 ? (size_t)n : 0;
        bytes = span_from(bytes, n > 0 ? (size_t)n : 0);
    }
    return FAULT_NONE;
}

static enum fault flush(struct spool *spool, struct why *why)
{
    enum fault fault = write_out(spool, buffer_span(&spool->tail), why);

    buffer_reset(&spool->tail);
    return fault;
}

enum fault spool_add(struct spool *spool, struct span text, uint64_t *at, struct why *why)
{
    enum fault fault = FAULT_NONE;

    *at = spool->written + spool->tail.len;
    if (text.len > TAIL_FULL) {
        fault = flush(spool, why);
        return fault == FAULT_NONE ? write_out(spool, text, why) : fault;
    }
    buffer_add(&spool->tail, text);
    if (spool->tail.fault != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    return spool->tail.len > TAIL_FULL ? flush(spool, why) : FAULT_NONE;
}

enum fault spool_fetch(struct spool *spool, uint64_t at, size_t length, struct buffer *out,
                       struct why *why)
{
    enum fault fault = flush(spool, why);
    uint8_t *room = fault == FAULT_NONE ? buffer_room(out, length) : NULL;
    size_t done = 0;

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (room == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    while (done < length) {
        ssize_t n = pread(spool->fd, room + done, length - done, (off_t)(at + done));

        if (n == 0 || (n < 0 && errno != EINTR)) {
            errno = n == 0 ? EIO : errno;
            return told(why);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    out->len += length;
    return FAULT_NONE;
}

void spool_close(struct spool *spool)
{
    if (spool->fd >= 0) {
        (void)close(spool->fd);
    }
    buffer_clear(&spool->tail);
    *spool = (struct spool){.fd = -1};
}
