#ifndef KMS_BOOKS_FORMAT_H
#define KMS_BOOKS_FORMAT_H

#include "kms/books/facts.h"
#include "report/report.h"

/*
 * Each format is one of report/'s with more behind it: the row is written by the other, its end is
 * taken back, what the books know is added, and the end again.
 */

/* Changes the calls of `out`, a copy of the other one, to those that add something. */
void format_csv_add(struct format *out, bool joins);
void format_json_add(struct format *out, bool joins);
void format_jsonl_add(struct format *out, bool joins);
void format_table_add(struct format *out, bool joins);

/* Takes `end` back, which was added last. */
void format_take_back(struct buffer *out, const char *end);

/* Adds the codes of what differs, of a verdict's marks. */
void format_add_differences(struct buffer *out, uint32_t marks, const char *between);

void format_add_time(struct buffer *out, int64_t at);

static inline const struct book_facts *row_facts(const struct row *row)
{
    return row->mailbox->witnessed;
}

#endif
