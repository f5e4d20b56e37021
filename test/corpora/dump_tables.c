#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "source/csv.h"
#include "source/ldif.h"
#include "source/stream.h"

/*
 * Prints what a file holds as the source room reads it, one JSON object a record, for
 * test_tables.py. Bytes are written in hexadecimal.
 *
 *     dump_tables csv DELIMITER QUOTE ENCODING FILE   {"line":1,"cells":["6162",""]}
 *     dump_tables ldif FILE                           {"line":1,"dn":"…","addresses":[…],
 *                                                      "values":[["attribute","bytes"]]}
 *     dump_tables lines FILE                          {"line":1,"lines":[["type;options","value"]]}
 *
 * A record that cannot be read is {"line":1,"refused":"why"}. An encoding of `-` is not told.
 */
#define FILE_MAX ((size_t)256 << 20)

static bool read_file(const char *path, const char *encoding, struct buffer *out, struct why *why)
{
    struct stream *stream = NULL;
    enum fault fault = stream_open_take(open(path, O_RDONLY | O_CLOEXEC), encoding, &stream, why);
    size_t n = 1;

    while (fault == FAULT_NONE && n > 0) {
        uint8_t piece[4096];

        fault = stream_read(stream, piece, sizeof(piece), &n, why);
        buffer_add(out, span_of(piece, n));
    }
    stream_free(stream);
    return fault == FAULT_NONE && out->fault == FAULT_NONE;
}

static void print_hex(struct span s)
{
    (void)putchar('"');
    for (size_t i = 0; i < s.len; i++) {
        (void)printf("%02x", s.at[i]);
    }
    (void)putchar('"');
}

static void print_refusal(uint64_t line, const char *rule)
{
    (void)printf("{\"line\":%llu,\"refused\":", (unsigned long long)line);
    print_hex(span_text(rule));
    (void)puts("}");
}

static void print_cells(struct span record, const struct csv_dialect *dialect, struct arena *arena)
{
    struct csv_fields state = {0};
    struct csv_field field;
    const char *between = "";

    while (csv_field_next(record, dialect, &state, &field)) {
        struct span text = {0};

        if (csv_field_text(&field, dialect, arena, &text) != FAULT_NONE) {
            abort();
        }
        (void)fputs(between, stdout);
        print_hex(text);
        between = ",";
    }
}

static void dump_csv(struct span text, const char *delimiter, const char *quote,
                     struct arena *arena)
{
    const struct csv_dialect dialect = {.delimiter = span_text(delimiter),
                                        .quote =
                                            strcmp(quote, "none") == 0 ? -1 : (uint8_t)quote[0]};
    uint64_t line = 1;

    while (text.len > 0) {
        struct csv_record record;

        if (csv_record_find(text, &dialect, true, &record) == CSV_COMPLETE) {
            (void)printf("{\"line\":%llu,\"cells\":[", (unsigned long long)line);
            print_cells(record.text, &dialect, arena);
            (void)puts("]}");
        } else {
            print_refusal(line, "a quoted field is broken");
        }
        arena_reset(arena);
        line += record.lines;
        text = span_from(text, record.size);
    }
}

static void print_entry(const struct entry *entry)
{
    (void)printf("{\"line\":%llu,\"other\":%s,\"dn\":", (unsigned long long)entry->line,
                 entry->kind == ENTRY_CHANGE ? "true" : "false");
    print_hex(entry->dn);
    (void)fputs(",\"addresses\":[", stdout);
    for (size_t i = 0; i < entry->address_count; i++) {
        (void)fputs(i > 0 ? "," : "", stdout);
        print_hex(entry->addresses[i]);
    }
    (void)fputs("],\"values\":[", stdout);
    for (size_t i = 0; i < entry->value_count; i++) {
        (void)fputs(i > 0 ? ",[" : "[", stdout);
        print_hex(entry->values[i].name);
        (void)putchar(',');
        print_hex(entry->values[i].value.bytes);
        (void)putchar(']');
    }
    (void)puts("]}");
    if (entry->remark != NULL) {
        print_refusal(entry->line, entry->remark);
    }
}

static void dump_ldif(struct span text, struct arena *arena)
{
    struct ldif_reading reading = {
        .lines = {.rest = text, .line = 1}, .first = true, .follow_folder = -1};
    enum fault fault;

    do {
        struct entry entry = {0};
        struct why why = {0};
        uint64_t line = 0;

        fault = ldif_entry_next(&reading, arena, &entry, &line, &why);
        if (fault == FAULT_NONE) {
            print_entry(&entry);
        } else if (fault != FAULT_ABSENT) {
            print_refusal(line, why.rule);
        }
        arena_reset(arena);
    } while (fault != FAULT_ABSENT);
}

static void print_line(const struct ldif_line *line, struct arena *arena)
{
    struct span value = line->value;

    if (line->form == LDIF_BASE64) {
        uint8_t *bytes = arena_take(arena, base64_room(value.len));
        struct why why;
        size_t n;

        if (bytes == NULL || base64_decode(value, bytes, &n, &why) != FAULT_NONE) {
            abort();
        }
        value = span_of(bytes, n);
    }
    (void)putchar('[');
    print_hex(span_of(line->type.at, line->type.len));
    (void)putchar(',');
    print_hex(value);
    (void)putchar(']');
}

/* Every line of a record as it stands there, whatever it means; `-` is a type of its own. */
static void dump_lines(struct span text, struct arena *arena)
{
    struct ldif_lines lines = {.rest = text, .line = 1};

    while (lines.rest.len > 0) {
        struct ldif_raw raw;
        const char *between = "";

        (void)printf("{\"line\":%llu,\"lines\":[", (unsigned long long)lines.line);
        while (ldif_lines_next(&lines, &raw)) {
            struct ldif_line line = {.type = span_text("-")};
            struct span whole;
            struct why why;

            if (raw.text.at[0] == '#' || ldif_unfold(&raw, arena, &whole) != FAULT_NONE ||
                (!span_is(whole, "-") && ldif_line_parse(whole, &line, &why) != FAULT_NONE)) {
                continue;
            }
            (void)fputs(between, stdout);
            print_line(&line, arena);
            between = ",";
        }
        (void)puts("]}");
        arena_reset(arena);
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";
    bool csv = strcmp(what, "csv") == 0 && argc == 6;
    struct buffer text = buffer_with_max(FILE_MAX);
    struct arena arena = arena_with_max(FILE_MAX);
    struct why why = {0};

    if (!csv && strcmp(what, "ldif") != 0 && strcmp(what, "lines") != 0) {
        (void)fputs("usage: see dump_tables.c\n", stderr);
        return 2;
    }
    if (!read_file(argv[argc - 1], csv && strcmp(argv[4], "-") != 0 ? argv[4] : NULL, &text,
                   &why)) {
        (void)fprintf(stderr, "%s: %s\n", argv[argc - 1], why.rule);
        return 1;
    }
    if (csv) {
        dump_csv(buffer_span(&text), argv[2], argv[3], &arena);
    } else if (strcmp(what, "ldif") == 0) {
        dump_ldif(buffer_span(&text), &arena);
    } else {
        dump_lines(buffer_span(&text), &arena);
    }
    arena_clear(&arena);
    buffer_clear(&text);
    return 0;
}
