#include "cert/crl.h"
#include "kms/books/format.h"
#include "report/formats.h"
#include "report/json.h"

static void add_text(struct buffer *out, const char *name, const char *text)
{
    json_add_name(out, name);
    buffer_add_text(out, text != NULL ? "\"" : "null");
    if (text != NULL) {
        buffer_add_text(out, text); /* words of ours */
        buffer_add_byte(out, '"');
    }
}

static void add_count(struct buffer *out, const char *name, uint64_t n)
{
    json_add_name(out, name);
    buffer_add_uint(out, n);
}

static void add_time(struct buffer *out, const char *name, int64_t at)
{
    json_add_name(out, name);
    if (at == 0) {
        buffer_add_text(out, "null");
        return;
    }
    buffer_add_byte(out, '"');
    format_add_time(out, at);
    buffer_add_byte(out, '"');
}

static void add_bool(struct buffer *out, const char *name, bool is)
{
    json_add_name(out, name);
    buffer_add_text(out, is ? "true" : "false");
}

static void add_certificate(struct buffer *out, const struct book_certificate *c, int64_t at)
{
    enum certificate_status status = book_status(c, at);
    bool is_good = status == CERTIFICATE_GOOD;

    buffer_add_text(out, "{\"serial\":\"");
    buffer_add_hex(out, span_of(c->serial, c->serial_length));
    buffer_add_byte(out, '"');
    add_text(out, "purpose", book_purpose_name(c->purpose));
    add_text(out, "status", book_status_name(status));
    add_time(out, "issued_at", c->issued_at);
    add_time(out, "revoked_at", is_good ? 0 : c->revoked_at);
    add_text(out, "reason", is_good ? NULL : crl_reason_name(c->reason));
    add_bool(out, "escrowed", c->is_escrowed);
    add_bool(out, "current", c->is_current);
    buffer_add_byte(out, '}');
}

static void add_note(struct buffer *out, const struct book_note *note, int64_t at)
{
    struct book_counts counts = book_counts(note, at);

    buffer_add_text(out, "{\"state\":\"");
    buffer_add_text(out, book_state_name(note));
    buffer_add_byte(out, '"');
    add_time(out, "since", note->since);
    add_count(out, "issued", counts.issued);
    add_count(out, "escrowed", counts.escrowed);
    add_count(out, "held", counts.held);
    add_count(out, "revoked", counts.revoked);
    add_time(out, "recovered", note->recovered_at);
    add_time(out, "token_expires", note->token_expires);
    json_add_name(out, "certificates");
    buffer_add_byte(out, '[');
    for (uint32_t i = 0; i < note->count; i++) {
        buffer_add_text(out, i > 0 ? "," : "");
        add_certificate(out, &note->certificates[i], at);
    }
    buffer_add_text(out, "]}");
}

/* The members of a row's object, with `end` behind, which was there before. */
static void add_facts(struct buffer *out, const struct row *row, const char *end)
{
    const struct book_facts *facts = row_facts(row);

    format_take_back(out, end);
    json_add_name(out, "kms");
    if (facts->note != NULL) {
        add_note(out, facts->note, facts->at);
    } else {
        buffer_add_text(out, "null");
    }
    if (facts->is_joined) {
        json_add_name(out, "in_directory");
        buffer_add_text(out, facts->is_listed ? "true" : facts->is_untold ? "null" : "false");
        add_bool(out, "in_books", facts->note != NULL);
        json_add_name(out, "disagree");
        buffer_add_byte(out, '[');
        if ((row->verdict->marks & BOOK_DIFFERENCES) != 0) {
            buffer_add_byte(out, '"');
            format_add_differences(out, row->verdict->marks, "\",\"");
            buffer_add_byte(out, '"');
        }
        buffer_add_byte(out, ']');
    }
    buffer_add_text(out, end);
}

static void json_row(struct buffer *out, const struct row *row)
{
    format_json()->row(out, row);
    add_facts(out, row, "}");
}

static void jsonl_row(struct buffer *out, const struct row *row)
{
    format_jsonl()->row(out, row);
    add_facts(out, row, "}\n");
}

static void add_marks(struct buffer *out, const char *name, int first, int end,
                      const struct summary *summary)
{
    json_add_name(out, name);
    buffer_add_byte(out, '{');
    for (int i = first; i < end; i++) {
        buffer_add_text(out, i > first ? ",\"" : "\"");
        buffer_add_text(out, book_mark_name((enum book_mark)i));
        buffer_add_text(out, "\":");
        buffer_add_uint(out, summary->marks[i]);
    }
    buffer_add_byte(out, '}');
}

static void add_summary(struct buffer *out, const struct summary *summary, bool joins,
                        const char *end)
{
    format_take_back(out, end);
    add_marks(out, "kms", 0, BOOK_DIFFERS_FIRST, summary);
    if (joins) {
        add_marks(out, "join", BOOK_LISTED, BOOK_DIFFERS, summary);
        add_marks(out, "disagree", BOOK_DIFFERS_FIRST, BOOK_DIFFERS_END, summary);
        add_count(out, "disagreeing", summary->marks[BOOK_DIFFERS]);
    }
    buffer_add_text(out, end);
}

static void json_end(struct buffer *out, const struct report_options *options,
                     const struct summary *summary)
{
    format_json()->end(out, options, summary);
    add_summary(out, summary, false, "}}\n");
}

static void json_end_joined(struct buffer *out, const struct report_options *options,
                            const struct summary *summary)
{
    format_json()->end(out, options, summary);
    add_summary(out, summary, true, "}}\n");
}

static void json_summary(struct buffer *out, const struct report_options *options,
                         const struct summary *summary)
{
    format_json()->summary(out, options, summary);
    add_summary(out, summary, false, "}}\n");
}

static void json_summary_joined(struct buffer *out, const struct report_options *options,
                                const struct summary *summary)
{
    format_json()->summary(out, options, summary);
    add_summary(out, summary, true, "}}\n");
}

static void jsonl_summary(struct buffer *out, const struct report_options *options,
                          const struct summary *summary)
{
    format_jsonl()->summary(out, options, summary);
    add_summary(out, summary, false, "}\n");
}

static void jsonl_summary_joined(struct buffer *out, const struct report_options *options,
                                 const struct summary *summary)
{
    format_jsonl()->summary(out, options, summary);
    add_summary(out, summary, true, "}\n");
}

void format_json_add(struct format *out, bool joins)
{
    out->row = json_row;
    out->end = joins ? json_end_joined : json_end;
    out->summary = joins ? json_summary_joined : json_summary;
}

void format_jsonl_add(struct format *out, bool joins)
{
    out->row = jsonl_row;
    out->summary = joins ? jsonl_summary_joined : jsonl_summary;
}
