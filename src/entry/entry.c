#include "entry/entry.h"

#include "base/ascii.h"
#include "entry/dn_name.h"
#include "entry/multi.h"

/*
 * Not an address of internet mail is what has another of Exchange's types (MS:, X400:, CCMAIL:,
 * EUM:, sip:); nor, in a list of all types, what has neither a type nor an @: a piece of an X.400
 * address that was taken apart at its semicolons.
 */
static bool is_smtp_address(struct span *address, enum attribute attribute, bool *primary)
{
    static const char prefix[] = "smtp:";
    size_t n = 0;

    *primary = address->len >= sizeof(prefix) - 1 && memcmp(address->at, "SMTP:", 5) == 0;
    if (*primary || ascii_starts_nocase(*address, span_text(prefix))) {
        *address = span_from(*address, sizeof(prefix) - 1);
        return address->len > 0;
    }
    while (n < address->len && address->at[n] != '@' && address->at[n] != ':') {
        n++;
    }
    return n < address->len ? address->at[n] == '@'
                            : address->len > 0 && attribute == ATTRIBUTE_MAIL;
}

static enum fault add_address(struct entry *entry, enum attribute attribute, struct span text,
                              struct arena *arena)
{
    struct span address = ascii_trim(text);
    bool primary;
    enum fault fault;

    if (!is_smtp_address(&address, attribute, &primary)) {
        return FAULT_NONE;
    }
    if (primary && entry->primary.len == 0) {
        entry->primary = address;
    }
    if (attribute == ATTRIBUTE_MAIL && entry->mail.len == 0) {
        entry->mail = address;
    }
    /* `mail` and the primary address are the same as a rule: once is enough. A short list is
     * looked through whole, a long one only at its start, so that time stays in bounds. */
    for (size_t i = 0; i < entry->address_count && i < 64; i++) {
        if (span_equal(entry->addresses[i], address)) {
            return FAULT_NONE;
        }
    }
    fault = arena_grow(arena, (void **)&entry->addresses, sizeof(*entry->addresses),
                       entry->address_count, &entry->address_capacity, ENTRY_ADDRESSES_MAX);
    if (fault == FAULT_NONE) {
        entry->addresses[entry->address_count++] = address;
    } else if (fault == FAULT_LIMIT) {
        entry->dropped++;
        fault = FAULT_NONE;
    }
    return fault;
}

/* Exchange's way to join values, which an export in columns of LDAP's names has too. */
static const struct entry_style percent_style = {.separator = '%', .backslash = true};

/* `anna@x`, `SMTP:anna@x`, `X400:c=US;a= ;`: what stands before the first mark is one word. */
static bool is_address(struct span text)
{
    size_t n = 0;

    while (n < text.len && text.at[n] != '@' && text.at[n] != ':') {
        if (text.at[n] == ';' || text.at[n] == '\\') {
            return false;
        }
        n++;
    }
    return n < text.len;
}

/* `anna@x%smtp:anna@y`: every piece is an address; those of an old route (`anna%y@x`) are not. */
static bool are_addresses(struct span field)
{
    size_t end;

    while (span_find(field, '%', &end)) {
        if (!is_address(span_upto(field, end))) {
            return false;
        }
        field = span_from(field, end + 1);
    }
    return is_address(field);
}

/* How a field with addresses or classes is written: as its source writes, unless it shows `%`. */
static const struct entry_style *shown_style(struct span field, const struct entry_style *style,
                                             bool (*is_joined)(struct span))
{
    size_t percent;

    if (style->separator == 0 || style->backslash || !span_find(field, '%', &percent)) {
        return style;
    }
    return (percent > 0 && field.at[percent - 1] == '\\') || is_joined(field) ? &percent_style
                                                                              : style;
}

static enum fault add_addresses(struct entry *entry, enum attribute attribute, struct span field,
                                const struct entry_style *style, struct arena *arena)
{
    struct cursor in = cursor_over(field);
    struct span text;
    enum fault fault;

    style = shown_style(field, style, are_addresses);
    while ((fault = multi_next(&in, style, arena, &text)) == FAULT_NONE) {
        fault = add_address(entry, attribute, text, arena);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

enum fault entry_add_value(struct entry *entry, const struct entry_value *value,
                           struct arena *arena)
{
    enum fault fault = arena_grow(arena, (void **)&entry->values, sizeof(*entry->values),
                                  entry->value_count, &entry->value_capacity, ENTRY_VALUES_MAX);

    if (fault == FAULT_NONE) {
        entry->values[entry->value_count++] = *value;
    } else if (fault == FAULT_LIMIT) {
        entry->dropped++;
        fault = FAULT_NONE;
    }
    return fault;
}

static enum fault add_values(struct entry *entry, const struct entry_column *column,
                             struct span field, const struct entry_style *style,
                             struct arena *arena)
{
    struct cursor in = cursor_over(field);
    struct entry_value value = {
        .attribute = column->attribute, .name = column->name, .full = column->full};
    enum fault fault;

    if (style->binary) {
        value.value = (struct value){.state = VALUE_BYTES, .bytes = field};
        value.raw = field;
        return field.len == 0 ? FAULT_NONE : entry_add_value(entry, &value, arena);
    }
    while ((fault = value_next(&in, style->separator, arena, &value.value)) == FAULT_NONE) {
        value.raw = style->exact                       ? field
                    : value.value.state == VALUE_BYTES ? value.value.bytes
                                                       : (struct span){0};
        fault = entry_add_value(entry, &value, arena);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

/* Exchange's Obj-Class: one word, any case; Exchange itself writes it with a capital. */
static void set_obj_class(struct entry *entry, struct span word)
{
    static const char mailbox[] = "Mailbox";

    if (word.len == sizeof(mailbox) - 1 && memcmp(word.at, mailbox, sizeof(mailbox) - 1) == 0) {
        entry->kind = ENTRY_MAILBOX;
        return;
    }
    word = ascii_trim(word);
    if (word.len == 0) {
        return;
    }
    if (ascii_equal_nocase(word, span_text(mailbox))) {
        entry->kind = ENTRY_MAILBOX;
    } else if (ascii_equal_nocase(word, span_text("remote"))) {
        entry->kind = ENTRY_REMOTE;
    } else {
        entry->kind = ascii_equal_nocase(word, span_text("dl")) ? ENTRY_LIST : ENTRY_OTHER;
    }
}

/*
 * LDAP's objectClass: a computer of Active Directory is a `user`, a contact a `person`; so the
 * classes that rule a mailbox out count more than those that make one.
 */
static void add_object_class(struct entry *entry, struct span word)
{
#define WORD(text) text, sizeof(text) - 1
    static const struct {
        const char *word;
        size_t len;
        enum entry_kind kind;
    } classes[] = {{WORD("person"), ENTRY_MAILBOX},
                   {WORD("inetOrgPerson"), ENTRY_MAILBOX},
                   {WORD("user"), ENTRY_MAILBOX},
                   {WORD("mailRecipient"), ENTRY_MAILBOX},
                   {WORD("organizationalPerson"), ENTRY_MAILBOX},
                   {WORD("computer"), ENTRY_OTHER},
                   {WORD("contact"), ENTRY_CONTACT},
                   {WORD("group"), ENTRY_LIST},
                   {WORD("groupOfNames"), ENTRY_LIST},
                   {WORD("groupOfUniqueNames"), ENTRY_LIST},
                   {WORD("organizationalUnit"), ENTRY_OTHER},
                   {WORD("container"), ENTRY_OTHER},
                   {WORD("mailGroup"), ENTRY_LIST},
                   {WORD("publicFolder"), ENTRY_OTHER},
                   {WORD("msExchDynamicDistributionList"), ENTRY_LIST},
                   {WORD("foreignSecurityPrincipal"), ENTRY_OTHER}};
#undef WORD

    word = ascii_trim(word);
    if (word.len == 0) {
        return;
    }
    if (!entry->kind_by_class) {
        entry->kind_by_class = true;
        entry->kind = ENTRY_UNTOLD;
    }
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (word.len != classes[i].len ||
            (memcmp(word.at, classes[i].word, word.len) != 0 &&
             !ascii_equal_nocase(word, span_of(classes[i].word, word.len)))) {
            continue;
        }
        if (classes[i].kind != ENTRY_MAILBOX || entry->kind == ENTRY_UNTOLD) {
            entry->kind = classes[i].kind;
        }
        return;
    }
}

/* No class has a `%` in its name (RFC 4512, 1.4): it joins them where nothing else does. */
static bool are_classes(struct span field)
{
    size_t other;

    return !span_find(field, ';', &other);
}

static enum fault add_object_classes(struct entry *entry, struct span field,
                                     const struct entry_style *style, struct arena *arena)
{
    struct cursor in = cursor_over(field);
    struct span word;
    enum fault fault;

    style = shown_style(field, style, are_classes);
    while ((fault = multi_next(&in, style, arena, &word)) == FAULT_NONE) {
        add_object_class(entry, word);
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

/* Where the last part of `/o=Org/ou=Site/cn=Recipients/cn=alias` begins: behind its last slash. */
static size_t last_part_offset(struct span path)
{
    size_t n = path.len;

    while (n > 0 && path.at[n - 1] != '/') {
        n--;
    }
    return n;
}

static bool is_path(struct span dn) { return dn.len > 0 && dn.at[0] == '/'; }

/* The cn that the DN begins with, as it is written there; else empty. */
static struct span written_name(struct span dn)
{
    struct span rdn =
        is_path(dn) ? span_from(dn, last_part_offset(dn)) : span_upto(dn, dn_first_rdn_length(dn));

    if (!ascii_starts_nocase(rdn, span_text("cn="))) {
        return (struct span){0};
    }
    rdn = span_from(rdn, 3);
    return is_path(dn) ? ascii_trim(rdn) : dn_value_trim(rdn);
}

enum fault entry_set_dn(struct entry *entry, struct span dn, struct arena *arena)
{
    size_t at;

    entry->dn = dn;
    if (is_path(dn) || (!span_find(dn, '\\', &at) && !span_find(dn, '"', &at))) {
        return FAULT_NONE;
    }
    return dn_value_text(written_name(dn), arena, &entry->dn_name);
}

static enum fault add_dn(struct entry *entry, struct span field, struct arena *arena)
{
    struct span dn = {0};
    enum fault fault = entry->dn.len > 0 ? FAULT_NONE : multi_set(field, arena, &dn);

    return fault != FAULT_NONE || dn.len == 0 ? fault : entry_set_dn(entry, dn, arena);
}

enum fault entry_add(struct entry *entry, const struct entry_column *column, struct span field,
                     const struct entry_style *style, struct arena *arena)
{
    struct span *place = entry_text_place(entry, column->attribute);

    if (place != NULL) {
        return multi_set(field, arena, place);
    }
    switch (column->attribute) {
    case ATTRIBUTE_DN:
        return add_dn(entry, field, arena);
    case ATTRIBUTE_MAIL:
    case ATTRIBUTE_ADDRESSES:
        return add_addresses(entry, column->attribute, field, style, arena);
    case ATTRIBUTE_OBJ_CLASS:
        set_obj_class(entry, field);
        return FAULT_NONE;
    case ATTRIBUTE_OBJECT_CLASS:
        return add_object_classes(entry, field, style, arena);
    case ATTRIBUTE_CERT_FIRST:
    case ATTRIBUTE_CERT_SECOND:
        return add_values(entry, column, field, style, arena);
    default:
        break;
    }
    return FAULT_NONE;
}

bool entry_has_doubtful_value(const struct entry *entry)
{
    for (size_t i = 0; i < entry->value_count; i++) {
        const struct value *value = &entry->values[i].value;

        if (value->state == VALUE_BROKEN || value->lied) {
            return true;
        }
    }
    return false;
}

bool entry_is_mailbox(const struct entry *entry, bool remotes)
{
    switch (entry->kind) {
    case ENTRY_UNTOLD:
        return !entry->kind_by_class;
    case ENTRY_MAILBOX:
        return !entry->kind_by_class || entry->address_count > 0 || entry->value_count > 0;
    case ENTRY_REMOTE:
        return remotes;
    case ENTRY_CONTACT:
    case ENTRY_LIST:
    case ENTRY_OTHER:
    case ENTRY_CHANGE:
        break;
    }
    return false;
}

struct span entry_dn_name(const struct entry *entry)
{
    return entry->dn_name.len > 0 ? entry->dn_name : written_name(entry->dn);
}

struct span entry_name(const struct entry *entry)
{
    const struct span choices[] = {entry->display_name,
                                   entry->common_name,
                                   entry->directory_name,
                                   entry_dn_name(entry),
                                   entry->alias,
                                   entry_address(entry),
                                   entry->dn};

    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        if (choices[i].len > 0) {
            return choices[i];
        }
    }
    return (struct span){0};
}

struct span entry_address(const struct entry *entry)
{
    if (entry->primary.len > 0) {
        return entry->primary;
    }
    if (entry->mail.len > 0) {
        return entry->mail;
    }
    return entry->address_count > 0 ? entry->addresses[0] : (struct span){0};
}

struct span entry_container(const struct entry *entry)
{
    if (entry->container.len > 0 || entry->dn.len == 0) {
        return entry->container;
    }
    if (is_path(entry->dn)) {
        return span_upto(entry->dn, last_part_offset(entry->dn) - 1);
    }
    return ascii_trim(span_from(entry->dn, dn_first_rdn_length(entry->dn) + 1));
}
