#include <stdlib.h>

#include "base/text.h"
#include "cert/name.h"
#include "report/formats.h"
#include "report/prometheus_count.h"

/* Metrics for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/ and, with
 * its last line, OpenMetrics 1.0. Only numbers: which mailbox it is stays in the roster. */

enum { TEXT_MAX = 1 << 20, LABEL_MAX = 1 << 20 };

/* A gauge for each; they are cumulative, so that an alert names one. */
static const int within_days[] = {0, 7, 14, 30, 60, 90, 180, 365};
enum { WITHIN_COUNT = sizeof(within_days) / sizeof(within_days[0]) };
#define SECONDS_A_DAY 86400

/* A mailbox on its way from the worker that judged it; issuer and key stand behind it. */
struct counted {
    bool effective;
    int64_t seconds_left;
    size_t issuer, key; /* bytes */
};

struct metrics {
    int64_t at;
    uint64_t rows;
    uint64_t effective;
    uint64_t within[WITHIN_COUNT];
    struct label_counts issuers, keys;
};

static void *start(const struct report_options *options)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));

    if (metrics != NULL) {
        metrics->at = options->at;
    }
    return metrics;
}

static void drop(void *kept)
{
    struct metrics *metrics = kept;

    label_counts_clear(&metrics->issuers);
    label_counts_clear(&metrics->keys);
    free(metrics);
}

static void add_row(struct buffer *out, const struct row *row)
{
    const struct candidate *effective = row->verdict->effective;
    struct buffer name = buffer_with_max(LABEL_MAX);
    struct counted counted = {.effective = effective != NULL};
    size_t at = out->len, start;

    buffer_add(out, span_of(&counted, sizeof(counted)));
    start = out->len;
    if (effective != NULL) {
        (void)!name_add_short(&name, effective->cert.issuer);
        text_add_safe(out, buffer_span(&name));
        counted.issuer = out->len - start;
        row_add_key(out, &effective->cert.key);
        counted.key = out->len - start - counted.issuer;
        counted.seconds_left = effective->cert.not_after - row->rules->at;
    }
    buffer_clear(&name);
    if (out->fault == FAULT_NONE) {
        memcpy(out->at + at, &counted, sizeof(counted));
    }
}

static enum fault count_one(struct metrics *metrics, struct cursor *in)
{
    struct counted counted;
    struct span bytes, issuer, key;
    enum fault fault;

    if (!cursor_take(in, sizeof(counted), &bytes)) {
        return FAULT_RESOURCE;
    }
    memcpy(&counted, bytes.at, sizeof(counted));
    metrics->rows++;
    if (!counted.effective) {
        return FAULT_NONE;
    }
    if (!cursor_take(in, counted.issuer, &issuer) || !cursor_take(in, counted.key, &key)) {
        return FAULT_RESOURCE;
    }
    metrics->effective++;
    for (size_t i = 0; i < WITHIN_COUNT; i++) {
        metrics->within[i] += counted.seconds_left <= (int64_t)within_days[i] * SECONDS_A_DAY;
    }
    fault = label_counts_add(&metrics->issuers, issuer);
    return fault == FAULT_NONE ? label_counts_add(&metrics->keys, key) : fault;
}

static enum fault take(void *kept, struct span rows, report_sink *sink, void *context,
                       struct why *why)
{
    struct cursor in = cursor_over(rows);

    (void)sink;
    (void)context;
    while (in.rest.len > 0) {
        if (count_one(kept, &in) != FAULT_NONE) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    return FAULT_NONE;
}

static void add_head(struct buffer *out, const char *name, const char *help)
{
    buffer_add_text(out, "# HELP ");
    buffer_add_text(out, name);
    buffer_add_byte(out, ' ');
    buffer_add_text(out, help);
    buffer_add_text(out, "\n# TYPE ");
    buffer_add_text(out, name);
    buffer_add_text(out, " gauge\n");
}

static void add_number(struct buffer *out, const char *name, uint64_t n)
{
    buffer_add_text(out, name);
    buffer_add_byte(out, ' ');
    buffer_add_uint(out, n);
    buffer_add_byte(out, '\n');
}

/* `value` is one of our own words. */
static void add_labelled(struct buffer *out, const char *name, const char *label, const char *value,
                         uint64_t n)
{
    buffer_add_text(out, name);
    buffer_add_byte(out, '{');
    buffer_add_text(out, label);
    buffer_add_text(out, "=\"");
    buffer_add_text(out, value);
    buffer_add_text(out, "\"} ");
    buffer_add_uint(out, n);
    buffer_add_byte(out, '\n');
}

static void add_run(struct buffer *out, const struct metrics *metrics,
                    const struct summary *summary)
{
    static const char at[] = "keyroster_roster_timestamp_seconds";
    static const char incomplete[] = "keyroster_roster_incomplete";

    add_head(out, at,
             "Time as of which mailboxes were judged, which is when it was done unless --at said "
             "another.");
    buffer_add_text(out, at);
    buffer_add_text(out, metrics->at < 0 ? " -" : " ");
    buffer_add_uint(out, metrics->at < 0 ? 0 - (uint64_t)metrics->at : (uint64_t)metrics->at);
    buffer_add_byte(out, '\n');
    add_head(out, incomplete, "1 when a source held or showed a part only.");
    add_number(out, incomplete, summary->incomplete ? 1 : 0);
}

static void add_answers(struct buffer *out, const struct summary *summary)
{
    static const enum uses_kms order[] = {USES_YES, USES_NO, USES_UNKNOWN};
    static const char all[] = "keyroster_mailboxes";
    static const char uses[] = "keyroster_uses_kms_mailboxes";
    static const char standing[] = "keyroster_standing_mailboxes";

    add_head(out, all, "Mailboxes that were judged.");
    add_number(out, all, summary->mailboxes);
    add_head(out, uses, "Mailboxes by the answer to whether they use the key management server.");
    for (int i = 0; i < 3; i++) {
        add_labelled(out, uses, "uses_kms", uses_kms_name(order[i]), summary->uses[order[i]]);
    }
    add_head(out, standing, "Mailboxes by the reason for that answer.");
    for (int i = 0; i < STANDING_COUNT; i++) {
        add_labelled(out, standing, "standing", standing_name((enum standing)i),
                     summary->standing[i]);
    }
}

static void add_certificates(struct buffer *out, struct metrics *metrics)
{
    static const char all[] = "keyroster_effective_mailboxes";
    static const char ending[] = "keyroster_effective_ending_mailboxes";
    static const char issuers[] = "keyroster_effective_issuer_mailboxes";
    static const char keys[] = "keyroster_effective_key_mailboxes";

    add_head(out, all, "Mailboxes that a sender can encrypt to, by their effective certificate.");
    add_number(out, all, metrics->effective);
    add_head(out, ending, "Of these, those whose certificate ends within so many days.");
    for (size_t i = 0; i < WITHIN_COUNT; i++) {
        buffer_add_text(out, ending);
        buffer_add_text(out, "{within_days=\"");
        buffer_add_uint(out, (uint64_t)within_days[i]);
        buffer_add_text(out, "\"} ");
        buffer_add_uint(out, metrics->within[i]);
        buffer_add_byte(out, '\n');
    }
    add_head(out, issuers, "Of these, those whose certificate comes from this issuer.");
    label_counts_print(&metrics->issuers, issuers, "issuer", out);
    add_head(out, keys, "Of these, those whose certificate has a key of this type and size.");
    label_counts_print(&metrics->keys, keys, "key", out);
}

static enum fault print(void *kept, const struct summary *summary, report_sink *sink, void *context,
                        struct why *why)
{
    struct metrics *metrics = kept;
    struct buffer out = buffer_with_max(TEXT_MAX);
    enum fault fault;

    add_run(&out, metrics, summary);
    add_answers(&out, summary);
    if (metrics->rows == summary->mailboxes) { /* sums of --merge know the counts alone */
        add_certificates(&out, metrics);
    }
    buffer_add_text(&out, "# EOF\n");
    fault = out.fault != FAULT_NONE ? fault_at(FAULT_RESOURCE, 0, "out of memory", why)
                                    : sink(context, buffer_span(&out), why);
    buffer_clear(&out);
    return fault;
}

const struct format *format_prometheus(void)
{
    static const struct keeper keeper = {.start = start, .take = take, .end = print, .free = drop};
    static const struct format format = {
        .name = "prometheus", .row = add_row, .keeper = &keeper, .counts = true};

    return &format;
}
