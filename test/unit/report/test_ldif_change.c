#include "report/ldif_change.h"

#include "base/base64.h"
#include "source/ldif.h"
#include "support.h"
#include "verdict/tidy.h"

enum { VALUES_MAX = 4, ROOM = 1 << 20, ROUNDS = 2000 };

struct made {
    const char *name, *bytes;
    uint32_t kinds;
    bool whole;
};

/* A change, and the two records that come of it. */
static const struct ldif_row {
    const char *name, *dn;
    struct made values[VALUES_MAX];
    const char *remove, *restore;
} rows[] = {
    {"one value",
     "cn=a,dc=x",
     {{"userCertificate;binary", "foo", TIDY_EXPIRED}},
     "# 1 value: expired\ndn: cn=a,dc=x\nchangetype: modify\n"
     "delete: userCertificate;binary\nuserCertificate;binary:: Zm9v\n-\n\n",
     "# 1 value: expired\ndn: cn=a,dc=x\nchangetype: modify\n"
     "add: userCertificate;binary\nuserCertificate;binary:: Zm9v\n-\n\n"},
    {"two attributes, each named as it is written",
     "cn=a",
     {{"userCertificate", "f", TIDY_EXPIRED},
      {"userCertificate", "o", TIDY_SUPERSEDED},
      {"UserCertificate", "o", TIDY_UNREADABLE}},
     "# 3 values: expired, superseded, unreadable\ndn: cn=a\nchangetype: modify\n"
     "delete: userCertificate\nuserCertificate:: Zg==\nuserCertificate:: bw==\n-\n"
     "delete: UserCertificate\nUserCertificate:: bw==\n-\n\n",
     "# 3 values: expired, superseded, unreadable\ndn: cn=a\nchangetype: modify\n"
     "add: userCertificate\nuserCertificate:: Zg==\nuserCertificate:: bw==\n-\n"
     "add: UserCertificate\nUserCertificate:: bw==\n-\n\n"},
    {"an attribute as a whole, of which something stays",
     "cn=a",
     {{"s", "f", TIDY_REVOKED, true}, {"s", "o", 0, true}},
     "# 1 value: revoked\ndn: cn=a\nchangetype: modify\nreplace: s\ns:: bw==\n-\n\n",
     "# 1 value: revoked\ndn: cn=a\nchangetype: modify\nreplace: s\ns:: Zg==\ns:: bw==\n-\n\n"},
    {"and of which nothing stays, beside one by exact match",
     "cn=a",
     {{"c", "f", TIDY_FOREIGN}, {"s", "f", TIDY_FOREIGN, true}},
     "# 2 values: foreign\ndn: cn=a\nchangetype: modify\n"
     "delete: c\nc:: Zg==\n-\ndelete: s\n-\n\n",
     "# 2 values: foreign\ndn: cn=a\nchangetype: modify\n"
     "add: c\nc:: Zg==\n-\nreplace: s\ns:: Zg==\n-\n\n"},
    {"a name that is no safe string",
     "cn=Zo\xc3\xab",
     {{"c", "f", TIDY_EXPIRED}},
     "# 1 value: expired\ndn:: Y249Wm/Dqw==\nchangetype: modify\ndelete: c\nc:: Zg==\n-\n\n",
     "# 1 value: expired\ndn:: Y249Wm/Dqw==\nchangetype: modify\nadd: c\nc:: Zg==\n-\n\n"},
    {"one with a blank at its end",
     "cn=a\\ ",
     {{"c", "f", TIDY_EXPIRED}},
     "# 1 value: expired\ndn:: Y249YVwg\nchangetype: modify\ndelete: c\nc:: Zg==\n-\n\n",
     "# 1 value: expired\ndn:: Y249YVwg\nchangetype: modify\nadd: c\nc:: Zg==\n-\n\n"},
    {"a line of 76 bytes, and one of 77",
     "cn=45678901234567890123456789012345678901234567890123456789012345678901",
     {{"c", "123456789012345678901234567890123456789012345678901", TIDY_EXPIRED},
      {"cd", "123456789012345678901234567890123456789012345678901234", TIDY_EXPIRED}},
     "# 2 values: expired\n"
     "dn: cn=45678901234567890123456789012345678901234567890123456789012345678901\n"
     "changetype: modify\ndelete: c\n"
     "c:: MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAx\n-\n"
     "delete: cd\n"
     "cd:: MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM\n 0\n-\n\n",
     NULL},
};

static void make(struct buffer *out, const char *dn, const struct made values[VALUES_MAX])
{
    size_t start;

    change_begin(out, span_text(dn), &start);
    for (size_t i = 0; i < VALUES_MAX && values[i].name != NULL; i++) {
        const struct change_value value = {.name = span_text(values[i].name),
                                           .bytes = span_text(values[i].bytes),
                                           .kinds = values[i].kinds,
                                           .whole = values[i].whole};

        change_add(out, &value);
    }
    change_end(out, start);
}

static void row_holds(void **state)
{
    const struct ldif_row *row = *state;
    struct buffer made = buffer_with_max(ROOM), out = buffer_with_max(ROOM);
    struct change change;
    struct cursor in;

    make(&made, row->dn, row->values);
    in = cursor_over(buffer_span(&made));
    assert_int_equal(change_next(&in, &change), FAULT_NONE);
    assert_span(change.dn, row->dn);
    ldif_change_add(&out, &change, LDIF_CHANGE_REMOVE);
    assert_span(buffer_span(&out), row->remove);
    buffer_reset(&out);
    ldif_change_add(&out, &change, LDIF_CHANGE_RESTORE);
    if (row->restore != NULL) {
        assert_span(buffer_span(&out), row->restore);
    }
    assert_int_equal(change_next(&in, &change), FAULT_ABSENT);
    buffer_clear(&made);
    buffer_clear(&out);
}

static void a_damaged_change_is_refused(void **state)
{
    static const struct made values[VALUES_MAX] = {{"c", "f", TIDY_EXPIRED}};
    struct buffer made = buffer_with_max(ROOM);
    struct change change;
    struct change_value value;

    (void)state;
    make(&made, "cn=a", values);
    for (size_t len = 1; len < made.len; len++) {
        uint8_t *block = exact_copy((const char *)made.at, len);
        struct cursor in = cursor_over(span_of(block, len));

        assert_int_equal(change_next(&in, &change), FAULT_SYNTAX);
        free(block);
    }
    made.at[0] -= 1; /* its last value is a byte short then */
    struct cursor in = cursor_over(buffer_span(&made));
    assert_int_equal(change_next(&in, &change), FAULT_NONE);
    assert_false(change_value_next(&change.values, &value));
    buffer_clear(&made);
}

static void names_are_those_of_ldap(void **state)
{
    static const char *const good[] = {"userCertificate;binary", "2.5.4.36", "x-a;lang-de;binary"};
    static const char *const bad[] = {"",    ";binary", "-x",        "User Cert",
                                      "a:b", "a\nb",    "z\xc3\xab", "a;"};

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(ldif_change_can_name(span_text(good[i])));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(ldif_change_can_name(span_text(bad[i])));
    }
}

/* Takes one line of the record that has to be there. */
static struct ldif_line next_line(struct ldif_lines *lines, struct arena *arena)
{
    struct ldif_line line = {0};
    struct why why;
    uint64_t at;

    assert_int_equal(ldif_next_parsed(lines, arena, &line, &at, &why), FAULT_NONE);
    return line;
}

static void assert_decodes(const struct ldif_line *line, struct arena *arena, struct span wanted)
{
    uint8_t *bytes = arena_take(arena, base64_room(line->value.len));
    struct why why;
    size_t n = 0;

    if (line->form == LDIF_PLAIN) {
        assert_true(span_equal(line->value, wanted));
        return;
    }
    assert_non_null(bytes);
    assert_int_equal(base64_decode(line->value, bytes, &n, &why), FAULT_NONE);
    assert_true(span_equal(span_of(bytes, n), wanted));
}

/* Our own reader takes the record, and reads back what was written, byte for byte. */
static void assert_reads_back(struct span text, const struct change *change)
{
    struct arena arena = arena_with_max((size_t)16 << 20);
    struct ldif_lines lines = {.rest = text}, rest;
    struct cursor in = change->values;
    struct change_value value = {0};
    struct ldif_line line = next_line(&lines, &arena);
    struct ldif_raw raw;
    struct why why;
    uint64_t at;
    bool more;

    assert_span(line.type, "dn");
    assert_decodes(&line, &arena, change->dn);
    line = next_line(&lines, &arena);
    assert_span(line.value, "modify");
    rest = lines;
    assert_int_equal(ldif_change_check(line.value, &rest, &arena, &at, &why), FAULT_NONE);
    assert_int_equal(rest.rest.len, 0);
    more = change_value_next(&in, &value);
    while (more) {
        struct span name = value.name;

        line = next_line(&lines, &arena);
        assert_span(line.type, "delete");
        assert_true(span_equal(line.value, name));
        for (; more && span_equal(value.name, name); more = change_value_next(&in, &value)) {
            line = next_line(&lines, &arena);
            assert_int_equal(line.form, LDIF_BASE64);
            assert_decodes(&line, &arena, value.bytes);
        }
        assert_true(ldif_lines_next(&lines, &raw));
        assert_span(raw.text, "-");
    }
    arena_clear(&arena);
}

static size_t random_text(uint64_t *seed, uint8_t *out, size_t max)
{
    size_t n = random_next(seed) % max;

    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(random_next(seed) % 4 == 0 ? random_next(seed) : 'a');
    }
    return n;
}

static void what_is_written_is_read_back(void **state)
{
    static const char *const names[] = {"userCertificate;binary", "userSMIMECertificate"};
    uint64_t seed = 11;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct buffer made = buffer_with_max(ROOM), out = buffer_with_max(ROOM);
        uint8_t bytes[400];
        struct change change;
        struct cursor in;
        size_t start, n = random_text(&seed, bytes, 200);

        change_begin(&made, span_of(bytes, n), &start);
        for (size_t i = 0; i < 1 + random_next(&seed) % 5; i++) {
            struct change_value value = {.name = span_text(names[random_next(&seed) % 2]),
                                         .kinds = TIDY_EXPIRED};

            n = 1 + random_text(&seed, bytes, sizeof(bytes) - 1);
            value.bytes = span_of(bytes, n);
            change_add(&made, &value);
        }
        change_end(&made, start);
        in = cursor_over(buffer_span(&made));
        assert_int_equal(change_next(&in, &change), FAULT_NONE);
        ldif_change_add(&out, &change, LDIF_CHANGE_REMOVE);
        assert_int_equal(out.fault, FAULT_NONE);
        assert_reads_back(buffer_span(&out), &change);
        buffer_clear(&made);
        buffer_clear(&out);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {cmocka_unit_test(a_damaged_change_is_refused),
                                                cmocka_unit_test(names_are_those_of_ldap),
                                                cmocka_unit_test(what_is_written_is_read_back)};

    TESTS_OF(tests + 3, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
