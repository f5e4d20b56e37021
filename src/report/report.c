#include "report/report.h"

#include "base/ascii.h"
#include "report/formats.h"

/* Text that stands before or after the rows; a roster's sources may have long names. */
enum { AROUND_MAX = 16 * 1024 * 1024 };

const struct format *format_find(struct span name)
{
    const struct format *const formats[] = {format_table(), format_csv(),        format_json(),
                                            format_jsonl(), format_prometheus(), format_html()};

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (span_is(name, formats[i]->name)) {
            return formats[i];
        }
    }
    return NULL;
}

bool report_wants_all(const struct report *report) { return report->format->counts; }

/* No rows, and what format->summary writes. */
static bool is_summary(const struct report *report)
{
    return report->options.summary_only && !report_wants_all(report);
}

/* Hands the text over and gives its memory back. */
static enum fault flush(struct report *report, struct buffer *text, struct why *why)
{
    enum fault fault = text->fault;

    if (fault != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    } else if (text->len > 0) {
        fault = report->sink(report->context, buffer_span(text), why);
    }
    buffer_clear(text);
    return fault;
}

enum fault report_begin(struct report *report, struct why *why)
{
    struct buffer text = buffer_with_max(AROUND_MAX);

    if (report->begun) {
        return FAULT_NONE;
    }
    report->begun = true;
    if (is_summary(report)) {
        return FAULT_NONE;
    }
    if (report->format->keeper != NULL) {
        report->kept = report->format->keeper->start(&report->options);
        if (report->kept == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    if (report->format->begin != NULL) {
        report->format->begin(&text, &report->options);
    }
    return flush(report, &text, why);
}

enum fault report_take(struct report *report, struct span rows, struct why *why)
{
    size_t between = report->format->between != NULL ? strlen(report->format->between) : 0;

    if (rows.len == 0 || is_summary(report)) {
        return FAULT_NONE;
    }
    if (report->kept != NULL) {
        return report->format->keeper->take(report->kept, rows, report->sink, report->context, why);
    }
    if (!report->any_row) {
        report->any_row = true;
        rows = span_from(rows, between); /* every row brings what separates it from the last */
    }
    return report->sink(report->context, rows, why);
}

enum fault report_end(struct report *report, const struct summary *summary, struct why *why)
{
    struct buffer text = buffer_with_max(AROUND_MAX);
    enum fault fault = FAULT_NONE;

    if (!report->begun) {
        return FAULT_NONE;
    }
    if (is_summary(report)) {
        report->format->summary(&text, &report->options, summary);
        return flush(report, &text, why);
    }
    if (report->kept != NULL) {
        fault =
            report->format->keeper->end(report->kept, summary, report->sink, report->context, why);
    }
    if (fault == FAULT_NONE && report->format->end != NULL) {
        report->format->end(&text, &report->options, summary);
    }
    return fault == FAULT_NONE ? flush(report, &text, why) : fault;
}

void report_clear(struct report *report)
{
    if (report->kept != NULL) {
        report->format->keeper->free(report->kept);
    }
    report->kept = NULL;
    report->begun = report->any_row = false;
}

void summary_count(struct summary *summary, const struct verdict *verdict)
{
    summary->mailboxes++;
    summary->uses[verdict->uses]++;
    summary->standing[verdict->standing]++;
    for (uint32_t rest = verdict->marks; rest != 0; rest &= rest - 1) {
        summary->marks[__builtin_ctz(rest)]++;
    }
}

void summary_merge(struct summary *summary, const struct summary *part)
{
    summary->mailboxes += part->mailboxes;
    summary->shown += part->shown;
    summary->incomplete |= part->incomplete;
    for (size_t i = 0; i < sizeof(part->uses) / sizeof(part->uses[0]); i++) {
        summary->uses[i] += part->uses[i];
    }
    for (size_t i = 0; i < STANDING_COUNT; i++) {
        summary->standing[i] += part->standing[i];
    }
    for (size_t i = 0; i < SUMMARY_MARKS; i++) {
        summary->marks[i] += part->marks[i];
    }
}
