#include "entry/schema.h"

#include "support.h"

/* Two names of one attribute. */
static const struct same_row {
    const char *name, *first, *second;
} same_rows[] = {
    {"Exchange's alias", "First Name", "Given-Name"},
    {"LDAP's name", "givenName", "Given-Name"},
    {"case does not count", "last name", "SURNAME"},
    {"nor do options", "sn;lang-de", "Surname"},
    {"nor blanks around", " Display Name ", "displayName"},
    {"the attribute of the article", "Tagged-X509-Cert", "userSMIMECertificate;binary"},
    {"by its OID in Exchange", "1.2.840.113556.1.2.614", "taggedCertificate"},
    {"its older sister", "X509-Cert", "userCertificate;binary"},
    {"addresses", "E-mail Addresses", "proxyAddresses"},
    {"the directory name is the common name", "Directory Name", "Common-Name"},
    {"a custom attribute", "Custom Attribute 15", "extensionAttribute15"},
};

static void same_row_holds(void **state)
{
    const struct same_row *row = *state;
    const struct schema *first = schema_find(span_text(row->first), false);

    assert_non_null(first);
    assert_ptr_equal(first, schema_find(span_text(row->second), false));
}

static const struct raw_row {
    const char *name, *text;
    bool known, known_raw;
} raw_rows[] = {
    {"an alias is unknown in raw mode", "First Name", true, false},
    {"so is this one", "E-mail Addresses", true, false},
    {"and this one", "Hide from AB", true, false},
    {"a schema name is known there", "Given-Name", true, true},
    {"an LDAP name too", "proxyAddresses", true, true},
    {"nobody knows this", "Shoe-Size", false, false},
    {"nothing is no name", "", false, false},
    {"options alone are none", ";binary", false, false},
    {"two names are none", "cn sn", false, false},
    {"two of Exchange's are none", "Obj-Class|Object-Class", false, false},
};

static void raw_row_holds(void **state)
{
    const struct raw_row *row = *state;

    assert_int_equal(schema_find(span_text(row->text), false) != NULL, row->known);
    assert_int_equal(schema_find(span_text(row->text), true) != NULL, row->known_raw);
}

static const struct near_row {
    const char *name, *text;
    const char *nearest; /* NULL: none is near */
} near_rows[] = {
    {"a letter missing", "Dispay Name", "Display Name"},
    {"in the words of the Administrator", "E-mial Addresses", "E-mail Addresses"},
    {"in those of LDAP", "emialAddresses", "emailAddresses"},
    {"in those of the schema", "Display-Nmae", "Display-Name"},
    {"two swapped", "Tagegd-X509-Cert", "Tagged-X509-Cert"},
    {"without its dashes", "TaggedX509Cert", "Tagged-X509-Cert"},
    {"one too many", "mailNicknamee", "mailNickname"},
    {"nothing like it", "Favourite-Colour", NULL},
    {"nothing is near nothing", "", NULL},
};

static void near_row_holds(void **state)
{
    const struct near_row *row = *state;
    struct span found[3];
    size_t count = schema_nearest(span_text(row->text), false, found, COUNT(found));

    if (row->nearest == NULL) {
        assert_int_equal(count, 0);
        return;
    }
    assert_true(count > 0);
    assert_span(found[0], row->nearest);
}

static void nearest_are_few_and_in_order(void **state)
{
    struct span found[3], more[8];
    (void)state;

    assert_int_equal(schema_nearest(span_text("Extension-Attribute-"), false, found, 3), 3);
    assert_int_equal(schema_nearest(span_text("Extension-Attribute-1"), false, more, 8), 8);
    assert_span(more[0], "Extension-Attribute-1");
    assert_true(schema_nearest(span_text("E-mail Adresses"), true, found, 3) > 0);
    assert_span(found[0], "emailAddresses"); /* raw: not the alias */
}

/* The property: a name belongs to one attribute only, and all of its names mean the same to us. */
static void names_are_of_one_attribute(void **state)
{
    const struct schema *schema;
    (void)state;

    for (size_t i = 0; (schema = schema_at(i)) != NULL; i++) {
        struct schema_names names = {.schema = schema};
        struct span name;
        bool directory_name = schema == schema_find(span_text("Directory Name"), false);
        enum attribute meaning = ATTRIBUTE_COUNT;

        while (schema_names_next(&names, &name)) {
            enum attribute own = attribute_find(name, NULL);

            assert_ptr_equal(schema_find(name, false), schema);
            assert_true(name.len <= 40);
            assert_true(meaning == ATTRIBUTE_COUNT || own == meaning || directory_name ||
                        own == ATTRIBUTE_OTHER);
            meaning = meaning == ATTRIBUTE_COUNT ? own : meaning;
        }
        assert_true(meaning < ATTRIBUTE_COUNT);
    }
}

static void aliases_are_told_apart(void **state)
{
    const struct schema *schema = schema_find(span_text("Surname"), false);
    (void)state;

    assert_true(schema_is_alias(schema, span_text("LAST NAME")));
    assert_false(schema_is_alias(schema, span_text("sn")));
    assert_false(schema_is_alias(schema, span_text("Surname")));
}

int main(void)
{
    struct CMUnitTest tests[COUNT(same_rows) + COUNT(raw_rows) + COUNT(near_rows) + 3] = {
        cmocka_unit_test(nearest_are_few_and_in_order),
        cmocka_unit_test(names_are_of_one_attribute),
        cmocka_unit_test(aliases_are_told_apart),
    };
    size_t n = 3;

    n += TESTS_OF(tests + n, same_rows, same_row_holds);
    n += TESTS_OF(tests + n, raw_rows, raw_row_holds);
    n += TESTS_OF(tests + n, near_rows, near_row_holds);
    assert_int_equal(n, COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
