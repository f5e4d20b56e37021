#ifndef DIRECTORY_REMOVING_H
#define DIRECTORY_REMOVING_H

#include "base/arena.h"
#include "directory/internal.h"
#include "directory/modify.h"

enum { REMOVING_FILTER_SIZE = 256 };

/* One value of an entry, as directory_remove() was told of it. */
struct removing_item {
    char *name;
    struct span bytes;
    bool removed, whole;
    bool wanted;  /* still to be removed */
    bool present; /* the entry has it, as far as it has been read */
};

/*
 * One entry's removal. It has copies of everything: a thread that does not come back keeps it
 * (patience.h).
 */
struct removing {
    struct directory *directory;
    struct arena arena;
    char *dn;
    struct removing_item *items;
    size_t count;
    char version[REMOVING_FILTER_SIZE]; /* a filter for the version that was read; empty: unknown */
    bool surplus;                       /* a whole attribute has a value that nobody told of */
    bool unanswered;                    /* a modification was sent, and the connection lost */
    struct directory_removed result;
    enum fault fault;
    struct why why;
};

/* Reads which of the values the entry has now, and its version. A result code of LDAP. */
int removing_read(struct removing *r);

#endif
