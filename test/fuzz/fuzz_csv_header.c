#include "source/csv_header.h"

#include <stdlib.h>

/*
 * Any bytes as the first line of an export, with or without a delimiter, a quote and a separator
 * told: what is said of the header is true, and any line may be held against it.
 *
 * The first byte chooses what is told; the rest is the file.
 */
enum { TELLS_DELIMITER = 1, TELLS_QUOTE = 2, TELLS_SEPARATOR = 4, IS_LAST = 8 };

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

static void hold_header(const struct csv_header *header)
{
    bool has_certificate = false;

    hold(header->count > 0 && header->last_certificate < header->count);
    hold(header->dialect.delimiter.len > 0 && header->dialect.delimiter.len <= CSV_DELIMITER_MAX);
    hold(header->dialect.delimiter.at == header->delimiter);
    for (size_t i = 0; i < header->count; i++) {
        const struct entry_column *column = &header->columns[i];

        hold(column->attribute < ATTRIBUTE_COUNT);
        hold(column->name.len == 0 || column->name.at >= header->text);
        has_certificate |= attribute_is_certificate(column->attribute);
        hold(!attribute_is_certificate(column->attribute) || i <= header->last_certificate);
    }
    hold(has_certificate);
}

static void hold_records(struct csv_header *header, struct span rest)
{
    while (rest.len > 0) {
        struct csv_record record;
        bool same = false;

        if (csv_record_find(rest, &header->dialect, true, &record) == CSV_COMPLETE &&
            csv_header_repeats(header, record.text, &same) && !same) {
            struct csv_header *second = csv_header_replace(header, record.text);

            hold(second != NULL);
            hold_header(second);
            hold(csv_header_repeats(second, record.text, &same) && same);
            csv_header_free(second);
        }
        rest = span_from(rest, record.size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_options options = {0};
    struct csv_header *header = NULL;
    struct why why = {0};
    struct span head;
    size_t used = 0;
    enum fault fault;

    if (size < 1) {
        return 0;
    }
    options.delimiter = span_text((data[0] & TELLS_DELIMITER) != 0 ? "::" : "");
    options.quote = span_text((data[0] & TELLS_QUOTE) != 0 ? "none" : "");
    options.separator = span_text((data[0] & TELLS_SEPARATOR) != 0 ? "|" : "");
    head = span_of(data + 1, size - 1);
    fault = csv_header_read(head, (data[0] & IS_LAST) != 0, &options, &header, &used, &why);
    if (fault != FAULT_NONE) {
        hold(header == NULL && why.rule != NULL && why.offset <= head.len);
        return 0;
    }
    hold(used > 0 && used <= head.len);
    hold_header(header);
    hold_records(header, span_from(head, used));
    csv_header_free(header);
    return 0;
}
