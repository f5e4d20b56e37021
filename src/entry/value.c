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

static bool ends_value(uint8_t b, uint8_t separator) { return b == separator || is_separator(b); }

static struct span take_to_separator(struct cursor *field, uint8_t separator)
{
    struct span taken = {0};
    size_t n = 0;

    while (n < field->rest.len && !ends_value(field->rest.at[n], separator)) {
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

static const char armour_begin[] = "-----BEGIN ", armour_end[] = "-----END ", dashes[] = "-----";

static bool starts_with(struct span s, const char *text)
{
    return span_is(span_upto(s, strlen(text)), text);
}

/*
 * After a value comes a separator, a block of PEM or the end; anything else belongs to the value
 * and spoils it.
 */
static void end_value(struct cursor *field, uint8_t separator, struct value *out)
{
    struct span seen;

    if (field->rest.len == 0) {
        return;
    }
    (void)cursor_run(field, ascii_is_blank);
    if (field->rest.len == 0 || starts_with(field->rest, armour_begin)) {
        return;
    }
    if (ends_value(field->rest.at[0], separator)) {
        (void)!cursor_take(field, 1, &seen);
        return;
    }
    if (out->state == VALUE_BYTES) {
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
    enum { TAG_DIGITS = 4, HEADER_DIGITS = 8 };
    size_t digits;
    int length;

    if (text.len < HEADER_DIGITS || memcmp(text.at, "3082", TAG_DIGITS) != 0) {
        return 0;
    }
    length = hex_number(text.at + TAG_DIGITS);
    if (length < 0) {
        return 0;
    }
    digits = HEADER_DIGITS + 2 * (size_t)length;
    return digits == text.len || (digits < text.len && !ascii_is_hex(text.at[digits])) ? digits : 0;
}

size_t value_hex_claim(struct span text, uint8_t separator)
{
    size_t claimed = claimed_digits(text);
    size_t next = claimed;

    while (next > 0 && claimed < text.len && text.at[claimed] == separator) {
        next = claimed_digits(span_from(text, claimed + 1));
        claimed += next > 0 ? next + 1 : 0;
    }
    return claimed;
}

/*
 * Digits run to the first byte that is none: that is the end of the value. `n` of them are claimed
 * to be there, or none.
 */
static enum fault take_claimed(struct cursor *field, size_t n, struct arena *arena,
                               struct value *out)
{
    bool claimed = n > 0, lied = false;
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
        lied = true;
    }
    (void)!cursor_take(field, n, &digits);
    *out = (struct value){.state = VALUE_BYTES, .bytes = span_of(bytes, n / 2), .lied = lied};
    if (n % 2 != 0) {
        *out = broken(digits, field->offset, "an odd number of hexadecimal digits");
    }
    return FAULT_NONE;
}

static enum fault take_hex(struct cursor *field, struct arena *arena, struct value *out)
{
    return take_claimed(field, claimed_digits(field->rest), arena, out);
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

/* SQL Server's 0x…. */
static enum fault take_0x(struct cursor *field, struct arena *arena, struct value *out)
{
    struct span opening;

    (void)!cursor_take(field, 2, &opening);
    return take_hex(field, arena, out);
}

/*
 * [BitConverter]::ToString and openssl: two digits and a dash, over and over, or two and a colon.
 * The first mark is the mark of all.
 */
static enum fault take_pairs(struct cursor *field, struct arena *arena, struct value *out)
{
    const uint8_t mark = field->rest.at[2];
    size_t length = 0, n = 0;
    struct span pair = {0};
    uint8_t *bytes;

    while (length < field->rest.len &&
           (field->rest.at[length] == mark || ascii_is_hex(field->rest.at[length]))) {
        length++;
    }
    bytes = arena_take(arena, length / 3 + 1);
    if (bytes == NULL) {
        return FAULT_RESOURCE;
    }
    do {
        pair = span_upto(field->rest, 2);
        if (hex_decode_run(pair, bytes + n) != 2) {
            *out = broken(pair, field->offset,
                          mark == '-' ? "two hexadecimal digits between dashes"
                                      : "two hexadecimal digits between colons");
            return FAULT_NONE;
        }
        (void)!cursor_take(field, 2, &pair);
        n++;
    } while (cursor_step(field, mark));
    *out = (struct value){.state = VALUE_BYTES, .bytes = span_of(bytes, n)};
    return FAULT_NONE;
}

/* Where the next dashes are, from byte `from` on; the length of `s` where there are none. */
static size_t find_dashes(struct span s, size_t from)
{
    const struct span rest = span_from(s, from);
    const uint8_t *hit = rest.len > 0 ? memmem(rest.at, rest.len, dashes, strlen(dashes)) : NULL;

    return hit == NULL ? s.len : (size_t)(hit - s.at);
}

/*
 * The length of the block of PEM at the start of `text`, and the base64 between its BEGIN and its
 * END; 0 when there is none. It looks no further than to the dashes of the next block.
 */
static size_t armour_length(struct span text, struct span *digits)
{
    size_t label, body, tail, close;

    if (!starts_with(text, armour_begin)) {
        return 0;
    }
    label = find_dashes(text, strlen(armour_begin));
    body = label + strlen(dashes);
    tail = find_dashes(text, body);
    if (!starts_with(span_from(text, tail), armour_end)) {
        return 0;
    }
    close = find_dashes(text, tail + strlen(armour_end));
    if (close == text.len) {
        return 0;
    }
    *digits = span_of(text.at + body, tail - body);
    return close + strlen(dashes);
}

/* `text` begins at byte `offset` of the field; the digits are a part of it. */
static enum fault take_base64(struct span text, struct span digits, size_t offset,
                              struct arena *arena, struct value *out)
{
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

/*
 * Four hexadecimal digits, or fewer and the end. What begins with a letter is neither DER nor a
 * setting in hexadecimal, but may be a setting in base64 (`CAAE…`): there all digits count.
 */
static bool is_hex_start(struct span s, uint8_t separator)
{
    size_t n = hex_run_length(span_upto(s, 4));

    if (n == 4 && ascii_is_digit(s.at[0])) {
        return true;
    }
    if (n == 4) {
        n = hex_run_length(s);
    }
    return n > 0 && (n == s.len || ends_value(s.at[n], separator) || ascii_is_blank(s.at[n]));
}

static bool is_start_of_pairs(struct span s)
{
    return s.len >= 3 && ascii_is_hex(s.at[0]) && ascii_is_hex(s.at[1]) &&
           (s.at[2] == '-' || s.at[2] == ':');
}

/* No value of ours has a base64 that begins so: it would begin with the byte D3. */
static bool is_0x_start(struct span s, uint8_t separator)
{
    return s.len >= 2 && s.at[0] == '0' && ascii_lower(s.at[1]) == 'x' &&
           (s.len == 2 || ascii_is_hex(s.at[2]) || ends_value(s.at[2], separator) ||
            ascii_is_blank(s.at[2]));
}

/* `{…}` with what it holds, to the end where it is not closed. */
static size_t braces_length(struct span s)
{
    size_t depth = 0;

    for (size_t i = 0; i < s.len; i++) {
        depth += s.at[i] == '{';
        depth -= s.at[i] == '}';
        if (depth == 0) {
            return i + 1;
        }
    }
    return s.len;
}

static void take_type_name(struct cursor *field, uint8_t separator, struct value *out)
{
    struct span text = {0};

    if (field->rest.at[0] == '{') {
        (void)!cursor_take(field, braces_length(field->rest), &text);
    } else {
        text = take_to_separator(field, separator);
    }
    *out = (struct value){.state = VALUE_LOST, .bytes = ascii_trim(text)};
}

/* Base64: a block of PEM ends with itself, any other text at a separator. */
static enum fault take_text(struct cursor *field, uint8_t separator, struct arena *arena,
                            struct value *out)
{
    size_t offset = field->offset;
    struct span text = {0}, digits = {0};
    size_t n = armour_length(field->rest, &digits);

    if (n > 0) {
        (void)!cursor_take(field, n, &text);
    } else {
        text = digits = take_to_separator(field, separator);
    }
    return take_base64(text, digits, offset, arena, out);
}

enum fault value_next(struct cursor *field, uint8_t separator, struct arena *arena,
                      struct value *out)
{
    enum fault fault;
    struct span seen;
    size_t claimed;

    while (field->rest.len > 0 &&
           (ends_value(field->rest.at[0], separator) || ascii_is_blank(field->rest.at[0]))) {
        (void)!cursor_take(field, 1, &seen);
    }
    if (field->rest.len == 0) {
        return FAULT_ABSENT;
    }
    claimed = claimed_digits(field->rest);
    if (claimed > 0) {
        fault = take_claimed(field, claimed, arena, out);
    } else if (is_hex_start(field->rest, separator)) {
        fault = take_hex(field, arena, out);
    } else if (field->rest.len > 1 && ascii_lower(field->rest.at[0]) == 'x' &&
               field->rest.at[1] == '\'') {
        fault = take_quoted_hex(field, arena, out);
    } else if (is_0x_start(field->rest, separator)) {
        fault = take_0x(field, arena, out);
    } else if (is_start_of_pairs(field->rest)) {
        fault = take_pairs(field, arena, out);
    } else if (is_type_name(field->rest)) {
        take_type_name(field, separator, out);
        fault = FAULT_NONE;
    } else {
        fault = take_text(field, separator, arena, out);
    }
    if (fault == FAULT_NONE) {
        end_value(field, separator, out);
    }
    return fault;
}
