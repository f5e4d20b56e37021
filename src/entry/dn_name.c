#include "entry/dn_name.h"

#include "base/ascii.h"
#include "base/hex.h"
#include "base/text.h"

size_t dn_first_rdn_length(struct span dn)
{
    bool quoted = false;

    for (size_t i = 0; i < dn.len; i++) {
        if (dn.at[i] == '\\') {
            i++;
        } else if (dn.at[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && (dn.at[i] == ',' || dn.at[i] == ';')) {
            return i;
        }
    }
    return dn.len;
}

struct span dn_value_trim(struct span value)
{
    struct span trimmed = ascii_trim(value);
    size_t end = trimmed.len > 0 ? (size_t)(trimmed.at - value.at) + trimmed.len : 0;
    size_t backslashes = 0;

    while (backslashes < trimmed.len && trimmed.at[trimmed.len - 1 - backslashes] == '\\') {
        backslashes++;
    }
    if (backslashes % 2 == 1 && end < value.len) {
        trimmed.len++;
    }
    return trimmed;
}

/* The quotes around the whole of a value; false when it has none. */
static bool take_quotes(struct span *value)
{
    size_t i = 1;

    if (value->len < 2 || value->at[0] != '"') {
        return false;
    }
    while (i < value->len && value->at[i] != '"') {
        i += value->at[i] == '\\' ? 2 : 1;
    }
    if (i != value->len - 1) {
        return false;
    }
    *value = span_of(value->at + 1, value->len - 2);
    return true;
}

/* `"` `+` `,` `;` `<` `>` `\`, and what needs it in some places only: blank, `#` and `=`. */
static bool is_special(uint8_t byte)
{
    return byte != '\0' && strchr("\"+,;<>\\ #=", byte) != NULL;
}

/* Undoes the escapes into `out`, as large as the value; false where one, or a quote, is wrong. */
static bool unescape(struct span value, uint8_t *out, size_t *len, bool *pairs)
{
    *len = 0;
    *pairs = false;
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '"') {
            return false;
        }
        if (value.at[i] != '\\') {
            out[(*len)++] = value.at[i];
        } else if (i + 1 < value.len && is_special(value.at[i + 1])) {
            out[(*len)++] = value.at[++i];
        } else if (i + 2 < value.len &&
                   hex_decode_run(span_of(value.at + i + 1, 2), out + *len) == 2) {
            (*len)++;
            i += 2;
            *pairs = true;
        } else {
            return false;
        }
    }
    return true;
}

enum fault dn_value_text(struct span value, struct arena *arena, struct span *out)
{
    struct span inner = value;
    bool quoted = take_quotes(&inner), pairs;
    size_t len, at;
    uint8_t *copy;

    *out = value;
    if (!span_find(inner, '\\', &at)) {
        *out = quoted ? inner : value;
        return FAULT_NONE;
    }
    copy = arena_take(arena, inner.len);
    if (copy == NULL) {
        return FAULT_RESOURCE;
    }
    if (unescape(inner, copy, &len, &pairs) &&
        (!pairs || (text_is_utf8(span_of(copy, len)) && !span_find(span_of(copy, len), 0, &at)))) {
        *out = span_of(copy, len);
    }
    return FAULT_NONE;
}
