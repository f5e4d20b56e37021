#include "verdict/address.h"

#include "support.h"

#define LONG_LOCAL                                                                                 \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct row {
    const char *name, *a;
    size_t a_len;
    const char *b;
    size_t b_len;
    enum address_match match;
} rows[] = {
    {"the same bytes are the same", TEXT("a@example.org"), TEXT("a@example.org"), ADDRESS_SAME},
    {"blanks around it do not count", TEXT(" a@example.org\r\n"), TEXT("a@example.org"),
     ADDRESS_SAME},
    {"case in the local part", TEXT("Anna@example.org"), TEXT("anna@example.org"),
     ADDRESS_SAME_BUT_CASE},
    {"case in the domain", TEXT("a@Example.ORG"), TEXT("a@example.org"), ADDRESS_SAME_BUT_CASE},
    {"another local part", TEXT("a@example.org"), TEXT("b@example.org"), ADDRESS_DIFFERENT},
    {"another domain", TEXT("a@example.org"), TEXT("a@example.com"), ADDRESS_DIFFERENT},
    {"a longer one", TEXT("a@example.org"), TEXT("a@example.org.uk"), ADDRESS_DIFFERENT},
    {"a NUL does not end it", TEXT("a@example.org\0x"), TEXT("a@example.org"), ADDRESS_DIFFERENT},
    {"plus addresses are their own", TEXT("a+b@example.org"), TEXT("a@example.org"),
     ADDRESS_DIFFERENT},
    {"umlauts in UTF-8 fold", TEXT("J\xc3\x96RG@example.org"), TEXT("j\xc3\xb6rg@example.org"),
     ADDRESS_SAME_BUT_CASE},
    {"Windows-1252 and UTF-8 meet", TEXT("j\xf6rg@example.org"), TEXT("j\xc3\xb6rg@example.org"),
     ADDRESS_SAME},
    {"Windows-1252 letters fold", TEXT("\x8aim@example.org"), TEXT("\xc5\xa1im@example.org"),
     ADDRESS_SAME_BUT_CASE},
    {"an umlaut is no plain letter", TEXT("j\xc3\xb6rg@example.org"), TEXT("jorg@example.org"),
     ADDRESS_DIFFERENT},
    {"Cyrillic folds", TEXT("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd@example.org"),
     TEXT("\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd@example.org"), ADDRESS_SAME_BUT_CASE},
    {"Greek folds", TEXT("\xce\x91@example.org"), TEXT("\xce\xb1@example.org"),
     ADDRESS_SAME_BUT_CASE},
    {"an A-label is its letters", TEXT("a@xn--mnchen-3ya.example"),
     TEXT("a@m\xc3\xbcnchen.example"), ADDRESS_SAME},
    {"its prefix in capitals too", TEXT("a@XN--mnchen-3ya.example"),
     TEXT("a@m\xc3\xbcnchen.example"), ADDRESS_SAME},
    {"an A-label of no plain letter", TEXT("a@xn--wgv71a119e.example"),
     TEXT("a@\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.example"), ADDRESS_SAME},
    {"another A-label", TEXT("a@xn--mnchen-3ya.example"), TEXT("a@m\xc3\xb6nchen.example"),
     ADDRESS_DIFFERENT},
    {"a broken A-label stays as it is", TEXT("a@xn--\xc3\xa4.example"),
     TEXT("a@xn--\xc3\xa4.example"), ADDRESS_SAME},
    {"a broken A-label is like none", TEXT("a@xn--99999999999.example"), TEXT("a@\xc3\xa4.example"),
     ADDRESS_DIFFERENT},
    {"xn-- in the local part is plain text", TEXT("xn--mnchen-3ya@example.org"),
     TEXT("m\xc3\xbcnchen@example.org"), ADDRESS_DIFFERENT},
    {"past the longest, letters are not compared",
     TEXT(LONG_LOCAL LONG_LOCAL LONG_LOCAL LONG_LOCAL "\xc3\x96@example.org"),
     TEXT(LONG_LOCAL LONG_LOCAL LONG_LOCAL LONG_LOCAL "\xc3\xb6@example.org"), ADDRESS_DIFFERENT},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *a = exact_copy(row->a, row->a_len);
    uint8_t *b = exact_copy(row->b, row->b_len);
    struct buffer a_key = buffer_with_max(2000), b_key = buffer_with_max(2000);

    assert_int_equal(address_compare(span_of(a, row->a_len), span_of(b, row->b_len)), row->match);
    assert_int_equal(address_compare(span_of(b, row->b_len), span_of(a, row->a_len)), row->match);
    address_add_key(&a_key, span_of(a, row->a_len));
    address_add_key(&b_key, span_of(b, row->b_len));
    assert_int_equal(span_equal(buffer_span(&a_key), buffer_span(&b_key)),
                     row->match != ADDRESS_DIFFERENT);
    buffer_clear(&a_key);
    buffer_clear(&b_key);
    free(a);
    free(b);
}

static void address_has_two_sides(void **state)
{
    static const struct {
        const char *text;
        bool is_one;
    } texts[] = {{"a@example.org", true}, {"a@b", true},  {" a@b ", true},
                 {"\"a@b\"@c", true},     {"", false},    {" ", false},
                 {"example.org", false},  {"@b", false},  {"a@", false},
                 {"a@ ", false},          {"c=US", false}};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_int_equal(address_is_one(span_text(texts[i].text)), texts[i].is_one);
    }
}

/* The property: cut anywhere, an address is compared within its bytes, and is not its whole. */
static void cut_address_is_safe(void **state)
{
    static const char whole[] = "j\xc3\xb6rg@xn--mnchen-3ya.xn--wgv71a119e.example";

    (void)state;
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        uint8_t *cut = exact_copy(whole, len);

        assert_int_equal(address_compare(span_of(cut, len), span_text(whole)), ADDRESS_DIFFERENT);
        free(cut);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {cmocka_unit_test(address_has_two_sides),
                                                cmocka_unit_test(cut_address_is_safe)};

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 2] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
