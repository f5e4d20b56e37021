#include <string.h>

#include "base/ascii.h"
#include "base/count.h"
#include "base/lines.h"
#include "source/internal.h"

/*
 * A part reads the file from its start, in the very batches in which the whole is read, and passes
 * over the records that begin before its range: by the rule that the reader takes records apart
 * with, since whether a byte of a CSV lies within quotes cannot be told from what is near it. The
 * records before the range of part K are so those of parts 1 to K - 1, whichever they are.
 *
 * What is passed over is not taken apart, and not decoded: where no quote stands, lines are
 * records. Only a record that may be a second header is looked at, since the lines after it are
 * read by it. Of an LDIF file lines are counted, and an empty line is always the end of a record.
 */

enum { MARK_BEGIN, MARK_END };

/* What a record that is looked into may take. */
#define ARENA_MAX ((size_t)1 << 30)

/* Where part `number` of a file ends, in whole numbers that do not overflow. */
static uint64_t end_of(uint64_t size, uint64_t number, uint64_t of)
{
    return size / of * number + size % of * number / of;
}

void part_divide(struct source *source)
{
    const struct source_part *part = &source->options.part;
    uint64_t begin, end;

    atomic_store(&source->part_ended, false);
    if (part->of == 0) {
        return;
    }
    begin = end_of(source->size, part->number - 1, part->of);
    end = end_of(source->size, part->number, part->of);
    stream_mark(source->stream, MARK_BEGIN, begin);
    /* The last part ends where the file does, should that have grown. */
    stream_mark(source->stream, MARK_END, part->number == part->of ? UINT64_MAX : end);
    atomic_store(&source->part_ended, begin == end && part->number != part->of);
}

/* How many bytes of the batch lie at the mark or behind it. */
static size_t bytes_behind(const struct source *source, size_t mark, const struct batch *batch)
{
    uint64_t at = stream_marked(source->stream, mark);

    if (at <= batch->at) {
        return batch->len;
    }
    return at - batch->at < batch->len ? batch->len - (size_t)(at - batch->at) : 0;
}

/* The first byte at or behind `from` with which a record begins, or the end of the text. */
static size_t find_ldif_record(struct span text, size_t from)
{
    size_t at = from > 0 ? from - 1 : 0, next;

    if (from == 0) {
        return 0;
    }
    while (span_find(span_from(text, at), '\n', &next)) {
        size_t end = at + next;

        if (end > 0 && text.at[end - 1] == '\r') {
            end--;
        }
        at += next + 1;
        if (end == 0 || text.at[end - 1] == '\n') {
            return at;
        }
    }
    return text.len;
}

static bool is_name_byte(uint8_t b) { return ascii_is_alnum(b) || b == '-' || b == '.'; }

/* True when a field that begins at `at`, behind its quote, may be the name of a certificate
 * attribute. */
static bool may_name_certificate(struct span text, size_t at, const struct csv_dialect *dialect)
{
    enum { NAME_MAX_LENGTH = 32 }; /* attribute_find() knows none that is longer */
    size_t n = 0;

    while (at < text.len && ascii_is_blank(text.at[at])) {
        at++;
    }
    text = span_upto(span_from(text, at), NAME_MAX_LENGTH + 1);
    while (n < text.len && is_name_byte(text.at[n]) && text.at[n] != dialect->delimiter.at[0]) {
        n++;
    }
    return n > 0 && n <= NAME_MAX_LENGTH &&
           attribute_is_certificate(attribute_find(span_upto(text, n), NULL));
}

/* Reads one record as the reader does, only to learn whether it is a second header. */
static void look_into(struct source *source, struct span record, struct arena *arena)
{
    const uint64_t line = source->next_line;
    struct batch batch = {
        .bytes = (uint8_t *)(uintptr_t)record.at, .len = record.len, .last = true};
    struct records records = records_of(source, &batch);
    struct entry entry;
    struct why why;
    uint64_t at;

    arena_reset(arena);
    (void)!records_next(&records, arena, &entry, &at, &why);
    if (records.replacement != NULL) {
        (void)!records_commit(&records, &at);
    }
    source->next_line = line;
}

/*
 * Looks for second headers, in their order: at the record, or at those of the lines, each of which
 * is one, in which a field names a certificate attribute.
 */
static void look_for_header(struct source *source, struct span lines, bool is_one,
                            struct arena *arena)
{
    const struct csv_dialect *dialect = &source->dialect;
    struct lines_stops stops =
        lines_stops_of(dialect->delimiter.at[0], '\n', '\n',
                       dialect->quote >= 0 ? (uint8_t)dialect->quote : (uint8_t)'\n');
    size_t begin = 0, end = lines.len, at = 0;

    while (at < lines.len) {
        if (may_name_certificate(lines, at, dialect) || dialect->delimiter.len > 1) {
            end = lines.len;
            if (!is_one && span_find(span_from(lines, at), '\n', &end)) {
                end += at + 1;
            }
            look_into(source, span_of(lines.at + begin, end - begin), arena);
            begin = at = end;
            continue;
        }
        at = lines_next_stop(&stops, lines, at);
        if (at < lines.len && lines.at[at] == '\n' && !is_one) {
            begin = at + 1;
        }
        at++;
    }
}

/* How many bytes at the start of `text` are lines without a quote, up to the one that `wanted` is
 * in. */
static size_t plain_lines(struct span text, const struct csv_dialect *dialect, size_t wanted)
{
    size_t end = text.len, next;
    const uint8_t *line_end;

    /* A delimiter of several bytes may hold a line end, or half of one. */
    if (dialect->delimiter.len != 1 || dialect->delimiter.at[0] == '\r') {
        return 0;
    }
    if (dialect->quote >= 0) {
        (void)!span_find(text, (uint8_t)dialect->quote, &end);
    }
    line_end = end > 0 ? memrchr(text.at, '\n', end) : NULL;
    end = line_end != NULL ? (size_t)(line_end - text.at) + 1 : 0;
    if (end > wanted && span_find(span_of(text.at + wanted - 1, end - wanted + 1), '\n', &next)) {
        return wanted + next;
    }
    return end;
}

/*
 * Passes over the records of a CSV that begin before the last `behind` bytes; returns where the
 * next one does. `*cut` tells that it is not whole.
 */
static size_t pass_csv(struct source *source, const struct batch *batch, size_t behind, bool *cut,
                       struct arena *arena)
{
    const struct csv_dialect *dialect = &source->dialect;
    struct span text = span_of(batch->bytes, batch->len);
    size_t at = 0;

    *cut = false;
    while (text.len - at > behind) {
        struct span rest = span_from(text, at);
        size_t plain = plain_lines(rest, dialect, rest.len - behind);
        bool last = batch->last || rest.len > SOURCE_RECORD_MAX;
        struct csv_record record;
        enum csv_end end;

        if (plain > 0) {
            look_for_header(source, span_upto(rest, plain), false, arena);
            at += plain;
            continue;
        }
        end = csv_record_find(rest, dialect, last, &record);
        if (end == CSV_INCOMPLETE) {
            *cut = true;
            return at;
        }
        if (end == CSV_COMPLETE) {
            look_for_header(source, span_upto(rest, record.size), true, arena);
        }
        at += record.size;
    }
    return at;
}

/* `version:` may still come as long as no record has been read. */
static bool is_first_ldif(struct span passed, struct arena *arena)
{
    struct ldif_reading reading = {
        .lines = {.rest = passed, .line = 1}, .first = true, .follow_folder = -1};
    enum fault fault = FAULT_NONE;

    while (reading.first && fault != FAULT_ABSENT) {
        struct entry entry;
        struct why why;
        uint64_t line;

        arena_reset(arena);
        fault = ldif_entry_next(&reading, arena, &entry, &line, &why);
    }
    return reading.first;
}

/* What is told of a batch once its first bytes have been passed over. */
static void begin_within(struct source *source, struct batch *batch, size_t passed)
{
    batch->len -= passed;
    if (passed > 0 && batch->len > 0) {
        memmove(batch->bytes, batch->bytes + passed, batch->len);
    }
    batch->first_line = source->counts_lines ? source->next_line + batch->skipped_lines : 0;
    source->part_begun = true;
}

/* The way to the begin of a part. */
struct search {
    struct arena arena;
    size_t behind;       /* bytes of the batch, and of what is left for it, behind the begin */
    size_t beyond;       /* the same of the end */
    bool passed;         /* a record of the file */
    const char *skipped; /* within a record of another part, but in our range */
};

/* The next batch, or what the last one left at the end of the file, with what is left before it. */
static enum fault next_batch(struct source *source, struct batch *batch, struct search *search,
                             struct why *why)
{
    enum fault fault = source_read_batch(source, batch, why);

    if (fault != FAULT_NONE) {
        if (!source_has_left(source)) {
            return fault;
        }
        batch->len = 0;
        batch->last = true;
    }
    search->behind =
        search->behind > 0 ? search->behind + batch->len : bytes_behind(source, MARK_BEGIN, batch);
    search->beyond =
        search->beyond > 0 ? search->beyond + batch->len : bytes_behind(source, MARK_END, batch);
    if (batch->skipped != NULL && stream_marked(source->stream, MARK_BEGIN) <= batch->skipped_at) {
        search->skipped = batch->skipped;
    }
    return source_join(source, batch, why);
}

/* Passes over what is before the part; true when it begins in this batch. */
static bool pass(struct source *source, struct batch *batch, struct search *search)
{
    struct span text = span_of(batch->bytes, batch->len);
    bool cut = false;
    size_t passed;

    if (source->format == SOURCE_LDIF) {
        passed = find_ldif_record(text, text.len - search->behind);
        if (batch->first) {
            batch->first = is_first_ldif(span_upto(text, passed), &search->arena);
        }
    } else {
        passed = pass_csv(source, batch, search->behind, &cut, &search->arena);
        search->passed |= passed > 0 || cut;
        batch->first &= !search->passed;
    }
    source->next_line += count_byte(span_upto(text, passed), '\n');
    if (cut) {
        source_keep_left(source, batch, span_from(text, passed));
        return false;
    }
    if (passed < text.len || (search->skipped != NULL && text.len == 0)) {
        begin_within(source, batch, passed);
        return true;
    }
    return false;
}

/* Reads as far as the part begins. */
static enum fault find_begin(struct source *source, struct batch *batch, struct why *why)
{
    struct search search = {.arena = arena_with_max(ARENA_MAX)};
    enum fault fault = FAULT_NONE;
    bool begun = false;

    while (!begun && (fault = next_batch(source, batch, &search, why)) == FAULT_NONE) {
        if (search.skipped == NULL || batch->len > 0) {
            source->next_line += batch->skipped_lines;
            batch->skipped_lines = 0;
        }
        batch->skipped = search.skipped;
        begun = pass(source, batch, &search);
    }
    /* The record that was passed over last may reach behind the end of the part. */
    batch->beyond = search.beyond < batch->len ? search.beyond : batch->len;
    arena_clear(&search.arena);
    return fault;
}

enum fault part_read(struct source *source, struct batch *batch, struct why *why)
{
    bool begins = !source->part_begun;
    size_t whole;
    enum fault fault;

    if (atomic_load(&source->part_ended)) {
        return fault_at(FAULT_ABSENT, 0, "the part is at its end", why);
    }
    fault = begins ? find_begin(source, batch, why) : source_read_batch(source, batch, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!begins) {
        batch->beyond = bytes_behind(source, MARK_END, batch);
    }
    if (batch->skipped != NULL && stream_marked(source->stream, MARK_END) <= batch->skipped_at) {
        batch->skipped = NULL;
    }
    if (batch->beyond == 0) {
        return FAULT_NONE;
    }
    if (source->format == SOURCE_LDIF) {
        whole = find_ldif_record(span_of(batch->bytes, batch->len), batch->len - batch->beyond);
        batch->torn &= whole == batch->len;
        batch->len = whole;
        batch->beyond = 0;
        atomic_store(&source->part_ended, true);
    }
    /* Nothing begins in the part any more, nor is left of what began. */
    if ((begins || source->format == SOURCE_LDIF) && batch->beyond == batch->len &&
        batch->skipped == NULL) {
        atomic_store(&source->part_ended, true);
        return fault_at(FAULT_ABSENT, 0, "the part is empty", why);
    }
    return FAULT_NONE;
}
