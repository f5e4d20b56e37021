#include "entry/projection.h"

#include "support.h"

enum { NAMES_MAX = 5 };

/* A header, the name that a source has, and which columns that leads to: '=' the very name, '~' the
 * same attribute, '+' added, '.' not at all. */
static const struct row {
    const char *name;
    const char *header[NAMES_MAX];
    bool raw;
    const char *source, *leads;
} rows[] = {
    {"the very name", {"Display Name", "title"}, false, "TITLE", ".="},
    {"options are left out", {"userCertificate"}, false, "userCertificate;binary", "="},
    {"in the header too", {"userCertificate;binary"}, false, "userCertificate", "="},
    {"another product's name", {"Tagged-X509-Cert"}, false, "userSMIMECertificate", "~"},
    {"an alias", {"First Name", "Last name"}, false, "sn", ".~"},
    {"two columns for one attribute", {"sn", "Surname", "Last name"}, false, "sn", "=~~"},
    {"a name of the source's own", {"Display Name", "Shoe-Size"}, false, "shoe-size", ".="},
    {"mail goes among the addresses", {"cn", "E-mail Addresses"}, false, "mail", ".+"},
    {"but not where it has a column", {"mail", "E-mail Addresses"}, false, "mail", "=."},
    {"nor where another name has one", {"E-mail address", "proxyAddresses"}, false, "mail", "~."},
    {"further addresses too", {"E-mail Addresses"}, false, "mailAlternateAddress", "+"},
    {"one sister for the other", {"User-Cert"}, false, "userCertificate", "+"},
    {"but not for the first attribute", {"Tagged-X509-Cert"}, false, "userCertificate", ""},
    {"nor the other way", {"X509-Cert"}, false, "userSMIMECertificate", ""},
    {"raw: no alias", {"First Name", "Given-Name"}, true, "givenName", ".~"},
    {"raw: an alias is its own name only", {"First Name"}, true, "First Name", "="},
    {"raw: nothing is added", {"Proxy-Addresses"}, true, "mail", ""},
    {"a name that nobody asks for", {"Display Name"}, false, "title", ""},
    {"nothing", {"Display Name"}, false, "", ""},
    {"a longer name is another one", {"title"}, false, "titles", ""},
    {"an empty name in a header", {"", "title"}, false, "", ""},
};

static size_t names_of(const char *const *header, struct span *out)
{
    size_t count = 0;

    while (count < NAMES_MAX && header[count] != NULL) {
        out[count] = span_text(header[count]);
        count++;
    }
    return count;
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct span names[NAMES_MAX];
    size_t count = names_of(row->header, names), found = 0, route;
    char leads[NAMES_MAX + 1] = "";
    struct projection *p = NULL;
    struct why why;

    assert_int_equal(projection_new(names, count, row->raw, &p, &why), FAULT_NONE);
    route = projection_find(p, span_text(row->source));
    assert_int_equal(route != 0, row->leads[0] != '\0');
    if (route != 0) {
        const struct projection_target *targets = projection_targets(p, route, &found);

        memset(leads, '.', count);
        for (size_t i = 0; i < found; i++) {
            leads[targets[i].column] = "+~="[targets[i].fit];
        }
    }
    assert_string_equal(leads, row->leads);
    projection_free(p);
}

static void names_for_ldap(void **state)
{
    const struct span names[] = {span_text("Last name"), span_text("Shoe-Size"),
                                 span_text("Favourite Colour"), span_text("-x")};
    static const char *const wanted[] = {"sn", "surname", "Shoe-Size"};
    struct projection *p = NULL;
    struct why why;
    struct span name;
    size_t index = 0, count = 0;
    (void)state;

    assert_int_equal(projection_new(names, COUNT(names), false, &p, &why), FAULT_NONE);
    while (projection_ldap_name(p, &index, &name)) {
        assert_true(count < COUNT(wanted));
        assert_span(name, wanted[count++]);
    }
    assert_int_equal(count, COUNT(wanted));
    projection_free(p);
}

static void too_many_columns(void **state)
{
    static struct span names[PROJECTION_COLUMNS_MAX + 1];
    struct projection *p = NULL;
    struct why why = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(names); i++) {
        names[i] = span_text("cn");
    }
    assert_int_equal(projection_new(names, COUNT(names), false, &p, &why), FAULT_LIMIT);
    assert_null(p);
    assert_non_null(why.rule);
    assert_int_equal(projection_new(names, COUNT(names) - 1, false, &p, &why), FAULT_NONE);
    projection_free(p);
    projection_free(NULL);
}

static void kept_in_order(void **state)
{
    static const struct entry_style style = {.separator = '%'};
    struct arena arena = arena_with_max(1 << 16);
    struct entry entry = {0};
    (void)state;

    assert_int_equal(projection_keep(&entry, 2, span_text("a"), &style, &arena), FAULT_NONE);
    assert_int_equal(projection_keep(&entry, 1, span_text("b"), &style, &arena), FAULT_NONE);
    assert_int_equal(entry.extra_count, 2);
    assert_int_equal(entry.extras[0].route, 2);
    assert_span(entry.extras[1].text, "b");
    assert_ptr_equal(entry.extras[1].style, &style);
    arena_clear(&arena);
}

static void no_memory(void **state)
{
    static const struct entry_style style = {0};
    struct arena arena = arena_with_max(0);
    struct entry entry = {0};
    (void)state;

    assert_int_equal(projection_keep(&entry, 1, span_text("a"), &style, &arena), FAULT_RESOURCE);
    assert_int_equal(entry.extra_count, 0);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 4] = {
        cmocka_unit_test(names_for_ldap),
        cmocka_unit_test(too_many_columns),
        cmocka_unit_test(kept_in_order),
        cmocka_unit_test(no_memory),
    };

    TESTS_OF(tests + 4, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
