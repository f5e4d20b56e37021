#include "source/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/hex.h"

/* RFC 8089: `file:///path`, `file://host/path` or `file:/path`; the path, percent-decoded. */
static bool file_path(struct span url, char *path, size_t room)
{
    static const char scheme[] = "file:";
    size_t n = 0, slash;

    if (!ascii_starts_nocase(url, span_text(scheme))) {
        return false;
    }
    url = span_from(url, sizeof(scheme) - 1);
    if (url.len > 2 && url.at[0] == '/' && url.at[1] == '/') {
        url = span_from(url, 2);
        if (!span_find(url, '/', &slash)) {
            return false;
        }
        url = span_from(url, slash);
    }
    for (size_t i = 0; i < url.len; i++, n++) {
        uint8_t byte = url.at[i];

        if (byte == '%' && hex_decode_run(span_upto(span_from(url, i + 1), 2), &byte) == 2) {
            i += 2;
        }
        if (byte == '\0' || n + 1 >= room) {
            return false;
        }
        path[n] = (char)byte;
    }
    path[n] = '\0';
    return n > 0;
}

static int open_beneath(int folder, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};

    while (*path == '/') {
        path++;
    }
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}

static enum fault read_whole(int file, struct arena *arena, struct span *out, struct why *why)
{
    struct stat status;
    uint8_t *bytes;
    size_t n = 0;

    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        return fault_at(FAULT_ABSENT, 0, "the URL names no regular file", why);
    }
    if (status.st_size > FOLLOW_MAX) {
        return fault_at(FAULT_LIMIT, 0, "the file that the URL names is larger than 4 MiB", why);
    }
    bytes = arena_take(arena, (size_t)status.st_size);
    if (bytes == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    while (n < (size_t)status.st_size) {
        ssize_t got = read(file, bytes + n, (size_t)status.st_size - n);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return fault_at(FAULT_ABSENT, 0, "the file that the URL names cannot be read", why);
        }
        n += (size_t)got;
    }
    *out = span_of(bytes, n);
    return FAULT_NONE;
}

enum fault follow_read(int folder, struct span url, struct arena *arena, struct span *out,
                       struct why *why)
{
    char path[PATH_MAX];
    const char *name;
    enum fault fault;
    int file;

    if (folder < 0) {
        return fault_at(FAULT_DENIED, 0,
                        "the value is in a file of its own, which is not followed "
                        "(name its folder with --follow-urls)",
                        why);
    }
    if (!file_path(url, path, sizeof(path))) {
        return fault_at(FAULT_DENIED, 0, "only file: URLs are followed", why);
    }
    file = open_beneath(folder, path);
    name = strrchr(path, '/');
    if (file < 0 && name != NULL) {
        file = open_beneath(folder, name);
    }
    if (file < 0) {
        return fault_at(FAULT_ABSENT, 0, "the URL names no file below the folder of --follow-urls",
                        why);
    }
    fault = read_whole(file, arena, out, why);
    (void)close(file);
    return fault;
}
