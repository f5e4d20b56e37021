#ifndef CMD_KMS_KMS_ROWS_H
#define CMD_KMS_KMS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/outfile.h"

/*
 * Rows on their way out, one by one, as a table or one JSON object a line. Each is written when it
 * is added: after its commit. A table's columns have the width that is stated, and grow in the
 * rows that need more; what is unsafe on a terminal is replaced there.
 *
 *     static const struct kms_column columns[] = {{"address", 32}, {"result", 8}, {"reason", 0}};
 *
 *     kms_rows_open(&rows, NULL, jsonl, columns, 3, &why);
 *     kms_rows_add(&rows, (struct kms_value[]){kms_text("a@b"), kms_text("token"), kms_null()},
 *                  &why);
 *     kms_rows_close(&rows, &why);
 */
struct kms_column {
    const char *name;
    size_t width;    /* columns of the terminal; 0: as it comes, for the last one */
    bool jsonl_only; /* no place in the table */
};

enum kms_value_kind { KMS_NULL, KMS_TEXT, KMS_NUMBER, KMS_BOOL, KMS_TIME, KMS_HEX, KMS_LIST };

struct kms_value {
    enum kms_value_kind kind;
    struct span text;        /* KMS_TEXT: UTF-8; KMS_HEX: bytes, shown in lower-case hexadecimal */
    int64_t number;          /* KMS_NUMBER, KMS_BOOL; KMS_TIME in seconds, shown as RFC 3339 */
    const char *const *list; /* KMS_LIST: `number` texts */
};

static inline struct kms_value kms_null(void) { return (struct kms_value){.kind = KMS_NULL}; }
static inline struct kms_value kms_span(struct span text)
{
    return (struct kms_value){.kind = KMS_TEXT, .text = text};
}
static inline struct kms_value kms_text(const char *text) /* NULL: null */
{
    return text == NULL ? kms_null() : kms_span(span_text(text));
}
static inline struct kms_value kms_number(int64_t number)
{
    return (struct kms_value){.kind = KMS_NUMBER, .number = number};
}
static inline struct kms_value kms_bool(bool is)
{
    return (struct kms_value){.kind = KMS_BOOL, .number = is};
}
static inline struct kms_value kms_time(int64_t at)
{
    return (struct kms_value){.kind = KMS_TIME, .number = at};
}
static inline struct kms_value kms_hex(struct span bytes)
{
    return (struct kms_value){.kind = KMS_HEX, .text = bytes};
}
static inline struct kms_value kms_list(const char *const list[], size_t count)
{
    return (struct kms_value){.kind = KMS_LIST, .list = list, .number = (int64_t)count};
}

struct kms_rows {
    const struct kms_column *columns;
    size_t count;
    bool jsonl;
    bool headed; /* the table's header is written */
    struct outfile out;
    struct buffer line;
};

/* Opens `output` (NULL: standard output). Faults are those of outfile_open(). */
MUST_USE enum fault kms_rows_open(struct kms_rows *rows, const char *output, bool jsonl,
                                  const struct kms_column *columns, size_t count, struct why *why);

/*
 * Writes one row, a value for each column. FAULT_ABSENT: nobody reads any more, no message is due;
 * FAULT_RESOURCE.
 */
MUST_USE enum fault kms_rows_add(struct kms_rows *rows, const struct kms_value *values,
                                 struct why *why);

/* Ends it: a file comes to its place; a table without rows still has its header. */
MUST_USE enum fault kms_rows_close(struct kms_rows *rows, struct why *why);

/* Gives all back; what was not closed leaves no file. May be called twice. */
void kms_rows_clear(struct kms_rows *rows);

#endif
