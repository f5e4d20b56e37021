#include "base/text.h"
#include "report/diff_formats.h"
#include "report/formats.h"
#include "report/table.h"

static void end_cell(struct buffer *out) { buffer_add_byte(out, TABLE_CELL_END); }

/* The head is the cells that tell who; the body the standing's cell, and the reason without an end.
 */
static void add_row(struct buffer *out, const struct row *row)
{
    size_t mark = diff_head_begin(out);
    struct span name = entry_name(row->entry);

    if (name.len > 0) {
        text_add_safe(out, name);
    } else {
        row_add_name(out, row);
    }
    end_cell(out);
    text_add_safe(out, entry_address(row->entry));
    end_cell(out);
    diff_head_end(out, mark);
    buffer_add_text(out, standing_name(row->verdict->standing));
    end_cell(out);
    verdict_add_reason(out, row->mailbox, row->verdict, row->rules);
}

/* `; before active, valid until 2027-03-01`, where that is not what is there now. */
static void add_before(struct buffer *out, struct span old, struct span new)
{
    size_t cell;

    if (old.len == 0 || new.len == 0 || span_equal(old, new) ||
        !span_find(old, TABLE_CELL_END, &cell)) {
        return;
    }
    buffer_add_text(out, "; before ");
    buffer_add(out, span_upto(old, cell));
    buffer_add_text(out, ", ");
    buffer_add(out, span_from(old, cell + 1));
}

static void add_change(struct buffer *out, enum diff_change change, unsigned differs,
                       struct span old, struct span new)
{
    struct span before = diff_text_of(old).body, now = diff_text_of(new).body;

    buffer_add(out, diff_head(old, new));
    buffer_add_text(out, diff_change_name(change));
    end_cell(out);
    buffer_add(out, now.len > 0 ? now : before);
    add_before(out, before, now);
    if (differs != 0) {
        buffer_add_text(out, "; other ");
        diff_add_differences(out, differs, ", ");
    }
    end_cell(out);
    buffer_add_byte(out, TABLE_ROW_END);
}

const struct diff_format *diff_format_table(void)
{
    static const struct diff_format format = {
        .name = "table", .row = add_row, .change = add_change, .is_table = true};

    return &format;
}
