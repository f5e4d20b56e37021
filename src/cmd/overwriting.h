#ifndef CMD_OVERWRITING_H
#define CMD_OVERWRITING_H

#include <stdbool.h>

#include "cmd/name_list.h"

/*
 * Whatever a verb reads, its output is none of it: a source, an authority's certificate, a list, a
 * password. A file is the same by whatever path or link (st_dev, st_ino).
 */
struct overwriting {
    struct name_list files; /* `-`: standard input; a folder: the files in it; a URL is none */
    const char *tree;       /* a folder that is read at any depth; NULL: none */
};

/* True when `output` (NULL: standard output) would replace what is read; it is told then. */
bool overwriting_is_told(const struct overwriting *read, const char *output);

/*
 * True when two outputs (NULL or "-": standard output) are one file, or will be when they are
 * written: whatever their spelling, where their links lead. A terminal or /dev/null takes both.
 */
bool overwriting_is_one(const char *a, const char *b);

#endif
