#include "kms/books/format.h"

#include <assert.h>

#include "base/utc.h"
#include "kms/books/books.h"

void format_take_back(struct buffer *out, const char *end)
{
    const size_t n = strlen(end);

    if (out->fault == FAULT_NONE) {
        assert(out->len >= n && memcmp(out->at + out->len - n, end, n) == 0);
        out->len -= n;
    }
}

void format_add_time(struct buffer *out, int64_t at)
{
    char text[UTC_TEXT_SIZE];

    utc_text(at, text);
    buffer_add_text(out, text);
}

void format_add_differences(struct buffer *out, uint32_t marks, const char *between)
{
    bool any = false;

    for (uint32_t rest = marks & BOOK_DIFFERENCES; rest != 0; rest &= rest - 1) {
        buffer_add_text(out, any ? between : "");
        buffer_add_text(out, book_mark_name((enum book_mark)__builtin_ctz(rest)));
        any = true;
    }
}

/* The formats that can show more; the others are as they are. */
static const struct {
    const char *name;
    void (*add)(struct format *out, bool joins);
} additions[] = {
    {"table", format_table_add},
    {"csv", format_csv_add},
    {"json", format_json_add},
    {"jsonl", format_jsonl_add},
};

bool books_format(struct span name, bool joins, struct format *out)
{
    const struct format *found = format_find(name);

    if (found == NULL) {
        return false;
    }
    *out = *found;
    for (size_t i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
        if (span_is(name, additions[i].name)) {
            additions[i].add(out, joins);
            return true;
        }
    }
    return !joins;
}

uint32_t books_mark_of_difference(void) { return 1U << BOOK_DIFFERS; }
