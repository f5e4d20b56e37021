#ifndef KMS_REQUEST_SESSION_P12_DIR_H
#define KMS_REQUEST_SESSION_P12_DIR_H

#include "base/cursor.h"

/*
 * A folder into which PKCS#12 files are handed out, mode 0600 each. A file is *kept* first, without
 * a name, whole and on the disk, so that nothing is left of it when the program ends; then it is
 * *placed*, in one step, and the row in the store that says so is committed after that. What had
 * the name before stays beside it, as `.NAME.RANDOM.old`, until the commit: the file is *dropped*
 * after it, and *taken back* where it failed. If the program ends in between, both files are there.
 */
struct p12_dir {
    int fd; /* of the folder; < 0: none */
};

/* A file that is kept or placed; {0} is none. */
struct p12_file {
    int fd;     /* 0: none, or it is placed */
    char *name; /* in the folder, where there are no files without a name; else NULL */
    char *old;  /* once it is placed: what the file is called now that had its name; NULL: none */
};

enum { P12_NAME_SIZE = 256 }; /* with NUL */

/*
 * The name of an address's file: the address and `.p12`. What a folder or a shell would take
 * amiss (a slash, control characters, a dot or a hyphen at the beginning) becomes `_`, and a long
 * address is cut; such a name has a digest of the address behind it, so that no two addresses have
 * one file. FAULT_RESOURCE.
 */
MUST_USE enum fault p12_dir_name(struct span address, char out[P12_NAME_SIZE], struct why *why);

/*
 * Opens the folder, and makes it (mode 0700) where there is none.
 * FAULT_ABSENT, FAULT_DENIED, FAULT_RESOURCE: what the system says.
 */
MUST_USE enum fault p12_dir_open(const char *path, struct p12_dir *out, struct why *why);

/*
 * Opens the folder of the file at `path`, following links, and gives the file's name in it.
 * FAULT_SYNTAX: it is no name for a file, or a folder is there; else as above.
 */
MUST_USE enum fault p12_dir_open_for(const char *path, struct p12_dir *out,
                                     char name[P12_NAME_SIZE], struct why *why);

/* Writes the bytes, to be placed as `name`, through to the disk. Any thread may. FAULT_RESOURCE. */
MUST_USE enum fault p12_dir_keep(const struct p12_dir *dir, const char *name, struct span bytes,
                                 struct p12_file *out, struct why *why);

/*
 * Gives it its name; a file that has that name already is replaced, and kept as `file->old`.
 * FAULT_ABSENT, FAULT_DENIED, FAULT_RESOURCE: what the system says; then all is as it was.
 */
MUST_USE enum fault p12_dir_place(const struct p12_dir *dir, const char *name,
                                  struct p12_file *file, struct why *why);

/* The same, but replaces nothing. FAULT_DENIED: something has the name ("is there already"). */
MUST_USE enum fault p12_dir_place_new(const struct p12_dir *dir, const char *name,
                                      struct p12_file *file, struct why *why);

/*
 * Takes back one that was placed: the act behind it did not come about, and what had the name has
 * it again. Where several were given one name, the last one is taken back first.
 */
void p12_dir_take_back(const struct p12_dir *dir, const char *name, struct p12_file *file);

/* Drops a file that was not placed; and, of one that was, what it replaced. */
void p12_dir_drop(const struct p12_dir *dir, struct p12_file *file);

/* Takes away a file that replaced none. */
void p12_dir_remove(const struct p12_dir *dir, const char *name);

/* Writes the names of all that was placed through to the disk. FAULT_RESOURCE. */
MUST_USE enum fault p12_dir_sync(const struct p12_dir *dir, struct why *why);

void p12_dir_close(struct p12_dir *dir);

#endif
