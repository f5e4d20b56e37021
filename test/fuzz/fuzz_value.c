#include "entry/value.h"

#include <stdlib.h>

#include "entry/multi.h"

/*
 * Any bytes as a field: taking values from it comes to its end, and each can be read. The same
 * bytes as a value, written in every form that exports use, come back as they were.
 *
 * The first byte is the separator; the rest is the field.
 */
enum { FIELD_MAX = 2048, DER_MAX = 128, ARENA_MAX = 1024 * 1024 };

static struct arena arena;
static volatile uint8_t seen;

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

static void touch(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        seen = s.at[i];
    }
}

static void take_values(struct span field, uint8_t separator)
{
    struct cursor in = cursor_over(field);
    size_t before = 0;
    struct value value;
    enum fault fault;

    while ((fault = value_next(&in, separator, &arena, &value)) == FAULT_NONE) {
        hold(in.offset > before && in.offset + in.rest.len == field.len);
        before = in.offset;
        touch(value.bytes);
        hold(value.state != VALUE_BROKEN ||
             (value.why.rule != NULL && value.why.offset <= field.len));
    }
    hold(fault == FAULT_ABSENT && in.rest.len == 0);
}

static void take_texts(struct span field, uint8_t separator, bool backslash)
{
    const struct entry_style style = {.separator = separator, .backslash = backslash};
    struct cursor in = cursor_over(field);
    size_t before = 0;
    struct span text;
    enum fault fault;

    while ((fault = multi_next(&in, &style, &arena, &text)) == FAULT_NONE) {
        hold(in.offset > before && in.offset + in.rest.len == field.len);
        before = in.offset;
        touch(text);
    }
    hold(fault == FAULT_ABSENT && in.rest.len == 0);
}

/* ---- the forms ---- */

enum form { FORM_HEX, FORM_QUOTED, FORM_DASHED, FORM_COLONS, FORM_0X, FORM_BASE64, FORM_COUNT };

static size_t add_digits(char *out, const char *digits, uint8_t byte)
{
    out[0] = digits[byte >> 4];
    out[1] = digits[byte & 15];
    return 2;
}

static size_t add_base64(char *out, struct span value)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;

    for (size_t i = 0; i < value.len; i += 3) {
        size_t left = value.len - i;
        uint32_t bits = (uint32_t)value.at[i] << 16 |
                        (left > 1 ? (uint32_t)value.at[i + 1] << 8 : 0) |
                        (left > 2 ? value.at[i + 2] : 0);

        out[n++] = digits[bits >> 18];
        out[n++] = digits[bits >> 12 & 63];
        out[n++] = left > 1 ? digits[bits >> 6 & 63] : '=';
        out[n++] = left > 2 ? digits[bits & 63] : '=';
    }
    return n;
}

static size_t write_form(char *out, enum form form, struct span value)
{
    size_t n = 0;

    if (form == FORM_BASE64) {
        return add_base64(out, value);
    }
    if (form == FORM_QUOTED || form == FORM_0X) {
        out[n++] = form == FORM_0X ? '0' : 'X';
        out[n++] = form == FORM_0X ? 'x' : '\'';
    }
    for (size_t i = 0; i < value.len; i++) {
        if ((form == FORM_DASHED || form == FORM_COLONS) && i > 0) {
            out[n++] = form == FORM_DASHED ? '-' : ':';
        }
        n += add_digits(out + n, form == FORM_QUOTED ? "0123456789abcdef" : "0123456789ABCDEF",
                        value.at[i]);
    }
    if (form == FORM_QUOTED) {
        out[n++] = '\'';
    }
    return n;
}

/* A value as it begins in a directory, so that base64 cannot be taken for hexadecimal digits. */
static void hold_forms(struct span bytes, char separator)
{
    static uint8_t der[DER_MAX + 2] = {0x30, 0x82};
    static char field[8 * DER_MAX + 64];
    struct span value = span_of(der, bytes.len + 2);

    if (bytes.len > 0) {
        memcpy(der + 2, bytes.at, bytes.len);
    }
    for (enum form form = FORM_HEX; form < FORM_COUNT; form++) {
        size_t n = write_form(field, form, value);
        struct value got = {0};
        struct cursor in;

        field[n++] = separator;
        n += write_form(field + n, form, value);
        in = cursor_over(span_of(field, n));
        for (int i = 0; i < 2; i++) {
            hold(value_next(&in, (uint8_t)separator, &arena, &got) == FAULT_NONE);
            hold(got.state == VALUE_BYTES && span_equal(got.bytes, value));
        }
        hold(value_next(&in, (uint8_t)separator, &arena, &got) == FAULT_ABSENT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = "%;|,&^#@!$";
    struct span field;

    if (size < 1) {
        return 0;
    }
    arena.max = ARENA_MAX;
    arena_reset(&arena);
    field = span_upto(span_of(data + 1, size - 1), FIELD_MAX);
    take_values(field, data[0]);
    take_texts(field, data[0], true);
    take_texts(field, data[0], false);
    hold_forms(span_upto(field, DER_MAX), separators[data[0] % (sizeof(separators) - 1)]);
    return 0;
}
