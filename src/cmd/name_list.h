#ifndef CMD_NAME_LIST_H
#define CMD_NAME_LIST_H

#include <stddef.h>

/* A list of names from the command line; it owns the array, not the names. `{0}` is empty. */
struct name_list {
    const char **at;
    size_t count;
};

/* Appends to a list; memory that short has no use for a list. */
void name_list_add(struct name_list *list, const char *name);

/* Appends all of `more`. */
void name_list_add_all(struct name_list *list, const struct name_list *more);

void name_list_clear(struct name_list *list);

#endif
