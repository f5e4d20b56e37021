#include "source/internal.h"

/* Bytes that no certificate fits in: a value this short may be a word of a second header. */
enum { VALUE_SUSPICIOUS = 32 };

struct records records_of(struct source *source, const struct batch *batch)
{
    struct span text = span_of(batch->bytes, batch->len);

    return (struct records){
        .source = source,
        .began = source->header,
        .header = source->header,
        .rest = text,
        .line = batch->first_line,
        .torn = batch->torn,
        .ldif = {.lines = {.rest = text, .line = batch->first_line},
                 .first = batch->first,
                 .follow_folder = source->options.follow_folder},
    };
}

/* What the fields of one record came to. */
struct filled {
    size_t fields;    /* as many as the record has */
    bool extra_bytes; /* a field beyond the header is not empty */
};

static enum fault fill_entry(const struct csv_header *header, struct span record,
                             struct arena *arena, struct entry *entry, struct filled *filled)
{
    struct csv_fields state = {0};
    struct csv_field field;

    while (csv_field_next(record, &header->dialect, &state, &field)) {
        size_t column = filled->fields++;
        struct span text;
        enum fault fault;

        if (column >= header->count) {
            filled->extra_bytes |= field.text.len > 0;
            continue;
        }
        if (header->columns[column].attribute == ATTRIBUTE_OTHER) {
            continue;
        }
        fault = csv_field_text(&field, &header->dialect, arena, &text);
        if (fault == FAULT_NONE) {
            fault = entry_add(entry, &header->columns[column], text, &header->style, arena);
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return FAULT_NONE;
}

static bool is_suspicious(const struct csv_header *header, const struct entry *entry,
                          const struct filled *filled)
{
    if (filled->fields != header->count) {
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

/* What a record's number of fields means for its entry. */
static enum fault check_fields(const struct csv_header *header, const struct filled *filled,
                               struct entry *entry, struct why *why)
{
    if (filled->fields > header->count) {
        if (filled->extra_bytes) {
            return fault_at(FAULT_SYNTAX, 0,
                            "more fields than the header has columns: skipped "
                            "(is a delimiter within a value not quoted?)",
                            why);
        }
        entry->remark = "more fields than the header has columns: the empty ones at the end "
                        "were left out";
    }
    if (filled->fields < header->count) {
        entry->remark = "fewer fields than the header has columns: what is missing is unknown";
        entry->cut_off = filled->fields <= header->last_certificate;
    }
    return FAULT_NONE;
}

static enum fault read_csv_record(struct records *records, struct span record, struct arena *arena,
                                  struct entry *entry, struct why *why)
{
    struct filled filled = {0};
    size_t nul;
    bool same;
    enum fault fault;

    if (span_find(record, '\0', &nul)) {
        return fault_at(FAULT_SYNTAX, nul, "a NUL byte: skipped (is the encoding right?)", why);
    }
    fault = fill_entry(records->header, record, arena, entry, &filled);
    if (fault != FAULT_NONE) {
        return fault_at(fault, 0, "out of memory for this record: skipped", why);
    }
    if (is_suspicious(records->header, entry, &filled) &&
        csv_header_repeats(records->header, record, &same)) {
        return take_second_header(records, record, same, why);
    }
    return check_fields(records->header, &filled, entry, why);
}

static enum fault next_csv(struct records *records, struct arena *arena, struct entry *out,
                           uint64_t *line, struct why *why)
{
    while (records->rest.len > 0) {
        struct csv_record record;
        struct entry entry = {.line = records->line};
        enum csv_end end = csv_record_find(records->rest, &records->header->dialect, true, &record);
        enum fault fault;

        *line = records->line;
        records->rest = span_from(records->rest, record.size);
        records->line += record.lines;
        if (end == CSV_BROKEN) {
            return fault_at(FAULT_SYNTAX, 0,
                            "a quoted field that is not closed, or goes on after its quote: "
                            "the line is skipped",
                            why);
        }
        /* In a file of one column an empty line is a mailbox without a value. */
        if (record.text.len == 0 && records->header->count > 1) {
            continue;
        }
        fault = read_csv_record(records, record.text, arena, &entry, why);
        if (fault == FAULT_NONE) {
            *out = entry;
        }
        return fault;
    }
    return FAULT_ABSENT;
}

static enum fault next_ldif(struct records *records, struct arena *arena, struct entry *out,
                            uint64_t *line, struct why *why)
{
    enum fault fault = ldif_entry_next(&records->ldif, arena, out, line, why);

    if (fault == FAULT_NONE) {
        records->names_certificate |= out->value_count > 0;
    }
    return fault;
}

enum fault records_next(struct records *records, struct arena *arena, struct entry *out,
                        uint64_t *line, struct why *why)
{
    bool is_csv = records->source->format == SOURCE_CSV;
    enum fault fault = is_csv ? next_csv(records, arena, out, line, why)
                              : next_ldif(records, arena, out, line, why);
    const struct span *rest = is_csv ? &records->rest : &records->ldif.lines.rest;

    /* What stood behind the break is unknown, a certificate too. */
    if (fault == FAULT_NONE && records->torn && rest->len == 0) {
        out->cut_off = true;
        out->remark = "the file breaks off within this record: what is missing is unknown";
    }
    return fault;
}

bool records_commit(struct records *records)
{
    struct source *source = records->source;
    struct csv_header *oldest = records->replacement;

    if (source->format == SOURCE_LDIF) {
        source->names_certificate |= records->names_certificate;
        source->incomplete |= records->ldif.incomplete;
        return true;
    }
    if (records->began != source->header) {
        records_drop(records);
        return false;
    }
    if (oldest == NULL) {
        return true;
    }
    while (oldest->older != NULL) {
        oldest = oldest->older;
    }
    oldest->older = source->header;
    source->header = records->replacement;
    records->replacement = NULL;
    return true;
}

void records_drop(struct records *records)
{
    csv_header_free(records->replacement);
    records->replacement = NULL;
}
