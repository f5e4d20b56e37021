#include "report/html_page.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/utc.h"
#include "report/html_text.h"
#include "report/table.h"

/* So much JSON is written at a time; it is longer than the rows by their escapes. */
#define JSON_MAX ((size_t)1 << 31)

struct page *page_new(const struct report_options *options)
{
    struct utc_fields at = utc_to_fields(options->at);
    struct page *page = calloc(1, sizeof(*page));

    if (page == NULL) {
        return NULL;
    }
    page->options = *options;
    page->containers = tally_with_max(PAGE_NAMES);
    page->keys = tally_with_max(PAGE_NAMES);
    page->issuers = tally_with_max(PAGE_NAMES);
    page->first_month = at.year * 12 + at.month - 1;
    page->first = buffer_with_max(JSON_MAX);
    page->json = buffer_with_max(JSON_MAX);
    return page;
}

void page_free(struct page *page)
{
    if (page != NULL) {
        tally_clear(&page->containers);
        tally_clear(&page->keys);
        tally_clear(&page->issuers);
        buffer_clear(&page->first);
        buffer_clear(&page->json);
        free(page);
    }
}

void page_next_row(struct cursor *rows, struct span cells[PAGE_CELLS])
{
    for (int i = 0; i < PAGE_CELLS; i++) {
        struct span mark = {0};
        size_t end = 0;

        (void)!span_find(rows->rest, TABLE_CELL_END, &end);
        (void)!cursor_take(rows, end, &cells[i]);
        (void)!cursor_take(rows, 1, &mark);
    }
    (void)!cursor_step(rows, TABLE_ROW_END);
}

uint32_t page_number(struct span cell)
{
    uint32_t n = 0;

    for (size_t i = 0; i < cell.len && ascii_is_digit(cell.at[i]); i++) {
        n = n * 10 + (uint32_t)(cell.at[i] - '0');
    }
    return n;
}

static void count_end(struct page *page, struct span date)
{
    int month = (int)page_number(span_upto(date, 4)) * 12 +
                (int)page_number(span_upto(span_from(date, 5), 2)) - 1 - page->first_month;

    if (month < 0) {
        page->ended++;
    } else if (month < PAGE_MONTHS) {
        page->months[month]++;
    } else {
        page->later++;
    }
}

static enum fault count_row(struct page *page, const struct span cells[PAGE_CELLS])
{
    uint32_t warnings = page_number(cells[PAGE_WARNINGS]);
    uint32_t uses = page_number(cells[PAGE_USES]);
    enum fault fault = tally_add(&page->containers, cells[PAGE_CONTAINER], uses);

    page->rows++;
    page->warned += warnings != 0;
    for (unsigned i = 0; i < WARNING_COUNT; i++) {
        page->warnings[i] += warnings >> i & 1U;
    }
    if (fault == FAULT_NONE && cells[PAGE_ENDS].len > 0) {
        count_end(page, cells[PAGE_ENDS]);
        fault = tally_add(&page->keys, cells[PAGE_KEY], uses);
        if (fault == FAULT_NONE) {
            fault = tally_add(&page->issuers, cells[PAGE_ISSUER], uses);
        }
    }
    return fault;
}

/* `["Anna Berg",…,1,0,…]` */
static void add_json(struct buffer *out, const struct span cells[PAGE_CELLS])
{
    for (int i = 0; i < PAGE_CELLS; i++) {
        buffer_add_byte(out, i == 0 ? '[' : ',');
        if (i == PAGE_USES || i == PAGE_STANDING || i == PAGE_WARNINGS) {
            buffer_add(out, cells[i]);
        } else {
            html_add_json(out, cells[i]);
        }
    }
    buffer_add_byte(out, ']');
}

enum fault page_take(struct page *page, struct span rows, report_sink *sink, void *context,
                     struct why *why)
{
    struct cursor in = cursor_over(rows);

    buffer_reset(&page->json);
    while (in.rest.len > 0) {
        struct span start = in.rest, cells[PAGE_CELLS] = {0};

        page_next_row(&in, cells);
        buffer_add_text(&page->json, page->rows > 0 ? ",\n" : "");
        add_json(&page->json, cells);
        if (page->rows < PAGE_FIRST_ROWS) {
            buffer_add(&page->first, span_upto(start, start.len - in.rest.len));
        }
        if (count_row(page, cells) != FAULT_NONE) {
            page->json.fault = FAULT_RESOURCE;
        }
        if (page->json.fault != FAULT_NONE || page->first.fault != FAULT_NONE) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    return page->json.len > 0 ? sink(context, buffer_span(&page->json), why) : FAULT_NONE;
}
