#ifndef TEST_UNIT_ENTRY_ADDED_H
#define TEST_UNIT_ENTRY_ADDED_H

#include "entry/entry.h"
#include "support.h"

enum { ADDED_MAX = 5, ARENA_SIZE = 64 << 20 };

static const struct entry_style exchange = {.separator = '%', .backslash = true};
static const struct entry_style ldif = {.separator = 0, .binary = true};

/* A field, as a source hands it over. */
struct added {
    enum attribute attribute;
    const char *text;
};

static inline void add_all(struct entry *entry, const struct added *added,
                           const struct entry_style *style, struct arena *arena)
{
    for (size_t i = 0; i < ADDED_MAX && added[i].text != NULL; i++) {
        const struct entry_column column = {.attribute = added[i].attribute,
                                            .name = span_text("name")};

        assert_int_equal(entry_add(entry, &column, span_text(added[i].text), style, arena),
                         FAULT_NONE);
    }
}

#endif
