#include "report/prometheus_count.h"

#include <search.h>
#include <stdlib.h>

struct label_count {
    uint64_t n;
    size_t length;
    uint8_t text[];
};

static int compare_spans(struct span a, struct span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.at, b.at, shorter) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static struct span text_of(const struct label_count *count)
{
    return span_of(count->text, count->length);
}

static int compare_texts(const void *left, const void *right)
{
    return compare_spans(text_of(left), text_of(right));
}

/* The most frequent first. */
static int compare_counts(const void *left, const void *right)
{
    const struct label_count *a = *(struct label_count *const *)left;
    const struct label_count *b = *(struct label_count *const *)right;

    if (a->n != b->n) {
        return a->n > b->n ? -1 : 1;
    }
    return compare_texts(a, b);
}

/* No longer than a label may be, and not cut within a character. */
static struct span cut(struct span text)
{
    size_t length = text.len;

    if (length > LABEL_LENGTH_MAX) {
        length = LABEL_LENGTH_MAX;
        while (length > 0 && (text.at[length] & 0xC0) == 0x80) {
            length--;
        }
    }
    return span_upto(text, length);
}

static enum fault make_room(struct label_counts *counts)
{
    size_t capacity = counts->capacity > 0 ? counts->capacity * 2 : 16;
    void *grown;

    if (counts->count < counts->capacity) {
        return FAULT_NONE;
    }
    grown = realloc(counts->all, capacity * sizeof(struct label_count *));
    if (grown == NULL) {
        return FAULT_RESOURCE;
    }
    counts->all = grown;
    counts->capacity = capacity;
    return FAULT_NONE;
}

static enum fault add_new(struct label_counts *counts, const struct label_count *wanted)
{
    size_t size = sizeof(*wanted) + wanted->length;
    struct label_count *made;

    if (counts->count == LABEL_TEXTS_MAX) {
        counts->other++;
        return FAULT_NONE;
    }
    if (make_room(counts) != FAULT_NONE) {
        return FAULT_RESOURCE;
    }
    made = malloc(size);
    if (made == NULL) {
        return FAULT_RESOURCE;
    }
    memcpy(made, wanted, size);
    if (tsearch(made, &counts->tree, compare_texts) == NULL) {
        free(made);
        return FAULT_RESOURCE;
    }
    counts->all[counts->count++] = made;
    return FAULT_NONE;
}

enum fault label_counts_add(struct label_counts *counts, struct span text)
{
    _Alignas(struct label_count) uint8_t room[sizeof(struct label_count) + LABEL_LENGTH_MAX];
    struct label_count wanted = {.n = 1};
    struct label_count *const *found;

    text = cut(text);
    if (text.len == 0 || span_is(text, "other")) {
        counts->other++;
        return FAULT_NONE;
    }
    wanted.length = text.len;
    memcpy(room, &wanted, sizeof(wanted));
    memcpy(room + sizeof(wanted), text.at, text.len);
    found = tfind(room, &counts->tree, compare_texts);
    if (found == NULL) {
        return add_new(counts, (const void *)room);
    }
    (*found)->n++;
    return FAULT_NONE;
}

void label_add_value(struct buffer *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t b = text.at[i];

        if (b == '\n') {
            buffer_add_text(out, "\\n");
            continue;
        }
        if (b == '\\' || b == '"') {
            buffer_add_byte(out, '\\');
        }
        buffer_add_byte(out, b);
    }
}

static void print_one(struct buffer *out, const char *name, const char *label, struct span text,
                      uint64_t n)
{
    buffer_add_text(out, name);
    buffer_add_byte(out, '{');
    buffer_add_text(out, label);
    buffer_add_text(out, "=\"");
    label_add_value(out, text);
    buffer_add_text(out, "\"} ");
    buffer_add_uint(out, n);
    buffer_add_byte(out, '\n');
}

void label_counts_print(struct label_counts *counts, const char *name, const char *label,
                        struct buffer *out)
{
    uint64_t other = counts->other;

    if (counts->count > 0) {
        qsort(counts->all, counts->count, sizeof(*counts->all), compare_counts);
    }
    for (size_t i = 0; i < counts->count; i++) {
        if (i < LABEL_VALUES_MAX) {
            print_one(out, name, label, text_of(counts->all[i]), counts->all[i]->n);
        } else {
            other += counts->all[i]->n;
        }
    }
    print_one(out, name, label, span_text("other"), other);
}

static void keep_it(void *node) { (void)node; }

void label_counts_clear(struct label_counts *counts)
{
    tdestroy(counts->tree, keep_it);
    for (size_t i = 0; i < counts->count; i++) {
        free(counts->all[i]);
    }
    free(counts->all);
    *counts = (struct label_counts){0};
}
