#include "entry/entry.h"

#include "added.h"

static const struct entry_style scripts = {.separator = ';'};

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

int main(void)
{
    struct CMUnitTest tests[COUNT(address_rows)];

    (void)TESTS_OF(tests, address_rows, address_row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
