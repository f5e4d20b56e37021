#include "report/export.h"

#include <stdlib.h>

#include "source/ldif.h"

/*
 * Any bytes as a header file, and any LDIF to be exported by it. The header is written as it can be
 * read again; every row has as many fields as the header, or ends before what is unknown; and
 * whoever reads a row finds its line end where the row ends.
 *
 * The first byte chooses the options; the header goes to the first line feed, or to the end where
 * the byte says so; what follows is LDIF.
 */
enum { IS_RAW = 1, IS_ANSI = 2, IS_UNICODE = 4, ALL_HEADER = 8, SEPARATOR = 16, ALL_OBJECTS = 32 };

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

/* The header that is written is the header that was read. */
static void hold_header(const struct export *export)
{
    const struct export_header *header = export->header;
    const struct report_options options = {.export = export};
    struct buffer out = buffer_with_max((size_t)64 << 20);
    struct export_header again;
    struct why why;

    format_export()->begin(&out, &options);
    hold(out.fault == FAULT_NONE);
    /* Of ANSI one line alone may be UTF-8 as well. */
    if (header->encoding != ENCODING_ANSI) {
        hold(export_header_read(buffer_span(&out), true, &export->options, &again, &why) ==
             FAULT_NONE);
        hold(again.count == header->count && again.delimiter == header->delimiter &&
             again.dialect.quote == header->dialect.quote && again.encoding == header->encoding);
        for (size_t i = 0; i < again.count; i++) {
            hold(span_equal(again.names[i], header->names[i]));
        }
        export_header_clear(&again);
    }
    buffer_clear(&out);
}

static void hold_row(const struct export *export, const struct entry *entry, bool unshown,
                     struct span bytes)
{
    struct buffer text = buffer_with_max((size_t)64 << 20);
    struct csv_walk walk = csv_walk_of(&export->header->dialect);
    struct csv_field field;
    size_t fields = 0;
    enum csv_stop stop;

    encoding_add_decoded(&text, bytes, export->header->encoding);
    do {
        stop = csv_walk_next(buffer_span(&text), &export->header->dialect, true, 0, &walk, &field);
        fields++;
    } while (stop == CSV_STOP_FIELD);
    hold(stop == CSV_STOP_RECORD && walk.at == text.len);
    hold(fields == export->header->count || entry->cut_off || unshown);
    buffer_clear(&text);
}

static void export_entry(const struct export *export, const struct entry *entry,
                         struct arena *arena)
{
    bool met[EXPORT_COLUMNS_MAX + EXPORT_EXTRAS] = {false};
    bool filled[EXPORT_COLUMNS_MAX + EXPORT_EXTRAS] = {false};
    struct export_tally tally = {.met = met, .filled = filled};
    struct buffer out = buffer_with_max((size_t)64 << 20);
    struct export_sheet sheet;
    const char *remark = NULL;
    bool has = false;

    if (export_sheet_make(export, entry, arena, &tally, &sheet) == FAULT_NONE &&
        export_has(export, &sheet, arena, &tally, &has) == FAULT_NONE && has &&
        export_add_row(&out, export, &sheet, arena, &tally, &remark) == FAULT_NONE &&
        out.fault == FAULT_NONE) {
        hold_row(export, entry, tally.unshown > 0, buffer_span(&out));
    }
    buffer_clear(&out);
}

static void export_text(const struct export *export, struct span text)
{
    struct ldif_reading reading = {.lines = {.rest = text, .line = 1},
                                   .first = true,
                                   .follow_folder = -1,
                                   .projection = export->projection};
    struct arena arena = arena_with_max((size_t)64 << 20);
    struct entry entry;
    struct why why;
    uint64_t line;
    enum fault fault;

    do {
        arena_reset(&arena);
        fault = ldif_entry_next(&reading, &arena, &entry, &line, &why);
        if (fault == FAULT_NONE) {
            entry.cut_off = entry.line % 2 == 0;
            export_entry(export, &entry, &arena);
        }
    } while (fault != FAULT_ABSENT);
    arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_from(span_of(data, size), 1);
    unsigned choice = size > 0 ? data[0] : 0;
    struct export_options options = {.raw = (choice & IS_RAW) != 0,
                                     .ansi = (choice & IS_ANSI) != 0,
                                     .unicode = (choice & IS_UNICODE) != 0,
                                     .separator = (choice & SEPARATOR) != 0 ? '&' : 0,
                                     .objects = (choice & ALL_OBJECTS) != 0 ? EXPORT_ALL : 0};
    struct export_header header;
    struct export export;
    struct why why = {0};
    size_t end;

    if ((choice & ALL_HEADER) != 0 || !span_find(text, '\n', &end)) {
        end = text.len;
    }
    if (export_header_read(span_upto(text, end), true, &options, &header, &why) != FAULT_NONE) {
        hold(why.rule != NULL);
        return 0;
    }
    hold(header.count > 0 && header.count <= EXPORT_COLUMNS_MAX);
    hold(export_init(&header, &options, &export, &why) == FAULT_NONE);
    hold_header(&export);
    export_text(&export, span_from(text, end + 1));
    export_clear(&export);
    export_header_clear(&header);
    return 0;
}
