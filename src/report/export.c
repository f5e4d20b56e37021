#include "report/export.h"

#include "base/ascii.h"
#include "report/export_field.h"

static const char *const extra_names[EXPORT_EXTRAS] = {"objectClass", "Hide-From-Address-Book",
                                                       "Home-Server"};

enum fault export_init(const struct export_header *header, const struct export_options *options,
                       struct export *out, struct why *why)
{
    struct span names[EXPORT_COLUMNS_MAX + EXPORT_EXTRAS];
    struct export export = {.header = header,
                            .options = *options,
                            .separator = options->separator != 0 ? options->separator : '%'};
    enum fault fault;

    memcpy(names, header->names, header->count * sizeof(*names));
    for (size_t i = 0; i < EXPORT_EXTRAS; i++) {
        names[header->count + i] = span_text(extra_names[i]);
    }
    fault =
        projection_new(names, header->count + EXPORT_EXTRAS, options->raw, &export.projection, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    for (size_t i = 0; i < header->count; i++) {
        enum attribute attribute = projection_columns(export.projection)[i].attribute;

        export.shown |= 1U << attribute;
        if (attribute_is_certificate(attribute)) {
            export.last_certificate = i + 1;
        }
    }
    *out = export;
    return FAULT_NONE;
}

void export_clear(struct export *export)
{
    projection_free(export->projection);
    *export = (struct export){0};
}

static void begin(struct buffer *out, const struct report_options *options)
{
    const struct export *export = options->export;

    buffer_add(out, encoding_mark(export->header->encoding));
    (void)encoding_add(out, buffer_span(&export->header->text), export->header->encoding);
    (void)encoding_add(out, span_text("\r\n"), export->header->encoding);
}

const struct format *format_export(void)
{
    static const struct format format = {.name = "export", .begin = begin};

    return &format;
}

/* The first value of a column that has one; empty without. */
static enum fault first_text(const struct export *export, const struct export_sheet *sheet,
                             size_t column, struct arena *arena, struct span *out)
{
    struct export_texts texts;
    enum fault fault = export_sheet_texts(export, sheet, column, arena, &texts);

    *out = fault == FAULT_NONE && texts.count > 0 ? texts.at[0].text : (struct span){0};
    return fault;
}

/* `1` in Exchange, `TRUE` in Active Directory. */
static bool is_true(struct span text)
{
    text = ascii_trim(text);
    return ascii_equal_nocase(text, span_text("true")) ||
           ascii_equal_nocase(text, span_text("yes")) ||
           (text.len > 0 && ascii_is_digit(text.at[0]) && !span_is(text, "0"));
}

static bool is_recipient(const struct entry *entry, enum entry_kind kind)
{
    return entry->kind == kind && (!entry->kind_by_class || entry->address_count > 0);
}

static bool is_wanted_kind(const struct entry *entry, enum export_objects objects)
{
    bool remote = is_recipient(entry, ENTRY_REMOTE) || is_recipient(entry, ENTRY_CONTACT);
    bool list = is_recipient(entry, ENTRY_LIST);

    switch (objects) {
    case EXPORT_MAILBOXES:
        return entry_is_mailbox(entry, false);
    case EXPORT_REMOTES:
        return remote;
    case EXPORT_LISTS:
        return list;
    case EXPORT_RECIPIENTS:
        return remote || list || entry_is_mailbox(entry, false);
    case EXPORT_ALL:
        break;
    }
    return entry->kind != ENTRY_CHANGE;
}

/* A server is called by its name, or by a path that ends with it (`…/cn=Servers/cn=EX1`). */
static bool is_server(struct span told, struct span wanted)
{
    size_t equals;

    if (ascii_equal_nocase(told, wanted)) {
        return true;
    }
    while (span_find(told, '=', &equals)) {
        told = span_from(told, equals + 1);
    }
    return ascii_equal_nocase(told, wanted);
}

enum fault export_has(const struct export *export, const struct export_sheet *sheet,
                      struct arena *arena, struct export_tally *tally, bool *out)
{
    const struct export_options *options = &export->options;
    struct span text;
    enum fault fault = FAULT_NONE;

    *out = is_wanted_kind(sheet->entry, options->objects);
    if (*out && options->home_server.len > 0) {
        fault = first_text(export, sheet, export->header->count + EXPORT_HOME_SERVER, arena, &text);
        *out = is_server(text, options->home_server);
    }
    if (fault == FAULT_NONE && *out && !options->hidden) {
        fault = first_text(export, sheet, export->header->count + EXPORT_HIDE, arena, &text);
        *out = !is_true(text);
        tally->hidden += !*out;
    }
    return fault;
}
