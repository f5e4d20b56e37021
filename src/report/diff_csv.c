#include "base/text.h"
#include "report/csv.h"
#include "report/diff_formats.h"
#include "report/formats.h"

/* The columns of a roster, each with `prefix` before its name. */
static void add_columns(struct buffer *out, const char *prefix)
{
    struct span rest = span_text(csv_columns());
    size_t comma = 0;
    bool more = true;

    while (more) {
        more = span_find(rest, ',', &comma);
        buffer_add_byte(out, ',');
        buffer_add_text(out, prefix);
        buffer_add(out, more ? span_upto(rest, comma) : rest);
        rest = span_from(rest, comma + 1);
    }
}

static void begin(struct buffer *out)
{
    buffer_add_text(out, "change,differs,mailbox,dn,address");
    add_columns(out, "old_");
    add_columns(out, "new_");
    buffer_add_byte(out, '\n');
}

static void add_row(struct buffer *out, const struct row *row)
{
    size_t mark = diff_head_begin(out);
    size_t start = out->len;

    row_add_name(out, row);
    csv_end_field(out, start);
    buffer_add_byte(out, ',');
    start = out->len;
    text_add_guessed(out, row->entry->dn);
    csv_end_field(out, start);
    buffer_add_byte(out, ',');
    start = out->len;
    text_add_guessed(out, entry_address(row->entry));
    csv_end_field(out, start);
    diff_head_end(out, mark);
    format_csv()->row(out, row);
}

/* A row of a roster without its line end, or as many empty fields. */
static void add_side(struct buffer *out, struct span text)
{
    struct span body = diff_text_of(text).body;

    buffer_add_byte(out, ',');
    if (body.len > 0) {
        buffer_add(out, span_upto(body, body.len - 1));
        return;
    }
    for (const char *c = csv_columns(); *c != '\0'; c++) {
        if (*c == ',') {
            buffer_add_byte(out, ',');
        }
    }
}

static void add_change(struct buffer *out, enum diff_change change, unsigned differs,
                       struct span old, struct span new)
{
    buffer_add_text(out, diff_change_name(change));
    buffer_add_byte(out, ',');
    diff_add_differences(out, differs, ";");
    buffer_add_byte(out, ',');
    buffer_add(out, diff_head(old, new));
    add_side(out, old);
    add_side(out, new);
    buffer_add_byte(out, '\n');
}

const struct diff_format *diff_format_csv(void)
{
    static const struct diff_format format = {
        .name = "csv", .begin = begin, .row = add_row, .change = add_change};

    return &format;
}
