#include "kms/request/session/p12_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/outfile.h"
#include "kms/people/transcript.h"

enum {
    FILE_MODE = 0600,
    FOLDER_MODE = 0700,
    WHOLE_MAX = 200,  /* bytes of an address that stands in a name as a whole */
    DIGEST_SHOWN = 8, /* bytes */
    LINK_SIZE = 64,
};

static enum fault fault_of_errno(struct why *why)
{
    const enum fault fault = errno == ENOENT || errno == ENOTDIR                   ? FAULT_ABSENT
                             : errno == EACCES || errno == EPERM || errno == EROFS ? FAULT_DENIED
                                                                                   : FAULT_RESOURCE;

    return fault_at(fault, 0, strerrordesc_np(errno), why);
}

/* A descriptor past the standard ones, one of which may be closed. */
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

static bool is_unsafe(uint8_t byte, bool is_first)
{
    return byte == '/' || byte < ' ' || byte == 0x7f || (is_first && (byte == '.' || byte == '-'));
}

/* How much of a long address is kept: no character is cut in two. */
static size_t shown_length(struct span address)
{
    size_t len = address.len < WHOLE_MAX ? address.len : WHOLE_MAX;

    while (len < address.len && len > 0 && (address.at[len] & 0xc0) == 0x80) {
        len--;
    }
    return len;
}

enum fault p12_dir_name(struct span address, char out[P12_NAME_SIZE], struct why *why)
{
    const size_t len = shown_length(address);
    bool is_changed = len < address.len;
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        const bool unsafe = is_unsafe(address.at[i], i == 0);

        out[n++] = (char)(unsafe ? '_' : address.at[i]);
        is_changed |= unsafe;
    }
    if (is_changed || len == 0) {
        uint8_t digest[TRANSCRIPT_SIZE];
        struct transcript t = transcript_begin("keyroster file name v1");
        enum fault fault;

        transcript_add(&t, address);
        fault = transcript_end(&t, digest, why);
        if (fault != FAULT_NONE) {
            return fault;
        }
        out[n++] = '~'; /* no domain has one in it */
        hex_text(span_of(digest, DIGEST_SHOWN), out + n);
        n += (size_t)2 * DIGEST_SHOWN;
    }
    memcpy(out + n, ".p12", sizeof(".p12"));
    return FAULT_NONE;
}

static enum fault open_folder(const char *path, struct p12_dir *out, struct why *why)
{
    const int fd = lift(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    if (fd < 0) {
        return fault_of_errno(why);
    }
    *out = (struct p12_dir){.fd = fd};
    return FAULT_NONE;
}

enum fault p12_dir_open(const char *path, struct p12_dir *out, struct why *why)
{
    if (mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST) {
        return fault_of_errno(why);
    }
    return open_folder(path, out, why);
}

/* What of it is the folder, what the file. */
static enum fault split(char *place, struct p12_dir *out, char name[P12_NAME_SIZE], struct why *why)
{
    char *copy = strdup(place);
    const char *base;
    enum fault fault;

    if (copy == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    base = basename(copy);
    if (strlen(base) >= P12_NAME_SIZE) {
        fault = fault_at(FAULT_SYNTAX, 0, strerrordesc_np(ENAMETOOLONG), why);
    } else {
        memcpy(name, base, strlen(base) + 1);
        fault = open_folder(dirname(place), out, why);
    }
    free(copy);
    return fault;
}

enum fault p12_dir_open_for(const char *path, struct p12_dir *out, char name[P12_NAME_SIZE],
                            struct why *why)
{
    struct stat status;
    char *place;
    enum fault fault;

    if (*path == '\0' || path[strlen(path) - 1] == '/') {
        return fault_at(FAULT_SYNTAX, 0, "no name for a file", why);
    }
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return fault_at(FAULT_SYNTAX, 0,
                        "a PKCS#12 is written to a file of its own, and something else is there",
                        why);
    }
    place = outfile_place(path);
    if (place == NULL) {
        return fault_of_errno(why);
    }
    fault = split(place, out, name, why);
    free(place);
    return fault;
}

/* Where a file system has no files without a name: one that is hidden, and nobody else's. */
static enum fault open_named(const struct p12_dir *dir, const char *name, struct p12_file *out,
                             struct why *why)
{
    for (unsigned i = 0; i < 1000; i++) {
        char *hidden = NULL;

        if (asprintf(&hidden, ".%.200s.%ld-%u.part", name, (long)getpid(), i) < 0) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
        out->fd = lift(openat(dir->fd, hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE));
        if (out->fd >= 0) {
            out->name = hidden;
            return FAULT_NONE;
        }
        free(hidden);
        if (errno != EEXIST) {
            break;
        }
    }
    out->fd = 0;
    return fault_of_errno(why);
}

static enum fault open_file(const struct p12_dir *dir, const char *name, struct p12_file *out,
                            struct why *why)
{
    out->fd = lift(openat(dir->fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, FILE_MODE));
    if (out->fd >= 0) {
        return FAULT_NONE;
    }
    out->fd = 0;
    return errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL
               ? open_named(dir, name, out, why)
               : fault_of_errno(why);
}

static enum fault write_all(int fd, struct span bytes, struct why *why)
{
    while (bytes.len > 0) {
        const ssize_t n = write(fd, bytes.at, bytes.len);

        if (n < 0 && errno != EINTR) {
            return fault_of_errno(why);
        }
        bytes = span_from(bytes, n > 0 ? (size_t)n : 0);
    }
    return fsync(fd) == 0 ? FAULT_NONE : fault_of_errno(why);
}

enum fault p12_dir_keep(const struct p12_dir *dir, const char *name, struct span bytes,
                        struct p12_file *out, struct why *why)
{
    struct p12_file file = {0};
    enum fault fault = open_file(dir, name, &file, why);

    if (fault == FAULT_NONE) {
        fault = write_all(file.fd, bytes, why);
    }
    if (fault != FAULT_NONE) {
        p12_dir_drop(dir, &file);
        return fault;
    }
    *out = file;
    return FAULT_NONE;
}

/*
 * Keeps what has the name under another one, which nothing has yet; `*out` is NULL where there is
 * nothing to keep. The name itself stays, where the file system has links.
 */
static int set_aside(const struct p12_dir *dir, const char *name, char **out)
{
    struct stat there;
    uint64_t random;
    char *old = NULL;

    if (fstatat(dir->fd, name, &there, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? 0 : -1;
    }
    if (!S_ISREG(there.st_mode) && !S_ISLNK(there.st_mode)) {
        return 0; /* nothing of ours, and rename() replaces no folder */
    }
    if (getrandom(&random, sizeof(random), 0) != sizeof(random) ||
        asprintf(&old, ".%.200s.%016" PRIx64 ".old", name, random) < 0) {
        return -1;
    }
    if (linkat(dir->fd, name, dir->fd, old, 0) != 0 && renameat(dir->fd, name, dir->fd, old) != 0) {
        free(old);
        return -1;
    }
    *out = old;
    return 0;
}

/* The way back, whether the name is taken or not. */
static void put_back(const struct p12_dir *dir, const char *name, char *old)
{
    if (old != NULL) {
        (void)renameat(dir->fd, old, dir->fd, name);
        (void)unlinkat(dir->fd, old, 0); /* rename() does nothing with two names of one file */
        free(old);
    }
}

/*
 * Gives a file without a name that one. Where it is taken, by way of another, which is the same
 * each time: if the program ends right there, the next run clears it away.
 */
static int link_file(const struct p12_dir *dir, const char *name, int fd, char **old)
{
    char link[LINK_SIZE], aside[P12_NAME_SIZE];

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, link, dir->fd, name, AT_SYMLINK_FOLLOW) == 0) {
        return 0;
    }
    if (errno != EEXIST || set_aside(dir, name, old) != 0) {
        return -1;
    }
    (void)snprintf(aside, sizeof(aside), ".%.240s.part", name);
    (void)unlinkat(dir->fd, aside, 0);
    if (linkat(AT_FDCWD, link, dir->fd, aside, AT_SYMLINK_FOLLOW) == 0) {
        if (renameat(dir->fd, aside, dir->fd, name) == 0) {
            return 0;
        }
        (void)unlinkat(dir->fd, aside, 0);
    }
    return -1;
}

static int rename_file(const struct p12_dir *dir, const char *name, const char *from, char **old)
{
    return set_aside(dir, name, old) == 0 ? renameat(dir->fd, from, dir->fd, name) : -1;
}

enum fault p12_dir_place(const struct p12_dir *dir, const char *name, struct p12_file *file,
                         struct why *why)
{
    char *old = NULL;
    const int failed = file->name != NULL ? rename_file(dir, name, file->name, &old)
                                          : link_file(dir, name, file->fd, &old);

    if (failed != 0) {
        const enum fault fault = fault_of_errno(why);

        put_back(dir, name, old);
        p12_dir_drop(dir, file);
        return fault;
    }
    free(file->name);
    file->name = NULL;
    p12_dir_drop(dir, file);
    file->old = old;
    return FAULT_NONE;
}

enum fault p12_dir_place_new(const struct p12_dir *dir, const char *name, struct p12_file *file,
                             struct why *why)
{
    char link[LINK_SIZE];
    int failed;

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", file->fd);
    failed = file->name != NULL ? renameat2(dir->fd, file->name, dir->fd, name, RENAME_NOREPLACE)
                                : linkat(AT_FDCWD, link, dir->fd, name, AT_SYMLINK_FOLLOW);
    if (failed != 0) {
        const enum fault fault = errno == EEXIST
                                     ? fault_at(FAULT_DENIED, 0, "is there already", why)
                                     : fault_of_errno(why);

        p12_dir_drop(dir, file);
        return fault;
    }
    free(file->name);
    file->name = NULL;
    p12_dir_drop(dir, file);
    return FAULT_NONE;
}

void p12_dir_take_back(const struct p12_dir *dir, const char *name, struct p12_file *file)
{
    if (file->old == NULL) {
        p12_dir_remove(dir, name);
    }
    put_back(dir, name, file->old);
    file->old = NULL;
}

void p12_dir_drop(const struct p12_dir *dir, struct p12_file *file)
{
    if (file->name != NULL) {
        (void)unlinkat(dir->fd, file->name, 0);
        free(file->name);
    }
    if (file->old != NULL) {
        (void)unlinkat(dir->fd, file->old, 0);
        free(file->old);
    }
    if (file->fd > 0) {
        (void)close(file->fd);
    }
    *file = (struct p12_file){0};
}

void p12_dir_remove(const struct p12_dir *dir, const char *name)
{
    (void)unlinkat(dir->fd, name, 0);
}

enum fault p12_dir_sync(const struct p12_dir *dir, struct why *why)
{
    return fsync(dir->fd) == 0 ? FAULT_NONE : fault_of_errno(why);
}

void p12_dir_close(struct p12_dir *dir)
{
    if (dir->fd > 0) {
        (void)close(dir->fd);
    }
    *dir = (struct p12_dir){0};
}
