#include <string.h>

#include "base/utc.h"
#include "kms/books/format.h"
#include "report/formats.h"
#include "report/table.h"

static const char row_end[] = {TABLE_CELL_END, TABLE_ROW_END, '\0'};

static void add_date(struct buffer *out, const char *before, int64_t at)
{
    char date[UTC_DATE_SIZE];

    utc_date(at, date);
    buffer_add_text(out, before);
    buffer_add_text(out, date);
}

static void add_count(struct buffer *out, const char *before, uint32_t n, const char *what)
{
    if (n > 0) {
        buffer_add_text(out, before);
        buffer_add_uint(out, n);
        buffer_add_text(out, what);
    }
}

static void add_note(struct buffer *out, const struct book_note *note, int64_t at)
{
    struct book_counts counts = book_counts(note, at);

    if (note->token_expires > 0) {
        add_date(out, note->token_expires <= at ? "; token expired on " : "; token until ",
                 note->token_expires);
    } else if (note->state == USER_INVITED) {
        buffer_add_text(out, "; no open token");
    } else if (note->state == USER_LEFT) {
        buffer_add_text(out, "; has left");
    }
    add_count(out, "; ", counts.issued, " issued");
    add_count(out, ", ", counts.escrowed, " escrowed");
    add_count(out, ", ", counts.held, " held");
    add_count(out, ", ", counts.revoked, " revoked");
    if (note->recovered_at > 0) {
        add_date(out, ", recovered on ", note->recovered_at);
    }
}

/* Behind the reason, which is the last cell. */
static void add_row(struct buffer *out, const struct row *row)
{
    const struct book_facts *facts = row_facts(row);

    format_table()->row(out, row);
    format_take_back(out, row_end);
    if (facts->note != NULL) {
        add_note(out, facts->note, facts->at);
    }
    if ((row->verdict->marks & BOOK_DIFFERENCES) != 0) {
        buffer_add_text(out, "; disagree: ");
        format_add_differences(out, row->verdict->marks, ", ");
    }
    buffer_add_text(out, row_end);
}

/* One count a line, numbers aligned at the right with those of the standings. */
static void add_marks(struct buffer *out, int first, int end, const struct summary *summary)
{
    enum { WIDTH = 26 };

    for (int i = first; i < end; i++) {
        const char *name = book_mark_name((enum book_mark)i);
        size_t used = strlen(name) + 1;

        for (uint64_t rest = summary->marks[i]; rest >= 10; rest /= 10) {
            used++;
        }
        buffer_add_text(out, name);
        do {
            buffer_add_byte(out, ' ');
        } while (++used <= WIDTH);
        buffer_add_uint(out, summary->marks[i]);
        buffer_add_byte(out, '\n');
    }
    buffer_add_byte(out, '\n');
}

static void add_sentence(struct buffer *out, const struct summary *summary)
{
    buffer_add_uint(out, summary->marks[BOOK_LISTED]);
    buffer_add_text(out, " in the directory, ");
    buffer_add_uint(out, summary->marks[BOOK_KNOWN]);
    buffer_add_text(out, " in the books; ");
    buffer_add_uint(out, summary->marks[BOOK_DIFFERS]);
    buffer_add_text(out, summary->marks[BOOK_DIFFERS] == 1 ? " disagrees.\n" : " disagree.\n");
}

static void end_joined(struct buffer *out, const struct report_options *options,
                       const struct summary *summary)
{
    format_table()->end(out, options, summary);
    add_sentence(out, summary);
}

static void add_summary(struct buffer *out, const struct report_options *options,
                        const struct summary *summary)
{
    add_marks(out, 0, BOOK_DIFFERS_FIRST, summary);
    format_table()->summary(out, options, summary);
}

static void summary_joined(struct buffer *out, const struct report_options *options,
                           const struct summary *summary)
{
    add_marks(out, BOOK_DIFFERS_FIRST, BOOK_DIFFERS_END, summary);
    add_summary(out, options, summary);
    add_sentence(out, summary);
}

void format_table_add(struct format *out, bool joins)
{
    out->row = add_row;
    out->summary = joins ? summary_joined : add_summary;
    if (joins) {
        out->end = end_joined;
    }
}
