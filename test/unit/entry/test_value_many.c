#include <stdio.h>

#include "base/buffer.h"
#include "entry/value.h"
#include "support.h"

/* Fields of many values, in every form that exports write them in. */

enum { ARENA_SIZE = 64 << 20 };

enum {
    FORM_HEX,
    FORM_SMALL_HEX,
    FORM_QUOTED,
    FORM_BASE64,
    FORM_DASHED,
    FORM_COLONS,
    FORM_0X,
    FORM_PEM,
    FORM_COUNT
};

static void add_base64(struct buffer *out, const uint8_t *bytes, size_t len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t)bytes[i] << 16 | (uint32_t)(i + 1 < len ? bytes[i + 1] : 0) << 8 |
                        (i + 2 < len ? bytes[i + 2] : 0);

        for (size_t k = 0; k < 4; k++) {
            uint8_t digit = (uint8_t)alphabet[bits >> (18 - 6 * k) & 63];

            buffer_add_byte(out, i + k <= len ? digit : '=');
        }
    }
}

static void add_value(struct buffer *out, const uint8_t *bytes, size_t len, int form)
{
    char digits[4];

    if (form == FORM_BASE64 || form == FORM_PEM) {
        buffer_add_text(out, form == FORM_PEM ? "-----BEGIN CERTIFICATE-----\n" : "");
        add_base64(out, bytes, len);
        buffer_add_text(out, form == FORM_PEM ? "\n-----END CERTIFICATE-----" : "");
        return;
    }
    buffer_add_text(out, form == FORM_QUOTED ? "X'" : form == FORM_0X ? "0x" : "");
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(digits, sizeof(digits), form == FORM_SMALL_HEX ? "%02x" : "%02X", bytes[i]);
        buffer_add_text(out, i == 0                ? ""
                             : form == FORM_DASHED ? "-"
                             : form == FORM_COLONS ? ":"
                                                   : "");
        buffer_add_text(out, digits);
    }
    buffer_add_text(out, form == FORM_QUOTED ? "'" : "");
}

/*
 * Values begin as ours do: DER, or a setting's tag; what follows is random. None is so short that
 * its base64 may happen to consist of hexadecimal digits.
 */
static void make_value(uint64_t *seed, uint8_t *bytes, size_t len)
{
    static const uint8_t first[] = {0x30, 0x30, 0x30, 0x01, 0x02, 0x03, 0x06, 0x08, 0x20};

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)random_next(seed);
    }
    bytes[0] = first[random_next(seed) % COUNT(first)];
    if (bytes[0] != 0x30) {
        bytes[1] = 0;
    }
}

/* The property: n values in any form, joined by any separator, are the same n values. */
static void values_come_back(void **state)
{
    static const char separators[] = "%;|,&^#@!$\"~";
    uint64_t seed = 17;

    (void)state;
    for (size_t turn = 0; turn < 6000; turn++) {
        uint8_t bytes[12][200];
        size_t lengths[12], count = 1 + random_next(&seed) % 12;
        char separator = separators[turn % (sizeof(separators) - 1)];
        struct buffer field = buffer_with_max(1 << 20);
        struct arena arena = arena_with_max(ARENA_SIZE);
        struct cursor in;
        struct value got = {0};
        uint8_t *text;

        for (size_t i = 0; i < count; i++) {
            lengths[i] = 40 + random_next(&seed) % 160;
            make_value(&seed, bytes[i], lengths[i]);
            buffer_add_text(&field, i > 0 ? (char[]){separator, '\0'} : "");
            add_value(&field, bytes[i], lengths[i], (int)(random_next(&seed) % FORM_COUNT));
        }
        text = exact_copy((const char *)field.at, field.len);
        in = cursor_over(span_of(text, field.len));
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(
                value_next(&in, turn % 2 == 0 ? (uint8_t)separator : '~', &arena, &got),
                FAULT_NONE);
            assert_int_equal(got.state, VALUE_BYTES);
            assert_int_equal(got.bytes.len, lengths[i]);
            assert_memory_equal(got.bytes.at, bytes[i], lengths[i]);
        }
        assert_int_equal(value_next(&in, '~', &arena, &got), FAULT_ABSENT);
        arena_clear(&arena);
        buffer_clear(&field);
        free(text);
    }
}

/* However many values a field has, they take no more than they hold. */
static void a_hundred_thousand_values_take_what_they_hold(void **state)
{
    (void)state;
    for (int form = 0; form < FORM_COUNT; form++) {
        struct buffer field = buffer_with_max((size_t)64 << 20);
        struct arena arena = arena_with_max((size_t)8 << 20);
        struct cursor in;
        struct value got;
        size_t n = 0;

        for (int i = 0; i < 100000; i++) {
            add_value(&field, (const uint8_t *)"\x30\x82\x01", 3, form);
            buffer_add_byte(&field, '|');
        }
        in = cursor_over(buffer_span(&field));
        while (value_next(&in, '%', &arena, &got) == FAULT_NONE) {
            assert_int_equal(got.state, VALUE_BYTES);
            assert_int_equal(got.bytes.len, 3);
            n++;
        }
        assert_int_equal(n, 100000);
        arena_clear(&arena);
        buffer_clear(&field);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(a_hundred_thousand_values_take_what_they_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
