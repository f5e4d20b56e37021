#include "report/export_header.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/text.h"
#include "entry/projection.h"
#include "source/csv_header.h"

/* The usual ones first: where two make as many names known, that one is meant. */
static const char usual_delimiters[] = ",;\t|&^#@!$%:~";

static bool is_known(struct span name, bool raw)
{
    return csv_header_options_known(name) && schema_find(name, raw) != NULL;
}

/* How many names are known when `delimiter` separates the columns; `*fields` how many there are. */
static size_t count_known(struct span line, const struct csv_dialect *dialect, bool raw,
                          size_t *fields)
{
    struct csv_fields state = {0};
    struct csv_field field;
    size_t known = 0;

    *fields = 0;
    while (*fields <= EXPORT_COLUMNS_MAX && csv_field_next(line, dialect, &state, &field)) {
        (*fields)++;
        known += is_known(field.text, raw);
    }
    return known;
}

/* The bytes that tell the encoding: whole lines, so that no character is cut. */
static struct span whole_lines(struct span head, bool last)
{
    const uint8_t *end = !last && head.len > 0 ? memrchr(head.at, '\n', head.len) : NULL;

    return end != NULL ? span_upto(head, (size_t)(end - head.at) + 1) : head;
}

/* Where the header is ASCII it tells nothing, and a code page that was asked for counts. */
static enum encoding choose_encoding(enum encoding found, const struct export_options *options)
{
    if (found != ENCODING_ASCII) {
        return found;
    }
    return options->ansi ? ENCODING_ANSI : options->unicode ? ENCODING_UTF16_LE : ENCODING_ASCII;
}

/* Takes the first line out of the head, in UTF-8. */
static enum fault read_line(struct span head, bool last, const struct export_options *options,
                            struct export_header *header, struct why *why)
{
    struct buffer text = buffer_with_max(4 * EXPORT_HEADER_MAX);
    size_t mark, end;
    enum encoding found = encoding_find(whole_lines(head, last), &mark);
    enum fault fault = FAULT_NONE;

    encoding_add_decoded(&text, span_from(head, mark), found);
    header->encoding = choose_encoding(found, options);
    header->text = buffer_with_max(4 * EXPORT_HEADER_MAX);
    if (!span_find(buffer_span(&text), '\n', &end)) {
        end = text.len;
    }
    if (end == text.len && !last) {
        fault = fault_at(FAULT_LIMIT, 0, "the first line does not end: this is no header", why);
    }
    if (end > 0 && text.at[end - 1] == '\r') {
        end--;
    }
    buffer_add(&header->text, span_upto(buffer_span(&text), end));
    if (fault == FAULT_NONE && (text.fault != FAULT_NONE || header->text.fault != FAULT_NONE)) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    buffer_clear(&text);
    return fault;
}

static enum fault check_text(struct span line, struct why *why)
{
    struct cursor in = cursor_over(line);

    if (ascii_trim(line).len == 0) {
        return fault_at(FAULT_SYNTAX, 0,
                        "no header: the first line is empty (it names the columns, e.g. "
                        "Display Name,E-mail Addresses,Tagged-X509-Cert)",
                        why);
    }
    while (in.rest.len > 0) {
        uint32_t c = text_next(&in);

        if (c != '\t' && text_is_unsafe(c)) {
            return fault_at(FAULT_SYNTAX, 0, "no header: the first line is no text", why);
        }
    }
    return FAULT_NONE;
}

static void choose_dialect(struct export_header *header, const struct export_options *options)
{
    struct span line = buffer_span(&header->text);
    uint8_t told = options->delimiter != 0 ? options->delimiter : ',';
    size_t most, fields;

    header->dialect.quote = line.at[0] == '\'' ? '\'' : '"';
    if (options->quote != 0 && !span_find(line, (uint8_t)header->dialect.quote, &fields)) {
        header->dialect.quote = options->quote;
    }
    header->delimiter = told;
    header->dialect.delimiter = span_of(&header->delimiter, 1);
    most = count_known(line, &header->dialect, options->raw, &fields);
    for (size_t i = 0; usual_delimiters[i] != '\0'; i++) {
        struct csv_dialect trial = {.delimiter = span_of(usual_delimiters + i, 1),
                                    .quote = header->dialect.quote};
        size_t known = count_known(line, &trial, options->raw, &fields);

        if (known > most) {
            most = known;
            header->delimiter = (uint8_t)usual_delimiters[i];
        }
    }
}

static enum fault read_names(struct export_header *header, bool raw, struct why *why)
{
    struct span line = buffer_span(&header->text);
    struct csv_record record;
    struct csv_fields state = {0};
    struct csv_field field;
    size_t known = count_known(line, &header->dialect, raw, &header->count);

    if (header->dialect.quote == header->delimiter) {
        return fault_at(FAULT_SYNTAX, 0,
                        "one character is to separate the columns and to quote fields "
                        "(QuoteCharacter and ColumnSeparator have to differ)",
                        why);
    }
    if (csv_record_find(line, &header->dialect, true, &record) != CSV_COMPLETE) {
        return fault_at(FAULT_SYNTAX, 0, "no header: a quote is never closed", why);
    }
    if (known == 0) {
        return fault_at(FAULT_SYNTAX, 0,
                        "no header: no name in the first line is known (it names the columns, "
                        "e.g. Display Name,E-mail Addresses,Tagged-X509-Cert)",
                        why);
    }
    if (header->count > EXPORT_COLUMNS_MAX) {
        return fault_at(FAULT_LIMIT, 0, "the header names more than 4000 columns", why);
    }
    header->names = calloc(header->count, sizeof(*header->names));
    header->unquoted = arena_with_max(4 * EXPORT_HEADER_MAX);
    for (size_t i = 0; header->names != NULL && i < header->count; i++) {
        if (!csv_field_next(line, &header->dialect, &state, &field) ||
            csv_field_text(&field, &header->dialect, &header->unquoted, &header->names[i]) !=
                FAULT_NONE) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    return header->names != NULL ? FAULT_NONE : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

enum fault export_header_read(struct span head, bool last, const struct export_options *options,
                              struct export_header *out, struct why *why)
{
    struct export_header *header = out;
    enum fault fault;

    *header = (struct export_header){0};
    if (head.len == 0) {
        return fault_at(FAULT_SYNTAX, 0,
                        "no header: the file is empty (its first line names the columns, e.g. "
                        "Display Name,E-mail Addresses,Tagged-X509-Cert)",
                        why);
    }
    fault = read_line(head, last, options, header, why);
    if (fault == FAULT_NONE) {
        fault = check_text(buffer_span(&header->text), why);
    }
    if (fault == FAULT_NONE) {
        choose_dialect(header, options);
        fault = read_names(header, options->raw, why);
    }
    if (fault != FAULT_NONE) {
        export_header_clear(header);
    }
    return fault;
}

void export_header_clear(struct export_header *header)
{
    if (header == NULL) {
        return;
    }
    buffer_clear(&header->text);
    arena_clear(&header->unquoted);
    free(header->names);
    *header = (struct export_header){0};
}
