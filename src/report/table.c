#include "report/table.h"

#include <stdlib.h>

#include <libsmartcols/libsmartcols.h>

#include "report/layout.h"

/* So many rows are held until the widths are settled, and printed at a time after that. */
enum { ROWS_HELD = 2000, CELL_MAX = 4096 };
#define HELD_MAX ((size_t)256 << 20)

struct table {
    const struct table_words *words;
    struct buffer held; /* rows as they came */
    size_t rows;        /* in `held` */
    size_t width;
    bool colour;
    bool settled; /* the widths are known: the heading has been printed */
    size_t widest[LAYOUT_COLUMNS];
    struct layout layout;
    struct buffer cell; /* one at a time */
};

/* Colour repeats what the word says already; it never says more. */
static const char *colour_of(struct span uses)
{
    if (span_is(uses, "yes")) {
        return "green";
    }
    return span_is(uses, "no") ? "darkgray" : "brown";
}

struct table *table_new_of(const struct table_words *words, size_t width, bool colour)
{
    struct table *table = calloc(1, sizeof(*table));

    if (table == NULL) {
        return NULL;
    }
    table->words = words;
    table->width = width;
    table->colour = colour;
    table->held = buffer_with_max(HELD_MAX);
    table->cell = buffer_with_max((size_t)CELL_MAX * 4);
    for (int i = 0; i < LAYOUT_COLUMNS; i++) {
        table->widest[i] = strlen(words->headings[i]);
    }
    return table;
}

struct table *table_new(size_t width, bool colour)
{
    static const struct table_words roster = {
        .headings = {"MAILBOX", "ADDRESS", "KMS", "STANDING", "REASON"}, .colour_of = colour_of};

    return table_new_of(&roster, width, colour);
}

void table_free(struct table *table)
{
    if (table != NULL) {
        buffer_clear(&table->held);
        buffer_clear(&table->cell);
        free(table);
    }
}

/* The next cell of a row; nobody wants to see more of it than CELL_MAX bytes. */
static struct span take_cell(struct cursor *rows)
{
    struct span cell = {0}, mark = {0};
    size_t end = 0;

    (void)!span_find(rows->rest, TABLE_CELL_END, &end);
    (void)!cursor_take(rows, end, &cell);
    (void)!cursor_take(rows, 1, &mark);
    if (cell.len > CELL_MAX) {
        cell.len = CELL_MAX;
        while (cell.len > 0 && (cell.at[cell.len] & 0xC0) == 0x80) {
            cell.len--; /* not within a character */
        }
    }
    return cell;
}

/* Notes how wide the cells of the next row are, and passes over it. */
static void measure_row(struct table *table, struct cursor *rows)
{
    for (int i = 0; i < LAYOUT_COLUMNS; i++) {
        size_t width = layout_width(take_cell(rows));

        if (width > table->widest[i] && !table->settled) {
            table->widest[i] = width;
        }
    }
    (void)!cursor_step(rows, TABLE_ROW_END);
    table->rows++;
}

enum fault table_take(struct table *table, struct span rows, report_sink *sink, void *context,
                      struct why *why)
{
    struct cursor in = cursor_over(rows);

    while (in.rest.len > 0) {
        struct span start = in.rest;

        measure_row(table, &in);
        buffer_add(&table->held, span_upto(start, start.len - in.rest.len));
        if (table->held.fault != FAULT_NONE) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
        if (table->rows == ROWS_HELD) {
            enum fault fault = table_flush(table, sink, context, why);

            if (fault != FAULT_NONE) {
                return fault;
            }
        }
    }
    return FAULT_NONE;
}

/* A table of libsmartcols with our columns; it only has to put them side by side. */
static struct libscols_table *new_page(const struct table *table)
{
    struct libscols_table *page = scols_new_table();

    if (page == NULL) {
        return NULL;
    }
    (void)scols_table_set_termforce(page, SCOLS_TERMFORCE_NEVER);
    (void)scols_table_enable_colors(page, table->colour);
    (void)scols_table_enable_noheadings(page, table->settled);
    for (int i = 0; i < LAYOUT_COLUMNS; i++) {
        double hint = (double)table->layout.widths[i];
        int flags = i == LAYOUT_REASON ? SCOLS_FL_WRAP : 0;
        struct libscols_column *column;

        if (table->layout.widths[i] == 0) {
            continue;
        }
        column = scols_table_new_column(page, table->words->headings[i], hint, flags);
        if (column == NULL) {
            scols_unref_table(page);
            return NULL;
        }
        if (i == LAYOUT_REASON) {
            (void)scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk,
                                            NULL);
            (void)scols_column_set_safechars(column, "\n");
        }
    }
    return page;
}

static bool set_cell(struct table *table, struct libscols_line *line, size_t at, int column,
                     struct span text)
{
    size_t width = table->layout.widths[column];

    buffer_reset(&table->cell);
    if (table->width == 0) {
        buffer_add(&table->cell, text);
    } else if (column == LAYOUT_REASON) {
        layout_add_wrapped(&table->cell, text, width);
    } else {
        layout_add_shortened(&table->cell, text, width);
    }
    buffer_add_byte(&table->cell, '\0');
    return table->cell.fault == FAULT_NONE &&
           scols_line_set_data(line, at, (const char *)table->cell.at) == 0;
}

static bool add_line(struct table *table, struct libscols_table *page, struct cursor *rows)
{
    struct libscols_line *line = scols_table_new_line(page, NULL);
    const char *colour = NULL;
    size_t at = 0;

    for (int i = 0; line != NULL && i < LAYOUT_COLUMNS; i++) {
        struct span text = take_cell(rows);

        colour = i == LAYOUT_USES ? table->words->colour_of(text) : colour;
        if (table->layout.widths[i] == 0) {
            continue;
        }
        if (!set_cell(table, line, at, i, text)) {
            return false;
        }
        if (table->colour && (i == LAYOUT_USES || i == LAYOUT_STANDING)) {
            (void)scols_cell_set_color(scols_line_get_cell(line, at), colour);
        }
        at++;
    }
    (void)!cursor_step(rows, TABLE_ROW_END);
    return line != NULL;
}

static char *print_page(struct table *table)
{
    struct cursor rows = cursor_over(buffer_span(&table->held));
    struct libscols_table *page = new_page(table);
    char *text = NULL;
    bool good = page != NULL;

    while (good && rows.rest.len > 0) {
        good = add_line(table, page, &rows);
    }
    if (good && scols_print_table_to_string(page, &text) != 0) {
        text = NULL;
    }
    scols_unref_table(page);
    return text;
}

enum fault table_flush(struct table *table, report_sink *sink, void *context, struct why *why)
{
    enum fault fault;
    size_t length;
    char *text;

    if (table->rows == 0) {
        return FAULT_NONE;
    }
    if (!table->settled) {
        table->layout = layout_decide(table->widest, table->width);
    }
    text = print_page(table);
    if (text == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    length = strlen(text);
    fault = sink(context, span_of(text, length), why);
    if (fault == FAULT_NONE && length > 0 && text[length - 1] != '\n') {
        fault = sink(context, span_text("\n"), why); /* libsmartcols leaves the last one out */
    }
    free(text);
    table->settled = true;
    table->rows = 0;
    buffer_reset(&table->held);
    return fault;
}
