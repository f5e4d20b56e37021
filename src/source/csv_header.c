#include "source/csv_header.h"

#include <stdlib.h>

#include "base/ascii.h"

enum { NAME_MAX_LENGTH = 128 };

/* How well a line serves as a header when split in one way. */
struct reading {
    size_t fields, known, certificates;
};

/* `binary`, `lang-de`, `range=0-1499` (RFC 4522, RFC 3866, Active Directory). */
static bool is_option(struct span text)
{
    return ascii_equal_nocase(text, span_text("binary")) ||
           ascii_starts_nocase(text, span_text("lang-")) ||
           ascii_starts_nocase(text, span_text("range="));
}

/* A semicolon before anything but an option separates columns: `userCertificate;Phone`. */
bool csv_header_options_known(struct span name)
{
    struct span options = name;
    size_t semicolon;

    while (span_find(options, ';', &semicolon)) {
        options = span_from(options, semicolon + 1);
        if (!is_option(ascii_trim(
                span_find(options, ';', &semicolon) ? span_upto(options, semicolon) : options))) {
            return false;
        }
    }
    return true;
}

static bool is_known(struct span name, const struct projection *projection)
{
    enum attribute_origin origin;

    if (name.len > NAME_MAX_LENGTH || !csv_header_options_known(name)) {
        return false;
    }
    return attribute_find(name, &origin) != ATTRIBUTE_OTHER || origin == ORIGIN_EXCHANGE ||
           (projection != NULL && projection_find(projection, name) > 0);
}

static struct reading read_names(struct span record, const struct csv_dialect *dialect,
                                 const struct projection *projection)
{
    struct reading reading = {0};
    struct csv_fields state = {0};
    struct csv_field field;

    while (csv_field_next(record, dialect, &state, &field)) {
        reading.fields++;
        if (is_known(field.text, projection)) {
            reading.known++;
            reading.certificates += attribute_is_certificate(attribute_find(field.text, NULL));
        }
    }
    return reading;
}

static struct span first_line(struct span text)
{
    size_t end;

    return span_find(text, '\n', &end) ? span_upto(text, end + 1) : text;
}

/* Lines before the header: empty ones, `#TYPE System.Management…`, `sep=;`. */
static size_t skip_preamble(struct span head, struct span *said_delimiter)
{
    size_t skipped = 0;

    for (;;) {
        struct span line = first_line(span_from(head, skipped));
        struct span text = ascii_trim(line);
        bool says = ascii_starts_nocase(text, span_text("sep="));

        if (line.len == 0 ||
            (text.len > 0 && !says && !ascii_starts_nocase(text, span_text("#TYPE ")))) {
            return skipped;
        }
        if (says && line.len > 4 && line.at[4] != '\r' && line.at[4] != '\n') {
            *said_delimiter = span_of(line.at + 4, 1);
        }
        skipped += line.len;
    }
}

/* What exporting tools and option files are known to separate columns by; the usual ones first. */
static const char usual_delimiters[] = ",;\t|&^#@!$%:~";

/* Tries what separates the columns; the way in which most names are known wins. */
static enum csv_end find_dialect(struct span text, const struct csv_options *options,
                                 struct span said, struct csv_dialect *dialect,
                                 struct csv_record *record)
{
    struct csv_dialect best = *dialect;
    enum csv_end end = CSV_INCOMPLETE;
    struct reading most = {0};

    if (options->delimiter.len > 0 || said.len > 0) {
        dialect->delimiter = options->delimiter.len > 0 ? options->delimiter : said;
        return csv_record_find(text, dialect, true, record);
    }
    for (size_t i = 0; usual_delimiters[i] != '\0'; i++) {
        struct csv_dialect trial = {.delimiter = span_of(usual_delimiters + i, 1),
                                    .quote = dialect->quote};
        struct csv_record found;
        enum csv_end trial_end = csv_record_find(text, &trial, true, &found);
        struct reading reading = {0};

        if (trial_end == CSV_COMPLETE) {
            reading = read_names(found.text, &trial, options->projection);
        }
        if (i == 0 || reading.known > most.known) {
            most = reading;
            best = trial;
            *record = found;
            end = trial_end;
        }
    }
    *dialect = best;
    return end;
}

static int find_quote(struct span text, const struct csv_options *options)
{
    if (ascii_equal_nocase(options->quote, span_text("none"))) {
        return -1;
    }
    if (options->quote.len > 0) {
        return options->quote.at[0];
    }
    return text.len > 0 && text.at[0] == '\'' ? '\'' : '"';
}

static enum attribute meaning_of(struct span name)
{
    return name.len <= NAME_MAX_LENGTH ? attribute_find(name, NULL) : ATTRIBUTE_OTHER;
}

static struct span without_options(struct span name)
{
    size_t semicolon;

    return ascii_trim(span_find(name, ';', &semicolon) ? span_upto(name, semicolon) : name);
}

static void note_column(struct csv_header *header, struct span name, size_t index)
{
    enum attribute_origin origin;
    enum attribute attribute =
        name.len <= NAME_MAX_LENGTH ? attribute_find(name, &origin) : ATTRIBUTE_OTHER;

    header->columns[index] = (struct entry_column){
        .attribute = attribute, .name = without_options(name), .full = ascii_trim(name)};
    header->columns[index].route = projection_route(header->projection, &header->columns[index]);
    header->exchange |= name.len <= NAME_MAX_LENGTH && origin == ORIGIN_EXCHANGE;
    if (attribute_is_certificate(attribute)) {
        header->last_certificate = index;
        header->certificates[index / CSV_FIELDS] |= UINT32_C(1) << index % CSV_FIELDS;
    }
    header->has_obj_class |= attribute == ATTRIBUTE_OBJ_CLASS;
    header->names_mailbox |= attribute == ATTRIBUTE_DISPLAY_NAME ||
                             attribute == ATTRIBUTE_COMMON_NAME || attribute == ATTRIBUTE_DN ||
                             attribute == ATTRIBUTE_DIRECTORY_NAME ||
                             attribute == ATTRIBUTE_ALIAS || attribute == ATTRIBUTE_MAIL ||
                             attribute == ATTRIBUTE_ADDRESSES;
}

/* Builds the header of a record that was read as one. */
static struct csv_header *header_new(struct span record, const struct csv_dialect *dialect,
                                     size_t fields, const struct projection *projection)
{
    struct csv_header *header = calloc(1, sizeof(*header));
    struct csv_fields state = {0};
    struct csv_field field;

    if (header == NULL) {
        return NULL;
    }
    header->projection = projection;
    header->columns = calloc(fields, sizeof(*header->columns));
    header->certificates = calloc(fields / CSV_FIELDS + 1, sizeof(*header->certificates));
    header->text = malloc(record.len + 1);
    if (header->columns == NULL || header->certificates == NULL || header->text == NULL) {
        csv_header_free(header);
        return NULL;
    }
    memcpy(header->text, record.at, record.len);
    record = span_of(header->text, record.len);
    memcpy(header->delimiter, dialect->delimiter.at, dialect->delimiter.len);
    header->dialect = (struct csv_dialect){
        .delimiter = span_of(header->delimiter, dialect->delimiter.len), .quote = dialect->quote};
    while (header->count < fields && csv_field_next(record, dialect, &state, &field)) {
        note_column(header, field.text, header->count++);
    }
    return header;
}

/* `said` is empty, or the separator of values that the user told. */
static void set_style(struct csv_header *header, struct span said)
{
    header->separator_said = said.len > 0;
    header->style.separator = said.len > 0 ? said.at[0] : header->exchange ? '%' : ';';
    header->style.backslash = header->exchange;
}

enum fault csv_header_read(struct span head, bool last, const struct csv_options *options,
                           struct csv_header **out, size_t *size, struct why *why)
{
    struct span said = {0};
    size_t skipped = skip_preamble(head, &said);
    struct span text = span_from(head, skipped);
    struct csv_dialect dialect = {.quote = find_quote(text, options)};
    struct csv_record record = {0};
    struct reading reading;

    if (text.len == 0) {
        return fault_at(FAULT_SYNTAX, 0, "the file is empty: nothing was exported", why);
    }
    if (find_dialect(text, options, said, &dialect, &record) != CSV_COMPLETE) {
        return fault_at(FAULT_SYNTAX, skipped, "the header line has a quote that is never closed",
                        why);
    }
    if (!last && record.size == text.len && text.at[text.len - 1] != '\n') {
        return fault_at(FAULT_LIMIT, skipped, "the first line does not end: this is no CSV file",
                        why);
    }
    reading = read_names(record.text, &dialect, options->projection);
    if (reading.known == 0) {
        return fault_at(FAULT_SYNTAX, skipped,
                        "neither LDIF nor a CSV header: no column name in the first line is known "
                        "(the first line names the attributes, e.g. Display Name,Tagged-X509-Cert)",
                        why);
    }
    if (reading.certificates == 0 && !options->any_columns) {
        return fault_at(FAULT_ABSENT, skipped,
                        "no certificate column in the header (known names: Tagged-X509-Cert, "
                        "X509-Cert, User-Cert, userSMIMECertificate, userCertificate; export again "
                        "with one of them, e.g. csvde -l "
                        "\"DN,displayName,mail,userCertificate,userSMIMECertificate\")",
                        why);
    }
    *out = header_new(record.text, &dialect, reading.fields, options->projection);
    if (*out == NULL) {
        return fault_at(FAULT_RESOURCE, skipped, "out of memory", why);
    }
    set_style(*out, options->separator);
    *size = skipped + record.size;
    return FAULT_NONE;
}

bool csv_header_repeats(const struct csv_header *header, struct span record, bool *same)
{
    struct reading reading = read_names(record, &header->dialect, header->projection);
    struct csv_fields state = {0};
    struct csv_field field;
    size_t i = 0;

    if (reading.certificates == 0 || reading.known * 2 < reading.fields) {
        return false;
    }
    *same = reading.fields == header->count;
    while (*same && csv_field_next(record, &header->dialect, &state, &field)) {
        *same = meaning_of(field.text) == header->columns[i++].attribute;
    }
    return true;
}

struct csv_header *csv_header_replace(const struct csv_header *header, struct span record)
{
    struct reading reading = read_names(record, &header->dialect, header->projection);
    struct csv_header *replacement =
        header_new(record, &header->dialect, reading.fields, header->projection);

    if (replacement != NULL) {
        set_style(replacement,
                  header->separator_said ? span_of(&header->style.separator, 1) : (struct span){0});
    }
    return replacement;
}

void csv_header_free(struct csv_header *header)
{
    while (header != NULL) {
        struct csv_header *older = header->older;

        free(header->columns);
        free(header->certificates);
        free(header->text);
        free(header);
        header = older;
    }
}
