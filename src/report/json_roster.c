#include "base/utc.h"
#include "report/cert_report.h"
#include "report/formats.h"
#include "report/json.h"

enum { REASON_MAX = 64 * 1024 };

/* A member's name, which is ours and needs no escape: `"dn":`. */
static void add_member(struct buffer *out, const char *name)
{
    buffer_add_byte(out, '"');
    buffer_add_text(out, name);
    buffer_add_text(out, "\":");
}

static void add_plain(struct buffer *out, const char *name, const char *value)
{
    add_member(out, name);
    buffer_add_byte(out, '"');
    buffer_add_text(out, value);
    buffer_add_text(out, "\",");
}

/* Text of the directory, null where it has none. */
static void add_text(struct buffer *out, const char *name, struct span value)
{
    add_member(out, name);
    if (value.len == 0) {
        buffer_add_text(out, "null");
    } else {
        json_add_string(out, value);
    }
    buffer_add_byte(out, ',');
}

static void add_names(struct buffer *out, const struct row *row)
{
    size_t start;
    struct span name = entry_name(row->entry);

    if (name.len > 0) {
        add_text(out, "mailbox", name);
    } else {
        add_member(out, "mailbox");
        buffer_add_text(out, "\"line ");
        buffer_add_uint(out, row->entry->line);
        buffer_add_text(out, "\",");
    }
    add_text(out, "dn", row->entry->dn);
    add_text(out, "address", entry_address(row->entry));
    add_member(out, "addresses");
    buffer_add_byte(out, '[');
    start = out->len;
    for (size_t i = 0; i < row->entry->address_count; i++) {
        if (out->len > start) {
            buffer_add_byte(out, ',');
        }
        json_add_string(out, row->entry->addresses[i]);
    }
    buffer_add_text(out, "],");
    add_text(out, "container", entry_container(row->entry));
    add_text(out, "source", span_text(row->source));
    add_member(out, "line");
    if (row->entry->line > 0) {
        buffer_add_uint(out, row->entry->line);
    } else { /* a live directory has none */
        buffer_add_text(out, "null");
    }
    buffer_add_byte(out, ',');
}

static void add_reason(struct buffer *out, const struct row *row)
{
    struct buffer reason = buffer_with_max(REASON_MAX);

    verdict_add_reason(&reason, row->mailbox, row->verdict, row->rules);
    add_text(out, "reason", buffer_span(&reason));
    buffer_clear(&reason);
}

static void add_warnings(struct buffer *out, uint32_t warnings)
{
    add_member(out, "warnings");
    buffer_add_byte(out, '[');
    if (warnings != 0) {
        buffer_add_byte(out, '"');
        row_add_warnings(out, warnings, "\",\"");
        buffer_add_byte(out, '"');
    }
    buffer_add_text(out, "],");
}

static void add_certificates(struct buffer *out, const struct mailbox *mailbox)
{
    size_t index = 0;

    add_member(out, "certificates");
    buffer_add_byte(out, '[');
    for (size_t i = 0; i < mailbox->count; i++) {
        const struct candidate *candidate = &mailbox->candidates[i];

        if (candidate->duplicate) {
            continue;
        }
        if (index > 0) {
            buffer_add_byte(out, ',');
        }
        candidate_add_json(out, candidate, index++);
    }
    buffer_add_byte(out, ']');
}

static void add_object(struct buffer *out, const struct row *row)
{
    const struct verdict *verdict = row->verdict;

    buffer_add_byte(out, '{');
    add_names(out, row);
    add_plain(out, "uses_kms", uses_kms_name(verdict->uses));
    add_plain(out, "standing", standing_name(verdict->standing));
    add_reason(out, row);
    add_member(out, "effective");
    if (verdict->effective != NULL) {
        buffer_add_byte(out, '"');
        row_add_sha256(out, &verdict->effective->cert);
        buffer_add_text(out, "\",");
    } else {
        buffer_add_text(out, "null,");
    }
    add_warnings(out, verdict->warnings);
    add_certificates(out, row->mailbox);
    buffer_add_byte(out, '}');
}

static void add_counts(struct buffer *out, const struct summary *summary)
{
    static const enum uses_kms order[] = {USES_YES, USES_NO, USES_UNKNOWN};

    buffer_add_text(out, "{\"mailboxes\":");
    buffer_add_uint(out, summary->mailboxes);
    buffer_add_text(out, ",\"uses_kms\":{");
    for (int i = 0; i < 3; i++) {
        buffer_add_text(out, i > 0 ? "," : "");
        add_member(out, uses_kms_name(order[i]));
        buffer_add_uint(out, summary->uses[order[i]]);
    }
    buffer_add_text(out, "},\"standing\":{");
    for (int i = 0; i < STANDING_COUNT; i++) {
        buffer_add_text(out, i > 0 ? "," : "");
        add_member(out, standing_name((enum standing)i));
        buffer_add_uint(out, summary->standing[i]);
    }
    buffer_add_text(out, "},\"incomplete\":");
    buffer_add_text(out, summary->incomplete ? "true}" : "false}");
}

/* `"part":{"number":2,"of":4,"basis":"5f…","bare":[false]},` where it is one: what a sum of parts
 * is held to. */
static void add_part(struct buffer *out, const struct report_options *options)
{
    if (options->parts == 0) {
        return;
    }
    buffer_add_text(out, "\"part\":{\"number\":");
    buffer_add_uint(out, options->part);
    buffer_add_text(out, ",\"of\":");
    buffer_add_uint(out, options->parts);
    buffer_add_byte(out, ',');
    if (options->basis != NULL) {
        add_plain(out, "basis", options->basis);
    }
    buffer_add_text(out, "\"bare\":[");
    for (size_t i = 0; i < options->source_count; i++) {
        buffer_add_text(out, i > 0 ? "," : "");
        buffer_add_text(out, options->bare[i] ? "true" : "false");
    }
    buffer_add_text(out, "]},");
}

/* `{"at":…,"sources":[…],` — what both documents start with. */
static void begin(struct buffer *out, const struct report_options *options)
{
    char at[UTC_TEXT_SIZE];

    utc_text(options->at, at);
    buffer_add_byte(out, '{');
    add_plain(out, "at", at);
    add_member(out, "sources");
    buffer_add_byte(out, '[');
    for (size_t i = 0; i < options->source_count; i++) {
        buffer_add_text(out, i > 0 ? "," : "");
        json_add_string(out, span_text(options->sources[i]));
    }
    buffer_add_text(out, "],");
}

static void json_begin(struct buffer *out, const struct report_options *options)
{
    begin(out, options);
    buffer_add_text(out, "\n\"users\":[\n");
}

static void json_row(struct buffer *out, const struct row *row)
{
    buffer_add_text(out, ",\n");
    add_object(out, row);
}

/* The counts are known at the end only: members of a JSON object have no order. */
static void json_end(struct buffer *out, const struct report_options *options,
                     const struct summary *summary)
{
    buffer_add_text(out, "\n],\n");
    add_part(out, options);
    buffer_add_text(out, "\"summary\":");
    add_counts(out, summary);
    buffer_add_text(out, "}\n");
}

static void json_summary(struct buffer *out, const struct report_options *options,
                         const struct summary *summary)
{
    begin(out, options);
    add_part(out, options);
    buffer_add_text(out, "\"summary\":");
    add_counts(out, summary);
    buffer_add_text(out, "}\n");
}

static void jsonl_row(struct buffer *out, const struct row *row)
{
    add_object(out, row);
    buffer_add_byte(out, '\n');
}

static void jsonl_summary(struct buffer *out, const struct report_options *options,
                          const struct summary *summary)
{
    (void)options;
    add_counts(out, summary);
    buffer_add_byte(out, '\n');
}

const struct format *format_json(void)
{
    static const struct format format = {.name = "json",
                                         .lines = true,
                                         .begin = json_begin,
                                         .row = json_row,
                                         .end = json_end,
                                         .summary = json_summary,
                                         .between = ",\n"};

    return &format;
}

const struct format *format_jsonl(void)
{
    static const struct format format = {
        .name = "jsonl", .lines = true, .row = jsonl_row, .summary = jsonl_summary};

    return &format;
}
