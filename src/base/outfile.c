#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PUBLIC_MODE = 0666, LINKS_MAX = 40 };

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

/*
 * A descriptor past the standard ones: where one of these was closed, a diagnostic must not be
 * written into the result.
 */
static int lift(int fd)
{
    int lifted;

    if (fd < 0 || fd > STDERR_FILENO) {
        return fd;
    }
    lifted = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    (void)close(fd);
    return lifted;
}

/* The number of a descriptor of this process that a place names, `/proc/self/fd/N`; -1: none. */
static int descriptor_at(const char *place)
{
    const char *slash = strrchr(place, '/');
    char *beneath = slash != NULL ? strndup(place, (size_t)(slash - place)) : NULL;
    char *folder = beneath != NULL ? realpath(beneath, NULL) : NULL;
    char *own = folder != NULL ? realpath("/proc/self/fd", NULL) : NULL;
    bool is_own = own != NULL && strcmp(folder, own) == 0;
    char *end = NULL;
    long number = is_own ? strtol(slash + 1, &end, 10) : -1;

    free(beneath);
    free(folder);
    free(own);
    return is_own && *end == '\0' && number >= 0 && number <= INT_MAX ? (int)number : -1;
}

char *outfile_place(const char *path)
{
    char *place = strdup(path);

    for (int links = 0; place != NULL && links < LINKS_MAX; links++) {
        char target[PATH_MAX] = {0};
        char *next = NULL;

        if (descriptor_at(place) >= 0) {
            return place;
        }
        if (readlink(place, target, sizeof(target) - 1) < 0) {
            return place; /* no link */
        }
        if (target[0] == '/') {
            next = strdup(target);
        } else if (asprintf(&next, "%s/%s", dirname(place), target) < 0) {
            next = NULL;
        }
        free(place);
        place = next;
    }
    errno = place == NULL ? ENOMEM : ELOOP;
    free(place);
    return NULL;
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
    out->fd = lift(mkostemp(temporary, O_CLOEXEC));
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

/* As the descriptor is: behind what has been written to it, and never a file in its place. */
static enum fault open_descriptor(int number, struct outfile *out, struct why *why)
{
    out->fd = fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return out->fd < 0 ? fault_of_errno(why) : FAULT_NONE;
}

static enum fault open_in_place(const char *path, struct outfile *out, struct why *why)
{
    out->fd = lift(open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY));
    return out->fd < 0 ? fault_of_errno(why) : FAULT_NONE;
}

static enum fault open_at(const char *path, bool in_place, struct outfile *out, struct why *why)
{
    char *place = outfile_place(path);
    int number = place != NULL ? descriptor_at(place) : -1;

    if (place == NULL) {
        return fault_of_errno(why);
    }
    if (number >= 0 || in_place) {
        free(place);
        return number >= 0 ? open_descriptor(number, out, why) : open_in_place(path, out, why);
    }
    out->path = place;
    return open_beside(out, why);
}

enum fault outfile_open(const char *path, struct outfile *out, struct why *why)
{
    struct outfile opened = {.fd = STDOUT_FILENO};
    struct stat status;
    bool there;
    enum fault fault;

    if (path == NULL || strcmp(path, "-") == 0) {
        *out = opened;
        return FAULT_NONE;
    }
    there = stat(path, &status) == 0;
    if (there && S_ISDIR(status.st_mode)) {
        return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(EISDIR), why);
    }
    if (*path == '\0' || path[strlen(path) - 1] == '/') {
        return fault_at(FAULT_ABSENT, 0, strerrordesc_np(ENOENT), why);
    }
    fault = open_at(path, there && !S_ISREG(status.st_mode), &opened, why);
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
        /* Not FAULT_ABSENT, whatever the reason: that is when nobody reads any more. */
        fault = fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), why);
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
    if (out == NULL) {
        return;
    }
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
