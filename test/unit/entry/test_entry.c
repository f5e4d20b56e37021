#include "entry/entry.h"

#include <assert.h>

#include "support.h"

enum { ADDED_MAX = 5, ARENA_SIZE = 64 << 20 };

static const struct entry_style exchange = {.separator = '%', .backslash = true};
static const struct entry_style ldif = {.separator = 0, .binary = true};
static const struct entry_style scripts = {.separator = ';'};

/* A field, as a source hands it over. */
struct added {
    enum attribute attribute;
    const char *text;
};

static void add_all(struct entry *entry, const struct added *added, const struct entry_style *style,
                    struct arena *arena)
{
    for (size_t i = 0; i < ADDED_MAX && added[i].text != NULL; i++) {
        const struct entry_column column = {.attribute = added[i].attribute,
                                            .name = span_text("name")};

        assert_int_equal(entry_add(entry, &column, span_text(added[i].text), style, arena),
                         FAULT_NONE);
    }
}

/* ---- addresses ---- */

static const struct address_row {
    const char *name;
    const struct entry_style *style;
    struct added added[ADDED_MAX];
    const char *address; /* the one to write to; NULL: none */
    const char *all;     /* all of them, with a blank behind each */
} address_rows[] = {
    {"capitals mark the primary address",
     &exchange,
     {{ATTRIBUTE_ADDRESSES, "MS:O/P/A%smtp:a@x%SMTP:b@x%X400:c=US;a= ;p=O;"}},
     "b@x",
     "a@x b@x "},
    {"the first primary one counts",
     &exchange,
     {{ATTRIBUTE_ADDRESSES, "SMTP:a@x%SMTP:b@x"}},
     "a@x",
     "a@x b@x "},
    {"mail comes after the primary one",
     &ldif,
     {{ATTRIBUTE_MAIL, "m@x"}, {ATTRIBUTE_ADDRESSES, "SMTP:p@x"}},
     "p@x",
     "m@x p@x "},
    {"mail comes before other addresses",
     &ldif,
     {{ATTRIBUTE_ADDRESSES, "smtp:a@x"}, {ATTRIBUTE_MAIL, "m@x"}},
     "m@x",
     "a@x m@x "},
    {"the first value of mail counts",
     &ldif,
     {{ATTRIBUTE_MAIL, "m@x"}, {ATTRIBUTE_MAIL, "n@x"}},
     "m@x",
     "m@x n@x "},
    {"else the first of all",
     &ldif,
     {{ATTRIBUTE_ADDRESSES, "smtp:b@x"}, {ATTRIBUTE_ADDRESSES, "smtp:a@x"}},
     "b@x",
     "b@x a@x "},
    {"a mixed prefix is not primary",
     &exchange,
     {{ATTRIBUTE_ADDRESSES, "Smtp:a@x%SMTP:b@x"}},
     "b@x",
     "a@x b@x "},
    {"an address without a prefix",
     &scripts,
     {{ATTRIBUTE_ADDRESSES, "a@x;b@x"}},
     "a@x",
     "a@x b@x "},
    {"one that stands twice counts once",
     &ldif,
     {{ATTRIBUTE_MAIL, "a@x"}, {ATTRIBUTE_ADDRESSES, "SMTP:a@x"}},
     "a@x",
     "a@x "},
    {"in another case it counts twice",
     &ldif,
     {{ATTRIBUTE_MAIL, "a@x"}, {ATTRIBUTE_ADDRESSES, "SMTP:A@x"}},
     "A@x",
     "a@x A@x "},
    {"case is kept",
     &ldif,
     {{ATTRIBUTE_MAIL, "Anna.Berg@Example.ORG"}},
     "Anna.Berg@Example.ORG",
     "Anna.Berg@Example.ORG "},
    {"blanks around it go", &ldif, {{ATTRIBUTE_MAIL, " a@x\r\n"}}, "a@x", "a@x "},
    {"a colon behind the @ is no prefix",
     &ldif,
     {{ATTRIBUTE_MAIL, "a@[IPv6:::1]"}},
     "a@[IPv6:::1]",
     "a@[IPv6:::1] "},
    {"mail may be a local name", &ldif, {{ATTRIBUTE_MAIL, "root"}}, "root", "root "},
    {"a prefix alone is no address", &exchange, {{ATTRIBUTE_ADDRESSES, "SMTP:%smtp:"}}, NULL, ""},
    {"an X.400 address is none",
     &exchange,
     {{ATTRIBUTE_ADDRESSES, "X400:c=US;a= ;p=O;"}},
     NULL,
     ""},
    {"cut at its semicolons it is none",
     &scripts,
     {{ATTRIBUTE_ADDRESSES, "X400:c=US\\;a= \\;p=O\\;o=E;s=Berg;SMTP:a@x"}},
     "a@x",
     "a@x "},
    {"other systems' addresses are none",
     &exchange,
     {{ATTRIBUTE_ADDRESSES, "MS:O/P/A%CCMAIL:A at P%x500:/o=O/cn=a%sip:a@x%EUM:a@x"}},
     NULL,
     ""},
    {"nor is one of them in mail", &ldif, {{ATTRIBUTE_MAIL, "sip:a@x"}}, NULL, ""},
    {"a percent sign shows itself between addresses",
     &scripts,
     {{ATTRIBUTE_ADDRESSES, "smtp:a@x%SMTP:b@x%X400:c=US;a= ;p=O;"}},
     "b@x",
     "a@x b@x "},
    {"protected too", &scripts, {{ATTRIBUTE_MAIL, "a\\%b@x"}}, "a%b@x", "a%b@x "},
    {"a route through a host is one address",
     &scripts,
     {{ATTRIBUTE_ADDRESSES, "a%y@x;b@x"}},
     "a%y@x",
     "a%y@x b@x "},
    {"a percent sign within an X.400 address joins nothing",
     &scripts,
     {{ATTRIBUTE_ADDRESSES, "X400:c=US\\;o=5%\\;s=B;SMTP:a@x"}},
     "a@x",
     "a@x "},
    {"an empty field has none", &exchange, {{ATTRIBUTE_ADDRESSES, ""}}, NULL, ""},
    {"nor have empty values", &exchange, {{ATTRIBUTE_ADDRESSES, "%% %"}}, NULL, ""},
};

static void address_row_holds(void **state)
{
    const struct address_row *row = *state;
    struct arena arena = arena_with_max(ARENA_SIZE);
    struct entry entry = {0};
    char all[200] = {0};

    add_all(&entry, row->added, row->style, &arena);
    assert_span(entry_address(&entry), row->address != NULL ? row->address : "");
    for (size_t i = 0; i < entry.address_count; i++) {
        (void)strncat(all, (const char *)entry.addresses[i].at, entry.addresses[i].len);
        (void)strcat(all, " ");
    }
    assert_string_equal(all, row->all);
    arena_clear(&arena);
}

/* ---- classes ---- */

static const struct class_row {
    const char *name;
    const struct entry_style *style;
    struct added added[ADDED_MAX];
    enum entry_kind kind;
    bool mailbox, with_remotes; /* entry_is_mailbox() without and with custom recipients */
} class_rows[] = {
    {"without a class all are", &exchange, {{0, NULL}}, ENTRY_UNTOLD, true, true},
    {"mailbox", &exchange, {{ATTRIBUTE_OBJ_CLASS, "mailbox"}}, ENTRY_MAILBOX, true, true},
    {"Mailbox", &exchange, {{ATTRIBUTE_OBJ_CLASS, "Mailbox"}}, ENTRY_MAILBOX, true, true},
    {"MAILBOX with blanks",
     &exchange,
     {{ATTRIBUTE_OBJ_CLASS, " MAILBOX "}},
     ENTRY_MAILBOX,
     true,
     true},
    {"a custom recipient when asked for",
     &exchange,
     {{ATTRIBUTE_OBJ_CLASS, "Remote"}},
     ENTRY_REMOTE,
     false,
     true},
    {"a distribution list is none",
     &exchange,
     {{ATTRIBUTE_OBJ_CLASS, "dl"}},
     ENTRY_LIST,
     false,
     false},
    {"in capitals neither", &exchange, {{ATTRIBUTE_OBJ_CLASS, "DL"}}, ENTRY_LIST, false, false},
    {"a container is none",
     &exchange,
     {{ATTRIBUTE_OBJ_CLASS, "container"}},
     ENTRY_OTHER,
     false,
     false},
    {"a class that is cut is none",
     &exchange,
     {{ATTRIBUTE_OBJ_CLASS, "mailbo"}},
     ENTRY_OTHER,
     false,
     false},
    {"a person with an address",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "top"}, {ATTRIBUTE_OBJECT_CLASS, "person"}, {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_MAILBOX,
     true,
     true},
    {"an inetOrgPerson with a certificate",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "inetOrgPerson"}, {ATTRIBUTE_CERT_SECOND, "0"}},
     ENTRY_MAILBOX,
     true,
     true},
    {"INETORGPERSON",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "INETORGPERSON"}, {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_MAILBOX,
     true,
     true},
    {"a user",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "user"}, {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_MAILBOX,
     true,
     true},
    {"a mailRecipient",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "mailRecipient"}, {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_MAILBOX,
     true,
     true},
    {"classes joined in one field",
     &scripts,
     {{ATTRIBUTE_OBJECT_CLASS, "top;person;organizationalPerson;user"}, {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_MAILBOX,
     true,
     true},
    {"classes joined by a percent sign",
     &scripts,
     {{ATTRIBUTE_OBJECT_CLASS, "top%person%user"}, {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_MAILBOX,
     true,
     true},
    {"a person without either is none",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "person"}},
     ENTRY_MAILBOX,
     false,
     false},
    {"a computer is none, though a user",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "user"},
      {ATTRIBUTE_OBJECT_CLASS, "computer"},
      {ATTRIBUTE_CERT_SECOND, "0"}},
     ENTRY_OTHER,
     false,
     false},
    {"whichever class comes first",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "Computer"},
      {ATTRIBUTE_OBJECT_CLASS, "user"},
      {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_OTHER,
     false,
     false},
    {"a contact is none, though a person",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "person"},
      {ATTRIBUTE_OBJECT_CLASS, "contact"},
      {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_CONTACT,
     false,
     false},
    {"a group is none",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "group"}, {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_LIST,
     false,
     false},
    {"nor is groupOfNames",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "groupofnames"}, {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_LIST,
     false,
     false},
    {"an organizational unit is none",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "organizationalUnit"}, {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_OTHER,
     false,
     false},
    {"an unknown class alone is none",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, "top"}, {ATTRIBUTE_MAIL, "a@x"}},
     ENTRY_UNTOLD,
     false,
     false},
    {"an empty class says nothing",
     &ldif,
     {{ATTRIBUTE_OBJECT_CLASS, ""}},
     ENTRY_UNTOLD,
     true,
     true},
};

static void class_row_holds(void **state)
{
    const struct class_row *row = *state;
    struct arena arena = arena_with_max(ARENA_SIZE);
    struct entry entry = {0};

    add_all(&entry, row->added, row->style, &arena);
    assert_int_equal(entry.kind, row->kind);
    assert_int_equal(entry_is_mailbox(&entry, false), row->mailbox);
    assert_int_equal(entry_is_mailbox(&entry, true), row->with_remotes);
    arena_clear(&arena);
}

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
     "Berg\\, Anna",
     "ou=Sales,dc=x"},
    {"an escaped backslash does not escape", {{ATTRIBUTE_DN, "cn=a\\\\,ou=b"}}, "a\\\\", "ou=b"},
    {"a quoted comma belongs to its RDN",
     {{ATTRIBUTE_DN, "cn=\"Berg, Anna\",ou=Sales"}},
     "\"Berg, Anna\"",
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

int main(void)
{
    struct CMUnitTest tests[3 + COUNT(address_rows) + COUNT(class_rows) + COUNT(name_rows) +
                            COUNT(memory_rows)] = {
        cmocka_unit_test(values_keep_their_attribute_and_order),
        cmocka_unit_test(binary_values_come_as_they_are),
        cmocka_unit_test(what_is_beyond_the_maximum_is_counted)};
    size_t n = 3;

    n += TESTS_OF(tests + n, address_rows, address_row_holds);
    n += TESTS_OF(tests + n, class_rows, class_row_holds);
    n += TESTS_OF(tests + n, name_rows, name_row_holds);
    n += TESTS_OF(tests + n, memory_rows, memory_row_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
