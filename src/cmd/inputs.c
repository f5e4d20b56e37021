#include "cmd/inputs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "directory/url.h"

/* Opens one source; what cannot be opened is told. False when there is no use going on. */
static bool open_one(struct inputs *inputs, const char *path, const struct source_options *options,
                     struct ldap_options *ldap)
{
    bool live = directory_is_url(path);
    char *name = directory_url_public(path);

    if (name == NULL) {
        complain(NULL, 0, "out of memory");
        return false;
    }
    if (live && !ldap_options_read_password(ldap)) {
        free(name);
        return false;
    }
    if (ldap_options_open(path, name, options, &inputs->sources[inputs->count])) {
        inputs->names[inputs->count++] = name;
        inputs->live |= live;
    } else {
        free(name);
        inputs->unopened++;
    }
    return true;
}

/* The file behind a path; {0} for what is none: a directory's URL, a pipe, a terminal. */
static struct stat file_of(const char *path)
{
    struct stat file;
    bool found = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &file) == 0
                                        : !directory_is_url(path) && stat(path, &file) == 0;

    return found && S_ISREG(file.st_mode) ? file : (struct stat){0};
}

/*
 * Says so when the i-th source is one that was named before: by another path or link, the same
 * file; of directories, by the same URL. It is read all the same: who names it twice gets it twice.
 */
static void tell_twice(const char *const *paths, const struct stat *files, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        bool same = strcmp(paths[k], paths[i]) == 0;
        bool twice = S_ISREG(files[i].st_mode)
                         ? files[k].st_dev == files[i].st_dev && files[k].st_ino == files[i].st_ino
                         : directory_is_url(paths[i]) && same;

        if (twice && !(same && strcmp(paths[i], "-") == 0)) { /* whose end is reached then */
            char *name = directory_url_public(paths[i]);

            complain(name, 0, "named twice: what is in it counts twice (name it once)");
            free(name);
            return;
        }
    }
}

static void tell_all_twice(const char *const *paths, size_t count)
{
    struct stat *files = calloc(count, sizeof(*files));

    for (size_t i = 0; files != NULL && i < count; i++) {
        files[i] = file_of(paths[i]);
        tell_twice(paths, files, i);
    }
    free(files);
}

bool inputs_open(struct inputs *inputs, const char *const *paths, size_t count,
                 const struct source_options *options, struct ldap_options *ldap)
{
    *inputs = (struct inputs){.sources = calloc(count, sizeof(*inputs->sources)),
                              .names = calloc(count, sizeof(*inputs->names))};
    if (inputs->sources == NULL || inputs->names == NULL) {
        complain(NULL, 0, "out of memory");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!open_one(inputs, paths[i], options, ldap)) {
            return false;
        }
    }
    if (inputs->count > 1) {
        tell_all_twice(paths, count);
    }
    return inputs->count > 0;
}

bool inputs_fell_short(const struct inputs *inputs, const struct ldap_options *ldap)
{
    bool incomplete = false;

    for (size_t i = 0; i < inputs->count; i++) {
        ldap_options_tell(ldap, inputs->names[i], inputs->sources[i]);
        incomplete |= source_is_incomplete(inputs->sources[i]);
    }
    return incomplete;
}

static bool says_how_to_read_files(const struct source_options *options)
{
    return options->format != SOURCE_UNTOLD || options->encoding != NULL ||
           options->csv.delimiter.len > 0 || options->csv.quote.len > 0 ||
           options->csv.separator.len > 0 || options->follow_folder >= 0;
}

void inputs_tell_idle(const char *const *paths, size_t count, const struct source_options *options,
                      const struct ldap_options *ldap)
{
    size_t live = 0;

    for (size_t i = 0; i < count; i++) {
        live += directory_is_url(paths[i]);
    }
    if (live == 0 && ldap->given) {
        complain(NULL, 0,
                 "no SOURCE is a live directory: the options for LDAP do nothing "
                 "(ldap://HOST/BASE names one)");
    }
    if (live == count && says_how_to_read_files(options)) {
        complain(NULL, 0,
                 "every SOURCE is a live directory: --from, --encoding and other options for files "
                 "do nothing");
    }
}

void inputs_clear(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        source_free(inputs->sources[i]);
        free(inputs->names[i]);
    }
    free(inputs->sources);
    free((void *)inputs->names);
    *inputs = (struct inputs){0};
}
