#include "source/ldif.h"

#include <stdlib.h>

#include "base/count.h"

/*
 * Any bytes as LDIF: line numbers grow, what is handed out can be read, and cut behind any whole
 * record, the entries are the same ones.
 *
 * The first byte chooses where to cut; the rest is the text.
 */
enum { ARENA_MAX = 16 * 1024 * 1024 };

static struct arena arena;

/* What a reading comes to: equal for equal readings. */
struct tally {
    uint64_t entries, refused, sum;
};

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

/* Every byte is touched, so that a sanitizer sees a span that leads out. */
static void add_span(struct tally *tally, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        tally->sum = tally->sum * 31 + s.at[i];
    }
    tally->sum = tally->sum * 31 + s.len;
}

static void add_entry(struct tally *tally, const struct entry *entry)
{
    const struct span texts[] = {entry->dn,         entry->display_name,  entry->mail,
                                 entry_name(entry), entry_address(entry), entry_container(entry)};

    tally->entries++;
    tally->sum += entry->line + (uint64_t)entry->kind;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        add_span(tally, texts[i]);
    }
    for (size_t i = 0; i < entry->address_count; i++) {
        add_span(tally, entry->addresses[i]);
    }
    for (size_t i = 0; i < entry->value_count; i++) {
        const struct entry_value *value = &entry->values[i];

        hold(attribute_is_certificate(value->attribute) && value->name.len > 0);
        hold(value->value.state != VALUE_BROKEN || value->value.why.rule != NULL);
        add_span(tally, value->value.bytes);
    }
}

static uint64_t read_all(struct tally *tally, struct span text, uint64_t line, bool first)
{
    struct ldif_reading reading = {
        .lines = {.rest = text, .line = line}, .first = first, .follow_folder = -1};
    uint64_t end = line + count_byte(text, '\n');
    uint64_t last = line - 1;
    enum fault fault;

    do {
        struct entry entry = {0};
        struct why why = {0};
        uint64_t at = 0;

        arena_reset(&arena);
        fault = ldif_entry_next(&reading, &arena, &entry, &at, &why);
        if (fault == FAULT_NONE) {
            hold(entry.line > last && entry.line <= at && at <= end);
            add_entry(tally, &entry);
            last = at;
        } else if (fault != FAULT_ABSENT) {
            hold(why.rule != NULL && at > last && at <= end);
            tally->refused++;
            tally->sum += at;
            last = at;
        }
    } while (fault != FAULT_ABSENT);
    hold(reading.lines.rest.len == 0);
    return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tally whole = {0}, parts = {0};
    struct span text, head;
    uint64_t line;

    if (size < 1) {
        return 0;
    }
    arena.max = ARENA_MAX;
    text = span_of(data + 1, size - 1);
    head = span_upto(text, text.len * data[0] / UINT8_MAX);
    head = span_upto(text, ldif_whole_records(head));
    (void)read_all(&whole, text, 1, false);
    line = read_all(&parts, head, 1, false);
    (void)read_all(&parts, span_from(text, head.len), line, false);
    hold(whole.entries == parts.entries && whole.refused == parts.refused &&
         whole.sum == parts.sum);
    return 0;
}
