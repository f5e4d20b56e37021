#include "cmd/tidy_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/utc.h"
#include "cmd/cmd.h"
#include "cmd/interrupt.h"
#include "cmd/overwriting.h"
#include "report/ldif_change.h"

/* One record: a value of 64 MiB in base64 and folded, twice as a whole attribute, with room. */
#define TEXT_MAX ((size_t)512 << 20)

enum { KEPT_MAX = 10000 };

/* `keyroster-undo-20261125T095400Z.ldif`, where nobody has named one. */
static char *usual_name(void)
{
    struct utc_fields now = utc_to_fields((int64_t)time(NULL));
    char *name = NULL;

    return asprintf(&name, "keyroster-undo-%04d%02d%02dT%02d%02d%02dZ.ldif", now.year, now.month,
                    now.day, now.hour, now.minute, now.second) < 0
               ? NULL
               : name;
}

/* Where what puts back is written to: `*out`, NULL for nowhere. False without memory. */
static bool name_undo(const struct tidy_options *o, const struct outfile *output, char **out)
{
    *out = NULL;
    if (o->undo != NULL) {
        *out = strdup(o->undo);
        return *out != NULL;
    }
    if (output->path != NULL) {
        return asprintf(out, "%s.undo", o->output.path) >= 0;
    }
    if (o->apply && !o->dry_run) {
        *out = usual_name();
        return *out != NULL;
    }
    return true;
}

static bool may_write(const struct tidy_options *o, const char *name)
{
    struct overwriting read = {.tree = o->reading.follow_folder};
    bool told;

    name_list_add(&read.files, o->source);
    judging_options_add_files(&o->judging, &read.files);
    ldap_options_add_files(&o->ldap, &read.files);
    told = overwriting_is_told(&read, name);
    name_list_clear(&read.files);
    return !told;
}

static bool open_one(const struct tidy_options *o, const char *name, struct outfile *out)
{
    struct why why = {0};

    if (!may_write(o, name)) {
        return false;
    }
    if (outfile_open(name, out, &why) != FAULT_NONE) {
        complain(name, 0, why.rule);
        return false;
    }
    return true;
}

static bool open_undo(const struct tidy_options *o, struct tidy_files *files)
{
    char *folder;

    if (!name_undo(o, &files->output, &files->undo_name)) {
        complain(NULL, 0, "out of memory");
        return false;
    }
    if (files->undo_name == NULL) {
        return true;
    }
    if (files->wants_output && overwriting_is_one(files->undo_name, o->output.path)) {
        complain(files->undo_name, 0, "both outputs in one file (choose another for --undo)");
        return false;
    }
    if (!open_one(o, files->undo_name, &files->undo)) {
        return false;
    }
    interrupt_also_removes(files->undo.temporary);
    folder = outfile_folder(&files->undo);
    if (folder != NULL) {
        files->undo_folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    free(folder);
    return true;
}

bool tidy_files_open(const struct tidy_options *o, struct tidy_files *out)
{
    *out = (struct tidy_files){.output_name = o->output.path,
                               .wants_output =
                                   !o->apply || o->output.path != NULL || !isatty(STDOUT_FILENO),
                               .output = {.fd = -1},
                               .undo = {.fd = -1},
                               .undo_folder = -1,
                               .text = buffer_with_max(TEXT_MAX)};
    if (!open_one(o, o->output.path, &out->output)) {
        return false;
    }
    interrupt_removes(out->output.temporary);
    return open_undo(o, out);
}

/* Writes one record, behind what stands before the first. */
static enum fault add(struct tidy_files *files, struct outfile *out, const char *name,
                      const struct change *change, enum ldif_change which, struct why *why)
{
    enum fault fault;

    buffer_reset(&files->text);
    if (!files->any) {
        ldif_change_start(&files->text);
    }
    ldif_change_add(&files->text, change, which);
    if (files->text.fault != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = outfile_write(out, buffer_span(&files->text), why);
    if (fault == FAULT_RESOURCE) {
        complain(name != NULL ? name : "standard output", 0, why->rule);
    }
    return fault;
}

enum fault tidy_files_add(struct tidy_files *files, const struct change *change, struct why *why)
{
    enum fault fault = FAULT_NONE;

    if (files->undo_name != NULL) {
        fault = add(files, &files->undo, files->undo_name, change, LDIF_CHANGE_RESTORE, why);
    }
    if (fault == FAULT_NONE && files->wants_output) {
        fault = add(files, &files->output, files->output_name, change, LDIF_CHANGE_REMOVE, why);
    }
    files->any = true;
    return fault;
}

/* Gives way to what comes: `undo.ldif` becomes `undo.ldif.1`, or whichever number is free. */
static bool keep_older(const struct tidy_files *files)
{
    const char *path = files->undo.path;
    struct stat status;

    if (path == NULL || stat(path, &status) != 0 || status.st_size == 0) {
        return true;
    }
    for (int number = 1; number < KEPT_MAX; number++) {
        char *kept = NULL;
        bool done;

        if (asprintf(&kept, "%s.%d", path, number) < 0) {
            return false;
        }
        done = renameat2(AT_FDCWD, path, AT_FDCWD, kept, RENAME_NOREPLACE) == 0;
        if (done) {
            complain(kept, 0, "the older file of that name, which may still be needed to undo");
        }
        free(kept);
        if (done || errno != EEXIST) {
            return done;
        }
    }
    return false;
}

static bool commit_undo(struct tidy_files *files)
{
    struct why why = {.rule = "the older file of that name cannot be kept (choose another)"};
    bool good = keep_older(files) && outfile_commit(&files->undo, &why) == FAULT_NONE;

    /* The name has to be on the disk as well, or the file is lost with the power. */
    if (good && files->undo_folder >= 0 && fsync(files->undo_folder) != 0) {
        why.rule = strerrordesc_np(errno);
        good = false;
    }
    if (!good) {
        complain(files->undo_name, 0, why.rule);
    }
    return good;
}

bool tidy_files_commit(struct tidy_files *files)
{
    struct why why = {0};

    if (files->any && files->undo_name != NULL && !commit_undo(files)) {
        return false;
    }
    if (outfile_commit(&files->output, &why) != FAULT_NONE) {
        complain(files->output_name, 0, why.rule);
        return false;
    }
    return true;
}

void tidy_files_clear(struct tidy_files *files)
{
    if (files->undo_folder >= 0) {
        (void)close(files->undo_folder);
    }
    files->undo_folder = -1;
    outfile_clear(&files->output);
    outfile_clear(&files->undo);
    interrupt_removes(NULL);
    interrupt_also_removes(NULL);
    free(files->undo_name);
    files->undo_name = NULL;
    buffer_clear(&files->text);
}
