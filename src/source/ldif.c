#include "source/ldif.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/lines.h"
#include "source/follow.h"

static struct span physical_line(struct span text, size_t *size)
{
    size_t end;

    if (!span_find(text, '\n', &end)) {
        *size = text.len;
        end = text.len;
    } else {
        *size = end + 1;
    }
    if (end > 0 && text.at[end - 1] == '\r') {
        end--;
    }
    return span_upto(text, end);
}

/* Base64 and nothing else: no attribute line, for that has a colon. */
static bool is_bare_base64(struct span line)
{
    for (size_t i = 0; i < line.len; i++) {
        uint8_t b = line.at[i];

        if (!ascii_is_alnum(b) && b != '+' && b != '/' && b != '=') {
            return false;
        }
    }
    return line.len > 0;
}

static bool is_base64_line(struct span line)
{
    size_t colon;

    return span_find(line, ':', &colon) && colon + 1 < line.len && line.at[colon + 1] == ':';
}

/*
 * Zimbra folds base64 without the blank that RFC 2849 asks for: takes such lines too. A line of
 * its own whose type is folded before its colon looks the same, but has a blank behind it.
 */
static void take_bare_lines(struct ldif_lines *lines, struct ldif_raw *raw)
{
    while (lines->rest.len > 0) {
        size_t size;
        struct span next = physical_line(lines->rest, &size);
        struct span behind = span_from(lines->rest, size);

        if (!is_bare_base64(next) || (behind.len > 0 && behind.at[0] == ' ')) {
            return;
        }
        raw->text = span_of(raw->text.at, (size_t)(next.at + next.len - raw->text.at));
        raw->folded = true;
        lines->rest = behind;
        lines->line++;
    }
}

static bool starts_with_line_end(struct span text)
{
    return text.at[0] == '\n' || (text.at[0] == '\r' && (text.len == 1 || text.at[1] == '\n'));
}

bool ldif_lines_next(struct ldif_lines *lines, struct ldif_raw *out)
{
    struct span rest = lines->rest;
    size_t folds = 0, end, size;

    if (rest.len == 0 || starts_with_line_end(rest)) {
        lines->ended = true;
        if (rest.len > 0) {
            (void)physical_line(rest, &size);
            lines->rest = span_from(rest, size);
            lines->line++;
        }
        return false;
    }
    end = lines_folded_end(&lines->seen, rest, &folds);
    out->line = lines->line;
    out->folded = folds > 0;
    out->text = span_upto(rest, end > 0 && rest.at[end - 1] == '\r' ? end - 1 : end);
    lines->rest = span_from(rest, end + 1);
    lines->line += folds + (end < rest.len ? 1 : 0);
    if (is_base64_line(out->text)) {
        take_bare_lines(lines, out);
    }
    return true;
}

enum fault ldif_unfold(const struct ldif_raw *raw, struct arena *arena, struct span *out)
{
    struct span rest = raw->text;
    uint8_t *copy;
    size_t n = 0, size;

    if (!raw->folded) {
        *out = raw->text;
        return FAULT_NONE;
    }
    copy = arena_take(arena, raw->text.len);
    if (copy == NULL) {
        return FAULT_RESOURCE;
    }
    while (rest.len > 0) {
        struct span line = physical_line(rest, &size);

        if (n > 0 && line.len > 0 && line.at[0] == ' ') {
            line = span_from(line, 1);
        }
        if (line.len > 0) {
            memcpy(copy + n, line.at, line.len);
            n += line.len;
        }
        rest = span_from(rest, size);
    }
    *out = span_of(copy, n);
    return FAULT_NONE;
}

size_t ldif_whole_records(struct span text)
{
    size_t end = text.len;

    while (end > 0) {
        const uint8_t *hit = memrchr(text.at, '\n', end);
        size_t at = hit != NULL ? (size_t)(hit - text.at) : 0;

        if (hit == NULL) {
            return 0;
        }
        if (at > 0 && (text.at[at - 1] == '\n' ||
                       (at > 1 && text.at[at - 1] == '\r' && text.at[at - 2] == '\n'))) {
            return at + 1;
        }
        end = at;
    }
    return 0;
}

enum fault ldif_next_parsed(struct ldif_lines *lines, struct arena *arena, struct ldif_line *out,
                            uint64_t *line, struct why *why)
{
    struct ldif_raw raw;
    struct span text;

    do {
        if (!ldif_lines_next(lines, &raw)) {
            return FAULT_ABSENT;
        }
    } while (raw.text.at[0] == '#');
    *line = raw.line;
    if (ldif_unfold(&raw, arena, &text) != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    return ldif_line_parse(text, out, why);
}

/* The value in bytes, whichever way it stands there. */
static enum fault decode_value(const struct ldif_line *line, struct arena *arena, struct span *out,
                               struct why *why)
{
    uint8_t *bytes;
    size_t n;
    enum fault fault;

    if (line->form != LDIF_BASE64) {
        *out = line->value;
        return FAULT_NONE;
    }
    bytes = arena_take(arena, base64_room(line->value.len));
    if (bytes == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = base64_decode(line->value, bytes, &n, why);
    if (fault == FAULT_NONE) {
        arena_trim(arena, bytes, n);
        *out = span_of(bytes, n);
    }
    return fault;
}

/*
 * Parses a line; where it is folded, only what stands before the value is needed in one piece,
 * and the value is decoded with its line ends. That saves a copy of every certificate.
 */
static enum fault parse_raw(const struct ldif_raw *raw, struct arena *arena, struct ldif_line *out,
                            struct why *why)
{
    size_t size;
    struct span head = raw->folded ? physical_line(raw->text, &size) : raw->text;
    struct span whole;
    enum fault fault = ldif_line_parse(head, out, why);

    if (!raw->folded) {
        return fault;
    }
    if (fault == FAULT_NONE && out->form == LDIF_BASE64 && out->value.len > 0) {
        out->value = span_of(out->value.at, (size_t)(raw->text.at + raw->text.len - out->value.at));
        return FAULT_NONE;
    }
    if (ldif_unfold(raw, arena, &whole) != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    return ldif_line_parse(whole, out, why);
}

static void skip_record(struct ldif_lines *lines)
{
    struct ldif_raw raw;

    while (ldif_lines_next(lines, &raw)) {
    }
}

static enum fault add_broken(struct entry *entry, const struct entry_column *column,
                             struct span text, const struct why *why, struct arena *arena)
{
    struct entry_value value = {
        .attribute = column->attribute,
        .name = column->name,
        .full = column->full,
        .value = {.state = VALUE_BROKEN, .bytes = text, .why = *why},
    };

    return entry_add_value(entry, &value, arena);
}

/* A certificate attribute whose value stands in a file of its own: `:< file:///…`. */
static enum fault add_from_file(struct ldif_reading *reading, struct entry *entry,
                                const struct entry_column *column, struct span url,
                                struct arena *arena)
{
    struct why why;
    struct span bytes;
    struct entry_value value = {
        .attribute = column->attribute, .name = column->name, .full = column->full};
    enum fault fault = follow_read(reading->follow_folder, url, arena, &bytes, &why);

    if (fault != FAULT_NONE) {
        return add_broken(entry, column, url, &why, arena);
    }
    value.value = (struct value){.state = VALUE_BYTES, .bytes = bytes};
    value.raw = bytes;
    return entry_add_value(entry, &value, arena);
}

/* The type and the options behind it, which stand in one piece. */
static struct span with_options(const struct ldif_line *line)
{
    return line->options.len == 0 ? line->type
                                  : span_of(line->type.at, line->type.len + 1 + line->options.len);
}

static enum fault add_line(struct ldif_reading *reading, struct entry *entry,
                           const struct ldif_line *line, struct arena *arena, struct why *why)
{
    static const struct entry_style text_style = {.separator = 0, .exact = true};
    static const struct entry_style binary_style = {.separator = 0, .binary = true};
    const struct entry_column column = {.attribute =
                                            attribute_find_again(&reading->names, line->type),
                                        .name = line->type,
                                        .full = with_options(line)};
    const struct entry_style *style;
    struct span value;
    size_t route;
    enum fault fault;

    if (line->form == LDIF_URL) {
        return attribute_is_certificate(column.attribute)
                   ? add_from_file(reading, entry, &column, line->value, arena)
                   : FAULT_NONE;
    }
    fault = decode_value(line, arena, &value, why);
    if (fault == FAULT_RESOURCE) {
        return fault;
    }
    if (fault != FAULT_NONE) {
        if (attribute_is_certificate(column.attribute)) {
            return add_broken(entry, &column, line->value, why, arena);
        }
        entry->remark = "RFC 2849: a base64 value that cannot be decoded (the rest was read)";
        return FAULT_NONE;
    }
    style = line->form == LDIF_BASE64 ? &binary_style : &text_style;
    route = projection_route(reading->projection, &column);
    if (route > 0) {
        fault = projection_keep(entry, route, value, style, arena);
    }
    return fault == FAULT_NONE ? entry_add(entry, &column, value, style, arena) : fault;
}

/* What may stand before the DN, and what stands in its place in ldapsearch's own output. */
enum opening { OPENING_DN, OPENING_VERSION, OPENING_SEARCH_RESULT, OPENING_REFERENCE, OPENING_BAD };

static enum opening opening_of(const struct ldif_line *line)
{
    static const struct {
        const char *type;
        size_t len;
        enum opening opening;
    } openings[] = {{"dn", 2, OPENING_DN},
                    {"version", 7, OPENING_VERSION},
                    {"search", 6, OPENING_SEARCH_RESULT},
                    {"result", 6, OPENING_SEARCH_RESULT},
                    {"ref", 3, OPENING_REFERENCE}};

    for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
        if (ascii_equal_nocase(line->type, span_of(openings[i].type, openings[i].len))) {
            return openings[i].opening;
        }
    }
    return OPENING_BAD;
}

/* `search: 2` and `result: 4 Size limit exceeded`, with which ldapsearch ends its output. */
static enum fault read_search_result(struct ldif_reading *reading, struct ldif_line line,
                                     struct arena *arena, uint64_t *at, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (; fault == FAULT_NONE; fault = ldif_next_parsed(&reading->lines, arena, &line, at, why)) {
        if (ascii_equal_nocase(line.type, span_text("result")) &&
            !(line.value.len > 0 && line.value.at[0] == '0')) {
            reading->incomplete = true;
            return fault_at(
                FAULT_SYNTAX, 0,
                "ldapsearch says that the search ended early: the roster is incomplete "
                "(bind as a user without limits, or use paged results: -E pr=500/noprompt)",
                why);
        }
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

static enum fault read_attributes(struct ldif_reading *reading, struct entry *entry,
                                  struct arena *arena, uint64_t *at, struct why *why)
{
    struct ldif_raw raw;
    struct ldif_line line;
    bool first = true;

    while (ldif_lines_next(&reading->lines, &raw)) {
        enum fault fault;

        if (raw.text.at[0] == '#') {
            continue;
        }
        *at = raw.line;
        fault = parse_raw(&raw, arena, &line, why);
        if (fault == FAULT_NONE && first &&
            ascii_equal_nocase(line.type, span_text("changetype"))) {
            fault = decode_value(&line, arena, &line.value, why);
            line.value = ascii_trim(line.value);
            if (fault == FAULT_NONE && !ascii_equal_nocase(line.value, span_text("add"))) {
                entry->kind = ENTRY_CHANGE;
                entry->kind_by_class = false;
                return ldif_change_check(line.value, &reading->lines, arena, at, why);
            }
        } else if (fault == FAULT_NONE && !ascii_equal_nocase(line.type, span_text("control"))) {
            first = false;
            fault = add_line(reading, entry, &line, arena, why);
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return FAULT_NONE;
}

/* Reads the record from its first line on. FAULT_ABSENT: it holds nothing that is an entry. */
static enum fault read_record(struct ldif_reading *reading, struct arena *arena,
                              struct entry *entry, uint64_t *at, struct why *why)
{
    static const char *const misplaced = "RFC 2849: version: stands before the first record only";
    struct ldif_line line;
    struct span dn = {0};
    enum fault fault = ldif_next_parsed(&reading->lines, arena, &line, at, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    entry->line = *at;
    if (opening_of(&line) == OPENING_VERSION) {
        entry->remark = reading->first ? NULL : misplaced;
        reading->first = false;
        fault = ldif_next_parsed(&reading->lines, arena, &line, at, why);
        if (fault != FAULT_NONE) {
            return fault;
        }
        entry->line = *at;
    }
    reading->first = false;
    switch (opening_of(&line)) {
    case OPENING_SEARCH_RESULT:
        fault = read_search_result(reading, line, arena, at, why);
        return fault == FAULT_NONE ? FAULT_ABSENT : fault;
    case OPENING_REFERENCE:
        return FAULT_ABSENT;
    case OPENING_DN:
        break;
    case OPENING_VERSION:
    case OPENING_BAD:
        return fault_at(FAULT_SYNTAX, 0, "RFC 2849: a record starts with dn:", why);
    }
    if (line.form == LDIF_URL || line.options.len > 0) {
        return fault_at(FAULT_SYNTAX, 0, "RFC 2849: a DN stands behind dn: or dn::", why);
    }
    fault = decode_value(&line, arena, &dn, why);
    if (fault == FAULT_NONE && entry_set_dn(entry, dn, arena) != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    return fault != FAULT_NONE ? fault : read_attributes(reading, entry, arena, at, why);
}

enum fault ldif_entry_next(struct ldif_reading *reading, struct arena *arena, struct entry *out,
                           uint64_t *line, struct why *why)
{
    while (reading->lines.rest.len > 0) {
        struct entry entry = {0};
        enum fault fault;

        reading->lines.ended = false;
        fault = read_record(reading, arena, &entry, line, why);
        if (!reading->lines.ended) {
            skip_record(&reading->lines);
        }
        if (fault == FAULT_NONE) {
            *out = entry;
        }
        if (fault != FAULT_ABSENT) {
            return fault;
        }
    }
    return FAULT_ABSENT;
}
