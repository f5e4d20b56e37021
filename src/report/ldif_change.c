#include "report/ldif_change.h"

#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "verdict/tidy.h"

enum { FIRST_LINE = 76, NEXT_LINE = FIRST_LINE - 1 }; /* a line that goes on has a blank in front */

/* Folds the line that was added since `start` (RFC 2849, note 2), from its end to its start. */
static void fold(struct buffer *out, size_t start)
{
    size_t length = out->len - start;
    size_t folds = length > FIRST_LINE ? (length - FIRST_LINE + NEXT_LINE - 1) / NEXT_LINE : 0;
    uint8_t *line;

    if (folds == 0 || buffer_room(out, 2 * folds) == NULL) {
        return;
    }
    line = out->at + start;
    out->len += 2 * folds;
    for (size_t k = folds; k > 0; k--) {
        size_t from = FIRST_LINE + NEXT_LINE * (k - 1);
        size_t size = length - from < NEXT_LINE ? length - from : NEXT_LINE;

        memmove(line + from + 2 * k, line + from, size);
        line[from + 2 * k - 2] = '\n';
        line[from + 2 * k - 1] = ' ';
    }
}

static void end_line(struct buffer *out, size_t start)
{
    fold(out, start);
    buffer_add_byte(out, '\n');
}

/* RFC 2849, "SAFE-STRING", and no blank at its end (note 8). */
static bool is_safe(struct span text)
{
    if (text.len == 0) {
        return true;
    }
    if (text.at[0] == ' ' || text.at[0] == ':' || text.at[0] == '<' ||
        text.at[text.len - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\0' || text.at[i] == '\n' || text.at[i] == '\r' || text.at[i] > 0x7F) {
            return false;
        }
    }
    return true;
}

static void add_dn(struct buffer *out, struct span dn)
{
    size_t start = out->len;

    if (is_safe(dn)) {
        buffer_add_text(out, "dn: ");
        buffer_add(out, dn);
    } else {
        buffer_add_text(out, "dn:: ");
        base64_add(out, dn);
    }
    end_line(out, start);
}

static void add_value(struct buffer *out, const struct change_value *value)
{
    size_t start = out->len;

    buffer_add(out, value->name);
    buffer_add_text(out, ":: ");
    base64_add(out, value->bytes);
    end_line(out, start);
}

static void begin_modification(struct buffer *out, const char *what, struct span name)
{
    size_t start = out->len;

    buffer_add_text(out, what);
    buffer_add(out, name);
    end_line(out, start);
}

/* `# 3 values: expired, superseded`: a person reads this before a machine does. */
static void add_comment(struct buffer *out, const struct change *change)
{
    struct cursor in = change->values;
    struct change_value value;
    uint64_t count = 0;
    uint32_t kinds = 0;
    const char *between = ": ";

    while (change_value_next(&in, &value)) {
        kinds |= value.kinds;
        count += value.kinds != 0;
    }
    buffer_add_text(out, "# ");
    buffer_add_uint(out, count);
    buffer_add_text(out, count == 1 ? " value" : " values");
    for (size_t i = 0; i < TIDY_KIND_COUNT; i++) {
        if ((kinds >> i & 1) != 0) {
            buffer_add_text(out, between);
            buffer_add_text(out, tidy_kind_name(i));
            between = ", ";
        }
    }
    buffer_add_byte(out, '\n');
}

/* One modification for a run of values with one name; `value` is the first of it. */
static void add_exact(struct buffer *out, struct cursor *in, struct change_value value,
                      enum ldif_change which)
{
    const struct span name = value.name;
    struct cursor ahead = *in;

    begin_modification(out, which == LDIF_CHANGE_REMOVE ? "delete: " : "add: ", name);
    add_value(out, &value);
    while (change_value_next(&ahead, &value) && !value.whole && span_equal(value.name, name)) {
        add_value(out, &value);
        *in = ahead;
    }
}

/* The same for an attribute that is replaced as a whole. */
static void add_whole(struct buffer *out, struct cursor *in, struct change_value value,
                      enum ldif_change which)
{
    const struct span name = value.name;
    struct cursor ahead = *in;
    size_t start = out->len;
    bool any = false;

    begin_modification(out, "replace: ", name);
    do {
        if (which == LDIF_CHANGE_RESTORE || value.kinds == 0) {
            add_value(out, &value);
            any = true;
        }
        *in = ahead;
    } while (change_value_next(&ahead, &value) && value.whole && span_equal(value.name, name));
    if (!any) {
        out->len = start;
        begin_modification(out, "delete: ", name);
    }
}

void ldif_change_start(struct buffer *out) { buffer_add_text(out, "version: 1\n"); }

void ldif_change_add(struct buffer *out, const struct change *change, enum ldif_change which)
{
    struct cursor in = change->values;
    struct change_value value;

    add_comment(out, change);
    add_dn(out, change->dn);
    buffer_add_text(out, "changetype: modify\n");
    while (change_value_next(&in, &value)) {
        if (value.whole) {
            add_whole(out, &in, value, which);
        } else {
            add_exact(out, &in, value, which);
        }
        buffer_add_text(out, "-\n");
    }
    buffer_add_byte(out, '\n');
}

bool ldif_change_can_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t b = name.at[i];

        if (!ascii_is_alnum(b) && b != '-' && b != '.' && b != ';') {
            return false;
        }
    }
    return name.len > 0 && ascii_is_alnum(name.at[0]) && name.at[name.len - 1] != ';';
}
