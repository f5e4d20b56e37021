#include "kms/authority/profile.h"

#include "support.h"

/* A row is one profile; what is wanted of it, or the line on which it is refused. */
static const struct row {
    const char *name, *text;
    size_t line; /* 0: it is taken */
    int64_t validity;
    uint32_t parts;
    const char *crl_url;
} rows[] = {
    {"an empty profile has every default", "", 0, 548 * 86400, 1, ""},
    {"comments and blank lines say nothing", "# a\n\n   # b\n\t\n", 0, 548 * 86400, 1, ""},
    {"blanks around names and values go", "  validity\t=  90d \r\n", 0, 90 * 86400, 1, ""},
    {"the last line needs no end", "validity = 825d", 0, 825 * 86400, 1, ""},
    {"a URL may have a part", "crl_parts = 8\ncrl_url = http://a.example/{part}.crl", 0,
     548 * 86400, 8, "http://a.example/{part}.crl"},
    {"a setting may be emptied", "crl_url =", 0, 548 * 86400, 1, ""},
    {"a validity past 825 days is refused", "\nvalidity = 826d\n", 2},
    {"a validity under a day is refused", "validity = 23h\n", 1},
    {"a validity has a unit", "validity = 548", 1},
    {"an unknown setting is refused", "validty = 90d", 1},
    {"a setting stands once", "subject = name\nsubject = name\n", 2},
    {"a line has an equals sign", "# x\nvalidity 90d\n", 2},
    {"a name is needed", "= 90d", 1},
    {"names are in small letters", "Validity = 90d", 1},
    {"a URL has a scheme we know", "crl_url = ftp://a.example/x", 1},
    {"a file is no URL", "crl_url = /var/www/x.crl", 1},
    {"a URL has no blank", "crl_url = http://a.example/a b", 1},
    {"a URL has no quotation mark", "crl_url = http://a.example/\"", 1},
    {"a URL has no letter outside ASCII", "crl_url = http://ex\xc3\xa4mple.org/", 1},
    {"braces stand around part alone", "crl_url = http://a.example/{serial}", 1},
    {"another URL has no part", "aia_url = http://a.example/{part}", 1},
    {"parts need a URL with a part", "crl_parts = 2\ncrl_url = http://a.example/x\n", 2},
    {"no parts are none", "crl_parts = 0", 1},
    {"1025 parts are too many", "crl_parts = 1025", 1},
    {"parts are a number", "crl_parts = two", 1},
    {"a policy is an OID", "policy = 1.3.x", 1},
    {"a policy has arcs that can be", "policy = 3.1", 1},
    {"a policy's statement needs a policy", "policy_url = http://a.example/", 1},
    {"yes is yes", "organization = true", 1},
    {"a CA ends no later than its root", "ca_validity = 7301d", 1},
    {"a list is valid an hour at least", "crl_validity = 59m", 1},
    {"a key is of a kind we know", "user_key = rsa1024", 1},
    {"x25519 alone signs nothing", "user_key = x25519", 1},
    {"a subject is one of two", "subject = both", 1},
    {"a notice is UTF-8", "escrow_notice = \xff", 1},
    {"a notice has no controls", "escrow_notice = \x1b[2J", 1},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *block = exact_copy(row->text, strlen(row->text));
    struct profile got = {0};
    struct why why = {0};
    size_t line = 0;
    enum fault fault = profile_parse(span_of(block, strlen(row->text)), &got, &line, &why);

    free(block);
    assert_int_equal(line, row->line);
    if (row->line == 0) {
        assert_int_equal(fault, FAULT_NONE);
        assert_int_equal(got.validity, row->validity);
        assert_int_equal(got.crl_parts, row->parts);
        assert_string_equal(got.crl_url, row->crl_url);
    } else {
        assert_int_equal(fault, FAULT_SYNTAX);
        assert_non_null(why.rule);
        assert_int_equal(got.validity, 0); /* nothing is written on failure */
    }
}

static void every_setting_is_read(void **state)
{
    static const char text[] = "validity = 400d\nca_validity = 1000d\nroot_validity = 2000d\n"
                               "organization = no\nsubject = address\nnon_repudiation = yes\n"
                               "user_key = rsa3072\ncrl_url = http://a.example/c.crl\n"
                               "crl_parts = 1\ncrl_validity = 2d\naia_url = https://a.example/ca\n"
                               "policy = 2.999.1\npolicy_url = http://a.example/p\n"
                               "escrow_notice = Schl\xc3\xbcssel = hinterlegt\n";
    struct profile got;
    struct why why;
    size_t line;

    (void)state;
    assert_int_equal(profile_parse(span_text(text), &got, &line, &why), FAULT_NONE);
    assert_int_equal(got.validity, 400 * 86400);
    assert_int_equal(got.ca_validity, 1000 * 86400);
    assert_int_equal(got.root_validity, 2000 * 86400);
    assert_int_equal(got.crl_validity, 2 * 86400);
    assert_false(got.organization);
    assert_true(got.non_repudiation);
    assert_int_equal(got.subject, PROFILE_SUBJECT_ADDRESS);
    assert_int_equal(got.user_key, KIND_RSA3072);
    assert_string_equal(got.crl_url, "http://a.example/c.crl");
    assert_string_equal(got.aia_url, "https://a.example/ca");
    assert_string_equal(got.policy, "2.999.1");
    assert_string_equal(got.policy_url, "http://a.example/p");
    assert_string_equal(got.escrow_notice, "Schl\xc3\xbcssel = hinterlegt");
}

static void the_text_of_a_new_store_says_the_defaults(void **state)
{
    struct buffer text = buffer_with_max(PROFILE_TEXT_MAX);
    struct profile want = profile_default();
    struct profile got;
    struct why why;
    size_t line;

    (void)state;
    assert_int_equal(profile_default_text(span_text(""), &text, &why), FAULT_NONE);
    assert_int_equal(profile_parse(buffer_span(&text), &got, &line, &why), FAULT_NONE);
    assert_memory_equal(&got.validity, &want.validity, sizeof(int64_t));
    assert_int_equal(got.ca_validity, want.ca_validity);
    assert_int_equal(got.root_validity, want.root_validity);
    assert_int_equal(got.crl_validity, want.crl_validity);
    assert_int_equal(got.crl_parts, want.crl_parts);
    assert_int_equal(got.organization, want.organization);
    assert_int_equal(got.non_repudiation, want.non_repudiation);
    assert_int_equal(got.subject, want.subject);
    assert_int_equal(got.user_key, want.user_key);
    assert_string_equal(got.escrow_notice, want.escrow_notice);
    assert_string_equal(got.crl_url, "");
    assert_true(got.escrow_notice[0] != '\0');

    buffer_reset(&text);
    assert_int_equal(profile_default_text(span_text("http://a.example/x"), &text, &why),
                     FAULT_NONE);
    assert_int_equal(profile_parse(buffer_span(&text), &got, &line, &why), FAULT_NONE);
    assert_string_equal(got.crl_url, "http://a.example/x");

    buffer_reset(&text);
    assert_int_equal(profile_default_text(span_text("http://a\nvalidity = 1d"), &text, &why),
                     FAULT_SYNTAX);
    assert_int_equal(text.len, 0);
    buffer_clear(&text);
}

static void a_url_names_its_part(void **state)
{
    struct profile profile = profile_default();
    struct buffer url = buffer_with_max(PROFILE_URL_MAX);

    (void)state;
    profile_add_crl_url(&profile, 1, &url);
    assert_int_equal(url.len, 0);
    (void)strcpy(profile.crl_url, "http://a.example/{part}/list{part}.crl");
    profile_add_crl_url(&profile, 1024, &url);
    assert_span(buffer_span(&url), "http://a.example/1024/list1024.crl");
    buffer_clear(&url);
}

static void a_profile_has_its_limits(void **state)
{
    static char text[PROFILE_TEXT_MAX + 2];
    static char url[PROFILE_URL_MAX + 64] = "crl_url = http://";
    struct profile got;
    struct why why;
    size_t line;

    (void)state;
    memset(text, '\n', sizeof(text) - 1);
    assert_int_equal(profile_parse(span_of(text, sizeof(text) - 1), &got, &line, &why),
                     FAULT_LIMIT);
    assert_int_equal(profile_parse(span_of("validity\0", 9), &got, &line, &why), FAULT_SYNTAX);
    memset(url + strlen(url), 'a', PROFILE_URL_MAX);
    assert_int_equal(profile_parse(span_text(url), &got, &line, &why), FAULT_SYNTAX);
    url[10 + PROFILE_URL_MAX - 1] = '\0';
    assert_int_equal(profile_parse(span_text(url), &got, &line, &why), FAULT_NONE);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 4] = {
        cmocka_unit_test(every_setting_is_read),
        cmocka_unit_test(the_text_of_a_new_store_says_the_defaults),
        cmocka_unit_test(a_url_names_its_part),
        cmocka_unit_test(a_profile_has_its_limits),
    };

    (void)TESTS_OF(tests + 4, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
