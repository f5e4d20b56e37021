#include "cert/name.h"

#include "build.h"

enum { TEXT_MAX = 4096 };

/* Names in RFC 4514, most specific part first, and what people would call them. */
static const struct row {
    const char *name, *hex, *text, *called; /* text NULL: no Name */
} rows[] = {
    {"an empty name", "3000", "", ""},
    {"one attribute", PART_NAME, "CN=A", "A"},
    {"the last RDN comes first", "3018 310a 3008 0603 550406 1301 58 310a 3008 0603 550403 1301 41",
     "CN=A,C=X", "A"},
    {"an RDN of two", "3016 3114 3008 0603 550403 1301 41 3008 0603 55040b 1301 42", "CN=A+OU=B",
     "A"},
    {"two RDNs of which one has two",
     "3022 3114 3008 0603 550403 1301 41 3008 0603 55040b 1301 42 310a 3008 0603 550406 1301 58",
     "C=X,CN=A+OU=B", "A"},
    {"without a common name the unit",
     "3018 310a 3008 0603 55040a 1301 4f 310a 3008 0603 55040b 1301 55", "OU=U,O=O", "U"},
    {"without a unit the organisation", "300c 310a 3008 0603 55040a 1301 4f", "O=O", "O"},
    {"an empty common name is none",
     "3017 3109 3007 0603 550403 1300 310a 3008 0603 55040a 1301 4f", "O=O,CN=", "O"},
    {"nothing that people say: the whole", "300c 310a 3008 0603 550406 1301 58", "C=X", "C=X"},
    {"emailAddress by its name", "3012 3110 300e 0609 2a864886f70d010901 1601 61", "emailAddress=a",
     "a"},
    {"DC and UID",
     "3026 3111 300f 060a 0992268993f22c640119 1601 61 3111 300f 060a "
     "0992268993f22c640101 1601 62",
     "UID=b,DC=a", "UID=b,DC=a"},
    {"a type of RFC 4519", "300c 310a 3008 0603 55042a 1301 41", "givenName=A", "givenName=A"},
    {"a type that has no name there", "300c 310a 3008 0603 550441 1301 41", "2.5.4.65=#130141",
     "2.5.4.65=#130141"},
    {"a type of many arcs", "3011 310f 300d 0608 2b0601040181ff7f 1301 41",
     "1.3.6.1.4.1.32767=#130141", "1.3.6.1.4.1.32767=#130141"},
    {"special characters", "3012 3110 300e 0603 550403 1307 222b2c3b3c3e5c",
     "CN=\\\"\\+\\,\\;\\<\\>\\\\", "\"+,;<>\\"},
    {"a space at each end", "3010 310e 300c 0603 550403 1305 2041204220", "CN=\\ A B\\ ", " A B "},
    {"one space", "300c 310a 3008 0603 550403 1301 20", "CN=\\ ", " "},
    {"a # in front", "300d 310b 3009 0603 550403 1302 2323", "CN=\\##", "##"},
    {"NUL", "300d 310b 3009 0603 550403 1302 4100", "CN=A\\00", NULL},
    {"an equals sign needs nothing", "300c 310a 3008 0603 550403 1301 3d", "CN==", "="},
    {"UTF-8", "300d 310b 3009 0603 550403 0c02 c3b6", "CN=\xc3\xb6", "\xc3\xb6"},
    {"T61String is Latin-1", "300c 310a 3008 0603 550403 1401 f6", "CN=\xc3\xb6", "\xc3\xb6"},
    {"so is IA5String with an eighth bit", "300c 310a 3008 0603 550403 1601 f6", "CN=\xc3\xb6",
     "\xc3\xb6"},
    {"BMPString", "300f 310d 300b 0603 550403 1e04 00f6002c", "CN=\xc3\xb6\\,", "\xc3\xb6,"},
    {"UniversalString", "300f 310d 300b 0603 550403 1c04 0001f600", "CN=\xf0\x9f\x98\x80",
     "\xf0\x9f\x98\x80"},
    {"a value that is no string", "300d 310b 3009 0603 550403 0302 0001", "CN=#03020001",
     "CN=#03020001"},
    {"no SEQUENCE", "3100", NULL, NULL},
    {"half a name", "300c 310a 3008 0603 550403 0c02 41", NULL, NULL},
    {"something behind it", "3000 00", NULL, NULL},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct built b = {0};
    struct buffer text = buffer_with_max(TEXT_MAX);
    uint8_t *block;
    struct span name;

    build_hex(&b, row->hex);
    block = exact_copy((const char *)b.at, b.len);
    name = span_of(block, b.len);
    buffer_add_text(&text, "|"); /* what stands before it stays */
    if (row->text == NULL) {
        assert_int_equal(name_add(&text, name), FAULT_SYNTAX);
        assert_span(buffer_span(&text), "|");
    } else {
        assert_int_equal(name_add(&text, name), FAULT_NONE);
        assert_span(span_from(buffer_span(&text), 1), row->text);
    }
    buffer_reset(&text);
    if (row->called != NULL) {
        assert_int_equal(name_add_short(&text, name), FAULT_NONE);
        assert_span(buffer_span(&text), row->called);
    }
    buffer_clear(&text);
    free(block);
}

static const struct oid_row {
    const char *name, *hex, *text; /* text NULL: refused */
} oid_rows[] = {
    {"the arcs of RSA", "2a864886f70d01010b", "1.2.840.113549.1.1.11"},
    {"the first arc 0", "09", "0.9"},
    {"the first arc 2 has no end", "8837", "2.999"},
    {"an arc of 128 bits", "6983ffffffffffffffffffffffffffffffffff7f",
     "2.25.340282366920938463463374607431768211455"},
    {"an arc of 129 bits", "6987ffffffffffffffffffffffffffffffffff7f", NULL},
    {"no octet", "", NULL},
    {"an arc cut off", "2a86", NULL},
};

static void oid_row_holds(void **state)
{
    const struct oid_row *row = *state;
    struct built b = {0};
    struct buffer text = buffer_with_max(TEXT_MAX);

    build_hex(&b, row->hex);
    if (row->text == NULL) {
        assert_int_equal(oid_add(&text, span_of(b.at, b.len)), FAULT_SYNTAX);
        assert_int_equal(text.len, 0);
    } else {
        assert_int_equal(oid_add(&text, span_of(b.at, b.len)), FAULT_NONE);
        assert_span(buffer_span(&text), row->text);
    }
    buffer_clear(&text);
}

/* Whatever the maximum, a name that does not fit is a fault of the buffer and no write past it. */
static void long_name_stops_at_the_maximum(void **state)
{
    struct built b = {0};

    (void)state;
    build_hex(&b, "3018 310a 3008 0603 550406 1301 58 310a 3008 0603 550403 1301 41");
    for (size_t max = 0; max < sizeof("CN=A,C=X") - 1; max++) {
        struct buffer text = buffer_with_max(max);

        assert_int_equal(name_add(&text, span_of(b.at, b.len)), FAULT_NONE);
        assert_int_equal(text.fault, FAULT_LIMIT);
        assert_true(text.len <= max);
        buffer_clear(&text);
    }
}

/* Each name behind what each other one begins with: they are read alike. */
static void known_beginning_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows) * COUNT(rows); i++) {
        struct built other = {0}, own = {0};
        struct cursor in;
        struct span whole = {0}, again = {0}, known = {0}, before = {0};
        bool right;

        build_hex(&other, rows[i / COUNT(rows)].hex);
        build_hex(&own, rows[i % COUNT(rows)].hex);
        in = cursor_over(span_of(other.at, other.len));
        if (!name_take_known(&in, known, &whole, &known)) {
            continue;
        }
        in = cursor_over(span_of(own.at, own.len));
        right = name_take(&in, &whole);
        in = cursor_over(span_of(own.at, own.len));
        assert_int_equal(name_take_known(&in, known, &again, &before), right);
        assert_true(!right || (again.at == whole.at && again.len == whole.len));
        assert_true(before.len < own.len);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(oid_rows) + 2] = {
        cmocka_unit_test(long_name_stops_at_the_maximum),
        cmocka_unit_test(known_beginning_changes_nothing)};
    size_t n = 2;

    n += TESTS_OF(tests + n, rows, row_holds);
    (void)TESTS_OF(tests + n, oid_rows, oid_row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
