#include "report/table.h"

#include <stdio.h>
#include <stdlib.h>

#include <libsmartcols/libsmartcols.h>

enum { ROWS_HELD = 2000, COLUMNS = 6, CELL_MAX = 4096 };

static const struct {
    const char *name;
    double hint; /* share of the width, or columns */
    int flags;
} columns[COLUMNS] = {
    {"MAILBOX", 0.20, SCOLS_FL_TRUNC},
    {"ADDRESS", 0.28, SCOLS_FL_TRUNC},
    {"KMS", 3, 0},
    {"STANDING", 8, 0},
    {"REASON", 0.30, SCOLS_FL_TRUNC},
    {"WARNINGS", 0.10, SCOLS_FL_TRUNC},
};

struct table {
    struct libscols_table *held;
    size_t rows;
    size_t width;
    bool colour;
    bool settled; /* the widths are known: the heading has been printed */
    size_t widths[COLUMNS];
};

/* A fresh table of libsmartcols; with the widths of the first one once these are settled. */
static struct libscols_table *new_page(const struct table *table)
{
    struct libscols_table *page = scols_new_table();

    if (page == NULL) {
        return NULL;
    }
    if (table->width > 0) {
        scols_table_set_termforce(page, SCOLS_TERMFORCE_ALWAYS);
        scols_table_set_termwidth(page, table->width);
    } else {
        scols_table_set_termforce(page, SCOLS_TERMFORCE_NEVER);
    }
    scols_table_enable_colors(page, table->colour);
    scols_table_enable_noheadings(page, table->settled);
    for (int i = 0; i < COLUMNS; i++) {
        int flags = table->width > 0 ? columns[i].flags : 0;
        double hint = columns[i].hint;

        if (table->settled) {
            hint = (double)table->widths[i];
            flags |= SCOLS_FL_TRUNC | SCOLS_FL_STRICTWIDTH;
        }
        if (scols_table_new_column(page, columns[i].name, hint, flags) == NULL) {
            scols_unref_table(page);
            return NULL;
        }
    }
    return page;
}

struct table *table_new(size_t width, bool colour)
{
    struct table *table = calloc(1, sizeof(*table));

    if (table == NULL) {
        return NULL;
    }
    table->width = width;
    table->colour = colour;
    table->held = new_page(table);
    if (table->held == NULL) {
        free(table);
        return NULL;
    }
    return table;
}

void table_free(struct table *table)
{
    if (table != NULL) {
        scols_unref_table(table->held);
        free(table);
    }
}

/* Colour repeats what the word says already; it never says more. */
static const char *colour_of(const char *uses)
{
    if (strcmp(uses, "yes") == 0) {
        return "green";
    }
    return strcmp(uses, "no") == 0 ? "darkgray" : "brown";
}

static bool set_cell(struct libscols_line *line, size_t column, struct span text)
{
    char cell[CELL_MAX + 1];
    size_t n = text.len < CELL_MAX ? text.len : CELL_MAX;

    while (n < text.len && n > 0 && (text.at[n] & 0xC0) == 0x80) {
        n--; /* not within a character */
    }
    if (n > 0) {
        memcpy(cell, text.at, n);
    }
    cell[n] = '\0';
    return scols_line_set_data(line, column, cell) == 0;
}

static bool add_line(struct table *table, struct cursor *rows)
{
    struct libscols_line *line = scols_table_new_line(table->held, NULL);
    size_t end;

    for (size_t i = 0; line != NULL && i < COLUMNS; i++) {
        struct span cell, mark;

        if (!span_find(rows->rest, TABLE_CELL_END, &end) || !cursor_take(rows, end, &cell) ||
            !cursor_take(rows, 1, &mark) || !set_cell(line, i, cell)) {
            return false;
        }
    }
    if (line == NULL || !cursor_step(rows, TABLE_ROW_END)) {
        return false;
    }
    if (table->colour) {
        for (size_t i = 2; i < 4; i++) {
            struct libscols_cell *cell = scols_line_get_cell(line, i);
            struct libscols_cell *uses = scols_line_get_cell(line, 2);

            (void)scols_cell_set_color(cell, colour_of(scols_cell_get_data(uses)));
        }
    }
    table->rows++;
    return true;
}

enum fault table_take(struct table *table, struct span rows, report_sink *sink, void *context,
                      struct why *why)
{
    struct cursor in = cursor_over(rows);

    while (in.rest.len > 0) {
        if (!add_line(table, &in)) {
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

static void settle(struct table *table)
{
    for (size_t i = 0; i < COLUMNS && !table->settled; i++) {
        table->widths[i] = scols_column_get_width(scols_table_get_column(table->held, i));
    }
    table->settled = true;
}

enum fault table_flush(struct table *table, report_sink *sink, void *context, struct why *why)
{
    char *text = NULL;
    enum fault fault = FAULT_NONE;

    if (table->rows == 0) {
        return FAULT_NONE;
    }
    if (scols_print_table_to_string(table->held, &text) != 0 || text == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    settle(table);
    fault = sink(context, span_text(text), why);
    if (fault == FAULT_NONE) {
        size_t length = strlen(text); /* libsmartcols leaves out the last line end */

        if (length > 0 && text[length - 1] != '\n') {
            fault = sink(context, span_text("\n"), why);
        }
    }
    free(text);
    scols_unref_table(table->held);
    table->rows = 0;
    table->held = new_page(table);
    if (table->held == NULL && fault == FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    return fault;
}
