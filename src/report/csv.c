#include "report/csv.h"

#include "base/count.h"
#include "base/lines.h"
#include "base/text.h"
#include "base/utc.h"
#include "cert/name.h"
#include "report/formats.h"

void csv_end_field(struct buffer *out, size_t start)
{
    struct span text = span_from(buffer_span(out), start);
    struct lines_stops special = lines_stops_of(',', '"', '\n', '\r');
    size_t quotes = 0, n = lines_next_stop(&special, text, 0);
    uint8_t *field, *to;

    if (n == text.len) {
        return;
    }
    quotes = count_byte(span_from(text, n), '"');
    if (buffer_room(out, quotes + 2) == NULL) {
        return;
    }
    field = out->at + start;
    if (quotes == 0) {
        memmove(field + 1, field, text.len);
        field[0] = field[text.len + 1] = '"';
        out->len += 2;
        return;
    }
    /* From its end to its start, so that no second copy is needed. */
    to = out->at + out->len + quotes + 1;
    *to-- = '"';
    for (size_t i = text.len; i > 0; i--) {
        uint8_t b = field[i - 1];

        *to-- = b;
        if (b == '"') {
            *to-- = '"';
        }
    }
    *to = '"';
    out->len += quotes + 2;
}

static void add_text(struct buffer *out, struct span text)
{
    size_t start = out->len;

    text_add_guessed(out, text);
    csv_end_field(out, start);
}

static void add_time(struct buffer *out, int64_t at)
{
    char text[UTC_TEXT_SIZE];

    utc_text(at, text);
    buffer_add_text(out, text);
}

const char *csv_columns(void)
{
    return "mailbox,address,container,uses_kms,standing,reason,certificates,effective,issuer,key,"
           "not_before,not_after,warnings";
}

static void begin(struct buffer *out, const struct report_options *options)
{
    (void)options;
    buffer_add_text(out, csv_columns());
    buffer_add_byte(out, '\n');
}

/* issuer, key, not_before, not_after of the certificate that counts. */
static void add_certificate(struct buffer *out, const struct candidate *candidate)
{
    size_t start = out->len;

    if (candidate == NULL) {
        buffer_add_text(out, ",,,");
        return;
    }
    (void)!name_add_short(out, candidate->cert.issuer);
    csv_end_field(out, start);
    buffer_add_byte(out, ',');
    row_add_key(out, &candidate->cert.key);
    buffer_add_byte(out, ',');
    add_time(out, candidate->cert.not_before);
    buffer_add_byte(out, ',');
    add_time(out, candidate->cert.not_after);
}

static void add_row(struct buffer *out, const struct row *row)
{
    const struct verdict *verdict = row->verdict;
    size_t start = out->len;

    row_add_name(out, row);
    csv_end_field(out, start);
    buffer_add_byte(out, ',');
    add_text(out, entry_address(row->entry));
    buffer_add_byte(out, ',');
    add_text(out, entry_container(row->entry));
    buffer_add_byte(out, ',');
    buffer_add_text(out, uses_kms_name(verdict->uses));
    buffer_add_byte(out, ',');
    buffer_add_text(out, standing_name(verdict->standing));
    buffer_add_byte(out, ',');
    start = out->len;
    verdict_add_reason(out, row->mailbox, verdict, row->rules);
    csv_end_field(out, start);
    buffer_add_byte(out, ',');
    buffer_add_uint(out, verdict->user_certificates);
    buffer_add_byte(out, ',');
    if (verdict->effective != NULL) {
        row_add_sha256(out, &verdict->effective->cert);
    }
    buffer_add_byte(out, ',');
    add_certificate(out, row_certificate(row));
    buffer_add_byte(out, ',');
    row_add_warnings(out, verdict->warnings, ";");
    buffer_add_byte(out, '\n');
}

static void add_count(struct buffer *out, const char *what, const char *which, uint64_t n)
{
    buffer_add_text(out, what);
    buffer_add_byte(out, ',');
    buffer_add_text(out, which);
    buffer_add_byte(out, ',');
    buffer_add_uint(out, n);
    buffer_add_byte(out, '\n');
}

static void add_summary(struct buffer *out, const struct report_options *options,
                        const struct summary *summary)
{
    (void)options;
    buffer_add_text(out, "count,of,mailboxes\n");
    add_count(out, "mailboxes", "all", summary->mailboxes);
    for (int i = 0; i < 3; i++) {
        static const enum uses_kms order[] = {USES_YES, USES_NO, USES_UNKNOWN};

        add_count(out, "uses_kms", uses_kms_name(order[i]), summary->uses[order[i]]);
    }
    for (int i = 0; i < STANDING_COUNT; i++) {
        add_count(out, "standing", standing_name((enum standing)i), summary->standing[i]);
    }
    add_count(out, "incomplete", "sources", summary->incomplete ? 1 : 0);
}

const struct format *format_csv(void)
{
    static const struct format format = {
        .name = "csv", .begin = begin, .row = add_row, .summary = add_summary};

    return &format;
}
