#include "entry/attribute.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>

#include "support.h"

static const struct row {
    const char *name;
    enum attribute attribute;
    enum attribute_origin origin;
} rows[] = {
    {"Tagged-X509-Cert", ATTRIBUTE_CERT_FIRST, ORIGIN_EXCHANGE},
    {"taggedCertificate", ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {"1.2.840.113556.1.2.614", ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {"userSMIMECertificate", ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {"2.16.840.1.113730.3.1.40", ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {"2.16.840.1.113730.3.140", ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {"X509-Cert", ATTRIBUTE_CERT_SECOND, ORIGIN_EXCHANGE},
    {"1.2.840.113556.1.2.461", ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {"User-Cert", ATTRIBUTE_CERT_SECOND, ORIGIN_EXCHANGE},
    {"2.5.4.36", ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {"userCert", ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {"userCertificate", ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {"Certificates", ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {"Display Name", ATTRIBUTE_DISPLAY_NAME, ORIGIN_EXCHANGE},
    {"Display-Name", ATTRIBUTE_DISPLAY_NAME, ORIGIN_EXCHANGE},
    {"displayName", ATTRIBUTE_DISPLAY_NAME, ORIGIN_ANY},
    {"Common-Name", ATTRIBUTE_COMMON_NAME, ORIGIN_EXCHANGE},
    {"cn", ATTRIBUTE_COMMON_NAME, ORIGIN_ANY},
    {"commonName", ATTRIBUTE_COMMON_NAME, ORIGIN_ANY},
    {"Name", ATTRIBUTE_COMMON_NAME, ORIGIN_ANY},
    {"Directory Name", ATTRIBUTE_DIRECTORY_NAME, ORIGIN_EXCHANGE},
    {"Alias Name", ATTRIBUTE_ALIAS, ORIGIN_EXCHANGE},
    {"Alias", ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {"mailNickname", ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {"uid", ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {"sAMAccountName", ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {"E-mail address", ATTRIBUTE_MAIL, ORIGIN_EXCHANGE},
    {"mail", ATTRIBUTE_MAIL, ORIGIN_ANY},
    {"rfc822Mailbox", ATTRIBUTE_MAIL, ORIGIN_ANY},
    {"EmailAddress", ATTRIBUTE_MAIL, ORIGIN_ANY},
    {"PrimarySmtpAddress", ATTRIBUTE_MAIL, ORIGIN_ANY},
    {"WindowsEmailAddress", ATTRIBUTE_MAIL, ORIGIN_ANY},
    {"E-mail Addresses", ATTRIBUTE_ADDRESSES, ORIGIN_EXCHANGE},
    {"Proxy-Addresses", ATTRIBUTE_ADDRESSES, ORIGIN_EXCHANGE},
    {"Secondary-Proxy-Addresses", ATTRIBUTE_ADDRESSES, ORIGIN_EXCHANGE},
    {"proxyAddresses", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {"EmailAddresses", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    /* Further addresses beside `mail`, never the one to write to. */
    {"mailLocalAddress", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {"mailAlternateAddress", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {"mailAlias", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {"zimbraMailAlias", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {"Obj-Class", ATTRIBUTE_OBJ_CLASS, ORIGIN_EXCHANGE},
    {"Object-Class", ATTRIBUTE_OBJ_CLASS, ORIGIN_EXCHANGE},
    {"objectClass", ATTRIBUTE_OBJECT_CLASS, ORIGIN_ANY},
    {"Obj-Container", ATTRIBUTE_CONTAINER, ORIGIN_EXCHANGE},
    {"DN", ATTRIBUTE_DN, ORIGIN_ANY},
    {"distinguishedName", ATTRIBUTE_DN, ORIGIN_ANY},
    {"Obj-Dist-Name", ATTRIBUTE_DN, ORIGIN_EXCHANGE},
    {"Home-Server", ATTRIBUTE_OTHER, ORIGIN_EXCHANGE},
    {"Hide from AB", ATTRIBUTE_OTHER, ORIGIN_EXCHANGE},
    {"Primary Windows NT Account", ATTRIBUTE_OTHER, ORIGIN_EXCHANGE},
};

static void assert_found(const char *text, size_t len, enum attribute attribute,
                         enum attribute_origin origin)
{
    uint8_t *name = exact_copy(text, len);
    enum attribute_origin got = (enum attribute_origin)99;

    assert_int_equal(attribute_find(span_of(name, len), &got), attribute);
    assert_int_equal(got, origin);
    assert_int_equal(attribute_find(span_of(name, len), NULL), attribute);
    free(name);
}

/* As written, in capitals, in small letters, with blanks around it, and with an option. */
static void row_holds(void **state)
{
    const struct row *row = *state;
    size_t len = strlen(row->name);
    char text[100];

    assert_found(row->name, len, row->attribute, row->origin);
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)toupper((unsigned char)row->name[i]);
    }
    assert_found(text, len, row->attribute, row->origin);
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)tolower((unsigned char)row->name[i]);
    }
    assert_found(text, len, row->attribute, row->origin);
    (void)snprintf(text, sizeof(text), " \t%s\r\n", row->name);
    assert_found(text, strlen(text), row->attribute, row->origin);
    (void)snprintf(text, sizeof(text), "%s;binary", row->name);
    assert_found(text, strlen(text), row->attribute, row->origin);
    (void)snprintf(text, sizeof(text), "%s;lang-de;BINARY", row->name);
    assert_found(text, strlen(text), row->attribute, row->origin);
}

/* A name that is cut, or longer by a byte, is another one. */
static void nearly_so_is_another(void **state)
{
    const struct row *row = *state;
    char text[100];

    (void)snprintf(text, sizeof(text), "%s_", row->name);
    assert_found(text, strlen(text), ATTRIBUTE_OTHER, ORIGIN_ANY);
    (void)snprintf(text, sizeof(text), "_%s", row->name);
    assert_found(text, strlen(text), ATTRIBUTE_OTHER, ORIGIN_ANY);
    (void)snprintf(text, sizeof(text), "%s", row->name);
    assert_found(text, strlen(text) + 1, ATTRIBUTE_OTHER, ORIGIN_ANY); /* a NUL behind it */
}

static const struct other_row {
    const char *name, *text;
    size_t len;
} other_rows[] = {
    {"nothing is no name", TEXT("")},
    {"blanks are none", TEXT(" \t")},
    {"an option alone is none", TEXT(";binary")},
    {"a column without a meaning to us", TEXT("telephoneNumber")},
    {"a part of a name", TEXT("user")},
    {"a dash where there is none", TEXT("user-Certificate")},
    {"a blank within", TEXT("user Certificate")},
    {"an OID with more arcs", TEXT("2.5.4.36.1")},
    {"an authority's certificate", TEXT("cACertificate;binary")},
    {"a name with a NUL in it", TEXT("mail\0")},
};

static void other_row_holds(void **state)
{
    const struct other_row *row = *state;

    assert_found(row->text, row->len, ATTRIBUTE_OTHER, ORIGIN_ANY);
}

int main(void)
{
    struct CMUnitTest tests[2 * COUNT(rows) + COUNT(other_rows)];
    size_t n = 0;

    n += TESTS_OF(tests + n, rows, row_holds);
    n += TESTS_OF(tests + n, rows, nearly_so_is_another);
    n += TESTS_OF(tests + n, other_rows, other_row_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
