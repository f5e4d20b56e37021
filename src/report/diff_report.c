#include "report/diff_report.h"

#include "report/diff_formats.h"
#include "report/table.h"

/* One change; two rows with certificates by the thousand. */
enum { TEXT_MAX = 1 << 30, SENTENCE_MAX = 4096 };

static const char *const change_names[DIFF_CHANGES] = {
    [DIFF_NONE] = "none",       [DIFF_APPEARED] = "appeared", [DIFF_LEFT] = "left",
    [DIFF_REVOKED] = "revoked", [DIFF_ENROLLED] = "enrolled", [DIFF_LAPSED] = "lapsed",
    [DIFF_RENEWED] = "renewed", [DIFF_CHANGED] = "changed",
};

const char *diff_change_name(enum diff_change change) { return change_names[change]; }

bool diff_change_find(struct span name, enum diff_change *out)
{
    for (int i = DIFF_APPEARED; i < DIFF_CHANGES; i++) {
        if (span_is(name, change_names[i])) {
            *out = (enum diff_change)i;
            return true;
        }
    }
    return false;
}

const struct diff_format *diff_format_find(struct span name)
{
    const struct diff_format *const formats[] = {diff_format_table(), diff_format_csv(),
                                                 diff_format_jsonl()};

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (span_is(name, formats[i]->name)) {
            return formats[i];
        }
    }
    return NULL;
}

size_t diff_head_begin(struct buffer *out)
{
    const uint32_t length = 0;
    size_t mark = out->len;

    buffer_add(out, span_of(&length, sizeof(length)));
    return mark;
}

void diff_head_end(struct buffer *out, size_t mark)
{
    if (out->fault == FAULT_NONE) {
        const uint32_t length = (uint32_t)(out->len - mark - sizeof(length));

        memcpy(out->at + mark, &length, sizeof(length));
    }
}

struct diff_text diff_text_of(struct span text)
{
    uint32_t length = 0;

    if (text.len < sizeof(length)) {
        return (struct diff_text){0};
    }
    memcpy(&length, text.at, sizeof(length));
    text = span_from(text, sizeof(length));
    return (struct diff_text){.head = span_upto(text, length), .body = span_from(text, length)};
}

struct span diff_head(struct span old, struct span new)
{
    return diff_text_of(new.len > 0 ? new : old).head;
}

void diff_add_differences(struct buffer *out, unsigned differs, const char *between)
{
    static const char *const names[] = {"names", "addresses", "certificates"};
    bool any = false;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((differs & 1U << i) != 0) {
            buffer_add_text(out, any ? between : "");
            buffer_add_text(out, names[i]);
            any = true;
        }
    }
}

static enum fault out_of_memory(struct why *why)
{
    return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

static const char *colour_of(struct span change)
{
    if (span_is(change, change_names[DIFF_REVOKED]) || span_is(change, change_names[DIFF_LAPSED])) {
        return "brown";
    }
    return span_is(change, change_names[DIFF_LEFT]) ? "darkgray" : "green";
}

enum fault diff_report_begin(struct diff_report *report, struct why *why)
{
    static const struct table_words words = {
        .headings = {"MAILBOX", "ADDRESS", "CHANGE", "STANDING", "REASON"}, .colour_of = colour_of};

    report->text = buffer_with_max(TEXT_MAX);
    if (report->format->is_table) {
        report->table = table_new_of(&words, report->width, report->colour);
        if (report->table == NULL) {
            return out_of_memory(why);
        }
    }
    if (report->format->begin == NULL) {
        return FAULT_NONE;
    }
    report->format->begin(&report->text);
    return report->text.fault != FAULT_NONE
               ? out_of_memory(why)
               : report->sink(report->context, buffer_span(&report->text), why);
}

enum fault diff_report_add(struct diff_report *report, enum diff_change change, unsigned differs,
                           struct span old, struct span new, struct why *why)
{
    struct span text;

    buffer_reset(&report->text);
    report->format->change(&report->text, change, differs, old, new);
    if (report->text.fault != FAULT_NONE) {
        return out_of_memory(why);
    }
    text = buffer_span(&report->text);
    return report->format->is_table
               ? table_take(report->table, text, report->sink, report->context, why)
               : report->sink(report->context, text, why);
}

/* `3 changes: 1 appeared, 2 renewed.` */
static void put_sentence(struct buffer *out, const uint64_t counts[DIFF_CHANGES], bool incomplete)
{
    uint64_t all = 0;
    const char *between = ": ";

    for (int i = DIFF_APPEARED; i < DIFF_CHANGES; i++) {
        all += counts[i];
    }
    if (all == 0) {
        buffer_add_text(out, "No change");
    } else {
        buffer_add_uint(out, all);
        buffer_add_text(out, all == 1 ? " change" : " changes");
    }
    for (int i = DIFF_APPEARED; i < DIFF_CHANGES; i++) {
        if (counts[i] > 0) {
            buffer_add_text(out, between);
            buffer_add_uint(out, counts[i]);
            buffer_add_byte(out, ' ');
            buffer_add_text(out, change_names[i]);
            between = ", ";
        }
    }
    buffer_add_byte(out, '.');
    if (incomplete) {
        buffer_add_text(out, " A side is incomplete: what it does not show may be there.");
    }
    buffer_add_byte(out, '\n');
}

enum fault diff_report_end(struct diff_report *report, const uint64_t counts[DIFF_CHANGES],
                           bool incomplete, struct why *why)
{
    struct buffer sentence = buffer_with_max(SENTENCE_MAX), wrapped = buffer_with_max(SENTENCE_MAX);
    enum fault fault;

    if (!report->format->is_table) {
        return FAULT_NONE;
    }
    fault = table_flush(report->table, report->sink, report->context, why);
    if (fault == FAULT_NONE) {
        put_sentence(&sentence, counts, incomplete);
        layout_add_wrapped(&wrapped, buffer_span(&sentence),
                           report->width > 0 ? report->width : SIZE_MAX);
        fault = wrapped.fault != FAULT_NONE
                    ? out_of_memory(why)
                    : report->sink(report->context, buffer_span(&wrapped), why);
    }
    buffer_clear(&sentence);
    buffer_clear(&wrapped);
    return fault;
}

void diff_report_clear(struct diff_report *report)
{
    table_free(report->table);
    report->table = NULL;
    buffer_clear(&report->text);
}
