#include "base/ascii.h"
#include "base/text.h"
#include "entry/multi.h"
#include "report/export.h"

enum { ITEMS_MAX = 1 << 24 };

static enum fault add_item(struct export_sheet *sheet, size_t column, struct export_item item,
                           struct arena *arena)
{
    struct export_slot *slot = &sheet->slots[column];
    enum fault fault = arena_grow(arena, (void **)&sheet->items, sizeof(*sheet->items),
                                  sheet->count, &sheet->capacity, ITEMS_MAX);

    if (fault != FAULT_NONE) {
        return FAULT_RESOURCE;
    }
    sheet->items[sheet->count++] = item;
    if (slot->last == 0) {
        slot->first = sheet->count;
    } else {
        sheet->items[slot->last - 1].next = sheet->count;
    }
    slot->last = sheet->count;
    slot->best = item.fit > slot->best ? item.fit : slot->best;
    return FAULT_NONE;
}

/* Puts it into every column that its route leads to. */
static enum fault add_to_targets(const struct export *export, struct export_sheet *sheet,
                                 size_t route, struct export_item item, struct arena *arena,
                                 struct export_tally *tally)
{
    size_t count;
    const struct projection_target *targets = projection_targets(export->projection, route, &count);

    for (size_t i = 0; i < count; i++) {
        enum fault fault;

        tally->met[targets[i].column] = true;
        item.fit = targets[i].fit;
        fault = add_item(sheet, targets[i].column, item, arena);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return FAULT_NONE;
}

static enum fault add_values(const struct export *export, struct export_sheet *sheet,
                             struct arena *arena, struct export_tally *tally)
{
    const struct entry *entry = sheet->entry;

    for (size_t i = 0; i < entry->value_count; i++) {
        const struct entry_value *value = &entry->values[i];
        size_t route = projection_find(export->projection, value->name);
        enum fault fault;

        if (route == 0) {
            sheet->unshown =
                sheet->unshown == ATTRIBUTE_CERT_FIRST ? sheet->unshown : value->attribute;
            continue;
        }
        sheet->shown = true;
        fault = add_to_targets(export, sheet, route, (struct export_item){.value = value}, arena,
                               tally);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return FAULT_NONE;
}

enum fault export_sheet_make(const struct export *export, const struct entry *entry,
                             struct arena *arena, struct export_tally *tally,
                             struct export_sheet *out)
{
    size_t columns = export->header->count + EXPORT_EXTRAS;
    struct export_sheet sheet = {.entry = entry};

    sheet.slots = arena_take_array(arena, columns, sizeof(*sheet.slots));
    if (sheet.slots == NULL) {
        return FAULT_RESOURCE;
    }
    memset(sheet.slots, 0, columns * sizeof(*sheet.slots));
    for (size_t i = 0; i < entry->extra_count; i++) {
        const struct entry_extra *extra = &entry->extras[i];
        const struct export_item item = {.text = extra->text, .style = extra->style};
        enum fault fault = add_to_targets(export, &sheet, extra->route, item, arena, tally);

        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    *out = sheet;
    return add_values(export, out, arena, tally);
}

/* A text that a person could have written: whole characters, no controls but blanks. */
static bool is_written_text(struct span text)
{
    if (!text_is_utf8(text)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if ((text.at[i] < ' ' && !ascii_is_blank(text.at[i])) || text.at[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

static enum fault add_text(struct export_texts *texts, struct export_text text, struct arena *arena)
{
    enum fault fault;

    if (text.text.len == 0) {
        return FAULT_NONE;
    }
    fault = arena_grow(arena, (void **)&texts->at, sizeof(*texts->at), texts->count,
                       &texts->capacity, ITEMS_MAX);
    if (fault == FAULT_NONE) {
        texts->at[texts->count++] = text;
    }
    return fault == FAULT_NONE ? FAULT_NONE : FAULT_RESOURCE;
}

/* Values of an attribute of bytes: as they come, or in one of the text forms of entry/value.h. */
static enum fault add_bytes(struct export_texts *texts, const struct export_item *item,
                            struct arena *arena)
{
    struct cursor in = cursor_over(item->text);
    struct value value;
    enum fault fault;

    if (item->style->separator == 0) { /* LDIF, LDAP: a value, not a way to write it */
        return add_text(texts, (struct export_text){.text = item->text, .bytes = true}, arena);
    }
    while ((fault = value_next(&in, item->style->separator, arena, &value)) == FAULT_NONE) {
        const struct export_text text = {.text = value.bytes, .bytes = value.state == VALUE_BYTES};

        fault = add_text(texts, text, arena);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

/*
 * Values of an attribute that nobody knows. LDAP says how many there are, and what is no text is
 * bytes; of a CSV's field nothing is known, so it stays as it is.
 */
static enum fault add_unknown(struct export_texts *texts, const struct export_item *item,
                              struct arena *arena)
{
    const struct export_text text = {
        .text = item->text,
        .verbatim = item->style->separator != 0,
        .bytes = item->style->binary && !is_written_text(item->text),
    };

    return add_text(texts, text, arena);
}

/*
 * A field that is written as the export writes it stays, so that what a source does against the
 * rules is not made worse. Addresses are taken apart: others may have to go among them.
 */
static bool stays(const struct export *export, const struct projection_column *column,
                  const struct entry_style *style)
{
    return column->schema->many && style->backslash && style->separator == export->separator &&
           column->attribute != ATTRIBUTE_ADDRESSES;
}

static enum fault add_known(struct export_texts *texts, const struct schema *schema,
                            const struct export_item *item, struct arena *arena)
{
    static const struct entry_style single = {.separator = 0};
    struct cursor in = cursor_over(item->text);
    struct span text;
    enum fault fault;

    while ((fault = multi_next(&in, schema->many ? item->style : &single, arena, &text)) ==
           FAULT_NONE) {
        fault = add_text(texts,
                         (struct export_text){.text = text, .added = item->fit == PROJECTION_ADDED},
                         arena);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

static enum fault add_item_texts(const struct export *export,
                                 const struct projection_column *column,
                                 const struct export_item *item, struct arena *arena,
                                 struct export_texts *out)
{
    if (column->schema == NULL) {
        return add_unknown(out, item, arena);
    }
    if (column->schema->binary) {
        return add_bytes(out, item, arena);
    }
    if (stays(export, column, item->style)) {
        return add_text(out, (struct export_text){.text = item->text, .verbatim = true}, arena);
    }
    return add_known(out, column->schema, item, arena);
}

enum fault export_sheet_texts(const struct export *export, const struct export_sheet *sheet,
                              size_t column, struct arena *arena, struct export_texts *out)
{
    const struct export_slot *slot = &sheet->slots[column];
    enum fault fault = FAULT_NONE;

    *out = (struct export_texts){0};
    for (size_t at = slot->first; at != 0 && fault == FAULT_NONE;) {
        const struct export_item *item = &sheet->items[at - 1];

        at = item->next;
        if (item->style != NULL && (item->fit == slot->best || item->fit == PROJECTION_ADDED)) {
            fault = add_item_texts(export, &projection_columns(export->projection)[column], item,
                                   arena, out);
        }
    }
    return fault;
}
