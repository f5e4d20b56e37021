#include "directory/schema.h"

#include "support.h"

/* A row is one sentence about a definition, as slapd, 389 DS and Active Directory write them. */
static const struct row {
    const char *name, *definition, *attribute;
    bool described, comparable;
} rows[] = {
    {"OpenLDAP's userSMIMECertificate has no rule",
     "( 2.16.840.1.113730.3.1.40 NAME 'userSMIMECertificate' DESC 'RFC2798: PKCS#7 SignedData used "
     "to support S/MIME' SYNTAX 1.3.6.1.4.1.1466.115.121.1.5 )",
     "userSMIMECertificate", true, false},
    {"its userCertificate has one",
     "( 2.5.4.36 NAME 'userCertificate' DESC 'RFC2256: X.509 user certificate, use ;binary' "
     "EQUALITY certificateExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.8 )",
     "usercertificate", true, true},
    {"one of several names", "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )", "commonName", true,
     true},
    {"the first of them", "( 2.5.4.3 NAME ('cn' 'commonName') SYNTAX 1.2 )", "cn", true, false},
    {"another attribute", "( 2.5.4.36 NAME 'userCertificate' EQUALITY x )", "cACertificate", false,
     false},
    {"a description is no name", "( 1.2 NAME 'a' DESC 'b' EQUALITY x )", "b", false, false},
    {"nor makes it a rule", "( 1.2 NAME 'a' DESC 'EQUALITY SUP' SYNTAX 1.2 )", "a", true, false},
    {"a longer name is another", "( 1.2 NAME 'userCertificateX' EQUALITY x )", "userCertificate",
     false, false},
    {"a definition that breaks off", "( 1.2 NAME 'userCert", "userCert", false, false},
    {"none", "", "a", false, false},
    {"an empty name", "( 1.2 NAME '' )", "a", false, false},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    size_t length = strlen(row->definition);
    uint8_t *block = exact_copy(row->definition, length);
    bool comparable = !row->comparable;

    assert_int_equal(
        schema_describes(span_of(block, length), span_text(row->attribute), &comparable),
        row->described);
    assert_int_equal(comparable, row->described ? row->comparable : !row->comparable);
    free(block);
}

/* Cut anywhere, a definition is read to its end and not beyond it. */
static void cut_anywhere_it_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t length = 0; length < strlen(rows[i].definition); length++) {
            uint8_t *block = exact_copy(rows[i].definition, length);
            bool comparable;

            (void)!schema_describes(span_of(block, length), span_text("cn"), &comparable);
            free(block);
        }
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test(cut_anywhere_it_ends)};

    TESTS_OF(tests + 1, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
