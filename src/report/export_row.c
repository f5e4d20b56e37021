#include "base/ascii.h"
#include "report/export.h"
#include "report/export_field.h"

/* One row on its way. */
struct filling {
    const struct export *export;
    const struct export_sheet *sheet;
    struct arena *arena;
    struct buffer *out;
    struct export_tally *tally;
    bool nul;     /* a NUL was replaced */
    bool dropped; /* a second value found no place */
};

/* Certificates as bytes; what could not be read stays what it is, so that its reader is told. */
static void add_certificates(struct filling *filling, size_t column, struct export_field *field)
{
    const struct export_slot *slot = &filling->sheet->slots[column];

    for (size_t at = slot->first; at != 0;) {
        const struct export_item *item = &filling->sheet->items[at - 1];
        const struct value *value = &item->value->value;

        at = item->next;
        if (item->fit != slot->best && item->fit != PROJECTION_ADDED) {
            continue;
        }
        if (value->state == VALUE_BYTES) {
            export_field_add_bytes(field, value->bytes);
        } else if (value->bytes.len > 0) {
            export_field_add_text(field, value->bytes);
        } else {
            export_field_add_verbatim(field, span_text("?"));
        }
    }
}

/* `SMTP:anna@example.org` without its type. */
static struct span without_type(struct span address)
{
    address = ascii_trim(address);
    return ascii_starts_nocase(address, span_text("smtp:")) ? span_from(address, 5) : address;
}

static bool has_type(struct span address)
{
    size_t colon, at = 0;

    return span_find(address, ':', &colon) && (!span_find(address, '@', &at) || colon < at);
}

/* An address from another attribute gets a type, the one to write to in capitals. */
static enum fault add_type(struct filling *filling, struct span *address)
{
    const struct entry *entry = filling->sheet->entry;
    struct span bare = ascii_trim(*address);
    bool primary = entry->primary.len == 0 && span_equal(bare, entry_address(entry));
    uint8_t *copy;

    if (has_type(bare)) {
        *address = bare;
        return FAULT_NONE;
    }
    copy = arena_take(filling->arena, bare.len + 5);
    if (copy == NULL) {
        return FAULT_RESOURCE;
    }
    memcpy(copy, primary ? "SMTP:" : "smtp:", 5);
    memcpy(copy + 5, bare.at, bare.len);
    *address = span_of(copy, bare.len + 5);
    return FAULT_NONE;
}

/*
 * An added address stands there only once: where the list has the same one further on, that one
 * is taken forward. False when it stood there before.
 */
static bool take_forward(struct export_texts *texts, size_t index)
{
    enum { LOOKED_AT = 64 }; /* a list that is longer is no mailbox's */
    struct span *own = &texts->at[index].text;

    for (size_t i = 0; i < texts->count && i < LOOKED_AT; i++) {
        struct span *other = &texts->at[i].text;

        if (i != index && span_equal(without_type(*other), without_type(*own))) {
            *own = i < index ? (struct span){0} : *other;
            *other = i < index ? *other : (struct span){0};
            return i > index;
        }
    }
    return true;
}

/* All addresses in their order; those from another attribute get a type. */
static enum fault add_addresses(struct filling *filling, struct export_texts *texts,
                                struct export_field *field)
{
    for (size_t i = 0; i < texts->count; i++) {
        struct export_text *text = &texts->at[i];

        if (text->text.len > 0 && text->added && take_forward(texts, i)) {
            enum fault fault = add_type(filling, &text->text);

            if (fault != FAULT_NONE) {
                return fault;
            }
        }
        if (text->text.len > 0) {
            export_field_add_text(field, text->text);
        }
    }
    return FAULT_NONE;
}

static bool shows(const struct filling *filling, enum attribute attribute)
{
    return (filling->export->shown & 1U << attribute) != 0;
}

static struct span first_of(const struct span *choices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (choices[i].len > 0) {
            return choices[i];
        }
    }
    return (struct span){0};
}

/* The name of an object that has none of the kind asked for: one that no other column shows. */
static struct span other_name(const struct filling *filling, enum attribute wanted)
{
    const struct entry *entry = filling->sheet->entry;
    const struct span none = {0};
    const struct span choices[] = {
        wanted == ATTRIBUTE_DISPLAY_NAME || !shows(filling, ATTRIBUTE_DISPLAY_NAME)
            ? entry->display_name
            : none,
        wanted != ATTRIBUTE_DISPLAY_NAME || !shows(filling, ATTRIBUTE_COMMON_NAME)
            ? entry->common_name
            : none,
        wanted != ATTRIBUTE_DISPLAY_NAME || !shows(filling, ATTRIBUTE_DIRECTORY_NAME)
            ? entry->directory_name
            : none,
        !shows(filling, ATTRIBUTE_DN) ? entry_dn_name(entry) : none,
        !shows(filling, ATTRIBUTE_ALIAS) ? entry->alias : none,
    };

    return first_of(choices, sizeof(choices) / sizeof(choices[0]));
}

/* Exchange's word for what the object is; for what it has no word for, its last class in LDAP. */
static enum fault class_word(const struct filling *filling, struct span *out)
{
    const struct entry *entry = filling->sheet->entry;
    struct export_texts classes;
    enum fault fault;

    switch (entry->kind) {
    case ENTRY_REMOTE:
    case ENTRY_CONTACT:
        *out = span_text("remote");
        return FAULT_NONE;
    case ENTRY_LIST:
        *out = span_text("dl");
        return FAULT_NONE;
    default:
        break;
    }
    if (entry_is_mailbox(entry, false)) {
        *out = span_text("mailbox");
        return FAULT_NONE;
    }
    fault = export_sheet_texts(filling->export, filling->sheet,
                               filling->export->header->count + EXPORT_OBJECT_CLASS, filling->arena,
                               &classes);
    *out = fault == FAULT_NONE && classes.count > 0 ? classes.at[classes.count - 1].text
                                                    : span_text("other");
    return fault;
}

/* LDAP's class for an object of Exchange. A mailbox without an address would be none by it. */
static struct span ldap_class(const struct entry *entry)
{
    switch (entry->kind) {
    case ENTRY_REMOTE:
        return span_text("contact");
    case ENTRY_LIST:
        return span_text("group");
    default:
        break;
    }
    return entry_is_mailbox(entry, false) && entry->address_count > 0 ? span_text("user")
                                                                      : (struct span){0};
}

/* What the source does not have under this name, but tells in another way. */
static enum fault make_up(const struct filling *filling, enum attribute attribute, struct span *out)
{
    const struct entry *entry = filling->sheet->entry;

    switch (attribute) {
    case ATTRIBUTE_DN:
        *out = entry->dn;
        break;
    case ATTRIBUTE_DISPLAY_NAME:
    case ATTRIBUTE_COMMON_NAME:
    case ATTRIBUTE_DIRECTORY_NAME:
        *out = other_name(filling, attribute);
        break;
    case ATTRIBUTE_ALIAS:
        *out = entry->alias;
        break;
    case ATTRIBUTE_MAIL:
        *out = entry_address(entry);
        break;
    case ATTRIBUTE_CONTAINER:
        *out = entry_container(entry);
        break;
    case ATTRIBUTE_OBJ_CLASS:
        return class_word(filling, out);
    case ATTRIBUTE_OBJECT_CLASS:
        *out = ldap_class(entry);
        break;
    default:
        *out = (struct span){0};
    }
    return FAULT_NONE;
}

/* Active Directory's TRUE and FALSE in the words of Exchange's column. */
static struct span translate(const struct projection_column *column, struct span text)
{
    if (column->schema == NULL || strcmp(column->schema->ldap, "msExchHideFromAddressLists") != 0 ||
        ascii_equal_nocase(column->name, span_text(column->schema->ldap))) {
        return text;
    }
    return ascii_equal_nocase(text, span_text("TRUE"))    ? span_text("1")
           : ascii_equal_nocase(text, span_text("FALSE")) ? span_text("0")
                                                          : text;
}

static void add_texts(struct filling *filling, const struct projection_column *column,
                      const struct export_texts *texts, struct export_field *field)
{
    for (size_t i = 0; i < texts->count; i++) {
        const struct export_text *text = &texts->at[i];

        if (i > 0 && field->separator == 0) {
            filling->dropped |= column->attribute == ATTRIBUTE_OTHER;
            return;
        }
        if (text->bytes) {
            export_field_add_bytes(field, text->text);
        } else if (text->verbatim) {
            export_field_add_verbatim(field, text->text);
        } else {
            export_field_add_text(field, translate(column, text->text));
        }
    }
}

static enum fault add_column(struct filling *filling, size_t index)
{
    const struct export *export = filling->export;
    const struct projection_column *column = &projection_columns(export->projection)[index];
    bool many = column->schema == NULL || column->schema->many;
    struct export_field field =
        export_field_open(filling->out, &export->header->dialect, many ? export->separator : 0);
    struct export_texts texts = {0};
    enum fault fault = FAULT_NONE;

    if (attribute_is_certificate(column->attribute)) {
        add_certificates(filling, index, &field);
    } else {
        fault = export_sheet_texts(export, filling->sheet, index, filling->arena, &texts);
        if (fault == FAULT_NONE && column->attribute == ATTRIBUTE_ADDRESSES) {
            fault = add_addresses(filling, &texts, &field);
        } else if (fault == FAULT_NONE) {
            add_texts(filling, column, &texts, &field);
        }
    }
    if (fault == FAULT_NONE && !field.any &&
        (!export->options.raw || column->attribute == ATTRIBUTE_DN)) {
        struct span text;

        fault = make_up(filling, column->attribute, &text);
        if (fault == FAULT_NONE && text.len > 0) {
            export_field_add_text(&field, text);
        }
    }
    filling->nul |= field.nul;
    filling->tally->filled[index] |= field.any;
    export_field_close(&field);
    return fault;
}

/*
 * Where the source broke off before it could tell the certificates, the row does so too: a blank
 * would say that there are none. So it does where there are some that no column shows, unless that
 * would cost other columns. A row cannot end before its first field: that is called unreadable.
 */
static size_t fields_of(const struct filling *filling)
{
    const struct export_sheet *sheet = filling->sheet;
    const struct entry *entry = sheet->entry;
    size_t last = filling->export->last_certificate, count = filling->export->header->count;
    bool cut = (entry->cut_off || entry->hidden || entry->unasked) && entry->value_count == 0;
    bool unshown = !sheet->shown && sheet->unshown != ATTRIBUTE_OTHER && last == count;

    return (cut || unshown) && last > 0 ? last - 1 : count;
}

static void count_unshown(const struct export *export, const struct export_sheet *sheet,
                          struct export_tally *tally)
{
    if (sheet->unshown == ATTRIBUTE_OTHER || export->last_certificate == 0) {
        return;
    }
    tally->partly += sheet->shown;
    tally->unshown += !sheet->shown;
    tally->unshown_name = sheet->unshown == ATTRIBUTE_CERT_FIRST ? "Tagged-X509-Cert" : "X509-Cert";
}

/* Turns what was added from `start` on into the encoding of the header. */
static enum fault encode(struct filling *filling, size_t start, bool *whole)
{
    struct buffer *out = filling->out;
    struct span row;
    enum fault fault;

    *whole = true;
    if (filling->export->header->encoding <= ENCODING_UTF8_MARK || out->fault != FAULT_NONE) {
        return FAULT_NONE;
    }
    fault = arena_copy(filling->arena, span_from(buffer_span(out), start), &row);
    if (fault == FAULT_NONE) {
        out->len = start;
        *whole = encoding_add(out, row, filling->export->header->encoding);
    }
    return fault;
}

enum fault export_add_row(struct buffer *out, const struct export *export,
                          const struct export_sheet *sheet, struct arena *arena,
                          struct export_tally *tally, const char **remark)
{
    struct filling filling = {
        .export = export, .sheet = sheet, .arena = arena, .out = out, .tally = tally};
    size_t start = out->len, fields = fields_of(&filling);
    bool whole = true;
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < fields && fault == FAULT_NONE; i++) {
        if (i > 0) {
            buffer_add(out, export->header->dialect.delimiter);
        }
        fault = add_column(&filling, i);
    }
    if (fields == 0) {
        buffer_add_byte(out, '?');
    } else if (export->header->count == 1 && out->len == start) {
        buffer_add_byte(out, (uint8_t) export->header->dialect.quote); /* no line is to be empty */
        buffer_add_byte(out, (uint8_t) export->header->dialect.quote);
    }
    buffer_add_text(out, "\r\n");
    if (fault == FAULT_NONE) {
        fault = encode(&filling, start, &whole);
    }
    if (fault != FAULT_NONE) {
        out->len = start;
        return fault;
    }
    count_unshown(export, sheet, tally);
    *remark = !whole        ? "a character that the code page of the header lacks: '?' stands "
                              "for it (save the header file as UTF-8 or Unicode)"
              : filling.nul ? "a NUL byte in a text: '?' stands for it in the export"
              : filling.dropped
                  ? "a second value of an attribute that has one in Exchange: left out"
                  : NULL;
    return FAULT_NONE;
}
