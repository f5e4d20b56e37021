#include "entry/multi.h"

#include "base/ascii.h"
#include "base/hex.h"

/* Length of the first value in `s`, up to its separator. */
static size_t value_length(struct span s, const struct entry_style *style, bool *escaped)
{
    size_t n, backslash;

    *escaped = false;
    if (!span_find(s, style->separator, &n)) {
        n = s.len;
    }
    if (!style->backslash || !span_find(span_upto(s, n), '\\', &backslash)) {
        return n;
    }
    *escaped = true;
    for (n = backslash; n < s.len && s.at[n] != style->separator; n++) {
        if (s.at[n] == '\\' && n + 1 < s.len) {
            n++;
        }
    }
    return n < s.len ? n : s.len;
}

static enum fault unescape(struct span raw, struct arena *arena, struct span *out)
{
    uint8_t *copy = arena_take(arena, raw.len);
    size_t n = 0;

    if (copy == NULL) {
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.at[i] == '\\' && i + 1 < raw.len) {
            i++;
        }
        copy[n++] = raw.at[i];
    }
    *out = span_of(copy, n);
    return FAULT_NONE;
}

/* csvde writes text that is not ASCII as X'…' unless told -u. */
static bool is_quoted_hex(struct span text)
{
    return text.len >= 5 && text.at[1] == '\'' && ascii_lower(text.at[0]) == 'x' &&
           text.at[text.len - 1] == '\'';
}

static enum fault undo_quoted_hex(struct arena *arena, struct span *text)
{
    struct span digits;
    uint8_t *copy;
    size_t nul;

    digits = span_of(text->at + 2, text->len - 3);
    copy = arena_take(arena, digits.len / 2);
    if (copy == NULL) {
        return FAULT_RESOURCE;
    }
    if (digits.len % 2 == 0 && hex_decode_run(digits, copy) == digits.len &&
        !span_find(span_of(copy, digits.len / 2), '\0', &nul)) {
        *text = span_of(copy, digits.len / 2);
    }
    return FAULT_NONE;
}

enum fault multi_single(struct span field, struct arena *arena, struct span *out)
{
    *out = field;
    return is_quoted_hex(field) ? undo_quoted_hex(arena, out) : FAULT_NONE;
}

enum fault multi_next(struct cursor *field, const struct entry_style *style, struct arena *arena,
                      struct span *out)
{
    struct span raw = {0}, separator = {0};
    bool escaped;
    size_t n;

    if (field->rest.len == 0) {
        return FAULT_ABSENT;
    }
    if (style->separator == 0) {
        (void)!cursor_take(field, field->rest.len, &raw);
        return multi_single(raw, arena, out);
    }
    n = value_length(field->rest, style, &escaped);
    (void)!cursor_take(field, n, &raw);
    (void)!cursor_take(field, 1, &separator);
    return escaped ? unescape(raw, arena, out) : multi_single(raw, arena, out);
}
