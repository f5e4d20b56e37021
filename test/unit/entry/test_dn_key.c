#include "entry/dn_key.h"

#include "support.h"

/* A row is one sentence about which names are the same. */
static const struct row {
    const char *name, *a, *b;
    bool same;
} rows[] = {
    {"as it is", "cn=Anna,dc=x", "cn=Anna,dc=x", true},
    {"case does not count", "CN=ANNA,DC=X", "cn=anna,dc=x", true},
    {"of other letters neither", "cn=\xc3\x84nne,dc=x", "cn=\xc3\xa4nne,dc=x", true},
    {"blanks around separators do not", " cn = Anna , dc=x ", "cn=Anna,dc=x", true},
    {"nor their number in a value", "cn=Anna  Berg", "cn=Anna Berg", true},
    {"but that there is one does", "cn=AnnaBerg", "cn=Anna Berg", false},
    {"semicolons are commas", "cn=Anna;dc=x", "cn=Anna,dc=x", true},
    {"an escaped comma is another", "cn=Berg\\, Anna", "cn=Berg, Anna", false},
    {"however it is escaped", "cn=Berg\\2C Anna", "cn=Berg\\, Anna", true},
    {"or quoted", "cn=\"Berg, Anna\"", "cn=Berg\\, Anna", true},
    {"an escaped letter is the letter", "cn=\\41nna", "cn=Anna", true},
    {"UTF-8 by escapes", "cn=\\C3\\84nne", "cn=\xc3\xa4nne", true},
    {"Windows-1252", "cn=\xc4nne", "cn=\xc3\xa4nne", true},
    {"an escaped blank at the end", "cn=Anna\\ ,dc=x", "cn=Anna,dc=x", true},
    {"the order of parts does not count", "cn=A+uid=1,dc=x", "uid=1 + cn=a,dc=x", true},
    {"that of RDNs does", "dc=x,cn=A", "cn=A,dc=x", false},
    {"a part is no RDN", "cn=A+uid=1,dc=x", "cn=A,uid=1,dc=x", false},
    {"a type by its OID", "OID.2.5.4.3=A", "2.5.4.3=A", true},
    {"another type", "cn=A", "ou=A", false},
    {"another value", "cn=A,dc=x", "cn=B,dc=x", false},
    {"one more RDN", "cn=A,dc=x", "cn=A,dc=x,dc=y", false},
    {"an equals sign in a value", "cn=a=b", "cn=a\\=b", true},
    {"a value that is empty", "cn=,dc=x", "cn=A,dc=x", false},
    {"of Exchange", "/O=Org/OU=Site/CN=Anna", "/o=Org/ou=Site/cn=anna", true},
    {"a comma is no separator there", "/o=Org/cn=Berg, Anna", "/o=Org/cn=Berg/ Anna", false},
    {"a slash is none elsewhere", "cn=a/b", "cn=a,b", false},
    {"Exchange's are not LDAP's", "/o=Org/cn=Anna", "o=Org,cn=Anna", false},
    {"what is none is itself", "Anna", "anna", true},
    {"and no other", "Anna", "Berta", false},
    {"a backslash at the end", "cn=A\\", "cn=A", false},
    {"a quote that does not end", "cn=\"A,dc=x", "cn=A,dc=x", false},
    {"our own marks in a value",
     "cn=a\x01\x02"
     "cn=b",
     "cn=a,cn=b", false},
    {"and escaped", "cn=a\\01\\02cn=b", "cn=a,cn=b", false},
    {"an escape before a mark", "cn=a\x03\x01", "cn=a\x01\x03", false},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct buffer a = buffer_with_max(1000), b = buffer_with_max(1000);

    dn_add_key(&a, span_text(row->a));
    dn_add_key(&b, span_text(row->b));
    assert_int_equal(a.fault, FAULT_NONE);
    assert_int_equal(b.fault, FAULT_NONE);
    assert_int_equal(span_equal(buffer_span(&a), buffer_span(&b)), row->same);
    buffer_clear(&a);
    buffer_clear(&b);
}

/* Cut anywhere it is a form of something, in bounds; another one unless blanks were cut. */
static void cut_name_is_safe(void **state)
{
    static const char dn[] = "cn=\"A, B\"+uid=\\2C\\,1, ou = x;dc=\xc3\xa4";

    (void)state;
    for (size_t len = 0; len < sizeof(dn); len++) {
        uint8_t *block = exact_copy(dn, len);
        struct buffer out = buffer_with_max(1000);

        dn_add_key(&out, span_of(block, len));
        assert_int_equal(out.fault, FAULT_NONE);
        assert_true(out.len <= 3 * len + 10);
        buffer_clear(&out);
        free(block);
    }
}

static void many_parts_are_taken(void **state)
{
    struct buffer dn = buffer_with_max(100000), out = buffer_with_max(100000);

    (void)state;
    for (int i = 0; i < 5000; i++) {
        buffer_add_text(&dn, "cn=a+");
    }
    dn_add_key(&out, buffer_span(&dn));
    assert_int_equal(out.fault, FAULT_NONE);
    buffer_clear(&out);
    out = buffer_with_max(100);
    dn_add_key(&out, buffer_span(&dn));
    assert_int_equal(out.fault, FAULT_LIMIT);
    buffer_clear(&dn);
    buffer_clear(&out);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(cut_name_is_safe),
        cmocka_unit_test(many_parts_are_taken),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 2] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
