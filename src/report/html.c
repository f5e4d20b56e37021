#include "base/text.h"
#include "base/utc.h"
#include "cert/name.h"
#include "report/formats.h"
#include "report/html_fill.h"
#include "report/html_template.h"
#include "report/table.h"

/* Nobody reads more of a name than this; AROUND_MAX bounds what stands behind the rows. */
enum { CELL_MAX = 1000, ISSUER_SIZE = 4096, AROUND_MAX = 64 * 1024 * 1024 };

/* Ends a cell, cut where it is too long to be read, though not within a character. */
static void end_cell(struct buffer *out, size_t start)
{
    if (out->len - start > CELL_MAX) {
        size_t len = start + CELL_MAX;

        while (len > start && (out->at[len] & 0xC0) == 0x80) {
            len--;
        }
        out->len = len;
        buffer_add_text(out, "…");
    }
    buffer_add_byte(out, TABLE_CELL_END);
}

static void add_text_cell(struct buffer *out, struct span text)
{
    size_t start = out->len;

    text_add_safe(out, text);
    end_cell(out, start);
}

static void add_number_cell(struct buffer *out, uint64_t n)
{
    buffer_add_uint(out, n);
    buffer_add_byte(out, TABLE_CELL_END);
}

/* Issuer, key and end of the row's certificate. */
static void add_certificate(struct buffer *out, const struct candidate *candidate)
{
    uint8_t bytes[ISSUER_SIZE];
    struct buffer name = {.at = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    char date[UTC_DATE_SIZE];

    if (candidate == NULL) {
        for (int i = PAGE_ISSUER; i <= PAGE_ENDS; i++) {
            buffer_add_byte(out, TABLE_CELL_END);
        }
        return;
    }
    (void)!name_add_short(&name, candidate->cert.issuer);
    while (!text_is_utf8(buffer_span(&name))) {
        name.len--; /* cut within a character, where it is longer */
    }
    add_text_cell(out, buffer_span(&name));
    row_add_key(out, &candidate->cert.key);
    buffer_add_byte(out, TABLE_CELL_END);
    utc_date(candidate->cert.not_after, date);
    buffer_add_text(out, date);
    buffer_add_byte(out, TABLE_CELL_END);
}

static void add_row(struct buffer *out, const struct row *row)
{
    const struct verdict *verdict = row->verdict;
    struct span name = entry_name(row->entry);
    size_t start = out->len;

    if (name.len > 0) {
        add_text_cell(out, name);
    } else {
        row_add_name(out, row);
        end_cell(out, start);
    }
    add_text_cell(out, entry_address(row->entry));
    add_text_cell(out, entry_container(row->entry));
    add_number_cell(out, verdict->uses);
    add_number_cell(out, verdict->standing);
    start = out->len;
    verdict_add_reason(out, row->mailbox, verdict, row->rules);
    end_cell(out, start);
    add_certificate(out, row_certificate(row));
    add_number_cell(out, verdict->warnings);
    buffer_add_byte(out, TABLE_ROW_END);
}

/*
 * Adds pieces of the page and what belongs behind them: those before the rows, or those from there
 * on. What stands between `with list` and `end` is left out of a summary.
 */
static void add_pieces(struct buffer *out, const struct html_filling *filling, bool before,
                       bool behind)
{
    size_t count;
    const struct html_piece *pieces = html_template(&count);
    bool wanted = before, left_out = false;

    for (size_t i = 0; i < count; i++) {
        const char *slot = pieces[i].slot;

        if (wanted && !left_out) {
            buffer_add(out, pieces[i].text);
        }
        if (slot == NULL || strcmp(slot, "end") == 0) {
            left_out = false;
        } else if (strcmp(slot, "with list") == 0) {
            left_out = filling->options->summary_only;
        } else if (strcmp(slot, "rows") == 0) {
            wanted = behind;
        } else if (wanted && !left_out) {
            html_fill(out, slot, filling);
        }
    }
}

static void begin(struct buffer *out, const struct report_options *options)
{
    add_pieces(out, &(struct html_filling){.options = options}, true, false);
}

static void add_summary(struct buffer *out, const struct report_options *options,
                        const struct summary *summary)
{
    const struct html_filling filling = {.options = options, .summary = summary};

    add_pieces(out, &filling, true, true);
}

static void *start(const struct report_options *options) { return page_new(options); }

static enum fault take(void *kept, struct span rows, report_sink *sink, void *context,
                       struct why *why)
{
    return page_take(kept, rows, sink, context, why);
}

static enum fault end(void *kept, const struct summary *summary, report_sink *sink, void *context,
                      struct why *why)
{
    struct page *page = kept;
    const struct html_filling filling = {
        .options = &page->options, .summary = summary, .page = page};
    struct buffer text = buffer_with_max(AROUND_MAX);
    enum fault fault;

    add_pieces(&text, &filling, false, true);
    fault = text.fault != FAULT_NONE ? fault_at(FAULT_RESOURCE, 0, "out of memory", why)
                                     : sink(context, buffer_span(&text), why);
    buffer_clear(&text);
    return fault;
}

static void drop(void *kept) { page_free(kept); }

const struct format *format_html(void)
{
    static const struct keeper keeper = {.start = start, .take = take, .end = end, .free = drop};
    static const struct format format = {
        .name = "html", .begin = begin, .row = add_row, .summary = add_summary, .keeper = &keeper};

    return &format;
}
