#include "cmd/kms/kms_rows.h"

#include <string.h>

#include "base/text.h"
#include "base/utc.h"
#include "report/json.h"
#include "report/layout.h"

/* One row; whoever has more to say in one is cut off by a fault. */
#define ROW_MAX ((size_t)16 << 20)

/* Most rows take less; a buffer that never grows leaves no copy of a token behind. */
enum { ROW_USUAL = 16384 };

enum fault kms_rows_open(struct kms_rows *rows, const char *output, bool jsonl,
                         const struct kms_column *columns, size_t count, struct why *why)
{
    struct kms_rows opened = {
        .columns = columns, .count = count, .jsonl = jsonl, .line = buffer_with_max(ROW_MAX)};
    enum fault fault = outfile_open(output, &opened.out, why);

    if (fault == FAULT_NONE && buffer_room(&opened.line, ROW_USUAL) == NULL) {
        outfile_clear(&opened.out);
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault == FAULT_NONE) {
        *rows = opened;
    }
    return fault;
}

static enum fault write_line(struct kms_rows *rows, struct why *why)
{
    enum fault fault = rows->line.fault;

    if (fault != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = outfile_write(&rows->out, buffer_span(&rows->line), why);
    if (rows->line.len > 0) { /* there may be a token in it */
        explicit_bzero(rows->line.at, rows->line.len);
    }
    buffer_reset(&rows->line);
    return fault;
}

static void add_number(struct buffer *out, int64_t number)
{
    if (number < 0) {
        buffer_add_byte(out, '-');
    }
    buffer_add_uint(out, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

static void add_time(struct buffer *out, int64_t at)
{
    char text[UTC_TEXT_SIZE];

    utc_text(at, text);
    buffer_add_text(out, text);
}

static void add_json_list(struct buffer *out, const struct kms_value *value)
{
    buffer_add_byte(out, '[');
    for (int64_t i = 0; i < value->number; i++) {
        buffer_add_text(out, i > 0 ? "," : "");
        json_add_string(out, span_text(value->list[i]));
    }
    buffer_add_byte(out, ']');
}

static void add_json(struct buffer *out, const struct kms_value *value)
{
    switch (value->kind) {
    case KMS_NULL:
        buffer_add_text(out, "null");
        break;
    case KMS_TEXT:
        json_add_string(out, value->text);
        break;
    case KMS_NUMBER:
        add_number(out, value->number);
        break;
    case KMS_BOOL:
        buffer_add_text(out, value->number != 0 ? "true" : "false");
        break;
    case KMS_TIME:
        buffer_add_byte(out, '"');
        add_time(out, value->number);
        buffer_add_byte(out, '"');
        break;
    case KMS_HEX:
        buffer_add_byte(out, '"');
        buffer_add_hex(out, value->text);
        buffer_add_byte(out, '"');
        break;
    case KMS_LIST:
        add_json_list(out, value);
        break;
    }
}

static void add_cell(struct buffer *out, const struct kms_value *value)
{
    switch (value->kind) {
    case KMS_NULL:
        buffer_add_byte(out, '-');
        break;
    case KMS_TEXT:
        text_add_safe(out, value->text);
        break;
    case KMS_NUMBER:
        add_number(out, value->number);
        break;
    case KMS_BOOL:
        buffer_add_text(out, value->number != 0 ? "yes" : "no");
        break;
    case KMS_TIME:
        add_time(out, value->number);
        break;
    case KMS_HEX:
        buffer_add_hex(out, value->text);
        break;
    case KMS_LIST:
        for (int64_t i = 0; i < value->number; i++) {
            buffer_add_text(out, i > 0 ? ", " : "");
            text_add_safe(out, span_text(value->list[i]));
        }
        break;
    }
}

/* Fills the cell that was begun at `start` up to its column's width, and one blank behind it. */
static void pad(struct buffer *out, size_t start, size_t width)
{
    const size_t taken = layout_width(span_from(buffer_span(out), start));

    for (size_t i = taken; i < width + 1; i++) {
        buffer_add_byte(out, ' ');
    }
    if (taken > width) {
        buffer_add_byte(out, ' ');
    }
}

/* One line of the table: the values, or (NULL) the names of the columns. */
static void add_table_line(struct kms_rows *rows, const struct kms_value *values)
{
    struct buffer *out = &rows->line;
    size_t end = 0; /* of the last cell, without what fills it up */

    for (size_t i = 0; i < rows->count; i++) {
        const size_t start = out->len;

        if (rows->columns[i].jsonl_only) {
            continue;
        }
        if (values == NULL) {
            buffer_add_text(out, rows->columns[i].name);
        } else {
            add_cell(out, &values[i]);
        }
        end = out->len > start ? out->len : end;
        pad(out, start, rows->columns[i].width);
    }
    out->len = end;
    buffer_add_byte(out, '\n');
}

static void add_json_line(struct kms_rows *rows, const struct kms_value *values)
{
    struct buffer *out = &rows->line;

    for (size_t i = 0; i < rows->count; i++) {
        buffer_add_text(out, i == 0 ? "{\"" : ",\"");
        buffer_add_text(out, rows->columns[i].name);
        buffer_add_text(out, "\":");
        add_json(out, &values[i]);
    }
    buffer_add_text(out, "}\n");
}

static void add_header(struct kms_rows *rows)
{
    if (!rows->jsonl && !rows->headed) {
        add_table_line(rows, NULL);
    }
    rows->headed = true;
}

enum fault kms_rows_add(struct kms_rows *rows, const struct kms_value *values, struct why *why)
{
    add_header(rows);
    if (rows->jsonl) {
        add_json_line(rows, values);
    } else {
        add_table_line(rows, values);
    }
    return write_line(rows, why);
}

enum fault kms_rows_close(struct kms_rows *rows, struct why *why)
{
    enum fault fault;

    add_header(rows);
    fault = write_line(rows, why);
    if (fault == FAULT_NONE) {
        fault = outfile_commit(&rows->out, why);
    }
    return fault;
}

void kms_rows_clear(struct kms_rows *rows)
{
    if (rows != NULL) {
        outfile_clear(&rows->out);
        buffer_clear(&rows->line);
    }
}
