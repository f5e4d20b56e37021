#include "entry/entry.h"

#include "added.h"

static const struct entry_style scripts = {.separator = ';'};

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
    {"an empty class of Exchange's says nothing",
     &exchange,
     {{ATTRIBUTE_OBJ_CLASS, " "}},
     ENTRY_UNTOLD,
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

int main(void)
{
    struct CMUnitTest tests[COUNT(class_rows)];

    (void)TESTS_OF(tests, class_rows, class_row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
