#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kms/store/store_state.h"

/* The directory of a store and its files, made and taken away. */

enum { FOLDER_MODE = 0700, FILE_MODE = 0600 };

static const char out_of_memory[] = "out of memory";

static enum fault fault_of_errno(int number, const char *path, struct why *why)
{
    bool denied = number == EACCES || number == EPERM || number == EROFS || number == EEXIST ||
                  number == ENOENT || number == ENOTDIR || number == ELOOP;

    return store_tell_early(denied ? FAULT_DENIED : FAULT_RESOURCE, why, "%s: %s", path,
                            strerrordesc_np(number));
}

static bool is_empty(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool empty = folder != NULL;

    while (empty && (entry = readdir(folder)) != NULL) {
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return empty;
}

static enum fault take_folder(const char *path, struct why *why)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        return fault_of_errno(errno, path, why);
    }
    if (!S_ISDIR(status.st_mode) || !is_empty(path)) {
        return store_tell_early(FAULT_DENIED, why, "%s: something is there already", path);
    }
    if (status.st_uid != geteuid()) {
        return store_tell_early(FAULT_DENIED, why, "%s: the directory is somebody else's", path);
    }
    if (chmod(path, FOLDER_MODE) != 0) {
        return fault_of_errno(errno, path, why);
    }
    return FAULT_NONE;
}

enum fault store_make_folder(const char *path, bool *made, struct why *why)
{
    if (mkdir(path, FOLDER_MODE) == 0) {
        *made = true;
        return chmod(path, FOLDER_MODE) != 0 ? fault_of_errno(errno, path, why) : FAULT_NONE;
    }
    *made = false;
    return errno == EEXIST ? take_folder(path, why) : fault_of_errno(errno, path, why);
}

static int write_all(int fd, struct span text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.at, text.len);

        if (n < 0 && errno != EINTR) {
            return -1;
        }
        text = span_from(text, n > 0 ? (size_t)n : 0);
    }
    return fsync(fd);
}

enum fault store_make_file(const char *folder, const char *name, struct span text, struct why *why)
{
    char *path = store_file(folder, name, "");
    enum fault fault = FAULT_NONE;
    int fd;

    if (path == NULL) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0 || fchmod(fd, FILE_MODE) != 0 || write_all(fd, text) != 0) {
        fault = fault_of_errno(errno, path, why);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    free(path);
    return fault;
}

static int sync_one(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int synced = fd >= 0 ? fsync(fd) : -1;

    if (fd >= 0) {
        (void)close(fd);
    }
    return synced;
}

enum fault store_sync_folder(const char *path, struct why *why)
{
    char *copy = strdup(path);
    enum fault fault = FAULT_NONE;

    if (copy == NULL) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    /* One above may not be readable to us: then its name is as durable as any file's there. */
    if (sync_one(path) != 0 || (sync_one(dirname(copy)) != 0 && errno != EACCES)) {
        fault = store_tell_early(FAULT_RESOURCE, why, "%s: %s", path, strerrordesc_np(errno));
    }
    free(copy);
    return fault;
}

void store_remove_files(const char *path, bool folder)
{
    static const char *const files[][2] = {{STORE_DATABASE, ""},
                                           {STORE_DATABASE, "-wal"},
                                           {STORE_DATABASE, "-shm"},
                                           {STORE_DATABASE, "-journal"},
                                           {STORE_PROFILE, ""}};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *file = store_file(path, files[i][0], files[i][1]);

        if (file != NULL) {
            (void)unlink(file);
        }
        free(file);
    }
    if (folder) {
        (void)rmdir(path);
    }
}
