#include "base/text.h"
#include "report/formats.h"
#include "report/layout.h"
#include "report/table.h"

enum { SENTENCE_MAX = 4096 };

static void end_cell(struct buffer *out) { buffer_add_byte(out, TABLE_CELL_END); }

static void add_row(struct buffer *out, const struct row *row)
{
    struct span name = entry_name(row->entry);

    if (name.len > 0) {
        text_add_safe(out, name);
    } else {
        row_add_name(out, row);
    }
    end_cell(out);
    text_add_safe(out, entry_address(row->entry));
    end_cell(out);
    buffer_add_text(out, uses_kms_name(row->verdict->uses));
    end_cell(out);
    buffer_add_text(out, standing_name(row->verdict->standing));
    end_cell(out);
    verdict_add_reason(out, row->mailbox, row->verdict, row->rules);
    if (row->verdict->warnings != 0) {
        buffer_add_text(out, "; ");
        row_add_warnings(out, row->verdict->warnings, ", ");
    }
    end_cell(out);
    buffer_add_byte(out, TABLE_ROW_END);
}

/* `25 use KMS (20 active, 5 expired)`; the parenthesis names what is there. */
static void add_share(struct buffer *out, const struct summary *summary, enum standing first,
                      enum standing last)
{
    bool any = false;

    for (int i = (int)first; i <= (int)last; i++) {
        if (summary->standing[i] > 0) {
            buffer_add_text(out, any ? ", " : " (");
            buffer_add_uint(out, summary->standing[i]);
            buffer_add_byte(out, ' ');
            buffer_add_text(out, standing_name((enum standing)i));
            any = true;
        }
    }
    buffer_add_text(out, any ? ")" : "");
}

static void put_sentence(struct buffer *out, const struct summary *summary)
{
    buffer_add_uint(out, summary->mailboxes);
    buffer_add_text(out, summary->mailboxes == 1 ? " mailbox: " : " mailboxes: ");
    buffer_add_uint(out, summary->uses[USES_YES]);
    buffer_add_text(out, summary->uses[USES_YES] == 1 ? " uses KMS" : " use KMS");
    add_share(out, summary, STANDING_ACTIVE, STANDING_MISMATCHED);
    buffer_add_text(out, ", ");
    buffer_add_uint(out, summary->uses[USES_NO]);
    buffer_add_text(out, summary->uses[USES_NO] == 1 ? " does not" : " do not");
    if (summary->standing[STANDING_FOREIGN] > 0) {
        buffer_add_text(out, " (");
        buffer_add_uint(out, summary->standing[STANDING_FOREIGN]);
        buffer_add_text(out, " with certificates from elsewhere)");
    }
    buffer_add_text(out, ", ");
    buffer_add_uint(out, summary->uses[USES_UNKNOWN]);
    buffer_add_text(out, " unknown.");
    if (summary->incomplete) {
        buffer_add_text(out, " The roster is incomplete: a source holds a part only.");
    }
}

static void add_sentence(struct buffer *out, const struct report_options *options,
                         const struct summary *summary)
{
    struct buffer sentence = buffer_with_max(SENTENCE_MAX);

    put_sentence(&sentence, summary);
    layout_add_wrapped(out, buffer_span(&sentence), options->width > 0 ? options->width : SIZE_MAX);
    buffer_add_byte(out, '\n');
    buffer_clear(&sentence);
}

static void end(struct buffer *out, const struct report_options *options,
                const struct summary *summary)
{
    if (summary->shown > 0) {
        buffer_add_byte(out, '\n');
    } else if (summary->mailboxes > 0) {
        buffer_add_text(out, "No mailbox is of the kind that was asked for.\n");
    }
    add_sentence(out, options, summary);
}

/* The counts, one a line, numbers aligned at the right. */
static void add_summary(struct buffer *out, const struct report_options *options,
                        const struct summary *summary)
{
    enum { NAME_WIDTH = 16, NUMBER_WIDTH = 10 };

    for (int i = 0; i < STANDING_COUNT; i++) {
        const char *name = standing_name((enum standing)i);
        uint64_t n = summary->standing[i];
        size_t digits = 1;

        for (uint64_t rest = n; rest >= 10; rest /= 10) {
            digits++;
        }
        buffer_add_text(out, name);
        for (size_t k = strlen(name) + digits; k < NAME_WIDTH + NUMBER_WIDTH; k++) {
            buffer_add_byte(out, ' ');
        }
        buffer_add_uint(out, n);
        buffer_add_byte(out, '\n');
    }
    buffer_add_byte(out, '\n');
    add_sentence(out, options, summary);
}

static void *start(const struct report_options *options)
{
    return table_new(options->width, options->colour);
}

static enum fault take(void *kept, struct span rows, report_sink *sink, void *context,
                       struct why *why)
{
    return table_take(kept, rows, sink, context, why);
}

static enum fault flush(void *kept, const struct summary *summary, report_sink *sink, void *context,
                        struct why *why)
{
    (void)summary;
    return table_flush(kept, sink, context, why);
}

static void drop(void *kept) { table_free(kept); }

const struct format *format_table(void)
{
    static const struct keeper keeper = {.start = start, .take = take, .end = flush, .free = drop};
    static const struct format format = {
        .name = "table", .row = add_row, .end = end, .summary = add_summary, .keeper = &keeper};

    return &format;
}
