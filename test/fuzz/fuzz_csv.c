#include "source/csv.h"

#include <stdlib.h>

#include "base/count.h"

/*
 * Any bytes as a table, in any dialect: its records follow on each other without a gap, each
 * field lies within its record, and cut anywhere, the whole records are the same ones.
 *
 * The first three bytes choose delimiter, quote and where to cut; the rest is the table.
 */
enum { CHOICES = 3, TEXT_MAX = 4096 };

static const char *const delimiters[] = {",", ";", "\t", "%", " ", "::", ",,", "\xC2\xA7"};
static const int quotes[] = {'"', '"', '\'', -1};

/* What starts or ends at a byte of the text. */
static uint8_t marks[TEXT_MAX + 1];
enum { STARTS = 1, IS_BROKEN = 2 };

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

/* A field taken from the whole text, which goes on behind its record, is the same one. */
static void hold_walk(struct span text, const struct csv_dialect *dialect, struct csv_walk *walk,
                      const struct csv_field *field)
{
    struct csv_walk skipping = *walk;
    struct csv_field walked = {0}, skipped = {0};
    bool quoted = field->text.at != text.at + walk->at;
    size_t known = quoted ? 0 : field->text.len;
    enum csv_stop stop = csv_walk_next(text, dialect, true, 0, walk, &walked);

    hold(stop == CSV_STOP_FIELD || stop == CSV_STOP_RECORD);
    hold(walked.text.at == field->text.at && walked.text.len == field->text.len);
    hold(walked.doubled == field->doubled);
    hold(csv_walk_next(text, dialect, true, known, &skipping, &skipped) == stop);
    hold(skipped.text.len == walked.text.len && skipping.at == walk->at);
}

static void hold_fields(struct span text, struct span record, const struct csv_dialect *dialect)
{
    struct csv_fields state = {0};
    struct csv_walk walk = csv_walk_of(dialect);
    struct csv_field field;
    const uint8_t *seen = record.at;
    struct arena arena = arena_with_max((size_t)TEXT_MAX * 2);

    while (csv_field_next(record, dialect, &state, &field)) {
        struct span undoubled;

        hold_walk(text, dialect, &walk, &field);
        hold(field.text.at >= seen && field.text.at + field.text.len <= record.at + record.len);
        seen = field.text.at + field.text.len;
        if (field.doubled) {
            hold(csv_field_text(&field, dialect, &arena, &undoubled) == FAULT_NONE);
            hold(undoubled.len < field.text.len);
            arena_reset(&arena);
        }
    }
    arena_clear(&arena);
}

/* Reads all records; each must start where the marks say, or makes the marks. */
static void walk(struct span text, const struct csv_dialect *dialect, bool marking)
{
    size_t at = 0, lines = 0;

    while (at < text.len) {
        struct csv_record record = {0};
        enum csv_end end = csv_record_find(span_from(text, at), dialect, true, &record);
        uint8_t mark = STARTS | (end == CSV_BROKEN ? IS_BROKEN : 0);

        hold(end != CSV_INCOMPLETE && record.size > 0 && record.size <= text.len - at);
        hold(record.text.at == text.at + at && record.text.len <= record.size);
        if (marking) {
            marks[at] = mark;
            if (end == CSV_COMPLETE) {
                hold_fields(span_from(text, at), record.text, dialect);
            }
        }
        hold(marks[at] == mark);
        lines += record.lines;
        at += record.size;
    }
    hold(lines == count_byte(text, '\n'));
    marks[text.len] |= STARTS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_dialect dialect;
    struct span text, cut;
    size_t whole;

    if (size < CHOICES) {
        return 0;
    }
    dialect.delimiter = span_text(delimiters[data[0] % (sizeof(delimiters) / sizeof(*delimiters))]);
    dialect.quote = quotes[data[1] % (sizeof(quotes) / sizeof(*quotes))];
    text = span_upto(span_of(data + CHOICES, size - CHOICES), TEXT_MAX);
    memset(marks, 0, text.len + 1);
    walk(text, &dialect, true);

    cut = span_upto(text, text.len * data[2] / UINT8_MAX);
    whole = csv_whole_records(cut, &dialect);
    hold(whole <= cut.len && (marks[whole] & STARTS) != 0);
    walk(span_upto(text, whole), &dialect, false);
    return 0;
}
