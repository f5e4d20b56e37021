#include "kms/books/format.h"
#include "report/formats.h"

static const char own_columns[] = ",kms_state,kms_issued,kms_escrowed,kms_held,kms_revoked,"
                                  "kms_recovered,kms_token_expires";

static void begin(struct buffer *out, const struct report_options *options)
{
    format_csv()->begin(out, options);
    format_take_back(out, "\n");
    buffer_add_text(out, own_columns);
    buffer_add_byte(out, '\n');
}

static void begin_joined(struct buffer *out, const struct report_options *options)
{
    begin(out, options);
    format_take_back(out, "\n");
    buffer_add_text(out, ",in_directory,in_books,disagree\n");
}

static void add_count(struct buffer *out, uint32_t n)
{
    buffer_add_byte(out, ',');
    buffer_add_uint(out, n);
}

static void add_time(struct buffer *out, int64_t at)
{
    buffer_add_byte(out, ',');
    if (at > 0) {
        format_add_time(out, at);
    }
}

static void add_row(struct buffer *out, const struct row *row)
{
    const struct book_facts *facts = row_facts(row);

    format_csv()->row(out, row);
    format_take_back(out, "\n");
    if (facts->note == NULL) {
        buffer_add_text(out, ",,,,,,,");
    } else {
        struct book_counts counts = book_counts(facts->note, facts->at);

        buffer_add_byte(out, ',');
        buffer_add_text(out, book_state_name(facts->note));
        add_count(out, counts.issued);
        add_count(out, counts.escrowed);
        add_count(out, counts.held);
        add_count(out, counts.revoked);
        add_time(out, facts->note->recovered_at);
        add_time(out, facts->note->token_expires);
    }
    buffer_add_byte(out, '\n');
}

static void row_joined(struct buffer *out, const struct row *row)
{
    const struct book_facts *facts = row_facts(row);

    add_row(out, row);
    format_take_back(out, "\n");
    buffer_add_text(out, facts->is_listed ? ",yes," : facts->is_untold ? ",," : ",no,");
    buffer_add_text(out, facts->note != NULL ? "yes," : "no,");
    format_add_differences(out, row->verdict->marks, ";");
    buffer_add_byte(out, '\n');
}

static void add_mark(struct buffer *out, const char *what, enum book_mark mark,
                     const struct summary *summary)
{
    buffer_add_text(out, what);
    buffer_add_byte(out, ',');
    buffer_add_text(out, book_mark_name(mark));
    add_count(out, (uint32_t)summary->marks[mark]);
    buffer_add_byte(out, '\n');
}

static void add_summary(struct buffer *out, const struct report_options *options,
                        const struct summary *summary)
{
    format_csv()->summary(out, options, summary);
    for (int i = 0; i < BOOK_DIFFERS_FIRST; i++) {
        add_mark(out, "kms", (enum book_mark)i, summary);
    }
}

static void summary_joined(struct buffer *out, const struct report_options *options,
                           const struct summary *summary)
{
    add_summary(out, options, summary);
    add_mark(out, "join", BOOK_LISTED, summary);
    add_mark(out, "join", BOOK_KNOWN, summary);
    add_mark(out, "disagree", BOOK_DIFFERS, summary);
    for (int i = BOOK_DIFFERS_FIRST; i < BOOK_DIFFERS_END; i++) {
        add_mark(out, "disagree", (enum book_mark)i, summary);
    }
}

void format_csv_add(struct format *out, bool joins)
{
    out->begin = joins ? begin_joined : begin;
    out->row = joins ? row_joined : add_row;
    out->summary = joins ? summary_joined : add_summary;
}
