/*
 * usage: ldap_loop URL BASE FILTER ATTRIBUTE...
 *
 * The least that a client by libldap can do: searches in pages of 1,000, and throws every entry
 * away as it comes. Prints how many there were. What keyroster takes longer than this, it takes for
 * its own work.
 */

#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 1000 };

static void fail(const char *what, int code)
{
    fprintf(stderr, "ldap_loop: %s: %s\n", what, ldap_err2string(code));
    exit(3);
}

/* Ends the page that `result` ends: the cookie of the next one, empty when it was the last. */
static void take_cookie(LDAP *ldap, LDAPMessage *result, struct berval *cookie)
{
    LDAPControl **controls = NULL, *page;
    int code = 0, failed = ldap_parse_result(ldap, result, &code, NULL, NULL, NULL, &controls, 0);

    if (failed || code) {
        fail("result", failed ? failed : code);
    }
    ber_memfree(cookie->bv_val);
    *cookie = (struct berval){0};
    page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
    if (page != NULL) {
        ber_int_t total;

        failed = ldap_parse_pageresponse_control(ldap, page, &total, cookie);
        if (failed) {
            fail("page", failed);
        }
    }
    ldap_controls_free(controls);
}

static long take_page(LDAP *ldap, char **argv, struct berval *cookie)
{
    LDAPControl *page = NULL, *controls[] = {NULL, NULL};
    LDAPMessage *message;
    long entries = 0;
    int id, kind, failed = ldap_create_page_control(ldap, PAGE, cookie, 1, &page);

    if (failed) {
        fail("control", failed);
    }
    controls[0] = page;
    failed = ldap_search_ext(ldap, argv[2], LDAP_SCOPE_SUBTREE, argv[3], argv + 4, 0, controls,
                             NULL, NULL, 0, &id);
    ldap_control_free(page);
    if (failed) {
        fail("search", failed);
    }
    while ((kind = ldap_result(ldap, id, LDAP_MSG_ONE, NULL, &message)) != LDAP_RES_SEARCH_RESULT) {
        if (kind <= 0) {
            fail("entries", LDAP_SERVER_DOWN);
        }
        entries += kind == LDAP_RES_SEARCH_ENTRY;
        ldap_msgfree(message);
    }
    take_cookie(ldap, message, cookie);
    ldap_msgfree(message);
    return entries;
}

int main(int argc, char **argv)
{
    LDAP *ldap = NULL;
    struct berval cookie = {0};
    long entries = 0;
    int version = LDAP_VERSION3, failed;

    if (argc < 5) {
        fputs("usage: ldap_loop URL BASE FILTER ATTRIBUTE...\n", stderr);
        return 2;
    }
    failed = ldap_initialize(&ldap, argv[1]);
    if (failed || (failed = ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version))) {
        fail(argv[1], failed);
    }
    do {
        entries += take_page(ldap, argv, &cookie);
    } while (cookie.bv_len > 0);
    printf("%ld\n", entries);
    ber_memfree(cookie.bv_val);
    ldap_unbind_ext_s(ldap, NULL, NULL);
    return 0;
}
