#include "source/internal.h"

#include <string.h>

#include "base/ascii.h"
#include "entry/multi.h"
#include "source/live_frame.h"

/* Bytes that no certificate fits in: a value this short may be a word of a second header. */
enum { VALUE_SUSPICIOUS = 32 };

struct records records_of(struct source *source, struct batch *batch)
{
    struct span text = span_of(batch->bytes, batch->len);
    struct csv_walk walk =
        source->header != NULL ? csv_walk_of(&source->header->dialect) : (struct csv_walk){0};

    return (struct records){
        .walk = walk,
        .source = source,
        .batch = batch,
        .began = source->header,
        .header = source->header,
        .rest = text,
        .line = batch->first_line,
        .torn = batch->torn,
        .last = batch->last,
        .beyond = batch->beyond,
        .first_line = batch->first_line,
        .skipped_lines = batch->skipped_lines,
        .ldif = {.lines = {.rest = text, .line = batch->first_line},
                 .first = batch->first,
                 .follow_folder = source->options.follow_folder,
                 .projection = source->options.csv.projection},
        .live = cursor_over(text),
    };
}

/* One record on its way to be an entry. */
struct filling {
    const struct csv_header *header;
    struct span text; /* from the record's first byte to the end of the batch */
    struct csv_walk walk;
    enum csv_stop stop; /* of the last field */
    size_t fields;      /* as many as have been taken */
    bool extra_bytes;   /* a field beyond the header is not empty */
    bool nul;           /* a field that we read holds a NUL byte */
    bool last;          /* nothing follows `text`, or nothing that would be waited for */
    struct entry *entry;
    struct arena *arena;
};

/* Reads one field, which is not empty, into the entry, if we want it at all. */
static inline enum fault fill_field(struct filling *filling, const struct entry_column *column,
                                    const struct csv_field *field)
{
    const struct csv_header *header = filling->header;
    struct span *place = entry_text_place(filling->entry, column->attribute);
    struct span text = field->text;
    enum fault fault = FAULT_NONE;

    if (column->attribute == ATTRIBUTE_OTHER && column->route == 0) {
        return FAULT_NONE;
    }
    if (field->doubled) {
        fault = csv_field_text(field, &header->dialect, filling->arena, &text);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    if (column->route > 0) {
        fault =
            projection_keep(filling->entry, column->route, text, &header->style, filling->arena);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    if (attribute_is_certificate(column->attribute)) {
        return entry_add(filling->entry, column, text, &header->style, filling->arena);
    }
    filling->nul |= field->nul;
    return place != NULL ? multi_set(text, filling->arena, place)
                         : entry_add(filling->entry, column, text, &header->style, filling->arena);
}

/* In which fields from the next one on certificates may tell their length. */
static struct csv_claims claims_of(const struct filling *filling, bool trusting)
{
    const struct csv_header *header = filling->header;
    const uint8_t separator = header->style.separator;
    /* Where both are the same byte, it ends the field: a zero separates nothing. */
    struct csv_claims claims = {.separator =
                                    separator == header->dialect.delimiter.at[0] ? 0 : separator};

    if (trusting && filling->fields < header->count) {
        claims.fields = header->certificates[filling->fields / CSV_FIELDS];
    }
    return claims;
}

/* Takes the record's next fields, as many as `out` has room for. */
static size_t take_fields(struct filling *filling, bool trusting, struct csv_field out[CSV_FIELDS])
{
    const struct csv_claims claims = claims_of(filling, trusting);
    bool ended;
    size_t n = csv_walk_fields(filling->text, &claims, &filling->walk, out, &ended);

    filling->stop = ended ? CSV_STOP_RECORD : CSV_STOP_FIELD;
    while (n < CSV_FIELDS && filling->stop == CSV_STOP_FIELD) {
        filling->stop = csv_walk_next(filling->text, &filling->header->dialect, filling->last, 0,
                                      &filling->walk, &out[n]);
        n += filling->stop <= CSV_STOP_RECORD;
    }
    return n;
}

/* Takes the fields to the end of the record, and reads those that we want into the entry. */
static enum fault fill_fields(struct filling *filling, bool trusting)
{
    const struct csv_header *header = filling->header;
    enum fault fault = FAULT_NONE;

    do {
        struct csv_field fields[CSV_FIELDS];
        size_t count = take_fields(filling, trusting, fields);

        for (size_t i = 0; i < count; i++, filling->fields++) {
            if (filling->fields >= header->count) {
                filling->extra_bytes |= fields[i].text.len > 0;
            } else if (fields[i].text.len > 0) {
                fault = fill_field(filling, &header->columns[filling->fields], &fields[i]);
            }
            if (fault != FAULT_NONE) {
                return fault;
            }
        }
    } while (filling->stop == CSV_STOP_FIELD);
    return FAULT_NONE;
}

static bool is_suspicious(const struct filling *filling)
{
    const struct entry *entry = filling->entry;

    if (filling->fields != filling->header->count) {
        return true;
    }
    for (size_t i = 0; i < entry->value_count; i++) {
        const struct value *value = &entry->values[i].value;

        if (value->state == VALUE_BROKEN ||
            (value->state == VALUE_BYTES && value->bytes.len < VALUE_SUSPICIOUS)) {
            return true;
        }
    }
    return false;
}

/* Two exports in one file: from here on the second one's columns count. */
static enum fault take_second_header(struct records *records, struct span record, bool same,
                                     struct why *why)
{
    struct csv_header *replacement;

    if (same) {
        return fault_at(FAULT_SYNTAX, 0,
                        "the header again: the file holds two exports (both are read)", why);
    }
    replacement = csv_header_replace(records->header, record);
    if (replacement == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    replacement->older = records->replacement;
    records->replacement = replacement;
    records->header = replacement;
    return fault_at(FAULT_SYNTAX, 0,
                    "a second header, with other columns: the file holds two exports "
                    "(the lines that follow are read by it)",
                    why);
}

/* Exchange tells the class of every object. Where it is not told, nothing says it is no mailbox. */
static void check_class(const struct filling *filling)
{
    struct entry *entry = filling->entry;

    if (filling->header->has_obj_class && entry->kind == ENTRY_UNTOLD && !entry->kind_by_class &&
        entry->remark == NULL) {
        entry->remark = "no class in the column that tells it: taken for a mailbox";
    }
}

/*
 * Where a delimiter in a value is not quoted, what is behind it stands in the wrong columns. A
 * certificate is one all the same; what cannot be decoded is no broken one.
 */
static void distrust_fields(struct entry *entry)
{
    bool readable = false;

    for (size_t i = 0; i < entry->value_count; i++) {
        readable |= entry->values[i].value.state == VALUE_BYTES;
    }
    if (!readable) {
        entry->value_count = 0;
        entry->cut_off = true;
    }
}

/* What a record's number of fields means for its entry. */
static void check_fields(const struct filling *filling)
{
    struct entry *entry = filling->entry;

    if (filling->fields > filling->header->count) {
        entry->remark = "more fields than the header has columns: the empty ones at the end "
                        "were left out";
        if (filling->extra_bytes) {
            entry->remark = "more fields than the header has columns: cut, and what is in them may "
                            "stand in the wrong ones (is a delimiter within a value not quoted?)";
            entry->doubtful = true;
            distrust_fields(entry);
        }
    }
    if (filling->fields < filling->header->count) {
        entry->remark = "fewer fields than the header has columns: what is missing is unknown";
        entry->cut_off = filling->fields <= filling->header->last_certificate;
    }
    check_class(filling);
}

/* The record that was filled in, without its line end. */
static struct span record_text(const struct filling *filling)
{
    struct csv_record record = {0};

    (void)csv_record_find(filling->text, &filling->header->dialect, true, &record);
    return record.text;
}

static enum fault check_record(struct records *records, const struct filling *filling,
                               struct why *why)
{
    bool same;

    if (filling->nul) {
        return fault_at(FAULT_SYNTAX, 0, "a NUL byte: skipped (is the encoding right?)", why);
    }
    if (is_suspicious(filling) &&
        csv_header_repeats(records->header, record_text(filling), &same)) {
        return take_second_header(records, record_text(filling), same, why);
    }
    check_fields(filling);
    return FAULT_NONE;
}

/* Passes over a record with a broken quote, or one that memory did not suffice for. */
static void pass_record(struct records *records)
{
    struct csv_record record = {0};

    (void)csv_record_find(records->rest, &records->header->dialect, true, &record);
    records->rest = span_from(records->rest, record.size);
    records->line += record.lines;
}

static struct filling filling_of(const struct records *records, struct arena *arena,
                                 struct entry *entry)
{
    return (struct filling){.header = records->header,
                            .text = records->rest,
                            .walk = records->walk,
                            .last = records->last || records->rest.len > SOURCE_RECORD_MAX,
                            .entry = entry,
                            .arena = arena};
}

/*
 * Reads the fields of the next record. Where it does not end well, a certificate may have lied
 * about its length: it is read once more, and nothing is taken on trust.
 */
static enum fault fill_record(const struct records *records, struct arena *arena,
                              struct entry *entry, struct filling *out)
{
    enum fault fault;

    *out = filling_of(records, arena, entry);
    fault = fill_fields(out, true);
    if (fault == FAULT_NONE && entry->value_count > 0 &&
        (out->stop != CSV_STOP_RECORD || entry_has_doubtful_value(entry))) {
        *entry = (struct entry){.line = records->line};
        *out = filling_of(records, arena, entry);
        fault = fill_fields(out, false);
    }
    return fault;
}

static enum fault read_csv_record(struct records *records, struct arena *arena, struct entry *entry,
                                  bool *empty, struct why *why)
{
    struct filling filling;
    enum fault fault = fill_record(records, arena, entry, &filling);

    if (fault != FAULT_NONE) {
        pass_record(records);
        return fault_at(fault, 0, "out of memory for this record: skipped", why);
    }
    if (filling.stop == CSV_STOP_INCOMPLETE) {
        records->left = records->rest;
        records->rest = (struct span){0};
        return FAULT_ABSENT;
    }
    if (filling.stop == CSV_STOP_BROKEN) {
        pass_record(records);
        return fault_at(FAULT_SYNTAX, 0,
                        "a quoted field that is not closed, or goes on after its quote: "
                        "the line is skipped",
                        why);
    }
    records->rest = span_from(records->rest, filling.walk.at);
    records->line += filling.walk.lines;
    records->walk = filling.walk;
    records->walk.at = records->walk.lines = 0;
    /* In a file of one column an empty line is a mailbox without a value. */
    *empty = filling.fields == 1 && filling.walk.at <= 2 && filling.header->count > 1 &&
             ascii_is_blank(filling.text.at[0]) && filling.text.at[0] != ' ' &&
             filling.text.at[0] != '\t';
    return *empty ? FAULT_NONE : check_record(records, &filling, why);
}

static enum fault next_csv(struct records *records, struct arena *arena, struct entry *out,
                           uint64_t *line, struct why *why)
{
    while (records->rest.len > records->beyond) {
        bool empty = false;
        enum fault fault;

        *line = records->line;
        *out = (struct entry){.line = records->line};
        fault = read_csv_record(records, arena, out, &empty, why);
        if (!empty) {
            return fault;
        }
    }
    return FAULT_ABSENT;
}

static enum fault next_ldif(struct records *records, struct arena *arena, struct entry *out,
                            uint64_t *line, struct why *why)
{
    enum fault fault = ldif_entry_next(&records->ldif, arena, out, line, why);

    if (fault == FAULT_NONE) {
        records->names_certificate |= out->value_count > 0;
        out->unasked = records->source->bare;
    }
    return fault;
}

enum fault records_next(struct records *records, struct arena *arena, struct entry *out,
                        uint64_t *line, struct why *why)
{
    bool is_csv = records->source->format == SOURCE_CSV;

    if (records->source->format == SOURCE_LIVE) {
        return frame_entry_next(&records->live, records->source->options.csv.projection,
                                &records->ldif.names, arena, out, why);
    }
    enum fault fault = is_csv ? next_csv(records, arena, out, line, why)
                              : next_ldif(records, arena, out, line, why);
    const struct span *rest = is_csv ? &records->rest : &records->ldif.lines.rest;

    /* What stood behind the break is unknown, a certificate too. */
    if (fault == FAULT_NONE && records->torn && rest->len == 0) {
        out->cut_off = out->doubtful = true;
        out->remark = "the file breaks off within this record: what is missing is unknown";
    }
    return fault;
}

/* Hangs the headers that this pass came upon before those that it found in force. */
static void take_headers(struct source *source, struct records *records)
{
    struct csv_header *oldest = records->replacement;

    if (oldest == NULL) {
        return;
    }
    while (oldest->older != NULL) {
        oldest = oldest->older;
    }
    oldest->older = source->header;
    source->header = records->replacement;
    records->replacement = NULL;
}

void source_keep_left(struct source *source, struct batch *batch, struct span left)
{
    if (left.len > 0) {
        memmove(batch->bytes, left.at, left.len);
        batch->len = left.len;
        source->left.beyond = batch->beyond;
        batch_swap(batch, &source->left);
    }
}

enum fault records_commit(struct records *records, uint64_t *line_base)
{
    struct source *source = records->source;
    bool is_csv = source->format == SOURCE_CSV;
    uint64_t line = is_csv ? records->line : records->ldif.lines.line;

    if (source->format == SOURCE_LIVE) { /* which has no lines */
        *line_base = 0;
        return FAULT_NONE;
    }

    if (is_csv && (records->began != source->header || source->left.len > 0)) {
        records_drop(records);
        return FAULT_ABSENT;
    }
    *line_base = records->first_line > 0 ? 0 : source->next_line + records->skipped_lines;
    source->next_line += records->skipped_lines + (line - records->first_line);
    if (is_csv) {
        take_headers(source, records);
        source_keep_left(source, records->batch, records->left);
        if (records->beyond > 0 && records->left.len == 0) {
            atomic_store(&source->part_ended, true);
        }
        return FAULT_NONE;
    }
    source->names_certificate |= records->names_certificate;
    source->incomplete |= records->ldif.incomplete;
    return FAULT_NONE;
}

void records_drop(struct records *records)
{
    csv_header_free(records->replacement);
    records->replacement = NULL;
}
