#include "verdict/verdict.h"

#include "made.h"
#include "support.h"

#define ANNA "anna@example.org"
#define AT                                                                                         \
    {                                                                                              \
        ANNA                                                                                       \
    }

static const struct rules rules = {.at = 1793491200, .warning_seconds = (int64_t)30 * UTC_DAY};

/* Each row tells of one warning only: whether it is there; what others are does not matter. */
static const struct row {
    const char *name;
    enum warning warning;
    bool applies;
    struct made certs[MADE_MAX];
    const char *addresses[MADE_MAX];
    size_t values; /* instead of those of the certificates */
    size_t first_attribute_values;
    size_t undecodable, lost;
} rows[] = {
    {"expired before good", WARNING_EXPIRED_FIRST, true, {{-99, -1, ANNA}, {-9, 99, ANNA}}, AT},
    {"expired before good in the second attribute, the first good",
     WARNING_EXPIRED_FIRST,
     true,
     {{-9, 99, ANNA, IS_FIRST}, {-99, -1, ANNA}, {-9, 99, ANNA}},
     AT},
    {"expired behind good", WARNING_EXPIRED_FIRST, false, {{-9, 99, ANNA}, {-99, -1, ANNA}}, AT},
    {"expired between two good ones",
     WARNING_EXPIRED_FIRST,
     false,
     {{-9, 99, ANNA}, {-99, -1, ANNA}, {-9, 99, ANNA}},
     AT},
    {"expired in the other attribute",
     WARNING_EXPIRED_FIRST,
     false,
     {{-99, -1, ANNA, IS_FIRST}, {-9, 99, ANNA}},
     AT},
    {"expired within the same value",
     WARNING_EXPIRED_FIRST,
     false,
     {{-99, -1, ANNA}, {-9, 99, ANNA, IS_BESIDE}},
     AT},
    {"an expired chain certificate before good",
     WARNING_EXPIRED_FIRST,
     false,
     {{-99, -1, NULL, IS_CHAIN}, {-9, 99, ANNA}},
     AT},
    {"expired alone", WARNING_EXPIRED_FIRST, false, {{-99, -1, ANNA}}, AT},

    {"good in the second only",
     WARNING_HIDDEN_BY_FIRST_ATTRIBUTE,
     true,
     {{-99, -1, ANNA, IS_FIRST}, {-9, 99, ANNA}},
     AT},
    {"nothing readable in the first",
     WARNING_HIDDEN_BY_FIRST_ATTRIBUTE,
     true,
     {{-9, 99, ANNA}},
     AT,
     .first_attribute_values = 1,
     .undecodable = 1},
    {"the first is empty", WARNING_HIDDEN_BY_FIRST_ATTRIBUTE, false, {{-9, 99, ANNA}}, AT},
    {"good in both",
     WARNING_HIDDEN_BY_FIRST_ATTRIBUTE,
     false,
     {{-9, 99, ANNA, IS_FIRST}, {-9, 99, ANNA}},
     AT},
    {"good in neither",
     WARNING_HIDDEN_BY_FIRST_ATTRIBUTE,
     false,
     {{-99, -1, ANNA, IS_FIRST}, {-99, -2, ANNA}},
     AT},

    {"two attributes, two certificates",
     WARNING_ATTRIBUTES_DISAGREE,
     true,
     {{-9, 99, ANNA, IS_FIRST}, {-9, 99, ANNA}},
     AT},
    {"the second has no good one",
     WARNING_ATTRIBUTES_DISAGREE,
     true,
     {{-9, 99, ANNA, IS_FIRST}, {-99, -1, ANNA}},
     AT},
    {"both the same",
     WARNING_ATTRIBUTES_DISAGREE,
     false,
     {{-9, 99, ANNA, IS_FIRST}, {-9, 99, ANNA, IS_DUPLICATE}},
     AT},
    {"the same to use, others behind it",
     WARNING_ATTRIBUTES_DISAGREE,
     false,
     {{-9, 99, ANNA, IS_FIRST}, {-9, 99, ANNA, IS_DUPLICATE}, {-99, -1, ANNA}},
     AT},
    {"one attribute only",
     WARNING_ATTRIBUTES_DISAGREE,
     false,
     {{-9, 99, ANNA}, {-9, 98, ANNA}},
     AT},
    {"hidden says it already",
     WARNING_ATTRIBUTES_DISAGREE,
     false,
     {{-99, -1, ANNA, IS_FIRST}, {-9, 99, ANNA}},
     AT},

    {"twelve values", WARNING_MANY_VALUES, true, {{-9, 99, ANNA}}, AT, .values = 12},
    {"eleven values", WARNING_MANY_VALUES, false, {{-9, 99, ANNA}}, AT, .values = 11},
    {"twelve that nobody can decode",
     WARNING_MANY_VALUES,
     true,
     {{0}},
     AT,
     .values = 12,
     .undecodable = 12},

    {"RSA 1024", WARNING_WEAK_KEY, true, {{-9, 99, ANNA, 0, KEY_RSA, 1024}}, AT},
    {"RSA 2048", WARNING_WEAK_KEY, false, {{-9, 99, ANNA}}, AT},
    {"weak, but not the one used",
     WARNING_WEAK_KEY,
     false,
     {{-9, 99, ANNA}, {-9, 99, ANNA, 0, KEY_RSA, 1024}},
     AT},
    {"weak and expired, nothing better",
     WARNING_WEAK_KEY,
     true,
     {{-99, -1, ANNA, 0, KEY_RSA, 1024}},
     AT},

    {"signed over SHA-1", WARNING_WEAK_SIGNATURE, true, {{-9, 99, ANNA, IS_SHA1}}, AT},
    {"signed over SHA-256", WARNING_WEAK_SIGNATURE, false, {{-9, 99, ANNA}}, AT},

    {"capitals", WARNING_ADDRESS_CASE, true, {{-9, 99, "Anna@Example.org"}}, AT},
    {"the same case", WARNING_ADDRESS_CASE, false, {{-9, 99, ANNA}}, AT},
    {"the same case as another address of the mailbox",
     WARNING_ADDRESS_CASE,
     false,
     {{-9, 99, "Anna@Example.org"}},
     {ANNA, "Anna@Example.org"}},
    {"another address", WARNING_ADDRESS_CASE, false, {{-9, 99, "x@example.org"}}, AT},

    {"the mailbox has no address", WARNING_NO_ADDRESS, true, {{-9, 99, ANNA}}, {NULL}},
    {"it has only one of X.400", WARNING_NO_ADDRESS, true, {{-9, 99, ANNA}}, {"c=US;a= ;p=X;"}},
    {"it has one", WARNING_NO_ADDRESS, false, {{-9, 99, ANNA}}, AT},
    {"no certificate to compare with", WARNING_NO_ADDRESS, false, {{0}}, {NULL}},

    {"the certificate has no address", WARNING_NO_ADDRESS_IN_CERTIFICATE, true, {{-9, 99}}, AT},
    {"what has no @ is none", WARNING_NO_ADDRESS_IN_CERTIFICATE, true, {{-9, 99, "Anna Berg"}}, AT},
    {"the certificate has one", WARNING_NO_ADDRESS_IN_CERTIFICATE, false, {{-9, 99, ANNA}}, AT},

    {"foreign before ours",
     WARNING_FOREIGN_FIRST,
     true,
     {{-9, 99, ANNA, IS_FOREIGN}, {-9, 99, ANNA}},
     AT},
    {"foreign behind ours",
     WARNING_FOREIGN_FIRST,
     false,
     {{-9, 99, ANNA}, {-9, 99, ANNA, IS_FOREIGN}},
     AT},
    {"foreign and expired before ours",
     WARNING_FOREIGN_FIRST,
     false,
     {{-99, -1, ANNA, IS_FOREIGN}, {-9, 99, ANNA}},
     AT},
    {"foreign alone", WARNING_FOREIGN_FIRST, false, {{-9, 99, ANNA, IS_FOREIGN}}, AT},

    {"no list", WARNING_CRL_UNVERIFIED, true, {{-9, 99, ANNA, IS_UNVERIFIED}}, AT},
    {"revoked by a list that nobody checked",
     WARNING_CRL_UNVERIFIED,
     true,
     {{-9, 99, ANNA, IS_REVOKED | IS_UNVERIFIED}},
     AT},
    {"revoked by a good list", WARNING_CRL_UNVERIFIED, false, {{-9, 99, ANNA, IS_REVOKED}}, AT},
    {"lists not asked", WARNING_CRL_UNVERIFIED, false, {{-9, 99, ANNA}}, AT},

    {"undecodable beside good",
     WARNING_UNDECODABLE_VALUE,
     true,
     {{-9, 99, ANNA}},
     AT,
     .undecodable = 1},
    {"lost beside good", WARNING_UNDECODABLE_VALUE, true, {{-9, 99, ANNA}}, AT, .lost = 1},
    {"undecodable alone",
     WARNING_UNDECODABLE_VALUE,
     false,
     {{0}},
     AT,
     .values = 1,
     .undecodable = 1},
    {"all decodable", WARNING_UNDECODABLE_VALUE, false, {{-9, 99, ANNA}}, AT},

    {"EC only", WARNING_EC_ONLY, true, {{-9, 99, ANNA, 0, KEY_EC, 256}}, AT},
    {"X25519 only", WARNING_EC_ONLY, true, {{-9, 99, ANNA, 0, KEY_X25519, 256}}, AT},
    {"EC, and an expired RSA",
     WARNING_EC_ONLY,
     true,
     {{-9, 99, ANNA, 0, KEY_EC, 256}, {-99, -1, ANNA}},
     AT},
    {"EC and RSA", WARNING_EC_ONLY, false, {{-9, 99, ANNA, 0, KEY_EC, 256}, {-9, 99, ANNA}}, AT},
    {"an expired EC is not used", WARNING_EC_ONLY, false, {{-99, -1, ANNA, 0, KEY_EC, 256}}, AT},

    {"a shared key is not for one mailbox to see",
     WARNING_SHARED_KEY,
     false,
     {{-9, 99, ANNA}, {-9, 99, ANNA}},
     AT},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct made_box box;
    uint32_t got;

    made_box_init(&box, row->certs, row->addresses);
    box.mailbox.undecodable = row->undecodable;
    box.mailbox.lost = row->lost;
    box.mailbox.values += row->undecodable + row->lost;
    box.mailbox.first_attribute_values += row->first_attribute_values;
    if (row->values > 0) {
        box.mailbox.values = row->values;
    }
    got = verdict_of(&box.mailbox, &rules).warnings;
    assert_int_equal((got & (uint32_t)row->warning) != 0, row->applies);
}

static void good_mailbox_has_no_warnings(void **state)
{
    static const struct made certs[MADE_MAX] = {{-9, 99, ANNA}};
    static const char *const addresses[MADE_MAX] = AT;
    struct made_box box;

    (void)state;
    made_box_init(&box, certs, addresses);
    assert_int_equal(verdict_of(&box.mailbox, &rules).warnings, 0);
}

static void nobody_who_does_not_ask_is_warned(void **state)
{
    static const struct rules counting = {
        .at = 1793491200, .warning_seconds = (int64_t)30 * UTC_DAY, .without_warnings = true};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct made_box asked, unasked;
        struct verdict a, b;

        made_box_init(&asked, rows[i].certs, rows[i].addresses);
        made_box_init(&unasked, rows[i].certs, rows[i].addresses);
        a = verdict_of(&asked.mailbox, &rules);
        b = verdict_of(&unasked.mailbox, &counting);
        assert_int_equal(b.warnings, 0);
        assert_int_equal(a.standing, b.standing);
        assert_int_equal(a.uses, b.uses);
        assert_int_equal(a.user_certificates, b.user_certificates);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(good_mailbox_has_no_warnings),
        cmocka_unit_test(nobody_who_does_not_ask_is_warned)};

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 2] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
