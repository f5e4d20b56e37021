#include "roster/tidying.h"

#include "base/ascii.h"
#include "base/text.h"
#include "cert/bundle.h"
#include "cert/cert.h"
#include "report/ldif_change.h"

/* An export that writes a value twice does so nearby; a directory never does. */
enum { REPEATS_MAX = 1024 };

/* One entry on its way into a change. */
struct sorting {
    const struct tidying *tidying;
    const struct entry *entry;
    struct span dn; /* its name in UTF-8, which is what LDAP has (RFC 4511, 4.1.3) */
    const struct mailbox *mailbox;
    const struct tidying_output *out;
    struct tidy_value *values; /* one for each value of the directory */
    size_t *sources;           /* and the entry's value in which it begins */
    size_t count;
    size_t candidate; /* the next one that has not been given to a value */
    bool begun;       /* the change, in the rows */
    size_t start;
};

static enum fault complain_of(const struct sorting *s, size_t value, const char *rule)
{
    const struct complaint complaint = {
        .line = s->entry->line, .dn = s->entry->dn, .rule = rule, .value = value};

    return complaints_add(s->out->complaints, s->out->kept, &complaint);
}

/*
 * How many certificates the bytes hold; `*broken` when there is something else in them. Read anew,
 * since a candidate may be missing for another reason than that it cannot be read.
 */
static size_t count_certificates(struct span bytes, bool *broken)
{
    struct bundle bundle;
    struct bundle_item item;
    struct cert cert;
    struct why why;
    size_t count = 0;
    enum fault fault = bundle_open(bytes, &bundle, &why);

    while (fault == FAULT_NONE && bundle_next(&bundle, &item, &why, &fault)) {
        if (cert_read(item.der, &cert, &why) == FAULT_NONE) {
            count++;
        } else {
            *broken = true;
        }
    }
    *broken |= fault != FAULT_NONE;
    return count;
}

/* Gives the candidates of the entry's value `index` to the last value of the directory. */
static void take_candidates(struct sorting *s, size_t index)
{
    const struct value *value = &s->entry->values[index].value;
    struct tidy_value *into = &s->values[s->count - 1];
    size_t first = s->candidate, read = 0;

    while (s->candidate < s->mailbox->count &&
           s->mailbox->candidates[s->candidate].value == index) {
        s->candidate++;
    }
    switch (value->state) {
    case VALUE_BYTES:
        read = count_certificates(value->bytes, &into->broken);
        break;
    case VALUE_BROKEN:
        into->broken = true;
        break;
    case VALUE_LOST: /* what the directory has may be good: nothing is said of it */
        break;
    }
    if (into->count == 0) {
        into->first = first;
    }
    into->count += s->candidate - first;
    if (read > s->candidate - first) { /* more than a mailbox may have: not judged, so they stay */
        into->broken = false;
        into->count = 0;
    }
}

/* True when the entry's value came before, under the same name. */
static bool is_repeated(const struct sorting *s, const struct entry_value *value)
{
    for (size_t i = s->count; i > 0 && s->count - i < REPEATS_MAX; i--) {
        const struct entry_value *before = &s->entry->values[s->sources[i - 1]];

        if (span_equal(before->raw, value->raw) && ascii_equal_nocase(before->full, value->full)) {
            return true;
        }
    }
    return false;
}

static enum fault sort_values(struct sorting *s, struct arena *arena)
{
    const struct entry *entry = s->entry;
    bool skip = false;

    s->values = arena_take_array(arena, entry->value_count, sizeof(*s->values));
    s->sources = arena_take_array(arena, entry->value_count, sizeof(*s->sources));
    if (s->values == NULL || s->sources == NULL) {
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < entry->value_count; i++) {
        const struct entry_value *value = &entry->values[i];
        bool same = i > 0 && value->raw.len > 0 && value->raw.at == entry->values[i - 1].raw.at;

        if (!same) {
            skip = value->raw.len > 0 && is_repeated(s, value);
        }
        if (!same && !skip) {
            s->sources[s->count] = i;
            s->values[s->count++] = (struct tidy_value){.first = s->candidate};
        }
        if (skip) {
            while (s->candidate < s->mailbox->count &&
                   s->mailbox->candidates[s->candidate].value == i) {
                s->candidate++;
            }
        } else {
            take_candidates(s, i);
        }
    }
    return FAULT_NONE;
}

static const struct entry_value *source_of(const struct sorting *s, size_t i)
{
    return &s->entry->values[s->sources[i]];
}

static bool is_inseparable(const struct sorting *s, size_t i)
{
    const char *const *name = s->tidying->inseparable;

    while (name != NULL && *name != NULL) {
        if (ascii_equal_nocase(source_of(s, i)->name, span_text(*name))) {
            return true;
        }
        name++;
    }
    return false;
}

static void put(struct sorting *s, size_t i, bool whole)
{
    const struct change_value value = {.name = source_of(s, i)->full,
                                       .bytes = source_of(s, i)->raw,
                                       .kinds = s->values[i].kinds,
                                       .whole = whole};

    if (!s->begun) {
        change_begin(s->out->rows, s->dn, &s->start);
        s->begun = true;
    }
    change_add(s->out->rows, &value);
}

/* Puts all values of the inseparable attribute that value `i` is of. */
static enum fault put_whole(struct sorting *s, size_t i)
{
    const struct span name = source_of(s, i)->full;

    for (size_t j = 0; j < s->count; j++) {
        if (ascii_equal_nocase(source_of(s, j)->full, name) && source_of(s, j)->raw.len == 0) {
            return complain_of(s, s->sources[j] + 1,
                               "not shown by the export, so its attribute cannot be replaced as a "
                               "whole (read the directory itself, by LDAP)");
        }
    }
    for (size_t j = 0; j < s->count; j++) {
        if (ascii_equal_nocase(source_of(s, j)->full, name)) {
            put(s, j, true);
        }
    }
    return FAULT_NONE;
}

/* True when an earlier value of the attribute has led to put_whole() already. */
static bool was_put(const struct sorting *s, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (s->values[j].kinds != 0 &&
            ascii_equal_nocase(source_of(s, j)->full, source_of(s, i)->full)) {
            return true;
        }
    }
    return false;
}

const char *tidying_inseparable(void)
{
    return "to be removed, but the server has no equality rule for its attribute, and removes no "
           "single value of it (--whole-attribute replaces them all)";
}

/* Puts one value that is to be removed, or tells why that cannot be. */
static enum fault put_removed(struct sorting *s, size_t i)
{
    const struct entry_value *value = source_of(s, i);

    if (!ldif_change_can_name(value->full)) {
        return complain_of(s, s->sources[i] + 1,
                           "to be removed, but no attribute of LDAP is called as its column is");
    }
    if (is_inseparable(s, i)) {
        if (!s->tidying->whole) {
            return complain_of(s, s->sources[i] + 1, tidying_inseparable());
        }
        return was_put(s, i) ? FAULT_NONE : put_whole(s, i);
    }
    if (value->raw.len == 0) {
        return complain_of(s, s->sources[i] + 1,
                           "to be removed, but the export does not show the bytes that the "
                           "directory has (read the directory itself, by LDAP)");
    }
    put(s, i, false);
    return FAULT_NONE;
}

/* `cn=Anna,o=x`, not `/o=Org/ou=Site/cn=anna` nor nothing. */
static bool is_ldap_name(struct span dn)
{
    size_t equals;

    return dn.len > 0 && dn.at[0] != '/' && span_find(dn, '=', &equals) && equals > 0;
}

/* A CSV of a Windows machine may have names in its code page. */
static enum fault name_entry(struct sorting *s, struct arena *arena)
{
    struct buffer text;
    enum fault fault;

    s->dn = s->entry->dn;
    if (text_is_utf8(s->dn)) {
        return FAULT_NONE;
    }
    text = buffer_with_max(4 * s->dn.len);
    text_add_guessed(&text, s->dn);
    fault =
        text.fault == FAULT_NONE ? arena_copy(arena, buffer_span(&text), &s->dn) : FAULT_RESOURCE;
    buffer_clear(&text);
    return fault;
}

static enum fault put_all(struct sorting *s)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < s->count && fault == FAULT_NONE; i++) {
        s->out->tally->kept += s->values[i].last;
        if (s->values[i].kinds == 0) {
            continue;
        }
        if (!is_ldap_name(s->entry->dn)) {
            return complain_of(s, 0,
                               "values to be removed, but no LDAP name (DN) of the entry: left out "
                               "(add the DN to the export)");
        }
        fault = put_removed(s, i);
    }
    return fault;
}

enum fault tidying_add(const struct tidying *tidying, const struct entry *entry,
                       const struct mailbox *mailbox, const struct rules *rules,
                       struct arena *arena, const struct tidying_output *out, bool *added)
{
    struct sorting s = {.tidying = tidying, .entry = entry, .mailbox = mailbox, .out = out};
    enum fault fault;

    *added = false;
    if (entry->value_count == 0) {
        return FAULT_NONE;
    }
    fault = sort_values(&s, arena);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = name_entry(&s, arena);
    if (fault != FAULT_NONE) {
        return fault;
    }
    tidy_mailbox(mailbox, rules, &tidying->rules, s.values, s.count);
    fault = put_all(&s);
    if (s.begun) {
        change_end(out->rows, s.start);
        *added = true;
    }
    return fault;
}
