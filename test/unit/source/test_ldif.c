#include "source/ldif.h"

#include "base/buffer.h"
#include "support.h"

/*
 * What a text gives, as lines: `3 cn=Anna,o=x` for an entry and the line it starts with, its
 * values as `name=bytes` in hexadecimal (`name!` when they are broken), addresses as `@…`,
 * ` ?` for a remark, ` other` when it is no entry; `5! rule` for a record that is refused.
 */
static void add_entry(struct buffer *out, const struct entry *entry)
{
    buffer_add_uint(out, entry->line);
    buffer_add_byte(out, ' ');
    buffer_add(out, entry->dn);
    for (size_t i = 0; i < entry->address_count; i++) {
        buffer_add_text(out, " @");
        buffer_add(out, entry->addresses[i]);
    }
    for (size_t i = 0; i < entry->value_count; i++) {
        const struct entry_value *value = &entry->values[i];

        buffer_add_byte(out, ' ');
        buffer_add(out, value->name);
        buffer_add_byte(out, value->value.state == VALUE_BYTES ? '=' : '!');
        if (value->value.state == VALUE_BYTES) {
            buffer_add_hex(out, value->value.bytes);
        }
    }
    buffer_add_text(out, entry->kind == ENTRY_CHANGE ? " other" : "");
    buffer_add_text(out, entry->remark != NULL ? " ?\n" : "\n");
}

static bool render(struct buffer *out, struct span text, uint64_t line, bool first)
{
    struct ldif_reading reading = {
        .lines = {.rest = text, .line = line}, .first = first, .follow_folder = -1};
    struct arena arena = arena_with_max((size_t)64 << 20);
    enum fault fault;

    do {
        struct entry entry = {0};
        struct why why = {0};
        uint64_t at = 0;

        arena_reset(&arena);
        fault = ldif_entry_next(&reading, &arena, &entry, &at, &why);
        if (fault == FAULT_NONE) {
            add_entry(out, &entry);
        } else if (fault != FAULT_ABSENT) {
            assert_non_null(why.rule);
            buffer_add_uint(out, at);
            buffer_add_text(out, "! ");
            buffer_add(out, span_upto(span_text(why.rule), 24));
            buffer_add_byte(out, '\n');
        }
    } while (fault != FAULT_ABSENT);
    assert_int_equal(reading.lines.rest.len, 0);
    arena_clear(&arena);
    return reading.incomplete;
}

/* The usual refusals, as far as they are shown. */
#define NO_DN       "! RFC 2849: a record start\n"
#define NO_TYPE     "! RFC 2849: a line starts \n"
#define NO_COLON    "! RFC 2849: ':' ends the t\n"
#define BAD_DN      "! RFC 2849: a DN stands be\n"
#define BAD_BASE64  "! RFC 4648: not a base64 d\n"
#define BAD_CHANGE  "! RFC 2849: changetype is \n"
#define BAD_DELETE  "! RFC 2849: a delete recor\n"
#define NO_MOD      "! RFC 2849: a modify recor\n"
#define BAD_MOD     "! RFC 2849: a modification\n"
#define BAD_RENAME  "! RFC 2849: a modrdn recor\n"
#define HAS_NUL     "! RFC 2849: no line holds \n"
#define ENDED_EARLY "! ldapsearch says that the\n"

static const struct row {
    const char *name, *text;
    size_t len;
    const char *want;
} rows[] = {
    /* RFC 2849, examples 1 to 3, shortened */
    {"two entries",
     TEXT("version: 1\ndn: cn=Barbara Jensen, ou=Product Development, dc=airius, "
          "dc=com\nobjectclass: top\ncn: Barbara Jensen\nmail: babs@x.example\n"
          "\ndn: cn=Bjorn Jensen, dc=com\nsn: Jensen\n"),
     "2 cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com @babs@x.example\n"
     "7 cn=Bjorn Jensen, dc=com\n"},
    {"a folded value",
     TEXT("version: 1\ndn:cn=Barbara Jensen, dc=airius, dc=com\n"
          "description:Babs is a big sailing fan, and travels e\n"
          " xtensively in search of perfect conditions.\nmail:ba\n bs@x\n"),
     "2 cn=Barbara Jensen, dc=airius, dc=com @babs@x\n"},
    {"a value in base64",
     TEXT("version: 1\ndn: cn=Gern\nuserCertificate:: V2hhdCBhIGNhcmVm\n"
          " dWw=\n"),
     "2 cn=Gern userCertificate=576861742061206361726566756c\n"},
    {"a DN in base64", TEXT("dn:: b3U95Za2\n 5qWt6YOoLG89QWlyaXVz\ncn: x\n"),
     "1 ou=\xE5\x96\xB6\xE6\xA5\xAD\xE9\x83\xA8,o=Airius\n"},
    {"comments, continued too",
     TEXT("# a comment\n  goes on\ndn: cn=a\n# another\n cn: b\n"
          "mail: a@x\n"),
     "3 cn=a @a@x\n"},

    {"an empty text", TEXT(""), ""},
    {"empty lines alone", TEXT("\n\r\n\n"), ""},
    {"comments alone", TEXT("# a\n\n# b\n"), ""},
    {"a version alone", TEXT("version: 1\n"), ""},
    {"an empty line after the version", TEXT("version: 1\n\ndn: cn=a\n"), "3 cn=a\n"},
    {"a comment before the version", TEXT("# x\nversion: 1\ndn: cn=a\n"), "3 cn=a\n"},
    {"many empty lines between", TEXT("\n\ndn: cn=a\n\n\n\ndn: cn=b\n\n"), "3 cn=a\n7 cn=b\n"},
    {"CR LF", TEXT("dn: cn=a\r\nmail: a@\r\n x\r\n\r\ndn: cn=b\r\n"), "1 cn=a @a@x\n5 cn=b\n"},
    {"no line end at last", TEXT("dn: cn=a\nmail: a@x"), "1 cn=a @a@x\n"},
    {"an empty DN", TEXT("dn:\nmail: a@x\n"), "1  @a@x\n"},
    {"a DN alone", TEXT("dn: cn=a\n"), "1 cn=a\n"},
    {"case does not count", TEXT("DN: cn=a\nMAIL: a@x\n"), "1 cn=a @a@x\n"},
    {"an empty value", TEXT("dn: cn=a\nmail:\nuserCertificate::\n"), "1 cn=a\n"},
    {"options", TEXT("dn: cn=a\nuserCertificate;binary:: MII=\n"), "1 cn=a userCertificate=3082\n"},
    {"an attribute by its OID", TEXT("dn: cn=a\n2.5.4.36;binary:: MII=\n"),
     "1 cn=a 2.5.4.36=3082\n"},
    {"a certificate as plain text", TEXT("dn: cn=a\nuserCertificate: MII=\n"),
     "1 cn=a userCertificate=3082\n"},
    {"values in their order",
     TEXT("dn: cn=a\nuserCertificate:: MII=\nuserSMIMECertificate:: MIM=\n"
          "userCertificate:: MIQ=\n"),
     "1 cn=a userCertificate=3082 userSMIMECertificate=3083 userCertificate=3084\n"},

    {"folded within the type", TEXT("dn: cn=a\nuserCert\n ificate:: MII=\n"),
     "1 cn=a userCertificate=3082\n"},
    {"folded before the colons", TEXT("dn: cn=a\nuserCertificate\n :: MII=\n"),
     "1 cn=a userCertificate=3082\n"},
    {"folded between the colons", TEXT("dn: cn=a\nuserCertificate:\n : MII=\n"),
     "1 cn=a userCertificate=3082\n"},
    {"folded behind the colons", TEXT("dn: cn=a\nuserCertificate::\n  MII=\n"),
     "1 cn=a userCertificate=3082\n"},
    {"folded in every column", TEXT("d\n n\n :\n  \n c\n n\n =\n a\n\n"), "1 cn=a\n"},
    {"a fold that adds nothing", TEXT("dn: cn=a\n \n ,o=x\n"), "1 cn=a,o=x\n"},
    {"one blank of a fold goes", TEXT("dn: cn=a\n  b\n"), "1 cn=a b\n"},
    {"Zimbra's fold", TEXT("dn: cn=a\nuserCertificate:: MII\nBMII\nBAA==\nmail: a@x\n"),
     "1 cn=a @a@x userCertificate=30820130820100\n"},
    {"Zimbra's fold with CR LF", TEXT("dn: cn=a\r\nuserCertificate:: MII\r\nBAA==\r\n\r\n"),
     "1 cn=a userCertificate=30820100\n"},

    {"a change that adds", TEXT("dn: cn=a\nchangetype: add\nmail: a@x\n"), "1 cn=a @a@x\n"},
    {"a change in base64", TEXT("dn: cn=a\nchangetype:: YWRk\nmail: a@x\n"), "1 cn=a @a@x\n"},
    {"a control", TEXT("dn: cn=a\ncontrol: 1.2.840.113556.1.4.805 true\nchangetype: delete\n"),
     "1 cn=a other\n"},
    {"a change that deletes", TEXT("dn: cn=a\nchangetype: delete\n\ndn: cn=b\n"),
     "1 cn=a other\n4 cn=b\n"},
    {"a change that modifies",
     TEXT("dn: cn=a\nchangetype: modify\nadd: postaladdress\npostaladdress: x\n-\n"
          "delete: description\n-\nreplace: mail\nmail: a@x\nmail: b@x\n-\nincrement: n\nn: 1\n"),
     "1 cn=a other\n"},
    {"a modification with options",
     TEXT("dn: cn=a\nchangetype: modify\nreplace: userCertificate;binary\n"
          "userCertificate;binary:: MII=\n-\n"),
     "1 cn=a other\n"},
    {"a change of name", TEXT("dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 1\n"),
     "1 cn=a other\n"},
    {"a change of place",
     TEXT("dn: cn=a\nchangetype: moddn\nnewrdn: cn=b\ndeleteoldrdn: 0\n"
          "newsuperior: o=x\n"),
     "1 cn=a other\n"},
    {"an attribute of a change log", TEXT("dn: cn=a\ncn: a\nchangeType: delete\n"), "1 cn=a\n"},

    {"ldapsearch's own lines",
     TEXT("dn: cn=a\n\n# search result\nsearch: 2\nresult: 0 Success\n\n"
          "# numResponses: 2\n"),
     "1 cn=a\n"},
    {"a reference", TEXT("dn: cn=a\n\n# search reference\nref: ldap://x/\n\ndn: cn=b\n"),
     "1 cn=a\n6 cn=b\n"},
    {"a value in a file is not read", TEXT("dn: cn=a\nuserCertificate:< file:///etc/passwd\n"),
     "1 cn=a userCertificate!\n"},
    {"another value in a file", TEXT("dn: cn=a\njpegPhoto:< file:///x.jpg\nmail: a@x\n"),
     "1 cn=a @a@x\n"},
    {"a certificate in broken base64", TEXT("dn: cn=a\nuserCertificate:: MII*\nmail: a@x\n"),
     "1 cn=a @a@x userCertificate!\n"},
    {"something else in broken base64", TEXT("dn: cn=a\nsn:: XX-X\nmail: a@x\n"),
     "1 cn=a @a@x ?\n"},
    {"a version before a later record", TEXT("dn: cn=a\n\nversion: 1\ndn: cn=b\n"),
     "1 cn=a\n4 cn=b ?\n"},

    /* refusals; what follows them is read */
    {"no DN", TEXT("cn: a\nmail: a@x\n\ndn: cn=b\n"), "1" NO_DN "4 cn=b\n"},
    {"no DN after the version", TEXT("version: 1\ncn: a\n\ndn: cn=b\n"), "2" NO_DN "4 cn=b\n"},
    {"two versions", TEXT("version: 1\nversion: 1\ndn: cn=a\n\ndn: cn=b\n"), "2" NO_DN "5 cn=b\n"},
    {"a blank before dn", TEXT(" dn: cn=a\n\ndn: cn=b\n"), "1" NO_TYPE "3 cn=b\n"},
    {"dn without a colon", TEXT("dn cn=a\n\ndn: cn=b\n"), "1" NO_COLON "3 cn=b\n"},
    {"a DN in a file", TEXT("dn:< file:///x\n\ndn: cn=b\n"), "1" BAD_DN "3 cn=b\n"},
    {"a DN with an option", TEXT("dn;x: cn=a\n\ndn: cn=b\n"), "1" BAD_DN "3 cn=b\n"},
    {"a DN in broken base64", TEXT("dn:: b3U-\n\ndn: cn=b\n"), "1" BAD_BASE64 "3 cn=b\n"},
    {"a line without a colon", TEXT("dn: cn=a\nmail\ncn: a\n\ndn: cn=b\n"),
     "2" NO_COLON "5 cn=b\n"},
    {"a line without a type", TEXT("dn: cn=a\n: x\n\ndn: cn=b\n"), "2" NO_TYPE "4 cn=b\n"},
    {"a folded line without a colon", TEXT("dn: cn=a\nmai\n l\n\ndn: cn=b\n"),
     "2" NO_COLON "5 cn=b\n"},
    {"a NUL", TEXT("dn: cn=a\nmail: a\0@x\n\ndn: cn=b\n"), "2" HAS_NUL "4 cn=b\n"},
    {"a NUL in a DN", TEXT("dn: cn=\0a\n\ndn: cn=b\n"), "1" HAS_NUL "3 cn=b\n"},
    {"another changetype", TEXT("dn: cn=a\nchangetype: invalid\n\ndn: cn=b\n"),
     "2" BAD_CHANGE "4 cn=b\n"},
    {"a changetype in broken base64", TEXT("dn: cn=a\nchangetype:: -\n\ndn: cn=b\n"),
     "2" BAD_BASE64 "4 cn=b\n"},
    {"a deletion with more", TEXT("dn: cn=a\nchangetype: delete\ncn: a\n\ndn: cn=b\n"),
     "3" BAD_DELETE "5 cn=b\n"},
    {"no modification", TEXT("dn: cn=a\nchangetype: modify\n\ndn: cn=b\n"), "2" NO_MOD "4 cn=b\n"},
    {"a modification of nothing", TEXT("dn: cn=a\nchangetype: modify\nreplace: \n"), "3" BAD_MOD},
    {"an unknown modification", TEXT("dn: cn=a\nchangetype: modify\nmail: a@x\n"), "3" BAD_MOD},
    {"a modification of something else",
     TEXT("dn: cn=a\nchangetype: modify\nreplace: mail\ncn: a\n"), "4" BAD_MOD},
    {"a modification without its option",
     TEXT("dn: cn=a\nchangetype: modify\nreplace: cn;lang-de\ncn: a\n"), "4" BAD_MOD},
    {"a modification without a colon", TEXT("dn: cn=a\nchangetype: modify\nreplace mail\n"),
     "3" NO_COLON},
    {"an increment of two", TEXT("dn: cn=a\nchangetype: modify\nincrement: n\nn: 1\nn: 2\n"),
     "5! RFC 4525: an increment h\n"},
    {"a rename without a name", TEXT("dn: cn=a\nchangetype: modrdn\n"), "2" BAD_RENAME},
    {"a rename without deleteoldrdn", TEXT("dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\n"),
     "3" BAD_RENAME},
    {"a rename in another order",
     TEXT("dn: cn=a\nchangetype: modrdn\ndeleteoldrdn: 1\nnewrdn: cn=b\n"), "3" BAD_RENAME},
    {"a rename with a third answer",
     TEXT("dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 2\n"), "4" BAD_RENAME},
    {"a rename with more",
     TEXT("dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 1\n"
          "newsuperior: o=x\ncn: x\n"),
     "6" BAD_RENAME},
    {"a search that ended early", TEXT("dn: cn=a\n\nsearch: 2\nresult: 4 Size limit exceeded\n"),
     "1 cn=a\n4" ENDED_EARLY},
    {"a result without a code", TEXT("search: 2\nresult:\n"), "2" ENDED_EARLY},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *block = exact_copy(row->text, row->len);
    struct buffer got = buffer_with_max(1 << 16);
    bool incomplete = render(&got, span_of(block, row->len), 1, true);

    assert_span(buffer_span(&got), row->want);
    assert_int_equal(incomplete, strstr(row->want, ENDED_EARLY) != NULL);
    buffer_clear(&got);
    free(block);
}

/* ---- limits ---- */

static void a_line_that_is_too_long_costs_its_record(void **state)
{
    struct buffer text = buffer_with_max(2 * LDIF_LINE_MAX), got = buffer_with_max(4096);
    uint8_t *room;

    (void)state;
    buffer_add_text(&text, "dn: ");
    room = buffer_room(&text, LDIF_LINE_MAX);
    assert_non_null(room);
    memset(room, 'a', LDIF_LINE_MAX);
    text.len += LDIF_LINE_MAX;
    buffer_add_text(&text, "\n\ndn: cn=b\n");
    (void)render(&got, buffer_span(&text), 1, true);
    assert_span(buffer_span(&got), "1! line too long\n3 cn=b\n");
    buffer_clear(&text);
    buffer_clear(&got);
}

static void memory_that_is_out_costs_one_record(void **state)
{
    static const char text[] = "dn: cn=a\nuserCertificate:: MII=\n\ndn: cn=b\n";
    struct ldif_reading reading = {
        .lines = {.rest = span_text(text), .line = 1}, .first = true, .follow_folder = -1};
    struct arena none = {0};
    struct entry entry = {0};
    struct why why = {0};
    uint64_t line;

    (void)state;
    assert_int_equal(ldif_entry_next(&reading, &none, &entry, &line, &why), FAULT_RESOURCE);
    assert_int_equal(line, 2);
    assert_null(entry.dn.at);
    assert_int_equal(ldif_entry_next(&reading, &none, &entry, &line, &why), FAULT_NONE);
    assert_span(entry.dn, "cn=b");
    assert_int_equal(ldif_entry_next(&reading, &none, &entry, &line, &why), FAULT_ABSENT);
}

/* ---- whole records, and the property ---- */

static void whole_records_end_behind_an_empty_line(void **state)
{
    (void)state;
    assert_int_equal(ldif_whole_records(span_of(NULL, 0)), 0);
    assert_int_equal(ldif_whole_records(span_text("dn: a\n")), 0);
    assert_int_equal(ldif_whole_records(span_text("dn: a\n\n")), 7);
    assert_int_equal(ldif_whole_records(span_text("dn: a\r\n\r\ndn: b\r\n")), 9);
    assert_int_equal(ldif_whole_records(span_text("dn: a\n\n\ndn: b\n")), 8);
    assert_int_equal(ldif_whole_records(span_text("dn: a\n\r")), 0);
    assert_int_equal(ldif_whole_records(span_text("dn: a\n \ndn: b\n")), 0);
}

/* Cut anywhere and read on from the last whole record, a text gives the same. */
static void cut_anywhere_the_records_are_the_same(void **state)
{
    struct buffer want = buffer_with_max(1 << 16), got = buffer_with_max(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span text = span_of(rows[i].text, rows[i].len);

        buffer_reset(&want);
        (void)render(&want, text, 1, false);
        for (size_t cut = 0; cut <= text.len; cut++) {
            uint8_t *block = exact_copy(rows[i].text, cut);
            size_t whole = ldif_whole_records(span_of(block, cut));
            uint64_t lines = 1;

            assert_in_range(whole, 0, cut);
            for (size_t at = 0; at < whole; at++) {
                lines += rows[i].text[at] == '\n';
            }
            buffer_reset(&got);
            (void)render(&got, span_of(block, whole), 1, false);
            (void)render(&got, span_from(text, whole), lines, false);
            if (!span_equal(buffer_span(&got), buffer_span(&want))) {
                fail_msg("%s, cut at %zu: %.*s, not %.*s", rows[i].name, cut, (int)got.len,
                         (const char *)got.at, (int)want.len, (const char *)want.at);
            }
            free(block);
        }
    }
    buffer_clear(&want);
    buffer_clear(&got);
}

/* Folded in every column, with LF or CR LF, an entry is the same. */
static void folded_anywhere_an_entry_is_the_same(void **state)
{
    static const char entry[] = "dn: cn=a,o=x\nuserCertificate;binary:: MIIBAgM=\nmail:: YUB4\n";
    static const char *const folds[] = {"\n ", "\r\n "};

    (void)state;
    for (size_t i = 0; i < COUNT(folds); i++) {
        for (size_t at = 1; at < sizeof(entry) - 1; at++) {
            struct buffer text = buffer_with_max(4096), got = buffer_with_max(4096);

            if (entry[at - 1] != '\n' && entry[at] != '\n') {
                buffer_add(&text, span_of(entry, at));
                buffer_add_text(&text, folds[i]);
                buffer_add(&text, span_of(entry + at, sizeof(entry) - 1 - at));
                (void)render(&got, buffer_span(&text), 1, true);
                assert_span(buffer_span(&got), "1 cn=a,o=x @a@x userCertificate=3082010203\n");
            }
            buffer_clear(&text);
            buffer_clear(&got);
        }
    }
}

/* Names come with their options, and values as the directory holds them. */
static void values_are_kept_as_they_are(void **state)
{
    static const char text[] = "dn: cn=a\nUserCertificate;lang-de;binary:: MAEw\n"
                               "userSMIMECertificate: 300131\nuserCertificate;binary:: M\n";
    static const char *const full[] = {"UserCertificate;lang-de;binary", "userSMIMECertificate",
                                       "userCertificate;binary"};
    static const char *const raw[] = {"0\x01\x30", "300131", ""};
    struct ldif_reading reading = {.lines = {.rest = span_text(text)}, .follow_folder = -1};
    struct arena arena = arena_with_max(1 << 20);
    struct entry entry = {0};
    struct why why = {0};
    uint64_t line;

    (void)state;
    assert_int_equal(ldif_entry_next(&reading, &arena, &entry, &line, &why), FAULT_NONE);
    assert_int_equal(entry.value_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_span(entry.values[i].full, full[i]);
        assert_span(entry.values[i].raw, raw[i]);
    }
    assert_span(entry.values[1].value.bytes, "0\x01\x31");
    arena_clear(&arena);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 6] = {
        cmocka_unit_test(values_are_kept_as_they_are),
        cmocka_unit_test(a_line_that_is_too_long_costs_its_record),
        cmocka_unit_test(memory_that_is_out_costs_one_record),
        cmocka_unit_test(whole_records_end_behind_an_empty_line),
        cmocka_unit_test(cut_anywhere_the_records_are_the_same),
        cmocka_unit_test(folded_anywhere_an_entry_is_the_same)};

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 6] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
