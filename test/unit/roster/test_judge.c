#include "roster/judge.h"

#include <assert.h>

#include "base/utc.h"
#include "certificates.h"
#include "support.h"

/* 2026-11-01T00:00:00Z */
static const struct rules rules = {.at = 1793491200, .warning_seconds = 30 * (int64_t)UTC_DAY};

enum { VALUES_MAX = 40, ARENA_SIZE = 64 << 20 };

/* A value in one letter. */
static const struct made_certificate made[] = {
    ['a'] = {1, 1, "a@x", "301231235959Z", false}, /* active */
    ['b'] = {2, 2, "a@x", "301231235959Z", false}, /* another active one */
    ['d'] = {3, 3, "a@x", "261115000000Z", false}, /* ends within two weeks */
    ['e'] = {4, 4, "a@x", "251231235959Z", false}, /* expired */
    ['o'] = {5, 5, "b@x", "301231235959Z", false}, /* for another address */
    ['c'] = {6, 6, NULL, "301231235959Z", true},   /* of an authority */
};

/*
 * Adds a setting of a tagged value, `u16 tag | u16 length | data`, with a certificate that lacks
 * its last `cut` bytes.
 */
static void add_setting(struct buffer *out, uint8_t tag, const struct made_certificate *certificate,
                        size_t cut)
{
    size_t start = out->len;

    buffer_add(out, span_of((const uint8_t[]){tag, 0, 0, 0}, 4));
    made_certificate_add(out, certificate);
    out->len -= cut;
    out->at[start + 2] = (uint8_t)(out->len - start);
    out->at[start + 3] = (uint8_t)((out->len - start) >> 8);
}

static struct value value_of(char letter, struct arena *arena)
{
    struct buffer bytes = buffer_with_max(10000);
    struct value value = {.state = VALUE_BYTES};

    switch (letter) {
    case 'B':
        value.state = VALUE_BROKEN;
        value.why = (struct why){.offset = 7, .rule = "an odd number of hexadecimal digits"};
        break;
    case 'L':
        value.state = VALUE_LOST;
        buffer_add_text(&bytes, "System.Byte[]");
        break;
    case 'J': /* neither DER nor settings */
        buffer_add_text(&bytes, "\xDE\xAD");
        break;
    case 'T': /* a certificate that is cut */
        made_certificate_add(&bytes, &made['a']);
        bytes.len -= 10;
        break;
    case '3': /* a setting for encryption */
        add_setting(&bytes, 3, &made['a'], 0);
        break;
    case '4': /* the same certificate as one of the chain only */
        add_setting(&bytes, 4, &made['a'], 0);
        break;
    case '5': /* of the chain first, for encryption then */
        add_setting(&bytes, 4, &made['a'], 0);
        add_setting(&bytes, 3, &made['a'], 0);
        break;
    case '6': /* good, and then one that is cut */
        add_setting(&bytes, 3, &made['a'], 0);
        add_setting(&bytes, 8, &made['b'], 10);
        break;
    default:
        made_certificate_add(&bytes, &made[(unsigned char)letter]);
        break;
    }
    assert_int_equal(bytes.fault, FAULT_NONE);
    assert_int_equal(arena_copy(arena, buffer_span(&bytes), &value.bytes), FAULT_NONE);
    buffer_clear(&bytes);
    return value;
}

static const struct row {
    const char *name, *values;
    const char *container, *site;
    bool cut_off;
    enum standing standing;
    size_t certificates, undecodable, lost, complaints;
    const char *duplicates; /* a letter for each candidate: `d` a duplicate, `-` none */
    bool hidden;
} rows[] = {
    /* Values, readable and not. */
    {"an active one", "a", "R", NULL, false, STANDING_ACTIVE, 1, 0, 0, 0, "-"},
    {"one that ends soon", "d", "R", NULL, false, STANDING_EXPIRING, 1, 0, 0, 0, "-"},
    {"one that ended", "e", "R", NULL, false, STANDING_EXPIRED, 1, 0, 0, 0, "-"},
    {"one for another address", "o", "R", NULL, false, STANDING_MISMATCHED, 1, 0, 0, 0, "-"},
    {"the best of several counts", "eoa", "R", NULL, false, STANDING_ACTIVE, 3, 0, 0, 0, "---"},
    {"in tagged settings", "3", "R", NULL, false, STANDING_ACTIVE, 1, 0, 0, 0, "-"},
    {"an authority's alone", "c", "R", NULL, false, STANDING_UNREADABLE, 0, 0, 0, 0, "-"},
    {"one of the chain alone", "4", "R", NULL, false, STANDING_UNREADABLE, 0, 0, 0, 0, "-"},
    {"the same as chain and as the user's", "5", "R", NULL, false, STANDING_ACTIVE, 1, 0, 0, 0,
     "--"},
    {"the same, chain first in another value", "4a", "R", NULL, false, STANDING_ACTIVE, 1, 0, 0, 0,
     "--"},
    {"bytes that are none", "J", "R", NULL, false, STANDING_UNREADABLE, 0, 1, 0, 1, ""},
    {"one that is cut", "T", "R", NULL, false, STANDING_UNREADABLE, 0, 1, 0, 1, ""},
    {"a value that cannot be decoded", "B", "R", NULL, false, STANDING_UNREADABLE, 0, 1, 0, 1, ""},
    {"beside a good one it is told too", "Ba", "R", NULL, false, STANDING_ACTIVE, 1, 1, 0, 1, "-"},
    {"one that is cut behind a good one", "6", "R", NULL, false, STANDING_ACTIVE, 1, 0, 0, 1, "-"},
    {"bytes that are lost", "L", "R", NULL, false, STANDING_UNKNOWN, 0, 0, 1, 1, ""},
    {"lost beside good ones", "LaL", "R", NULL, false, STANDING_ACTIVE, 1, 0, 2, 2, "-"},
    {"lost beside undecodable ones", "LB", "R", NULL, false, STANDING_UNKNOWN, 0, 1, 1, 2, ""},
    {"eight are told one by one", "BBBBBBBB", "R", NULL, false, STANDING_UNREADABLE, 0, 8, 0, 8,
     ""},
    {"the rest is counted", "BBBBBBBBBBB", "R", NULL, false, STANDING_UNREADABLE, 0, 11, 0, 9, ""},

    /* The same certificate more than once: up to 16 by pairs, past that by sorting. */
    {"twice", "aa", "R", NULL, false, STANDING_ACTIVE, 1, 0, 0, 0, "-d"},
    {"in another form", "3a", "R", NULL, false, STANDING_ACTIVE, 1, 0, 0, 0, "-d"},
    {"three times among others", "abaeba", "R", NULL, false, STANDING_ACTIVE, 3, 0, 0, 0, "--d-dd"},
    {"sixteen", "abababababababab", "R", NULL, false, STANDING_ACTIVE, 2, 0, 0, 0,
     "--dddddddddddddd"},
    {"seventeen", "ababababababababe", "R", NULL, false, STANDING_ACTIVE, 3, 0, 0, 0,
     "--dddddddddddddd-"},
    {"thirty, the first ones late", "aaaaaaaaaaaaaaaaaaaaaaaaboedbc", "R", NULL, false,
     STANDING_ACTIVE, 5, 0, 0, 0, "-ddddddddddddddddddddddd----d-"},
    {"many, chain and user's", "4aaaaaaaaaaaaaaaa4aaa", "R", NULL, false, STANDING_ACTIVE, 1, 0, 0,
     0,
     "--dddddddddddddddd"
     "ddd"},

    /* Blanks. */
    {"a blank is none", "", "R", NULL, false, STANDING_NONE, 0, 0, 0, 0, ""},
    {"a blank of a relative container", "", "R", "HERE", false, STANDING_NONE, 0, 0, 0, 0, ""},
    {"a blank of this site", "", "/o=Org/ou=Here/cn=R", "HERE", false, STANDING_NONE, 0, 0, 0, 0,
     ""},
    {"a blank without a container", "", "", "HERE", false, STANDING_NONE, 0, 0, 0, 0, ""},
    {"a blank of a path without a site", "", "/o=Org/cn=R", "HERE", false, STANDING_NONE, 0, 0, 0,
     0, ""},
    {"a blank of a path whose site is empty", "", "/o=Org/ou=", "HERE", false, STANDING_NONE, 0, 0,
     0, 0, ""},
    {"a blank of another site", "", "/o=Org/ou=There/cn=R", "HERE", false, STANDING_UNKNOWN, 0, 0,
     0, 0, ""},
    {"a blank of a site with a longer name", "", "/o=Org/ou=Here2/cn=R", "HERE", false,
     STANDING_UNKNOWN, 0, 0, 0, 0, ""},
    {"a blank of a site in capitals", "", "/O=ORG/OU=THERE", "HERE", false, STANDING_UNKNOWN, 0, 0,
     0, 0, ""},
    {"without a site nobody is elsewhere", "", "/o=Org/ou=There/cn=R", NULL, false, STANDING_NONE,
     0, 0, 0, 0, ""},
    {"who has one is told of, elsewhere too", "a", "/o=Org/ou=There/cn=R", "HERE", false,
     STANDING_ACTIVE, 1, 0, 0, 0, "-"},
    {"a record that is cut off", "", "R", NULL, true, STANDING_UNKNOWN, 0, 0, 0, 0, ""},
    {"cut off behind a certificate", "a", "R", NULL, true, STANDING_ACTIVE, 1, 0, 0, 0, "-"},
    {"certificates that nobody shows", "", "R", NULL, false, STANDING_UNKNOWN, 0, 0, 0, 0, "",
     true},
    {"one that is shown all the same", "a", "R", NULL, false, STANDING_ACTIVE, 1, 0, 0, 0, "-",
     true},
};

/* What one row's entry is made of, and what came of it. */
struct judged {
    struct arena arena, kept;
    struct span addresses[1];
    struct entry_value values[VALUES_MAX];
    struct entry entry;
    struct mailbox mailbox;
    struct verdict verdict;
    struct complaints complaints;
};

static void make_entry(struct judged *j, const char *values)
{
    memset(j, 0, sizeof(*j));
    j->arena = arena_with_max(ARENA_SIZE);
    j->kept = arena_with_max(ARENA_SIZE);
    j->addresses[0] = span_text("a@x");
    j->entry = (struct entry){
        .addresses = j->addresses, .address_count = 1, .values = j->values, .line = 17};
    for (; *values != '\0'; values++) {
        j->values[j->entry.value_count++] =
            (struct entry_value){.value = value_of(*values, &j->arena),
                                 .attribute = ATTRIBUTE_CERT_SECOND,
                                 .name = span_text("X509-Cert")};
    }
}

static enum fault judge(struct judged *j, const char *site)
{
    const struct circumstances given = {.rules = &rules, .site = site};

    return judge_entry(&j->entry, &given, &j->arena, &j->mailbox, &j->verdict, &j->complaints,
                       &j->kept);
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct judged j;

    make_entry(&j, row->values);
    j.entry.container = span_text(row->container);
    j.entry.cut_off = row->cut_off;
    j.entry.hidden = row->hidden;
    assert_int_equal(judge(&j, row->site), FAULT_NONE);
    assert_string_equal(standing_name(j.verdict.standing), standing_name(row->standing));
    assert_int_equal(j.verdict.user_certificates, row->certificates);
    assert_int_equal(j.mailbox.undecodable, row->undecodable);
    assert_int_equal(j.mailbox.lost, row->lost);
    assert_int_equal(j.complaints.count, row->complaints);
    assert_int_equal(j.mailbox.count, strlen(row->duplicates));
    for (size_t i = 0; i < j.mailbox.count; i++) {
        assert_int_equal(j.mailbox.candidates[i].duplicate, row->duplicates[i] == 'd');
    }
    arena_clear(&j.arena);
    arena_clear(&j.kept);
}

static void complaints_name_line_value_and_byte(void **state)
{
    struct judged j;

    (void)state;
    make_entry(&j, "aBJBBBBBBBLB");
    assert_int_equal(judge(&j, NULL), FAULT_NONE);
    assert_int_equal(j.complaints.count, 9);
    assert_int_equal(j.complaints.at[0].line, 17);
    assert_int_equal(j.complaints.at[0].value, 2);
    assert_int_equal(j.complaints.at[0].offset, 7);
    assert_string_equal(j.complaints.at[0].rule, "an odd number of hexadecimal digits");
    assert_int_equal(j.complaints.at[1].value, 3);
    assert_int_equal(j.complaints.at[8].line, 17);
    assert_int_equal(j.complaints.at[8].further, 3);
    arena_clear(&j.arena);
    arena_clear(&j.kept);
}

static void candidates_know_where_they_stood(void **state)
{
    struct judged j;

    (void)state;
    make_entry(&j, "J3c");
    j.values[1].attribute = ATTRIBUTE_CERT_FIRST;
    j.values[1].name = span_text("Tagged-X509-Cert");
    assert_int_equal(judge(&j, NULL), FAULT_NONE);
    assert_int_equal(j.mailbox.values, 3);
    assert_int_equal(j.mailbox.first_attribute_values, 1);
    assert_int_equal(j.mailbox.count, 2);
    assert_true(j.mailbox.candidates[0].first_attribute);
    assert_int_equal(j.mailbox.candidates[0].form, BUNDLE_TAGGED);
    assert_int_equal(j.mailbox.candidates[0].value, 1);
    assert_span(j.mailbox.candidates[0].attribute, "Tagged-X509-Cert");
    assert_false(j.mailbox.candidates[1].first_attribute);
    assert_true(j.mailbox.candidates[1].chain);
    assert_ptr_equal(j.verdict.effective, &j.mailbox.candidates[0]);
    arena_clear(&j.arena);
    arena_clear(&j.kept);
}

static void no_memory_is_told(void **state)
{
    const struct circumstances given = {.rules = &rules};
    struct arena none = {0};
    struct judged j;

    (void)state;
    make_entry(&j, "a");
    assert_int_equal(
        judge_entry(&j.entry, &given, &none, &j.mailbox, &j.verdict, &j.complaints, &j.kept),
        FAULT_RESOURCE);
    arena_clear(&j.arena);
    make_entry(&j, "B");
    assert_int_equal(
        judge_entry(&j.entry, &given, &j.arena, &j.mailbox, &j.verdict, &j.complaints, &none),
        FAULT_RESOURCE);
    arena_clear(&j.arena);
}

static void complaints_keep_their_order(void **state)
{
    struct arena arena = arena_with_max(ARENA_SIZE);
    struct complaints complaints = {0};

    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        const struct complaint complaint = {.line = i, .rule = "rule"};

        assert_int_equal(complaints_add(&complaints, &arena, &complaint), FAULT_NONE);
    }
    assert_int_equal(complaints.count, 1000);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(complaints.at[i].line, i);
    }
    arena_clear(&arena);
}

int main(void)
{
    struct CMUnitTest tests[4 + COUNT(rows)] = {
        cmocka_unit_test(complaints_name_line_value_and_byte),
        cmocka_unit_test(candidates_know_where_they_stood),
        cmocka_unit_test(no_memory_is_told),
        cmocka_unit_test(complaints_keep_their_order),
    };

    (void)TESTS_OF(tests + 4, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
