#include "cmd/name_list.h"

#include <stdlib.h>

void name_list_add(struct name_list *list, const char *name)
{
    const char **grown = realloc(list->at, (list->count + 1) * sizeof(*grown));

    if (grown == NULL) {
        abort();
    }
    list->at = grown;
    list->at[list->count++] = name;
}

void name_list_add_all(struct name_list *list, const struct name_list *more)
{
    for (size_t i = 0; i < more->count; i++) {
        name_list_add(list, more->at[i]);
    }
}

void name_list_clear(struct name_list *list)
{
    free(list->at);
    *list = (struct name_list){0};
}
