#include "roster/tidying.h"

#include "base/base64.h"
#include "certificates.h"
#include "report/ldif_change.h"
#include "source/ldif.h"

/*
 * What becomes of the values of one entry. It is written in words, one letter a value: `o` an old
 * certificate, `g` a good one, `x` what cannot be read; a capital stands in userSMIMECertificate,
 * the others in userCertificate;binary. Of equal letters each is another, but for `=`, which
 * repeats the one before; `+` puts the next into the same value (hexadecimal, as plain text).
 */
enum { VALUES_MAX = 8, ROOM = 1 << 20 };
enum { WHOLE = 1, INSEPARABLE = 2, NO_DN = 4, PATH = 8 };

static const struct rules rules = {.at = 1793491200}; /* 2026-11-01 */

static const struct tidying_row {
    const char *name;
    const char *values;
    uint32_t remove;
    int how;
    const char *gone; /* which are told as removed: letters as above, `-` before those that stay */
    size_t complaints;
} rows[] = {
    {"the old one goes", "og", TIDY_EXPIRED, 0, "o", 0},
    {"each by itself", "ogo", TIDY_EXPIRED, 0, "oo", 0},
    {"nothing, no row", "gg", TIDY_EXPIRED, 0, "", 0},
    {"no values, no row", "", TIDY_EXPIRED, 0, "", 0},
    {"of both attributes", "ogOG", TIDY_EXPIRED, 0, "oO", 0},
    {"unreadable bytes as they are", "xgX", TIDY_UNREADABLE, 0, "xX", 0},
    {"a repeated value once", "o=g", TIDY_EXPIRED, 0, "o", 0},
    {"an inseparable one is named", "ogOG", TIDY_EXPIRED, INSEPARABLE, "o", 1},
    {"each of them", "OOG", TIDY_EXPIRED, INSEPARABLE, "", 2},
    {"or replaced as a whole", "ogOGX", TIDY_EXPIRED, INSEPARABLE | WHOLE, "oO-G-X", 0},
    {"once, though two go", "OGO", TIDY_EXPIRED, INSEPARABLE | WHOLE, "O-GO", 0},
    {"not where all of it stays", "oG", TIDY_EXPIRED, INSEPARABLE | WHOLE, "o", 0},
    {"without a DN one complaint", "oog", TIDY_EXPIRED, NO_DN, "", 1},
    {"and none where nothing goes", "gg", TIDY_EXPIRED, NO_DN, "", 0},
    {"a path is no DN", "og", TIDY_EXPIRED, PATH, "", 1},
    {"two in one value, both old", "o+og", TIDY_EXPIRED, 0, "p", 0},
    {"two in one value, one good", "o+go", TIDY_EXPIRED, 0, "o", 0},
};

struct made {
    struct buffer ders[VALUES_MAX]; /* of each value, as the directory has it */
    char letters[VALUES_MAX];
    size_t count;
};

static void add_der(struct buffer *out, char letter, uint8_t serial)
{
    static const uint8_t junk[] = {0x30, 0x03, 0x01};
    const struct made_certificate certificate = {
        .serial = serial,
        .email = "a@x.org",
        .until = letter == 'o' || letter == 'O' ? "210101000000Z" : "300101000000Z"};

    if (letter == 'x' || letter == 'X') {
        buffer_add(out, span_of(junk, sizeof(junk)));
        buffer_add_byte(out, serial);
        return;
    }
    made_certificate_add(out, &certificate);
}

static void add_hex(struct buffer *out, char letter, uint8_t serial)
{
    struct buffer der = buffer_with_max(4096);

    add_der(&der, letter, serial);
    buffer_add_text(out, out->len > 0 ? ";" : "");
    buffer_add_hex(out, buffer_span(&der));
    buffer_clear(&der);
}

/* Makes the bytes of each value. */
static void make(struct made *made, const char *values)
{
    for (const char *at = values; *at != '\0'; at++) {
        struct buffer *out = &made->ders[made->count];
        uint8_t serial = (uint8_t)(1 + (at - values));

        *out = buffer_with_max(8192);
        if (*at == '=') {
            buffer_add(out, buffer_span(out - 1));
            made->letters[made->count] = made->letters[made->count - 1];
        } else if (at[1] == '+') {
            add_hex(out, *at, serial);
            add_hex(out, at[2], (uint8_t)(serial + 1));
            made->letters[made->count] = 'p';
            at += 2;
        } else {
            add_der(out, *at, serial);
            made->letters[made->count] = *at;
        }
        assert_int_equal(out->fault, FAULT_NONE);
        made->count++;
    }
}

/* The entry as an LDIF has it. */
static void put_entry(struct buffer *out, const struct made *made)
{
    buffer_add_text(out, "dn: cn=a,dc=x\nobjectClass: person\nmail: a@x.org\n");
    for (size_t i = 0; i < made->count; i++) {
        char letter = made->letters[i];

        buffer_add_text(out, letter >= 'A' && letter <= 'Z' ? "userSMIMECertificate"
                                                            : "userCertificate;binary");
        buffer_add_text(out, letter == 'p' ? ": " : ":: ");
        if (letter == 'p') {
            buffer_add(out, buffer_span(&made->ders[i]));
        } else {
            base64_add(out, buffer_span(&made->ders[i]));
        }
        buffer_add_byte(out, '\n');
    }
}

/* The values of the change in letters. */
static void put_letters(struct buffer *out, const struct made *made, struct cursor rows_added)
{
    struct change change;
    struct change_value value;

    if (change_next(&rows_added, &change) != FAULT_NONE) {
        return;
    }
    assert_span(change.dn, "cn=a,dc=x");
    while (change_value_next(&change.values, &value)) {
        size_t i = 0;

        while (!span_equal(value.bytes, buffer_span(&made->ders[i]))) {
            i++;
            assert_true(i < made->count);
        }
        buffer_add_text(out, value.kinds == 0 ? "-" : "");
        buffer_add_byte(out, (uint8_t)made->letters[i]);
    }
    assert_int_equal(rows_added.rest.len, 0);
}

static void row_holds(void **state)
{
    static const char *const inseparable[] = {"usersmimecertificate", NULL};
    const struct tidying_row *row = *state;
    const struct tidying tidying = {.rules = {.remove = row->remove},
                                    .inseparable =
                                        (row->how & INSEPARABLE) != 0 ? inseparable : NULL,
                                    .whole = (row->how & WHOLE) != 0};
    struct arena arena = arena_with_max(ROOM), kept = arena_with_max(ROOM);
    struct buffer text = buffer_with_max(ROOM), out = buffer_with_max(ROOM);
    struct buffer letters = buffer_with_max(64);
    struct tidy_tally tally = {0};
    struct complaints complaints = {0}, told = {0};
    const struct tidying_output output = {
        .rows = &out, .tally = &tally, .complaints = &told, .kept = &kept};
    struct ldif_reading reading = {.first = true, .follow_folder = -1};
    struct made made = {0};
    struct entry entry;
    struct mailbox mailbox;
    struct verdict verdict;
    struct why why;
    uint64_t line;
    bool added = false;

    make(&made, row->values);
    put_entry(&text, &made);
    reading.lines.rest = buffer_span(&text);
    assert_int_equal(ldif_entry_next(&reading, &arena, &entry, &line, &why), FAULT_NONE);
    entry.dn = (row->how & NO_DN) != 0  ? (struct span){0}
               : (row->how & PATH) != 0 ? span_text("/o=Org/cn=a")
                                        : entry.dn;
    assert_int_equal(judge_entry(&entry, &(struct circumstances){.rules = &rules}, &arena, &mailbox,
                                 &verdict, &complaints, &kept),
                     FAULT_NONE);
    assert_int_equal(tidying_add(&tidying, &entry, &mailbox, &rules, &arena, &output, &added),
                     FAULT_NONE);
    put_letters(&letters, &made, cursor_over(buffer_span(&out)));
    assert_span(buffer_span(&letters), row->gone);
    assert_int_equal(added, *row->gone != '\0');
    assert_int_equal(told.count, row->complaints);
    for (size_t i = 0; i < made.count; i++) {
        buffer_clear(&made.ders[i]);
    }
    buffer_clear(&text);
    buffer_clear(&out);
    buffer_clear(&letters);
    arena_clear(&arena);
    arena_clear(&kept);
}

/* What memory does not suffice for is told, and leaves no half of a change. */
static void memory_runs_out(void **state)
{
    const struct tidying tidying = {.rules = {.remove = TIDY_UNREADABLE}};
    struct entry_value value = {.attribute = ATTRIBUTE_CERT_SECOND,
                                .name = span_text("userCertificate"),
                                .full = span_text("userCertificate"),
                                .raw = span_text("junk"),
                                .value = {.state = VALUE_BYTES, .bytes = span_text("junk")}};
    const struct entry entry = {.dn = span_text("cn=a"), .values = &value, .value_count = 1};
    const struct mailbox mailbox = {.values = 1};
    struct arena none = arena_with_max(0);
    struct buffer out = buffer_with_max(4096);
    struct tidy_tally tally = {0};
    struct complaints told = {0};
    const struct tidying_output output = {
        .rows = &out, .tally = &tally, .complaints = &told, .kept = &none};
    bool added = true;

    (void)state;
    assert_int_equal(tidying_add(&tidying, &entry, &mailbox, &rules, &none, &output, &added),
                     FAULT_RESOURCE);
    assert_false(added);
    assert_int_equal(out.len, 0);
    buffer_clear(&out);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test(memory_runs_out)};

    TESTS_OF(tests + 1, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
