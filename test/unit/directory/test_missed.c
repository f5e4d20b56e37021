#include "directory/asking.h"

#include <stdio.h>

#include "support.h"

static const struct row {
    const char *name, *urls[4];
    unsigned references, missed;
    const char *servers;
} rows[] = {
    {"a server is named", {"ldap://a/dc=x??sub"}, 1, 1, " ldap://a,"},
    {"with its port", {"ldaps://a:637/dc=x"}, 1, 1, " ldaps://a:637,"},
    {"once", {"ldap://a/dc=x", "ldap://A/dc=y", "ldap://b"}, 3, 3, " ldap://a, ldap://b,"},
    {"also the start of another", {"ldap://ab/", "ldap://a/"}, 2, 2, " ldap://ab, ldap://a,"},
    {"also what is no URL", {"nonsense"}, 1, 1, " nonsense,"},
    {"Active Directory's own partitions hold no mailboxes",
     {"ldap://d.x/CN=Configuration,DC=x", "ldap://DomainDnsZones.x/DC=DomainDnsZones,DC=x",
      "ldap://ForestDnsZones.x/dc=forestdnszones,DC=x"},
     3,
     0,
     " ldap://d.x, ldap://DomainDnsZones.x, ldap://ForestDnsZones.x,"},
    {"but a domain beneath does", {"ldap://south.x/DC=south,DC=x"}, 1, 1, " ldap://south.x,"},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct directory_found found = {0};

    for (size_t i = 0; i < COUNT(row->urls) && row->urls[i] != NULL; i++) {
        directory_note_missed(&found, row->urls[i]);
    }
    assert_int_equal(found.references, row->references);
    assert_int_equal(found.missed, row->missed);
    assert_string_equal(found.servers, row->servers);
}

static void names_end_where_the_room_does(void **state)
{
    struct directory_found found = {0};
    char url[2 * sizeof(found.servers)];
    (void)state;

    memset(url, 'x', sizeof(url));
    url[sizeof(url) - 1] = '\0';
    directory_note_missed(&found, url);
    assert_string_equal(found.servers, "");
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(url, sizeof(url), "ldap://host%u/dc=x", i);
        directory_note_missed(&found, url);
    }
    assert_int_equal(found.references, 1001);
    assert_in_range(strlen(found.servers), sizeof(found.servers) / 2, sizeof(found.servers) - 1);
    assert_int_equal(found.servers[strlen(found.servers) - 1], ',');
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test(names_end_where_the_room_does)};

    TESTS_OF(tests + 1, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
