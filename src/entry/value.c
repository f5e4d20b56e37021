#include "entry/value.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/hex.h"

/* What exporting tools are known to put between values (Exchange option files, scripts). */
static bool is_separator(uint8_t b)
{
    return b == '%' || b == ';' || b == '|' || b == ',' || b == '&' || b == '^' || b == '#' ||
           b == '@' || b == '!' || b == '$' || b == '"';
}

static struct span take_to_separator(struct cursor *field, uint8_t separator)
{
    struct span taken = {0};
    size_t n = 0;

    while (n < field->rest.len && field->rest.at[n] != separator &&
           !is_separator(field->rest.at[n])) {
        n++;
    }
    (void)!cursor_take(field, n, &taken);
    return taken;
}

static struct value broken(struct span text, size_t offset, const char *rule)
{
    return (struct value){
        .state = VALUE_BROKEN, .bytes = text, .why = {.offset = offset, .rule = rule}};
}

/* After a value comes a separator or the end; anything else belongs to the value and spoils it. */
static void end_value(struct cursor *field, uint8_t separator, struct value *out)
{
    struct span seen;

    (void)cursor_run(field, ascii_is_blank);
    if (field->rest.len == 0) {
        return;
    }
    if (field->rest.at[0] == separator || is_separator(field->rest.at[0])) {
        (void)!cursor_take(field, 1, &seen);
        return;
    }
    if (out->state != VALUE_BROKEN) {
        *out = broken(out->bytes, field->offset, "not a hexadecimal digit in a binary value");
    }
    (void)take_to_separator(field, separator);
}

/*
 * DER tells its length in its first bytes (X.690, 8.1.3): `3082LLLL` and so many bytes. Where the
 * digits end there, nobody has to look for their end. 0 when the start claims nothing of the kind.
 */
static size_t claimed_digits(struct span text)
{
    enum { HEADER = 4 };
    uint8_t header[HEADER];
    size_t digits;

    if (text.len < (size_t)2 * HEADER ||
        hex_decode_run(span_upto(text, (size_t)2 * HEADER), header) < (size_t)2 * HEADER ||
        header[0] != 0x30 || header[1] != 0x82) {
        return 0;
    }
    digits = 2 * ((size_t)HEADER + (size_t)(header[2] << 8 | header[3]));
    return digits == text.len || (digits < text.len && !ascii_is_hex(text.at[digits])) ? digits : 0;
}

/* Digits run to the first byte that is none: that is the end of the value. */
static enum fault take_hex(struct cursor *field, struct arena *arena, struct value *out)
{
    size_t n = claimed_digits(field->rest);
    bool claimed = n > 0;
    uint8_t *bytes;
    struct span digits = {0};

    if (!claimed) {
        n = hex_run_length(field->rest);
    }
    bytes = arena_take(arena, n / 2);
    if (bytes == NULL) {
        return FAULT_RESOURCE;
    }
    if (hex_decode_run(span_upto(field->rest, n), bytes) < n && claimed) {
        n = hex_run_length(field->rest); /* cut off: less than it claims */
    }
    (void)!cursor_take(field, n, &digits);
    *out = (struct value){.state = VALUE_BYTES, .bytes = span_of(bytes, n / 2)};
    if (n % 2 != 0) {
        *out = broken(digits, field->offset, "an odd number of hexadecimal digits");
    }
    return FAULT_NONE;
}

/* csvde's X'…'. */
static enum fault take_quoted_hex(struct cursor *field, struct arena *arena, struct value *out)
{
    struct span opening;
    enum fault fault;

    (void)!cursor_take(field, 2, &opening);
    fault = take_hex(field, arena, out);
    if (fault == FAULT_NONE && !cursor_step(field, '\'') && out->state == VALUE_BYTES) {
        *out = broken(out->bytes, field->offset, "not a hexadecimal digit in X'…'");
    }
    return fault;
}

static bool is_dashed_byte(uint8_t b) { return b == '-' || ascii_is_hex(b); }

/* [BitConverter]::ToString: two digits and a dash, over and over. */
static enum fault take_dashed(struct cursor *field, struct arena *arena, struct value *out)
{
    size_t length = 0, n = 0;
    struct span pair = {0};
    uint8_t *bytes;

    while (length < field->rest.len && is_dashed_byte(field->rest.at[length])) {
        length++;
    }
    bytes = arena_take(arena, length / 3 + 1);
    if (bytes == NULL) {
        return FAULT_RESOURCE;
    }
    do {
        if (!cursor_take(field, 2, &pair) || hex_decode_run(pair, bytes + n) != 2) {
            *out = broken(pair, field->offset, "two hexadecimal digits between dashes");
            return FAULT_NONE;
        }
        n++;
    } while (cursor_step(field, '-'));
    *out = (struct value){.state = VALUE_BYTES, .bytes = span_of(bytes, n)};
    return FAULT_NONE;
}

/* `-----BEGIN X-----` and its END line go, so that base64 is left; other text stays as it is. */
static struct span without_armour(struct span text)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END ";
    const uint8_t *from, *to;

    text = ascii_trim(text);
    if (text.len < sizeof(begin) || memcmp(text.at, begin, sizeof(begin) - 1) != 0) {
        return text;
    }
    from = memmem(text.at + sizeof(begin), text.len - sizeof(begin), "-----", 5);
    to = memmem(text.at, text.len, end, sizeof(end) - 1);
    return from == NULL || to == NULL || to < from + 5 ? text
                                                       : span_of(from + 5, (size_t)(to - from) - 5);
}

static enum fault take_base64(struct span text, size_t offset, struct arena *arena,
                              struct value *out)
{
    struct span digits = without_armour(text);
    uint8_t *bytes = arena_take(arena, base64_room(digits.len));
    struct why why;
    size_t n;

    if (bytes == NULL) {
        return FAULT_RESOURCE;
    }
    if (base64_decode(digits, bytes, &n, &why) != FAULT_NONE) {
        *out = broken(text, offset + (size_t)(digits.at - text.at) + why.offset, why.rule);
        return FAULT_NONE;
    }
    *out = (struct value){.state = VALUE_BYTES, .bytes = span_of(bytes, n)};
    return FAULT_NONE;
}

/*
 * What .NET prints for a collection or an array: `System.Byte[]`,
 * `Microsoft.ActiveDirectory.Management.ADPropertyValueCollection`, `{System.Byte[]}`; and the
 * first few elements in braces, `{48, 130, 3, 17...}`.
 */
static bool is_type_name(struct span text)
{
    static const char *const names[] = {"System.", "Microsoft.", "Deserialized.", "{"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ascii_starts_nocase(text, span_text(names[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_hex_start(struct span s)
{
    size_t n = 0;

    while (n < s.len && n < 4 && ascii_is_hex(s.at[n])) {
        n++;
    }
    return n == 4 || (n > 0 && n == s.len) || (n > 0 && is_separator(s.at[n]));
}

static bool is_dashed_start(struct span s)
{
    return s.len >= 3 && ascii_is_hex(s.at[0]) && ascii_is_hex(s.at[1]) && s.at[2] == '-';
}

/* One value of any form but the plain hexadecimal one: its text ends at a separator. */
static enum fault take_text(struct cursor *field, uint8_t separator, struct arena *arena,
                            struct value *out)
{
    size_t offset = field->offset;
    struct span text = {0};

    if (is_type_name(field->rest)) {
        size_t brace;

        if (field->rest.at[0] == '{' && span_find(field->rest, '}', &brace)) {
            (void)!cursor_take(field, brace + 1, &text);
        } else {
            text = take_to_separator(field, separator);
        }
        *out = (struct value){.state = VALUE_LOST, .bytes = ascii_trim(text)};
        return FAULT_NONE;
    }
    text = take_to_separator(field, separator);
    return take_base64(text, offset, arena, out);
}

enum fault value_next(struct cursor *field, uint8_t separator, struct arena *arena,
                      struct value *out)
{
    enum fault fault;
    struct span seen;

    while (field->rest.len > 0 &&
           (field->rest.at[0] == separator || is_separator(field->rest.at[0]) ||
            ascii_is_blank(field->rest.at[0]))) {
        (void)!cursor_take(field, 1, &seen);
    }
    if (field->rest.len == 0) {
        return FAULT_ABSENT;
    }
    if (is_hex_start(field->rest)) {
        fault = take_hex(field, arena, out);
    } else if (field->rest.len > 1 && ascii_lower(field->rest.at[0]) == 'x' &&
               field->rest.at[1] == '\'') {
        fault = take_quoted_hex(field, arena, out);
    } else if (is_dashed_start(field->rest)) {
        fault = take_dashed(field, arena, out);
    } else {
        fault = take_text(field, separator, arena, out);
    }
    if (fault == FAULT_NONE) {
        end_value(field, separator, out);
    }
    return fault;
}
