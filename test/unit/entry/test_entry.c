#include "entry/entry.h"

#include <assert.h>

#include "added.h"

/* ---- names and containers ---- */

static const struct name_row {
    const char *name;
    struct added added[ADDED_MAX];
    const char *called, *container;
} name_rows[] = {
    {"nothing has no name", {{0, NULL}}, "", ""},
    {"the display name first",
     {{ATTRIBUTE_COMMON_NAME, "cn"}, {ATTRIBUTE_DISPLAY_NAME, "display"}},
     "display",
     ""},
    {"then the common name",
     {{ATTRIBUTE_DIRECTORY_NAME, "dir"}, {ATTRIBUTE_COMMON_NAME, "cn"}},
     "cn",
     ""},
    {"then the directory name",
     {{ATTRIBUTE_ALIAS, "al"}, {ATTRIBUTE_DIRECTORY_NAME, "dir"}},
     "dir",
     ""},
    {"then the DN's cn",
     {{ATTRIBUTE_ALIAS, "al"}, {ATTRIBUTE_DN, "CN=Anna Berg,OU=Sales,DC=x"}},
     "Anna Berg",
     "OU=Sales,DC=x"},
    {"then the alias", {{ATTRIBUTE_MAIL, "a@x"}, {ATTRIBUTE_ALIAS, "al"}}, "al", ""},
    {"then the address", {{ATTRIBUTE_MAIL, "a@x"}, {ATTRIBUTE_DN, "uid=a,dc=x"}}, "a@x", "dc=x"},
    {"then the DN", {{ATTRIBUTE_DN, "uid=a,dc=x"}}, "uid=a,dc=x", "dc=x"},
    {"the first name that is not empty stays",
     {{ATTRIBUTE_DISPLAY_NAME, ""}, {ATTRIBUTE_DISPLAY_NAME, "a"}, {ATTRIBUTE_DISPLAY_NAME, "b"}},
     "a",
     ""},
    {"a backslash in a name is one", {{ATTRIBUTE_ALIAS, "ALLISON'S\\3%4"}}, "ALLISON'S\\3%4", ""},
    {"a relative container", {{ATTRIBUTE_CONTAINER, "Recipients"}}, "", "Recipients"},
    {"a whole path",
     {{ATTRIBUTE_CONTAINER, "/o=Org/ou=Site/cn=Recipients"}},
     "",
     "/o=Org/ou=Site/cn=Recipients"},
    {"the container before the DN",
     {{ATTRIBUTE_DN, "cn=a,ou=b"}, {ATTRIBUTE_CONTAINER, "Recipients"}},
     "a",
     "Recipients"},
    {"a DN of Exchange's",
     {{ATTRIBUTE_DN, "/o=Org/ou=Site/cn=Recipients/cn=aberg"}},
     "aberg",
     "/o=Org/ou=Site/cn=Recipients"},
    {"with a comma in its name",
     {{ATTRIBUTE_DN, "/o=Org, Inc/ou=Site/cn=Recipients/cn=Berg, Anna"}},
     "Berg, Anna",
     "/o=Org, Inc/ou=Site/cn=Recipients"},
    {"an escaped comma belongs to its RDN",
     {{ATTRIBUTE_DN, "cn=Berg\\, Anna,ou=Sales,dc=x"}},
     "Berg, Anna",
     "ou=Sales,dc=x"},
    {"an escaped backslash does not escape", {{ATTRIBUTE_DN, "cn=a\\\\,ou=b"}}, "a\\", "ou=b"},
    {"a comma in hexadecimal",
     {{ATTRIBUTE_DN, "cn=Berg\\2C Anna,ou=Sales\\2C West,dc=x"}},
     "Berg, Anna",
     "ou=Sales\\2C West,dc=x"},
    {"a path has no escapes", {{ATTRIBUTE_DN, "/o=O/cn=R/cn=a\\,b"}}, "a\\,b", "/o=O/cn=R"},
    {"a display name has none",
     {{ATTRIBUTE_DN, "cn=a\\,b,ou=c"}, {ATTRIBUTE_DISPLAY_NAME, "a\\,b"}},
     "a\\,b",
     "ou=c"},
    {"the first DN stays",
     {{ATTRIBUTE_DN, "cn=a,ou=b"}, {ATTRIBUTE_DN, "cn=c\\,d,ou=e"}},
     "a",
     "ou=b"},
    {"a quoted comma belongs to its RDN",
     {{ATTRIBUTE_DN, "cn=\"Berg, Anna\",ou=Sales"}},
     "Berg, Anna",
     "ou=Sales"},
    {"blanks around the comma", {{ATTRIBUTE_DN, "cn=a , ou=b"}}, "a", "ou=b"},
    {"a DN of one RDN has no container", {{ATTRIBUTE_DN, "cn=a"}}, "a", ""},
    {"nor has one that ends in a comma", {{ATTRIBUTE_DN, "cn=a,"}}, "a", ""},
    {"nor one that ends in a backslash", {{ATTRIBUTE_DN, "cn=a\\"}}, "a\\", ""},
    {"nor one whose quote is not closed", {{ATTRIBUTE_DN, "cn=\"a,ou=b"}}, "\"a,ou=b", ""},
    {"nor a slash alone", {{ATTRIBUTE_DN, "/"}}, "/", ""},
    {"nor a word", {{ATTRIBUTE_DN, "word"}}, "word", ""},
};

static void name_row_holds(void **state)
{
    const struct name_row *row = *state;
    struct arena arena = arena_with_max(ARENA_SIZE);
    struct entry entry = {0};

    add_all(&entry, row->added, &exchange, &arena);
    assert_span(entry_name(&entry), row->called);
    assert_span(entry_container(&entry), row->container);
    arena_clear(&arena);
}

/* ---- certificate values ---- */

static void values_keep_their_attribute_and_order(void **state)
{
    static const struct added added[ADDED_MAX] = {{ATTRIBUTE_CERT_SECOND, "3082%3082g"},
                                                  {ATTRIBUTE_CERT_FIRST, "System.Byte[]"},
                                                  {ATTRIBUTE_OTHER, "3083"},
                                                  {ATTRIBUTE_CERT_FIRST, ""}};
    struct arena arena = arena_with_max(ARENA_SIZE);
    struct entry entry = {0};

    (void)state;
    add_all(&entry, added, &exchange, &arena);
    assert_int_equal(entry.value_count, 3);
    assert_int_equal(entry.values[0].value.state, VALUE_BYTES);
    assert_int_equal(entry.values[0].attribute, ATTRIBUTE_CERT_SECOND);
    assert_span(entry.values[0].name, "name");
    assert_span(entry.values[0].value.bytes, "\x30\x82");
    assert_int_equal(entry.values[1].value.state, VALUE_BROKEN);
    assert_int_equal(entry.values[2].value.state, VALUE_LOST);
    assert_int_equal(entry.values[2].attribute, ATTRIBUTE_CERT_FIRST);
    arena_clear(&arena);
}

static void binary_values_come_as_they_are(void **state)
{
    static const struct added added[ADDED_MAX] = {{ATTRIBUTE_CERT_SECOND, "30%82"},
                                                  {ATTRIBUTE_CERT_SECOND, ""}};
    struct arena arena = arena_with_max(ARENA_SIZE);
    struct entry entry = {0};

    (void)state;
    add_all(&entry, added, &ldif, &arena);
    assert_int_equal(entry.value_count, 1);
    assert_int_equal(entry.values[0].value.state, VALUE_BYTES);
    assert_span(entry.values[0].value.bytes, "30%82");
    arena_clear(&arena);
}

static void what_is_beyond_the_maximum_is_counted(void **state)
{
    const struct entry_column certificates = {.attribute = ATTRIBUTE_CERT_FIRST};
    const struct entry_column addresses = {.attribute = ATTRIBUTE_ADDRESSES};
    struct arena arena = arena_with_max((size_t)256 << 20);
    struct entry entry = {0};
    char address[] = "%00000@x";

    (void)state;
    for (int i = 0; i < ENTRY_VALUES_MAX + 3; i++) {
        assert_int_equal(entry_add(&entry, &certificates, span_text("30"), &ldif, &arena),
                         FAULT_NONE);
    }
    assert_int_equal(entry.value_count, ENTRY_VALUES_MAX);
    assert_int_equal(entry.dropped, 3);
    for (int i = 0; i < ENTRY_ADDRESSES_MAX + 2; i++) {
        struct span copy = {0};

        for (int k = 0; k < 5; k++) {
            address[1 + k] = (char)('a' + (i >> (4 * k) & 15));
        }
        assert_int_equal(arena_copy(&arena, span_text(address), &copy), FAULT_NONE);
        assert_int_equal(entry_add(&entry, &addresses, copy, &exchange, &arena), FAULT_NONE);
    }
    assert_int_equal(entry.address_count, ENTRY_ADDRESSES_MAX);
    assert_int_equal(entry.dropped, 5);
    arena_clear(&arena);
}

static const struct memory_row {
    const char *name;
    struct added added;
} memory_rows[] = {
    {"no memory for a value", {ATTRIBUTE_CERT_FIRST, "3082"}},
    {"no memory for an address", {ATTRIBUTE_ADDRESSES, "SMTP:a@x"}},
    {"no memory for an address with a backslash", {ATTRIBUTE_MAIL, "a\\%@x"}},
    {"no memory for a name in hexadecimal", {ATTRIBUTE_DISPLAY_NAME, "X'4d616d61'"}},
    {"no memory for a DN with escapes", {ATTRIBUTE_DN, "cn=a\\,b"}},
    {"no memory for a class in hexadecimal", {ATTRIBUTE_OBJECT_CLASS, "X'4d616d61'"}},
};

static void memory_row_holds(void **state)
{
    const struct memory_row *row = *state;
    const struct entry_column column = {.attribute = row->added.attribute};
    struct arena arena = {0};
    struct entry entry = {0};

    assert_int_equal(entry_add(&entry, &column, span_text(row->added.text), &exchange, &arena),
                     FAULT_RESOURCE);
    arena_clear(&arena);
}

/* What the directory itself holds, where the source shows it. */
static const struct raw_row {
    const char *name;
    struct entry_style style;
    const char *field;
    const char *raw[ADDED_MAX]; /* of each value; "": unknown */
} raw_rows[] = {
    {"binary values are what they are", {.binary = true}, "0\x01", {"0\x01"}},
    {"decoded ones are their bytes",
     {.separator = '%'},
     "300130%300131",
     {"0\x01\x30", "0\x01\x31"}},
    {"what cannot be decoded is unknown", {.separator = '%'}, "3001300", {""}},
    {"nor is what a tool threw away", {.separator = ';'}, "System.Byte[]", {""}},
    {"plain text of LDIF is the value, decoded or not", {.exact = true}, "300130", {"300130"}},
    {"and that cannot be decoded", {.exact = true}, "3001300", {"3001300"}},
};

static void raw_row_holds(void **state)
{
    const struct raw_row *row = *state;
    const struct entry_column column = {.attribute = ATTRIBUTE_CERT_SECOND,
                                        .name = span_text("userCertificate"),
                                        .full = span_text("userCertificate;binary")};
    struct arena arena = arena_with_max(ARENA_SIZE);
    struct entry entry = {0};
    size_t n = 0;

    assert_int_equal(entry_add(&entry, &column, span_text(row->field), &row->style, &arena),
                     FAULT_NONE);
    for (; n < ADDED_MAX && row->raw[n] != NULL; n++) {
        assert_true(n < entry.value_count);
        assert_span(entry.values[n].raw, row->raw[n]);
        assert_span(entry.values[n].full, "userCertificate;binary");
    }
    assert_int_equal(entry.value_count, n);
    arena_clear(&arena);
}

int main(void)
{
    struct CMUnitTest tests[3 + COUNT(raw_rows) + COUNT(name_rows) + COUNT(memory_rows)] = {
        cmocka_unit_test(values_keep_their_attribute_and_order),
        cmocka_unit_test(binary_values_come_as_they_are),
        cmocka_unit_test(what_is_beyond_the_maximum_is_counted)};
    size_t n = 3;

    n += TESTS_OF(tests + n, name_rows, name_row_holds);
    n += TESTS_OF(tests + n, memory_rows, memory_row_holds);
    n += TESTS_OF(tests + n, raw_rows, raw_row_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
