#include "report/html_chart.h"
#include "report/html_text.h"

/* The highest column leaves room above it for its number. */
enum { HIGHEST = 88 };

static const struct {
    const char *abbreviated, *name;
} months[] = {{"Jan", "January"},   {"Feb", "February"}, {"Mar", "March"},    {"Apr", "April"},
              {"May", "May"},       {"Jun", "June"},     {"Jul", "July"},     {"Aug", "August"},
              {"Sep", "September"}, {"Oct", "October"},  {"Nov", "November"}, {"Dec", "December"}};

/* A height from below, as y and height; `n` is not 0. */
static void add_upright(struct buffer *out, uint64_t n, uint64_t most)
{
    uint64_t height = n * HIGHEST * 10 / most;

    height = height > 0 ? height : 1;
    buffer_add_text(out, "<rect class=\"up plain\" y=\"");
    html_add_length(out, 1000 - height, 1000);
    buffer_add_text(out, "\" width=\"100%\" height=\"");
    html_add_length(out, height, 1000);
    buffer_add_text(out, "\"/><text x=\"50%\" dy=\"-5\" y=\"");
    html_add_length(out, 1000 - height, 1000);
    buffer_add_text(out, "\">");
    html_add_number(out, n);
    buffer_add_text(out, "</text>");
}

/* Twice in one: upright where there is room for all months side by side, lying on a phone. */
static void add_column(struct buffer *out, int month, bool first, uint64_t n, uint64_t most)
{
    buffer_add_text(out, first || month % 12 == 0 ? "<li class=\"turn\">" : "<li>");
    buffer_add_text(out, "<span class=\"when\">");
    buffer_add_text(out, months[month % 12].abbreviated);
    buffer_add_text(out, "<span class=\"year\"> ");
    buffer_add_uint(out, (uint64_t)(month / 12));
    buffer_add_text(out, "</span></span><svg aria-hidden=\"true\" focusable=\"false\">"
                         "<line class=\"base\" x2=\"100%\" y1=\"100%\" y2=\"100%\"/>");
    if (n > 0) {
        add_upright(out, n, most);
        buffer_add_text(out, "<rect class=\"along plain\" width=\"");
        html_add_length(out, n, most);
        buffer_add_text(out, "\" height=\"100%\"/>");
    }
    buffer_add_text(out, "</svg><span class=\"n\">");
    html_add_number(out, n);
    buffer_add_text(out, "</span></li>\n");
}

static void add_month(struct buffer *out, int month)
{
    buffer_add_text(out, months[month % 12].name);
    buffer_add_byte(out, ' ');
    buffer_add_uint(out, (uint64_t)(month / 12));
}

/* `3 ended before November 2026, 31 end after October 2028.` */
static void add_outside(struct buffer *out, const struct page *page)
{
    int last = page->first_month + PAGE_MONTHS - 1;

    buffer_add_text(out, "<p class=\"outside\"><b>");
    html_add_number(out, page->ended);
    buffer_add_text(out, "</b> ended before ");
    add_month(out, page->first_month);
    buffer_add_text(out, ", <b>");
    html_add_number(out, page->later);
    buffer_add_text(out, page->later == 1 ? "</b> ends after " : "</b> end after ");
    add_month(out, last);
    buffer_add_text(out, ".</p>");
}

void html_add_months(struct buffer *out, const struct page *page)
{
    uint64_t most = 0;

    for (int i = 0; i < PAGE_MONTHS; i++) {
        most = page->months[i] > most ? page->months[i] : most;
    }
    if (most + page->ended + page->later == 0) {
        buffer_add_text(out, "<p class=\"none\">No certificates.</p>");
        return;
    }
    if (most == 0) {
        buffer_add_text(out, "<p class=\"none\">None ends in the two years to come.</p>");
        add_outside(out, page);
        return;
    }
    buffer_add_text(out, "<ol class=\"months\">\n");
    for (int i = 0; i < PAGE_MONTHS; i++) {
        add_column(out, page->first_month + i, i == 0, page->months[i], most);
    }
    buffer_add_text(out, "</ol>\n");
    add_outside(out, page);
}
