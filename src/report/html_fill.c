#include "report/html_fill.h"

#include <assert.h>

#include "base/text.h"
#include "base/utc.h"
#include "report/html_chart.h"
#include "report/html_text.h"

/* A source's name comes from a command line. */
enum { SOURCE_MAX = 4 * 1024 * 1024 };

typedef void fill_fn(struct buffer *out, const struct html_filling *filling);

static void fill_version(struct buffer *out, const struct html_filling *f)
{
    (void)f;
    buffer_add_text(out, KEYROSTER_VERSION);
}

/* `1 November 2026` */
static void fill_date(struct buffer *out, const struct html_filling *f)
{
    static const char *const months[] = {" January ",   " February ", " March ",    " April ",
                                         " May ",       " June ",     " July ",     " August ",
                                         " September ", " October ",  " November ", " December "};
    struct utc_fields at = utc_to_fields(f->options->at);

    buffer_add_uint(out, (uint64_t)at.day);
    buffer_add_text(out, months[at.month - 1]);
    buffer_add_uint(out, (uint64_t)at.year);
}

static void fill_time(struct buffer *out, const struct html_filling *f)
{
    char text[UTC_TEXT_SIZE];

    utc_text(f->options->at, text);
    fill_date(out, f);
    buffer_add_text(out, ", ");
    buffer_add(out, span_of(text + 11, 5)); /* hours and minutes */
    buffer_add_text(out, " UTC");
}

static void fill_sources_word(struct buffer *out, const struct html_filling *f)
{
    buffer_add_text(out, f->options->source_count == 1 ? "Source" : "Sources");
}

static void fill_sources(struct buffer *out, const struct html_filling *f)
{
    struct buffer name = buffer_with_max(SOURCE_MAX);

    for (size_t i = 0; i < f->options->source_count; i++) {
        struct span source = span_text(f->options->sources[i]);

        buffer_reset(&name);
        text_add_safe(&name, span_is(source, "-") ? span_text("standard input") : source);
        buffer_add_text(out, i > 0 ? ", " : "");
        html_add_text(out, buffer_span(&name));
    }
    out->fault = name.fault != FAULT_NONE ? name.fault : out->fault;
    buffer_clear(&name);
}

static void fill_incomplete(struct buffer *out, const struct html_filling *f)
{
    if (f->summary->incomplete) {
        buffer_add_text(out, "<p class=\"incomplete\">This roster is incomplete: a source showed "
                             "a part of its mailboxes only.</p>\n");
    }
}

static void fill_headline(struct buffer *out, const struct html_filling *f)
{
    const struct summary *summary = f->summary;

    if (summary->mailboxes == 0) {
        buffer_add_text(out, "There are no mailboxes.");
        return;
    }
    buffer_add_text(out, "<strong>");
    html_add_percent(out, summary->uses[USES_YES], summary->mailboxes);
    buffer_add_text(out, "</strong> ");
    html_add_number(out, summary->uses[USES_YES]);
    buffer_add_text(out, " of ");
    html_add_number(out, summary->mailboxes);
    buffer_add_text(out, summary->mailboxes == 1        ? " mailbox uses KMS"
                         : summary->uses[USES_YES] == 1 ? " mailboxes uses KMS"
                                                        : " mailboxes use KMS");
}

static void fill_shares(struct buffer *out, const struct html_filling *f)
{
    html_add_shares(out, f->summary);
}

static void fill_standings(struct buffer *out, const struct html_filling *f)
{
    html_add_standings(out, f->summary);
}

/* What follows counts rows, and --only and the like leave some out. */
static void fill_narrowed(struct buffer *out, const struct html_filling *f)
{
    if (f->summary->shown < f->summary->mailboxes) {
        buffer_add_text(out, "<section><p class=\"narrowed\">All that follows is about the ");
        html_add_number(out, f->summary->shown);
        buffer_add_text(out, " mailboxes that were asked for.</p></section>\n");
    }
}

static void fill_containers(struct buffer *out, const struct html_filling *f)
{
    tally_sort(&f->page->containers);
    html_add_containers(out, f->page);
}

static void fill_months(struct buffer *out, const struct html_filling *f)
{
    html_add_months(out, f->page);
}

static void fill_keys(struct buffer *out, const struct html_filling *f)
{
    tally_sort(&f->page->keys);
    html_add_counts(out, &f->page->keys, "Key");
}

static void fill_issuers(struct buffer *out, const struct html_filling *f)
{
    tally_sort(&f->page->issuers);
    html_add_counts(out, &f->page->issuers, "Issuer");
}

static void fill_warnings(struct buffer *out, const struct html_filling *f)
{
    html_add_warnings(out, f->page);
}

/* What the script has to know besides the rows. */
static void fill_words(struct buffer *out, const struct html_filling *f)
{
    char at[UTC_TEXT_SIZE];

    utc_text(f->options->at, at);
    buffer_add_text(out, "{\"at\":");
    html_add_json(out, span_text(at));
    buffer_add_text(out,
                    ",\"uses\":[\"no\",\"yes\",\"unknown\"],\"usesOrder\":[1,0,2],\"standings\":[");
    for (int i = 0; i < STANDING_COUNT; i++) {
        buffer_add_text(out, i > 0 ? "," : "");
        html_add_json(out, span_text(standing_name((enum standing)i)));
    }
    buffer_add_text(out, "],\"warnings\":[");
    for (unsigned i = 0; i < WARNING_COUNT; i++) {
        enum warning warning = (enum warning)(1U << i);

        buffer_add_text(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        html_add_json(out, span_text(warning_name(warning)));
        buffer_add_text(out, ",\"meaning\":");
        html_add_json(out, span_text(warning_meaning(warning)));
        buffer_add_byte(out, '}');
    }
    buffer_add_text(out, "]}");
}

static void fill_first_note(struct buffer *out, const struct html_filling *f)
{
    bool all = f->page->rows <= PAGE_FIRST_ROWS;

    buffer_add_text(out, all ? "All " : "The first ");
    html_add_number(out, all ? f->page->rows : (uint64_t)PAGE_FIRST_ROWS);
    if (!all) {
        buffer_add_text(out, " of ");
        html_add_number(out, f->page->rows);
    }
    buffer_add_text(out, " mailboxes, in the order of the source. With scripts, this list can be "
                         "searched, filtered and sorted");
    buffer_add_text(out, all ? "." : ", and shows the others.");
}

static void fill_first_rows(struct buffer *out, const struct html_filling *f)
{
    struct cursor rows = cursor_over(buffer_span(&f->page->first));

    while (rows.rest.len > 0) {
        struct span cells[PAGE_CELLS] = {0};

        page_next_row(&rows, cells);
        html_add_row(out, cells);
    }
}

void html_fill(struct buffer *out, const char *slot, const struct html_filling *filling)
{
    static const struct {
        const char *slot;
        fill_fn *fill;
    } slots[] = {
        {"version", fill_version},
        {"date", fill_date},
        {"time", fill_time},
        {"sources-word", fill_sources_word},
        {"sources", fill_sources},
        {"incomplete", fill_incomplete},
        {"headline", fill_headline},
        {"shares", fill_shares},
        {"standings", fill_standings},
        {"narrowed", fill_narrowed},
        {"containers", fill_containers},
        {"months", fill_months},
        {"keys", fill_keys},
        {"issuers", fill_issuers},
        {"warnings", fill_warnings},
        {"words", fill_words},
        {"first-note", fill_first_note},
        {"first-rows", fill_first_rows},
    };
    size_t i = 0;

    while (i + 1 < sizeof(slots) / sizeof(slots[0]) && strcmp(slots[i].slot, slot) != 0) {
        i++;
    }
    assert(strcmp(slots[i].slot, slot) == 0);
    slots[i].fill(out, filling);
}
