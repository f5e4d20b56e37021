#include "cmd/cert_files.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/readfile.h"

/* Descriptors for what else a process has open: its output, a library's files. */
enum { DESCRIPTORS_SPARE = 32 };

struct cert_file {
    int fd;
    enum fault fault; /* why it could not be opened */
    struct why why;
};

/* True when all may be open at once, after asking for as many descriptors as that takes. */
static bool may_open_all(size_t count)
{
    const rlim_t wanted = (rlim_t)count + DESCRIPTORS_SPARE;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return false;
    }
    if (limit.rlim_cur >= wanted) {
        return true;
    }
    limit.rlim_cur = wanted;
    return wanted <= limit.rlim_max && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

bool cert_files_open(struct cert_files *files, const char *const *names, size_t count)
{
    *files = (struct cert_files){.names = names, .count = count};
    if (!may_open_all(count)) {
        return true;
    }
    files->opened = calloc(count, sizeof(*files->opened));
    if (files->opened == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct cert_file *file = &files->opened[i];

        file->fault = readfile_open(names[i], &file->fd, &file->why);
    }
    return true;
}

static void close_file(struct cert_file *file)
{
    if (file->fault == FAULT_NONE && file->fd != STDIN_FILENO) {
        (void)close(file->fd);
    }
    file->fault = FAULT_ABSENT;
}

enum fault cert_files_read(struct cert_files *files, size_t index, struct buffer *out,
                           struct why *why)
{
    struct cert_file *file = files->opened != NULL ? &files->opened[index] : NULL;
    enum fault fault;

    if (file == NULL) {
        return readfile(files->names[index], out, why);
    }
    if (file->fault != FAULT_NONE) {
        *why = file->why;
        return file->fault;
    }
    fault = readfile_from(file->fd, out, why);
    close_file(file);
    return fault;
}

void cert_files_clear(struct cert_files *files)
{
    for (size_t i = 0; files->opened != NULL && i < files->count; i++) {
        close_file(&files->opened[i]);
    }
    free(files->opened);
    *files = (struct cert_files){0};
}
