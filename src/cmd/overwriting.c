#include "cmd/overwriting.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "cmd/cmd.h"

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* True when one of the files in a folder is `output`. */
static bool folder_has(const char *path, const struct stat *output)
{
    DIR *folder = opendir(path);
    const struct dirent *item;
    struct stat file;
    bool found = false;

    while (folder != NULL && !found && (item = readdir(folder)) != NULL) {
        found = fstatat(dirfd(folder), item->d_name, &file, 0) == 0 && is_same(&file, output);
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return found;
}

static bool is_read_as(const char *path, const struct stat *output)
{
    struct stat file;

    if ((strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &file) : stat(path, &file)) != 0) {
        return false;
    }
    return is_same(&file, output) || (S_ISDIR(file.st_mode) && folder_has(path, output));
}

/* True when `output` lies in the folder or beneath it, where the links of both lead. */
static bool tree_has(const char *folder, const char *output)
{
    char *top = realpath(folder, NULL);
    char *file = realpath(output, NULL);
    size_t length = top != NULL ? strlen(top) : 0;
    bool within = top != NULL && file != NULL && strncmp(file, top, length) == 0 &&
                  (file[length] == '/' || length == 1);

    free(top);
    free(file);
    return within;
}

bool overwriting_is_told(const struct overwriting *read, const char *output)
{
    struct stat there;
    bool found = false;

    /* What is not there yet is not read; a device or a pipe is written, not replaced. */
    if (output == NULL || strcmp(output, "-") == 0 || stat(output, &there) != 0 ||
        !S_ISREG(there.st_mode)) {
        return false;
    }
    for (size_t i = 0; i < read->files.count && !found; i++) {
        found = is_read_as(read->files.at[i], &there);
    }
    if (found || (read->tree != NULL && tree_has(read->tree, output))) {
        complain(output, 0,
                 "one of the files that are read: the output would replace it (choose another)");
        return true;
    }
    return false;
}

/* True when both places have one name in one folder, whether anything is there or not. */
static bool is_one_name(const char *a, const char *b)
{
    const char *places[2] = {a, b};
    struct stat folders[2];

    if (strcmp(strrchr(a, '/') != NULL ? strrchr(a, '/') + 1 : a,
               strrchr(b, '/') != NULL ? strrchr(b, '/') + 1 : b) != 0) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        char *copy = strdup(places[i]);
        bool found = copy != NULL && stat(dirname(copy), &folders[i]) == 0;

        free(copy);
        if (!found) {
            return false;
        }
    }
    return is_same(&folders[0], &folders[1]);
}

bool overwriting_is_one(const char *a, const char *b)
{
    static const char standard[] = "/dev/stdout";
    char *one = outfile_place(a == NULL || strcmp(a, "-") == 0 ? standard : a);
    char *other = outfile_place(b == NULL || strcmp(b, "-") == 0 ? standard : b);
    struct stat first, second;
    bool same = false;

    if (one != NULL && other != NULL) {
        same = stat(one, &first) == 0 && stat(other, &second) == 0
                   ? is_same(&first, &second) && !S_ISCHR(first.st_mode)
                   : is_one_name(one, other);
    }
    free(one);
    free(other);
    return same;
}
