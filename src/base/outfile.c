#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PUBLIC_MODE = 0666 };

static enum fault fault_of_errno(struct why *why)
{
    enum fault fault = errno == ENOENT || errno == ENOTDIR                   ? FAULT_ABSENT
                       : errno == EACCES || errno == EPERM || errno == EROFS ? FAULT_DENIED
                                                                             : FAULT_RESOURCE;

    return fault_at(fault, 0, strerrordesc_np(errno), why);
}

/* The mode of a new file: that of the one it replaces, else what the umask leaves. */
static mode_t mode_of(const char *path)
{
    struct stat status;
    mode_t mask = umask(0);

    (void)umask(mask);
    return stat(path, &status) == 0 ? status.st_mode & 07777 : PUBLIC_MODE & ~mask;
}

static enum fault open_beside(struct outfile *out, struct why *why)
{
    char *folder = outfile_folder(out);
    char *temporary = NULL;
    enum fault fault;

    if (folder == NULL || asprintf(&temporary, "%s/.keyroster-XXXXXX", folder) < 0) {
        free(folder);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    free(folder);
    out->fd = mkostemp(temporary, O_CLOEXEC);
    if (out->fd < 0) {
        fault = fault_of_errno(why);
        free(temporary);
        return fault;
    }
    out->temporary = temporary;
    if (fchmod(out->fd, mode_of(out->path)) != 0) {
        return fault_of_errno(why);
    }
    return FAULT_NONE;
}

static enum fault open_in_place(const char *path, struct outfile *out, struct why *why)
{
    out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return out->fd < 0 ? fault_of_errno(why) : FAULT_NONE;
}

enum fault outfile_open(const char *path, struct outfile *out, struct why *why)
{
    struct outfile opened = {.fd = STDOUT_FILENO};
    struct stat status;
    enum fault fault;

    if (path == NULL || strcmp(path, "-") == 0) {
        *out = opened;
        return FAULT_NONE;
    }
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return fault_of_errno(why);
    }
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        fault = open_in_place(path, &opened, why);
    } else {
        opened.path = realpath(path, NULL);
        if (opened.path == NULL) {
            opened.path = strdup(path); /* a new file */
        }
        fault = opened.path == NULL ? fault_at(FAULT_RESOURCE, 0, "out of memory", why)
                                    : open_beside(&opened, why);
    }
    if (fault != FAULT_NONE) {
        outfile_clear(&opened);
        return fault;
    }
    *out = opened;
    return FAULT_NONE;
}

enum fault outfile_write(struct outfile *out, struct span bytes, struct why *why)
{
    while (bytes.len > 0) {
        ssize_t n = write(out->fd, bytes.at, bytes.len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fault_at(errno == EPIPE ? FAULT_ABSENT : FAULT_RESOURCE, 0,
                            strerrordesc_np(errno), why);
        }
        bytes = span_from(bytes, (size_t)n);
    }
    return FAULT_NONE;
}

enum fault outfile_commit(struct outfile *out, struct why *why)
{
    enum fault fault = FAULT_NONE;

    if (out->temporary == NULL) {
        return FAULT_NONE;
    }
    if (fsync(out->fd) != 0 || rename(out->temporary, out->path) != 0) {
        fault = fault_of_errno(why);
    } else {
        free(out->temporary);
        out->temporary = NULL;
    }
    outfile_clear(out);
    return fault;
}

char *outfile_folder(const struct outfile *out)
{
    char *copy, *folder;

    if (out->path == NULL) {
        return NULL;
    }
    copy = strdup(out->path);
    if (copy == NULL) {
        return NULL;
    }
    folder = strdup(dirname(copy));
    free(copy);
    return folder;
}

void outfile_clear(struct outfile *out)
{
    if (out->temporary != NULL) {
        (void)unlink(out->temporary);
    }
    if (out->fd > STDERR_FILENO) {
        (void)close(out->fd);
    }
    free(out->temporary);
    free(out->path);
    *out = (struct outfile){.fd = -1};
}
