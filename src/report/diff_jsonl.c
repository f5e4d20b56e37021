#include "report/diff_formats.h"
#include "report/formats.h"
#include "report/json.h"

static void add_text(struct buffer *out, const char *name, struct span value)
{
    buffer_add_byte(out, '"');
    buffer_add_text(out, name);
    buffer_add_text(out, "\":");
    if (value.len == 0) {
        buffer_add_text(out, "null");
    } else {
        json_add_string(out, value);
    }
}

static void add_row(struct buffer *out, const struct row *row)
{
    size_t mark = diff_head_begin(out);
    size_t start;

    buffer_add_text(out, "\"mailbox\":\"");
    start = out->len;
    row_add_name(out, row);
    json_escape_from(out, start);
    buffer_add_text(out, "\",");
    add_text(out, "dn", row->entry->dn);
    buffer_add_byte(out, ',');
    add_text(out, "address", entry_address(row->entry));
    diff_head_end(out, mark);
    format_jsonl()->row(out, row);
}

/* The object of a roster without its line end, or null. */
static void add_side(struct buffer *out, const char *name, struct span text)
{
    struct span body = diff_text_of(text).body;

    json_add_name(out, name);
    if (body.len > 0) {
        buffer_add(out, span_upto(body, body.len - 1));
    } else {
        buffer_add_text(out, "null");
    }
}

static void add_change(struct buffer *out, enum diff_change change, unsigned differs,
                       struct span old, struct span new)
{
    buffer_add_text(out, "{\"change\":\"");
    buffer_add_text(out, diff_change_name(change));
    buffer_add_text(out, "\",");
    buffer_add(out, diff_head(old, new));
    json_add_name(out, "differs");
    buffer_add_byte(out, '[');
    if (differs != 0) {
        buffer_add_byte(out, '"');
        diff_add_differences(out, differs, "\",\"");
        buffer_add_byte(out, '"');
    }
    buffer_add_byte(out, ']');
    add_side(out, "old", old);
    add_side(out, "new", new);
    buffer_add_text(out, "}\n");
}

const struct diff_format *diff_format_jsonl(void)
{
    static const struct diff_format format = {
        .name = "jsonl", .row = add_row, .change = add_change};

    return &format;
}
