#include "directory/url.h"

#include "support.h"

static const struct row {
    const char *name, *text;
    enum fault fault;
    enum directory_scheme scheme;
    const char *host;
    int port;
    const char *base;
    enum directory_scope scope;
    const char *filter;
} rows[] = {
    {"a host alone", "ldap://h", 0, DIRECTORY_LDAP, "h", 389, "", DIRECTORY_SUBTREE, NULL},
    {"no host is this machine", "ldap:///dc=x", 0, DIRECTORY_LDAP, "localhost", 389, "dc=x",
     DIRECTORY_SUBTREE, NULL},
    {"a base without a scope is the subtree", "ldap://h/dc=x", 0, DIRECTORY_LDAP, "h", 389, "dc=x",
     DIRECTORY_SUBTREE, NULL},
    {"ldaps has its own port", "ldaps://h/", 0, DIRECTORY_LDAPS, "h", 636, "", DIRECTORY_SUBTREE,
     NULL},
    {"a port that is said", "ldaps://h:1636/", 0, DIRECTORY_LDAPS, "h", 1636, "", DIRECTORY_SUBTREE,
     NULL},
    {"case of the scheme", "LDAP://h", 0, DIRECTORY_LDAP, "h", 389, "", DIRECTORY_SUBTREE, NULL},
    {"a socket", "ldapi://%2Frun%2Fx/dc=x", 0, DIRECTORY_LDAPI, "/run/x", 0, "dc=x",
     DIRECTORY_SUBTREE, NULL},
    {"the usual socket", "ldapi:///dc=x", 0, DIRECTORY_LDAPI, "/var/run/slapd/ldapi", 0, "dc=x",
     DIRECTORY_SUBTREE, NULL},
    {"IPv6", "ldap://[::1]:3389/dc=x", 0, DIRECTORY_LDAP, "::1", 3389, "dc=x", DIRECTORY_SUBTREE,
     NULL},
    {"scope base", "ldap://h/dc=x??base", 0, DIRECTORY_LDAP, "h", 389, "dc=x", DIRECTORY_BASE,
     NULL},
    {"scope one", "ldap://h/dc=x??one?", 0, DIRECTORY_LDAP, "h", 389, "dc=x", DIRECTORY_ONE, NULL},
    {"a filter", "ldap://h/dc=x??sub?(cn=a)", 0, DIRECTORY_LDAP, "h", 389, "dc=x",
     DIRECTORY_SUBTREE, "(cn=a)"},
    {"a filter without a scope", "ldap://h/dc=x?\?\?(cn=a)", 0, DIRECTORY_LDAP, "h", 389, "dc=x",
     DIRECTORY_SUBTREE, "(cn=a)"},
    {"percent in the base and the filter", "ldap://h/o=a%20b??one?(cn=%2a)", 0, DIRECTORY_LDAP, "h",
     389, "o=a b", DIRECTORY_ONE, "(cn=*)"},
    {"attributes are passed over", "ldap://h/dc=x?cn,mail?one", 0, DIRECTORY_LDAP, "h", 389, "dc=x",
     DIRECTORY_ONE, NULL},
    {"an extension that is not critical", "ldap://h/dc=x????x-a=b", 0, DIRECTORY_LDAP, "h", 389,
     "dc=x", DIRECTORY_SUBTREE, NULL},
    {"another scheme", "http://h/", .fault = FAULT_SYNTAX},
    {"a file", "site.csv", .fault = FAULT_SYNTAX},
    {"no slashes", "ldap:h", .fault = FAULT_SYNTAX},
    {"a password in it", "ldap://u:p@h/", .fault = FAULT_SYNTAX},
    {"a user in it", "ldaps://u@h", .fault = FAULT_SYNTAX},
    {"a port that is none", "ldap://h:x/", .fault = FAULT_SYNTAX},
    {"a port that is too large", "ldap://h:99999/", .fault = FAULT_SYNTAX},
    {"a scope that is none", "ldap://h/dc=x??all", .fault = FAULT_SYNTAX},
    {"an escape that is none", "ldap://h/dc=%zz", .fault = FAULT_SYNTAX},
    {"a critical extension", "ldap://h/dc=x?\?\?\?!x-a=b", .fault = FAULT_SYNTAX},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct directory_url got = {0};
    struct why why = {0};

    assert_int_equal(directory_url_parse(row->text, &got, &why), row->fault);
    if (row->fault != FAULT_NONE) {
        assert_non_null(why.rule);
        assert_null(got.host);
        return;
    }
    assert_int_equal(got.scheme, row->scheme);
    assert_string_equal(got.host, row->host);
    assert_int_equal(got.port, row->port);
    assert_string_equal(got.base, row->base);
    assert_int_equal(got.scope, row->scope);
    if (row->filter == NULL) {
        assert_null(got.filter);
    } else {
        assert_string_equal(got.filter, row->filter);
    }
    directory_url_clear(&got);
    directory_url_clear(&got);
}

static void what_is_shown_holds_no_password(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"ldap://u:p@h/dc=x", "ldap://h/dc=x"},
        {"ldaps://u:p@q@h:636", "ldaps://h:636"},
        {"ldap://h/dc=x??sub?(mail=a@b)", "ldap://h/dc=x??sub?(mail=a@b)"},
        {"a@b.csv", "a@b.csv"},
        {"/tmp//a@b.csv", "/tmp//a@b.csv"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *shown = directory_url_public(cases[i].text);

        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

static void the_server_of_a_url(void **state)
{
    static const struct {
        const char *text, *server;
    } cases[] = {
        {"ldap://h/dc=x", "ldap://h:389"},
        {"ldaps://[::1]/", "ldaps://[::1]:636"},
        {"ldapi://%2Fx/", "ldapi://"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct directory_url url = {0};
        struct why why;
        char *server;

        assert_int_equal(directory_url_parse(cases[i].text, &url, &why), FAULT_NONE);
        server = directory_url_server(&url);
        assert_string_equal(server, cases[i].server);
        free(server);
        directory_url_clear(&url);
    }
}

static void servers_are_the_same(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"ldap://h/dc=x", "ldap://H:389/dc=y", true},
        {"ldap://h", "ldaps://h", false},
        {"ldap://h", "ldap://h:390", false},
        {"ldap://h", "ldap://i", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct directory_url a = {0}, b = {0};
        struct why why;

        assert_int_equal(directory_url_parse(cases[i].a, &a, &why), FAULT_NONE);
        assert_int_equal(directory_url_parse(cases[i].b, &b, &why), FAULT_NONE);
        assert_int_equal(directory_url_same_server(&a, &b), cases[i].same);
        directory_url_clear(&a);
        directory_url_clear(&b);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {
        cmocka_unit_test(what_is_shown_holds_no_password),
        cmocka_unit_test(the_server_of_a_url),
        cmocka_unit_test(servers_are_the_same),
    };

    (void)TESTS_OF(tests + 3, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
