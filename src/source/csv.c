#include "source/csv.h"

#include "base/ascii.h"
#include "base/count.h"

/* Index of `byte` in text[from, to), or `to`. */
static size_t find(struct span text, size_t from, size_t to, int byte)
{
    const uint8_t *hit = from < to ? memchr(text.at + from, byte, to - from) : NULL;

    return hit != NULL ? (size_t)(hit - text.at) : to;
}

static bool delimiter_at(struct span text, size_t at, struct span delimiter)
{
    return text.len - at >= delimiter.len && memcmp(text.at + at, delimiter.at, delimiter.len) == 0;
}

/*
 * The first quote in text[from, to) that opens a field, or `to`. `from` is where a field starts,
 * or where a quoted one has ended.
 */
static size_t find_opening(struct span text, size_t from, size_t to,
                           const struct csv_dialect *dialect)
{
    struct span delimiter = dialect->delimiter;
    size_t at = dialect->quote >= 0 ? find(text, from, to, dialect->quote) : to;

    while (delimiter.len == 1 && at < to && at > 0 && text.at[at - 1] != delimiter.at[0]) {
        at = find(text, at + 1, to, dialect->quote);
    }
    if (delimiter.len == 1 || at == to) {
        return at;
    }
    /* Of `:::` the first two are a delimiter of two: only counting from the left tells. */
    for (at = from; at < to && !(text.at[at] == dialect->quote && (at > from || at == 0));) {
        const uint8_t *hit = memmem(text.at + at, to - at, delimiter.at, delimiter.len);

        at = hit != NULL ? (size_t)(hit - text.at) + delimiter.len : to;
    }
    return at;
}

/* The quote that closes the field whose contents start at `from`, or text.len. */
static size_t find_closing(struct span text, size_t from, int quote)
{
    while ((from = find(text, from, text.len, quote)) + 1 < text.len &&
           text.at[from + 1] == quote) {
        from += 2;
    }
    return from;
}

/* What may follow a closing quote: blanks, then a delimiter, a line end or the end. */
static enum csv_end check_after_closing(struct span text, size_t at, struct span delimiter,
                                        bool last, size_t *after)
{
    struct span rest;

    while (at < text.len && text.at[at] == ' ' && !delimiter_at(text, at, delimiter)) {
        at++;
    }
    *after = at;
    rest = span_from(text, at);
    if (rest.len == 0 || span_is(rest, "\r")) {
        return last ? CSV_COMPLETE : CSV_INCOMPLETE;
    }
    if (rest.at[0] == '\n' || delimiter_at(text, at, delimiter) ||
        (rest.at[0] == '\r' && rest.at[1] == '\n')) {
        return CSV_COMPLETE;
    }
    /* A longer delimiter may be cut by the end of what we see. */
    return !last && span_equal(rest, span_upto(delimiter, rest.len)) ? CSV_INCOMPLETE : CSV_BROKEN;
}

static struct csv_record record_upto(struct span text, size_t line_end, bool quoted)
{
    struct csv_record record = {.text = span_upto(text, line_end), .size = line_end};

    if (line_end < text.len) {
        record.size++;
        record.lines = 1;
    }
    if (line_end > 0 && text.at[line_end - 1] == '\r') {
        record.text.len--;
    }
    if (quoted) {
        record.lines = count_byte(span_upto(text, record.size), '\n');
    }
    return record;
}

enum csv_end csv_record_find(struct span text, const struct csv_dialect *dialect, bool last,
                             struct csv_record *out)
{
    size_t at = 0;

    for (;;) {
        size_t line_end = find(text, at, text.len, '\n');
        size_t opening = find_opening(text, at, line_end, dialect);
        size_t closing;
        enum csv_end end = CSV_COMPLETE;

        if (opening < line_end) {
            closing = find_closing(text, opening + 1, dialect->quote);
            end = closing < text.len
                      ? check_after_closing(text, closing + 1, dialect->delimiter, last, &at)
                  : last ? CSV_BROKEN
                         : CSV_INCOMPLETE;
            if (end == CSV_COMPLETE) {
                continue;
            }
        }
        if (end == CSV_INCOMPLETE || (line_end == text.len && !last)) {
            return CSV_INCOMPLETE;
        }
        *out = record_upto(text, line_end, at > 0);
        return end;
    }
}

size_t csv_whole_records(struct span text, const struct csv_dialect *dialect)
{
    size_t whole = 0;
    struct csv_record record;

    if (dialect->quote < 0 || find(text, 0, text.len, dialect->quote) == text.len) {
        const uint8_t *end = text.len > 0 ? memrchr(text.at, '\n', text.len) : NULL;

        return end != NULL ? (size_t)(end - text.at) + 1 : 0;
    }
    while (whole < text.len &&
           csv_record_find(span_from(text, whole), dialect, false, &record) != CSV_INCOMPLETE) {
        whole += record.size;
    }
    return whole;
}

/* Index of the delimiter at or after `from`, or record.len. */
static size_t find_delimiter(struct span record, size_t from, struct span delimiter)
{
    const uint8_t *hit;

    if (delimiter.len == 1) {
        return find(record, from, record.len, delimiter.at[0]);
    }
    hit = from < record.len
              ? memmem(record.at + from, record.len - from, delimiter.at, delimiter.len)
              : NULL;
    return hit != NULL ? (size_t)(hit - record.at) : record.len;
}

bool csv_field_next(struct span record, const struct csv_dialect *dialect, struct csv_fields *state,
                    struct csv_field *out)
{
    size_t from = state->at;
    size_t end;

    if (state->ended) {
        return false;
    }
    out->doubled = false;
    if (dialect->quote >= 0 && from < record.len && record.at[from] == dialect->quote) {
        size_t closing = find_closing(record, from + 1, dialect->quote);

        out->text = span_of(record.at + from + 1, closing - from - 1);
        out->doubled = find(out->text, 0, out->text.len, dialect->quote) < out->text.len;
        end = find_delimiter(record, closing, dialect->delimiter);
    } else {
        end = find_delimiter(record, from, dialect->delimiter);
        out->text = span_of(record.at + from, end - from);
    }
    state->ended = end == record.len;
    state->at = end + dialect->delimiter.len;
    return true;
}

enum fault csv_field_text(const struct csv_field *field, const struct csv_dialect *dialect,
                          struct arena *arena, struct span *out)
{
    uint8_t *copy;
    size_t n = 0;

    if (!field->doubled) {
        *out = field->text;
        return FAULT_NONE;
    }
    copy = arena_take(arena, field->text.len);
    if (copy == NULL) {
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < field->text.len; i++) {
        copy[n++] = field->text.at[i];
        if (field->text.at[i] == dialect->quote) {
            i++;
        }
    }
    *out = span_of(copy, n);
    return FAULT_NONE;
}
