#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include <stdbool.h>

#include "base/cursor.h"

/*
 * A result on its way to standard output or into a file that appears whole or not at all: it
 * is written beside its place and renamed when it is complete. A device or a FIFO is written in
 * place, and so is what a descriptor has open (/dev/stdout, /dev/fd/N), behind what is in it; a
 * symbolic link is followed, so that it stays one.
 *
 *     outfile_open(path, &out, &why);      // NULL or "-": standard output
 *     outfile_write(&out, bytes, &why);    // as often as needed
 *     outfile_commit(&out, &why);          // now it is there
 *     outfile_clear(&out);                 // not committed: nothing is left behind
 */
struct outfile {
    int fd;
    char *path;      /* where it is to appear; NULL: written in place */
    char *temporary; /* where it is written until then; NULL: in place */
};

/*
 * FAULT_ABSENT    the folder is not there
 * FAULT_DENIED    nothing may be written there
 * FAULT_RESOURCE  memory, disk, a folder of that name, links in a ring
 */
MUST_USE enum fault outfile_open(const char *path, struct outfile *out, struct why *why);

/*
 * FAULT_ABSENT    nobody reads any more (EPIPE): no message is due
 * FAULT_RESOURCE  the disk is full, the descriptor closed, …: `*why` tells
 */
MUST_USE enum fault outfile_write(struct outfile *out, struct span bytes, struct why *why);

/* Brings the file to its place; FAULT_RESOURCE when that fails, and nothing is left behind. */
MUST_USE enum fault outfile_commit(struct outfile *out, struct why *why);

/* The folder in which the file is renamed, or NULL when it is written in place. The caller frees
 * it. */
char *outfile_folder(const struct outfile *out);

/*
 * Where `path` leads: symbolic links are followed, to a place where nothing is yet too, but not
 * those of the descriptors (/proc/self/fd/N). The caller frees it; NULL, with errno, without memory
 * or when links lead in a ring.
 */
char *outfile_place(const char *path);

void outfile_clear(struct outfile *out);

#endif
