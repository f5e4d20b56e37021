#include "report/html_chart.h"

#include "report/html_text.h"

enum { BARS_MAX = 20 };

static const enum uses_kms order[] = {USES_YES, USES_NO, USES_UNKNOWN};

static void add_rect(struct buffer *out, const char *class, uint64_t before, uint64_t part,
                     uint64_t whole)
{
    if (part == 0) {
        return;
    }
    buffer_add_text(out, "<rect class=\"");
    buffer_add_text(out, class);
    buffer_add_text(out, "\" x=\"");
    html_add_length(out, before, whole);
    buffer_add_text(out, "\" width=\"");
    html_add_length(out, part, whole);
    buffer_add_text(out, "\" height=\"100%\"/>");
}

static void begin_graph(struct buffer *out, const char *class)
{
    buffer_add_text(out, "<svg class=\"");
    buffer_add_text(out, class);
    buffer_add_text(out, "\" aria-hidden=\"true\" focusable=\"false\">");
}

/* yes, no and unknown side by side, together as wide as there is room. */
static void add_answers(struct buffer *out, const char *class, const uint64_t counts[3])
{
    uint64_t whole = counts[0] + counts[1] + counts[2], before = 0;

    begin_graph(out, class);
    for (int i = 0; i < 3; i++) {
        add_rect(out, uses_kms_name(order[i]), before, counts[order[i]], whole);
        before += counts[order[i]];
    }
    buffer_add_text(out, "</svg>");
}

void html_add_shares(struct buffer *out, const struct summary *summary)
{
    static const char *const legend[] = {
        [USES_YES] = "use KMS", [USES_NO] = "do not", [USES_UNKNOWN] = "not known"};

    if (summary->mailboxes == 0) {
        return;
    }
    add_answers(out, "share", summary->uses);
    buffer_add_text(out, "\n<ul class=\"legend\">\n");
    for (int i = 0; i < 3; i++) {
        buffer_add_text(out, "<li>");
        begin_graph(out, "swatch");
        add_rect(out, uses_kms_name(order[i]), 0, 1, 1);
        buffer_add_text(out, "</svg><b>");
        html_add_number(out, summary->uses[order[i]]);
        buffer_add_text(out, "</b> ");
        buffer_add_text(out, legend[order[i]]);
        buffer_add_text(out, " <span>");
        html_add_percent(out, summary->uses[order[i]], summary->mailboxes);
        buffer_add_text(out, "</span></li>\n");
    }
    buffer_add_text(out, "</ul>");
}

static void add_number_cell(struct buffer *out, uint64_t n)
{
    buffer_add_text(out, "<td class=\"n\">");
    html_add_number(out, n);
    buffer_add_text(out, "</td>");
}

static void add_bar_cell(struct buffer *out, const char *class, uint64_t part, uint64_t whole)
{
    buffer_add_text(out, "<td class=\"graph\">");
    begin_graph(out, "bar");
    add_rect(out, class, 0, part, whole);
    buffer_add_text(out, "</svg></td>");
}

/* `<tr><th scope="row" data-filter="standing" data-value="3">revoked</th>` */
static void begin_row(struct buffer *out, const char *filter, uint64_t value, const char *name)
{
    buffer_add_text(out, "<tr><th scope=\"row\" data-filter=\"");
    buffer_add_text(out, filter);
    buffer_add_text(out, "\" data-value=\"");
    buffer_add_uint(out, value);
    buffer_add_text(out, "\">");
    buffer_add_text(out, name);
    buffer_add_text(out, "</th>");
}

void html_add_standings(struct buffer *out, const struct summary *summary)
{
    for (unsigned i = 0; i < STANDING_COUNT; i++) {
        enum standing standing = (enum standing)i;

        if (summary->standing[i] == 0) {
            continue;
        }
        begin_row(out, "standing", i, standing_name(standing));
        add_number_cell(out, summary->standing[i]);
        add_bar_cell(out, uses_kms_name(standing_uses(standing)), summary->standing[i],
                     summary->mailboxes);
        buffer_add_text(out, "<td>");
        html_add_text(out, span_text(standing_meaning(standing)));
        buffer_add_text(out, "</td></tr>\n");
    }
}

/* The largest ones, and the others as one; returns how many there are to show on their own. */
static size_t divide(const struct tally *tally, struct tally_item *others)
{
    size_t own = tally->count <= BARS_MAX ? tally->count : BARS_MAX;

    *others = tally->rest;
    for (size_t i = own; i < tally->count; i++) {
        others->sum += tally->items[i].sum;
        for (int k = 0; k < TALLY_KINDS; k++) {
            others->counts[k] += tally->items[i].counts[k];
        }
    }
    return own;
}

static void add_others_heading(struct buffer *out, const struct tally *tally)
{
    buffer_add_text(out, "<tr class=\"rest\"><th scope=\"row\">");
    if (tally->rest.sum > 0) {
        buffer_add_text(out, "all others</th>"); /* how many there are was not counted */
        return;
    }
    html_add_number(out, tally->count - BARS_MAX);
    buffer_add_text(out, tally->count - BARS_MAX == 1 ? " other</th>" : " others</th>");
}

static void add_container(struct buffer *out, const struct tally_item *item)
{
    buffer_add_text(out, "<td class=\"graph\">");
    add_answers(out, "bar", item->counts);
    buffer_add_text(out, "</td><td class=\"n\">");
    html_add_percent(out, item->counts[USES_YES], item->sum);
    buffer_add_text(out, "</td><td class=\"n\">");
    html_add_number(out, item->counts[USES_YES]);
    buffer_add_text(out, " of ");
    html_add_number(out, item->sum);
    buffer_add_text(out, "</td></tr>\n");
}

static void add_none(struct buffer *out, const char *what)
{
    buffer_add_text(out, "<p class=\"none\">");
    buffer_add_text(out, what);
    buffer_add_text(out, "</p>");
}

void html_add_containers(struct buffer *out, const struct page *page)
{
    const struct tally *tally = &page->containers;
    struct tally_item others;
    size_t own = divide(tally, &others);

    if (own == 0) {
        add_none(out, "No mailboxes.");
        return;
    }
    buffer_add_text(out, "<table class=\"chart containers\">\n<thead><tr>"
                         "<th scope=\"col\">Container</th>"
                         "<th scope=\"col\" class=\"graph\">Coverage</th>"
                         "<th scope=\"col\" class=\"n\">Share</th>"
                         "<th scope=\"col\" class=\"n\">Use KMS</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < own; i++) {
        struct span name = tally->items[i].name;

        buffer_add_text(out, "<tr><th scope=\"row\" dir=\"auto\" data-filter=\"container\" "
                             "data-value=\"");
        html_add_text(out, name);
        buffer_add_text(out, "\">");
        html_add_text(out, name.len > 0 ? name : span_text("(none)"));
        buffer_add_text(out, "</th>");
        add_container(out, &tally->items[i]);
    }
    if (others.sum > 0) {
        add_others_heading(out, tally);
        add_container(out, &others);
    }
    buffer_add_text(out, "</tbody>\n</table>");
}

static void add_count(struct buffer *out, uint64_t n, uint64_t most, uint64_t whole)
{
    add_bar_cell(out, "plain", n, most);
    add_number_cell(out, n);
    buffer_add_text(out, "<td class=\"n\">");
    html_add_percent(out, n, whole);
    buffer_add_text(out, "</td></tr>\n");
}

void html_add_counts(struct buffer *out, const struct tally *tally, const char *heading)
{
    struct tally_item others;
    size_t own = divide(tally, &others);
    uint64_t most = others.sum, whole = others.sum;

    for (size_t i = 0; i < own; i++) {
        most = tally->items[i].sum > most ? tally->items[i].sum : most;
        whole += tally->items[i].sum;
    }
    if (own == 0) {
        add_none(out, "No certificates.");
        return;
    }
    buffer_add_text(out, "<table class=\"chart\">\n<thead><tr><th scope=\"col\">");
    buffer_add_text(out, heading);
    buffer_add_text(out, "</th><th scope=\"col\" class=\"graph\">Certificates</th>"
                         "<th scope=\"col\" class=\"n\">Number</th>"
                         "<th scope=\"col\" class=\"n\">Share</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < own; i++) {
        struct span name = tally->items[i].name;

        buffer_add_text(out, "<tr><th scope=\"row\" dir=\"auto\">");
        html_add_text(out, name.len > 0 ? name : span_text("(no name)"));
        buffer_add_text(out, "</th>");
        add_count(out, tally->items[i].sum, most, whole);
    }
    if (others.sum > 0) {
        add_others_heading(out, tally);
        add_count(out, others.sum, most, whole);
    }
    buffer_add_text(out, "</tbody>\n</table>");
}

void html_add_warnings(struct buffer *out, const struct page *page)
{
    if (page->warned == 0) {
        add_none(out, "None.");
        return;
    }
    buffer_add_text(out, "<p class=\"note\">What mail clients may trip over, in ");
    html_add_number(out, page->warned);
    buffer_add_text(out, page->warned == 1 ? " mailbox" : " mailboxes");
    buffer_add_text(out, ".</p>\n<table class=\"chart warnings\">\n<thead><tr>"
                         "<th scope=\"col\">Warning</th>"
                         "<th scope=\"col\" class=\"n\">Mailboxes</th>"
                         "<th scope=\"col\">What it means</th></tr></thead>\n<tbody>\n");
    for (unsigned i = 0; i < WARNING_COUNT; i++) {
        enum warning warning = (enum warning)(1U << i);

        if (page->warnings[i] > 0) {
            begin_row(out, "warning", i, warning_name(warning));
            add_number_cell(out, page->warnings[i]);
            buffer_add_text(out, "<td>");
            html_add_text(out, span_text(warning_meaning(warning)));
            buffer_add_text(out, "</td></tr>\n");
        }
    }
    buffer_add_text(out, "</tbody>\n</table>");
}
