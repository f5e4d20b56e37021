#include "cert/cert.h"

#include "build.h"

/* Addresses in the order in which they come, each with its kind in front. */
static const struct row {
    const char *name, *san, *subject, *told; /* san: GeneralNames' contents; NULL: absent */
} rows[] = {
    {"no address", NULL, "3000", ""},
    {"an rfc822Name", "8103 406262", "3000", "rfc822:@bb "},
    {"two, in their order", "8103 406262 8103 406161", "3000", "rfc822:@bb rfc822:@aa "},
    {"other kinds of names are none", "8203 406262 8603 406262 8704 01020304", "3000", ""},
    {"an empty rfc822Name is one", "8100", "3000", "rfc822: "},
    {"an address beyond ASCII", "a010 0608 2b06010505070809 a004 0c02 c3b6", "3000",
     "utf8:\xc3\xb6 "},
    {"… that is no UTF8String is none", "a010 0608 2b06010505070809 a004 1602 4062", "3000", ""},
    {"a principal name is told apart", "a012 060a 2b060104018237140203 a004 0c02 4062", "3000",
     "upn:@b "},
    {"another kind of other name is none", "a009 0601 2a a004 0c02 4062", "3000", ""},
    {"the subject's, without alternative names", NULL,
     "3014 3112 3010 0609 2a864886f70d010901 1603 406262", "subject:@bb "},
    {"the subject's, when the names have no address", "8203 406262",
     "3014 3112 3010 0609 2a864886f70d010901 1603 406262", "subject:@bb "},
    {"the subject's, after one beyond ASCII", "a010 0608 2b06010505070809 a004 0c02 c3b6",
     "3014 3112 3010 0609 2a864886f70d010901 1603 406262", "utf8:\xc3\xb6 subject:@bb "},
    {"not the subject's, when the names have one", "8103 406161",
     "3014 3112 3010 0609 2a864886f70d010901 1603 406262", "rfc822:@aa "},
    {"the subject's as UTF8String", NULL, "3014 3112 3010 0609 2a864886f70d010901 0c03 406262",
     "subject:@bb "},
    {"the subject's in two octets a letter is none", NULL,
     "3013 3111 300f 0609 2a864886f70d010901 1e02 0040", ""},
    {"an empty one of the subject is none", NULL, "3011 310f 300d 0609 2a864886f70d010901 1600",
     ""},
    {"two of the subject in one RDN", NULL,
     "3022 3120 300e 0609 2a864886f70d010901 1601 61 300e 0609 2a864886f70d010901 1601 62",
     "subject:a subject:b "},
};

static void row_holds(void **state)
{
    static const char *const kinds[] = {[EMAIL_RFC822] = "rfc822:",
                                        [EMAIL_SMTP_UTF8] = "utf8:",
                                        [EMAIL_SUBJECT] = "subject:",
                                        [EMAIL_UPN] = "upn:"};
    const struct row *row = *state;
    struct built san = {0}, subject = {0};
    struct cert cert = {0};
    struct cert_emails in;
    struct cert_email email;
    char told[256] = "";

    build_hex(&subject, row->subject);
    cert.subject = span_of(subject.at, subject.len);
    if (row->san != NULL) {
        build_hex(&san, row->san);
        cert.san = span_of(san.at, san.len);
    }
    in = cert_emails_of(&cert);
    while (cert_emails_next(&in, &email)) {
        strcat(told, kinds[email.kind]);
        strncat(told, (const char *)email.text.at, email.text.len);
        strcat(told, " ");
    }
    assert_string_equal(told, row->told);
    assert_false(cert_emails_next(&in, &email)); /* the end stays the end */
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    (void)TESTS_OF(tests, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
