#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "report/layout.h"
#include "report/report.h"

/*
 * The table for people. Rows are collected until the widths of the columns can be settled, then
 * printed; a longer roster goes on in the same widths, so that memory stays in bounds. Where no
 * terminal bounds the width nothing is cut: a wider cell widens the rows that are printed with it.
 *
 * A row comes as one line of UTF-8 text: cells with TABLE_CELL_END behind each, TABLE_ROW_END
 * behind the last. Neither byte occurs in a cell, whose unsafe characters have been replaced.
 */
enum { TABLE_CELL_END = 0x1F, TABLE_ROW_END = 0x1E };

struct table;

/* What the columns are called, in the order of layout.h, and the colour that goes with the third.
 */
struct table_words {
    const char *headings[LAYOUT_COLUMNS];
    const char *(*colour_of)(struct span cell); /* a name of terminal-colors.d(5) */
};

/* `width` 0: as wide as the cells are; otherwise columns are cut so that rows fit. NULL: no memory.
 */
struct table *table_new(size_t width, bool colour);

/* A table with other words, which outlive it. */
struct table *table_new_of(const struct table_words *words, size_t width, bool colour);

/* Takes whole rows; prints when enough have come. Faults of the sink, or FAULT_RESOURCE. */
MUST_USE enum fault table_take(struct table *table, struct span rows, report_sink *sink,
                               void *context, struct why *why);

/* Prints what is held. */
MUST_USE enum fault table_flush(struct table *table, report_sink *sink, void *context,
                                struct why *why);

void table_free(struct table *table);

#endif
