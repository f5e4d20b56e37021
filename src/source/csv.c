#include "source/csv.h"

#include "base/ascii.h"
#include "base/count.h"
#include "base/lines.h"
#include "entry/value.h"

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

/* The quote that closes the field whose contents start at `from`, or text.len. */
static size_t find_closing(struct span text, size_t from, int quote, bool *doubled)
{
    *doubled = false;
    while ((from = find(text, from, text.len, quote)) + 1 < text.len &&
           text.at[from + 1] == quote) {
        *doubled = true;
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

/*
 * Index of the delimiter or line end at or after `from`, or text.len; `*nul`: a NUL came before.
 * A quote that is no field's first byte is a byte like others.
 */
static size_t find_stop(struct lines_stops *stops, struct span text, size_t from,
                        struct span delimiter, bool *nul)
{
    *nul = false;
    for (;;) {
        from = lines_next_stop(stops, text, from);
        if (from == text.len || text.at[from] == '\n') {
            return from;
        }
        if (text.at[from] == delimiter.at[0] &&
            (delimiter.len == 1 || delimiter_at(text, from, delimiter))) {
            return from;
        }
        *nul |= text.at[from] == '\0';
        from++;
    }
}

/* The field ends at `at`: at a delimiter, a line end, or the end of the text. */
static enum csv_stop end_field(struct span text, size_t at, struct span delimiter,
                               struct csv_walk *walk)
{
    if (at < text.len && text.at[at] == '\r') {
        at++;
    }
    if (at == text.len) {
        walk->at = at;
        return CSV_STOP_RECORD;
    }
    if (text.at[at] == '\n') {
        walk->at = at + 1;
        walk->lines++;
        return CSV_STOP_RECORD;
    }
    walk->at = at + delimiter.len;
    return CSV_STOP_FIELD;
}

static enum csv_stop take_quoted(struct span text, const struct csv_dialect *dialect, bool last,
                                 struct csv_walk *walk, struct csv_field *out)
{
    size_t from = walk->at + 1;
    bool doubled;
    size_t closing = find_closing(text, from, dialect->quote, &doubled);
    size_t after;
    enum csv_end end;

    if (closing == text.len) {
        return last ? CSV_STOP_BROKEN : CSV_STOP_INCOMPLETE;
    }
    end = check_after_closing(text, closing + 1, dialect->delimiter, last, &after);
    if (end != CSV_COMPLETE) {
        return end == CSV_BROKEN ? CSV_STOP_BROKEN : CSV_STOP_INCOMPLETE;
    }
    *out = (struct csv_field){
        .text = span_of(text.at + from, closing - from), .quoted = true, .doubled = doubled};
    out->nul = find(text, from, closing, '\0') < closing;
    if (find(text, from, closing, '\n') < closing) {
        walk->lines += count_byte(out->text, '\n');
    }
    return end_field(text, after, dialect->delimiter, walk);
}

enum csv_stop csv_walk_any(struct span text, const struct csv_dialect *dialect, bool last,
                           size_t skip, struct csv_walk *walk, struct csv_field *out)
{
    size_t from = walk->at;
    size_t stop;
    bool nul;

    if (from < text.len && text.at[from] == dialect->quote) {
        return take_quoted(text, dialect, last, walk, out);
    }
    stop = find_stop(&walk->stops, text, from + skip, dialect->delimiter, &nul);
    if (stop == text.len && !last) {
        return CSV_STOP_INCOMPLETE;
    }
    out->text = span_of(text.at + from, stop - from);
    out->quoted = out->doubled = false;
    out->nul = nul;
    if (stop > from && text.at[stop - 1] == '\r' && (stop == text.len || text.at[stop] == '\n')) {
        out->text.len--;
    }
    return end_field(text, stop, dialect->delimiter, walk);
}

/* Marks that are still ahead: of the 64 bytes at `block`, as bits. */
struct marks {
    const uint8_t *block, *end;
    uint64_t ahead;
};

static void look_at(struct marks *marks, const struct lines_stops *stops, const uint8_t *at)
{
    marks->block = at;
    marks->ahead =
        at < marks->end ? stops->simd->stops_of(at, (size_t)(marks->end - at), stops->marks) : 0;
}

/* Takes the next mark; `end` when there is none. */
static inline const uint8_t *next_mark(struct marks *marks, const struct lines_stops *stops)
{
    const uint8_t *at;

    while (marks->ahead == 0) {
        if (marks->end - marks->block <= SIMD_BLOCK) {
            return marks->end;
        }
        look_at(marks, stops, marks->block + SIMD_BLOCK);
    }
    at = marks->block + __builtin_ctzll(marks->ahead);
    marks->ahead &= marks->ahead - 1;
    return at;
}

/* Passes over the marks before `at`. */
static void pass_marks(struct marks *marks, const struct lines_stops *stops, const uint8_t *at)
{
    size_t into = (size_t)(at - marks->block);

    if (into >= SIMD_BLOCK) {
        look_at(marks, stops, at);
    } else {
        marks->ahead = marks->ahead >> into << into;
    }
}

/* The end of a quoted field whose contents start at `at`: its closing quote; NULL: not usual. */
static const uint8_t *usual_closing(struct marks *marks, const struct csv_walk *walk)
{
    const uint8_t *mark;

    do {
        mark = next_mark(marks, &walk->stops);
    } while (mark < marks->end && *mark == walk->delimiter);
    if (marks->end - mark < 2 || *mark != walk->quote || mark[1] != walk->delimiter) {
        return NULL;
    }
    (void)next_mark(marks, &walk->stops); /* the delimiter */
    return mark;
}

size_t csv_walk_fields(struct span text, const struct csv_claims *claims, struct csv_walk *walk,
                       struct csv_field out[CSV_FIELDS], bool *ended)
{
    enum { FIRST_DIGIT = '3' }; /* of a SEQUENCE */
    struct marks marks = {.end = text.at + text.len};
    const uint8_t *at = text.at + walk->at;
    size_t n = 0;

    *ended = false;
    if (walk->stops.block != NULL && (size_t)(at - walk->stops.block) < SIMD_BLOCK) {
        marks.block = walk->stops.block;
        marks.ahead = walk->stops.found;
        pass_marks(&marks, &walk->stops, at);
    } else {
        look_at(&marks, &walk->stops, at);
    }
    walk->stops.block = NULL; /* of an unusual field marks may have been taken */
    for (; n < CSV_FIELDS && at < marks.end && walk->simple; n++) {
        const uint8_t *mark;
        bool quoted = false;

        if (*at == FIRST_DIGIT && (claims->fields >> n & 1) != 0) {
            struct span rest = span_of(at, (size_t)(marks.end - at));

            pass_marks(&marks, &walk->stops, at + value_hex_claim(rest, claims->separator));
        }
        mark = next_mark(&marks, &walk->stops);
        if (mark == at && *mark == walk->quote) {
            mark = usual_closing(&marks, walk);
            if (mark == NULL) {
                break;
            }
            quoted = true;
            at++;
        } else if (mark == marks.end || (*mark != walk->delimiter && *mark != '\n')) {
            break;
        }
        out[n] = (struct csv_field){.text = {at, (size_t)(mark - at)}, .quoted = quoted};
        at = mark + 1 + quoted;
        walk->at = (size_t)(at - text.at);
        if (!quoted && *mark == '\n') {
            out[n].text.len -= out[n].text.len > 0 && mark[-1] == '\r';
            walk->lines++;
            walk->stops.block = marks.block;
            walk->stops.found = marks.ahead;
            *ended = true;
            return n + 1;
        }
    }
    return n;
}

/* The record ends with the line that starts at or before `from`. */
static struct csv_record broken_record(struct span text, size_t from, size_t lines)
{
    size_t line_end = find(text, from, text.len, '\n');
    struct csv_record record = {
        .text = span_upto(text, line_end), .size = line_end, .lines = lines};

    if (line_end < text.len) {
        record.size++;
        record.lines++;
    }
    return record;
}

enum csv_end csv_record_find(struct span text, const struct csv_dialect *dialect, bool last,
                             struct csv_record *out)
{
    struct csv_walk walk = csv_walk_of(dialect);
    struct csv_field field = {0};
    enum csv_stop stop;

    do {
        stop = csv_walk_next(text, dialect, last, 0, &walk, &field);
    } while (stop == CSV_STOP_FIELD);
    if (stop == CSV_STOP_INCOMPLETE) {
        return CSV_INCOMPLETE;
    }
    if (stop == CSV_STOP_BROKEN) {
        struct csv_record broken = broken_record(text, walk.at, walk.lines);

        if (broken.size == text.len && !last && text.at[text.len - 1] != '\n') {
            return CSV_INCOMPLETE;
        }
        *out = broken;
        return CSV_BROKEN;
    }
    *out =
        (struct csv_record){.text = span_upto(text, walk.at), .size = walk.at, .lines = walk.lines};
    if (out->text.len > 0 && out->text.at[out->text.len - 1] == '\n') {
        out->text.len--;
    }
    if (out->text.len > 0 && out->text.at[out->text.len - 1] == '\r') {
        out->text.len--;
    }
    return CSV_COMPLETE;
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

bool csv_field_next(struct span record, const struct csv_dialect *dialect, struct csv_fields *state,
                    struct csv_field *out)
{
    enum csv_stop stop;

    if (state->ended) {
        return false;
    }
    if (!state->started) {
        state->walk = csv_walk_of(dialect);
        state->started = true;
    }
    stop = csv_walk_next(record, dialect, true, 0, &state->walk, out);
    /* The record's own line end is gone: a CR before it is a byte of the field. */
    if (stop == CSV_STOP_RECORD && record.len > 0 && record.at[record.len - 1] == '\r' &&
        out->text.at + out->text.len + 1 == record.at + record.len) {
        out->text.len++;
    }
    state->ended = stop != CSV_STOP_FIELD;
    return stop == CSV_STOP_FIELD || stop == CSV_STOP_RECORD;
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
