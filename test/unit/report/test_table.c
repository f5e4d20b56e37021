#include "report/table.h"

#include <locale.h>
#include <stdio.h>

#include "report/formats.h"
#include "report/layout.h"
#include "told.h"

/* A row as table_format.c hands it over. */
static void add_row(struct buffer *rows, const char *mailbox, const char *address, const char *uses,
                    const char *standing, const char *reason)
{
    const char *const cells[] = {mailbox, address, uses, standing, reason};

    for (size_t i = 0; i < COUNT(cells); i++) {
        buffer_add_text(rows, cells[i]);
        buffer_add_byte(rows, TABLE_CELL_END);
    }
    buffer_add_byte(rows, TABLE_ROW_END);
}

/* What a table of these rows looks like. */
static void print(struct buffer *rows, size_t width, bool colour, struct kept *kept)
{
    struct table *table = table_new(width, colour);
    struct why why = {0};

    assert_non_null(table);
    *kept = (struct kept){.text = buffer_with_max(1 << 24)};
    assert_int_equal(table_take(table, buffer_span(rows), keep, kept, &why), FAULT_NONE);
    assert_int_equal(table_flush(table, keep, kept, &why), FAULT_NONE);
    buffer_clear(rows);
    table_free(table);
}

static void assert_printed(struct kept *kept, const char *want)
{
    buffer_add_byte(&kept->text, '\0');
    assert_string_equal((const char *)kept->text.at, want);
    buffer_clear(&kept->text);
}

static void columns_are_aligned(void **state)
{
    struct buffer rows = buffer_with_max(10000);
    struct kept kept;

    (void)state;
    add_row(&rows, "\xe6\x97\xa5\xe6\x9c\xac", "j@x", "yes", "active", "valid");
    add_row(&rows, "J\xc3\xb6rg Berg", "joerg.berg@example.org", "unknown", "unknown", "lost");
    add_row(&rows, "", "", "no", "none", "");
    print(&rows, 0, false, &kept);
    assert_printed(&kept,
                   "MAILBOX   ADDRESS                KMS     STANDING REASON\n"
                   "\xe6\x97\xa5\xe6\x9c\xac      j@x                    yes     active   valid\n"
                   "J\xc3\xb6rg Berg joerg.berg@example.org unknown unknown  lost\n"
                   "                                 no      none     \n");
}

static void a_narrow_terminal_wraps_the_reason(void **state)
{
    struct buffer rows = buffer_with_max(10000);
    struct kept kept;

    (void)state;
    add_row(&rows, "Anna Berg with a long name", "anna.berg@example.org", "yes", "active",
            "valid until 2027-03-01; expired-first, hidden-by-first-attribute");
    print(&rows, 60, false, &kept);
    assert_printed(&kept, "MAILBOX      KMS STANDING REASON\n"
                          "Anna Berg w\xe2\x80\xa6 yes active   valid until 2027-03-01;\n"
                          "                          expired-first,\n"
                          "                          hidden-by-first-attribute\n");
}

static void colours_are_asked_for(void **state)
{
    struct buffer rows = buffer_with_max(10000);
    struct kept kept;

    (void)state;
    add_row(&rows, "A", "a@x", "yes", "active", "valid");
    print(&rows, 0, false, &kept);
    assert_null(memchr(kept.text.at, 0x1B, kept.text.len));
    buffer_clear(&kept.text);
    add_row(&rows, "A", "a@x", "yes", "active", "valid");
    print(&rows, 0, true, &kept);
    assert_non_null(memchr(kept.text.at, 0x1B, kept.text.len));
    buffer_clear(&kept.text);
}

static void no_rows_print_nothing(void **state)
{
    struct buffer rows = buffer_with_max(10000);
    struct kept kept;

    (void)state;
    print(&rows, 80, false, &kept);
    assert_int_equal(kept.calls, 0);
    buffer_clear(&kept.text);
    table_free(NULL);
}

/* More rows than are held: one heading, the same columns, and nothing is cut where none has to be.
 */
static void a_long_roster_goes_on(void **state)
{
    static const size_t widths[] = {0, 100};

    (void)state;
    for (size_t w = 0; w < COUNT(widths); w++) {
        struct buffer rows = buffer_with_max(1 << 24);
        struct kept kept;
        struct span rest;
        size_t lines = 0, headings = 0, end, standing = 0;

        for (int i = 0; i < 5000; i++) {
            char address[40];

            (void)snprintf(address, sizeof(address), "user%d@example.org", i);
            add_row(&rows, i == 4500 ? "a name that is longer than all before" : "A", address, "no",
                    "none", "no certificate");
        }
        print(&rows, widths[w], false, &kept);
        for (rest = buffer_span(&kept.text); span_find(rest, '\n', &end);
             rest = span_from(rest, end + 1)) {
            struct span line = span_upto(rest, end);
            const uint8_t *none = memmem(line.at, line.len, " none ", 6);

            headings += memmem(line.at, line.len, "MAILBOX", 7) != NULL;
            if (none != NULL && standing == 0) {
                standing = layout_width(span_upto(line, (size_t)(none - line.at)));
            }
            if (none != NULL && widths[w] > 0) {
                size_t before = layout_width(span_upto(line, (size_t)(none - line.at)));

                assert_int_equal(before, standing);
            }
            lines++;
        }
        assert_int_equal(headings, 1);
        assert_int_equal(lines, 5001);
        if (widths[w] == 0) {
            assert_non_null(memmem(kept.text.at, kept.text.len, "longer than all before", 22));
        }
        buffer_clear(&kept.text);
    }
}

/* What the directory says reaches no terminal as a control. */
static void unsafe_characters_are_replaced(void **state)
{
    static const char name[] = "a\x1b[31m\x1e\x1f\n\r\t\xc2\x9b\xe2\x80\xae\x7f";
    struct buffer rows = buffer_with_max(10000);
    struct kept kept;
    struct told told;

    (void)state;
    told_init(&told, span_text(name), span_text(name), (struct span){0});
    format_table()->row(&rows, &told.row);
    print(&rows, 0, false, &kept);
    for (size_t i = 0; i < kept.text.len; i++) {
        assert_true(kept.text.at[i] >= 0x20 || kept.text.at[i] == '\n');
        assert_true(kept.text.at[i] != 0x7F);
    }
    assert_null(memmem(kept.text.at, kept.text.len, "\xc2\x9b", 2));
    assert_null(memmem(kept.text.at, kept.text.len, "\xe2\x80\xae", 3));
    assert_int_equal(kept.calls <= 2, true);
    buffer_clear(&kept.text);
}

static void a_huge_cell_is_cut_between_characters(void **state)
{
    struct buffer name = buffer_with_max(100000), rows = buffer_with_max(1 << 20);
    struct kept kept;
    struct told told;

    (void)state;
    buffer_add_byte(&name, 'x');
    for (int i = 0; i < 5000; i++) {
        buffer_add_text(&name, "\xc3\xb6");
    }
    told_init(&told, buffer_span(&name), (struct span){0}, (struct span){0});
    format_table()->row(&rows, &told.row);
    print(&rows, 80, false, &kept);
    assert_true(kept.text.len < 1000);
    buffer_clear(&kept.text);
    format_table()->row(&rows, &told.row);
    print(&rows, 0, false, &kept);
    assert_null(memmem(kept.text.at, kept.text.len, "\\x", 2)); /* no half character */
    buffer_clear(&kept.text);
    buffer_clear(&name);
}

static void a_sink_that_fails_is_told(void **state)
{
    (void)state;
    for (int at = 1; at < 3; at++) {
        struct buffer rows = buffer_with_max(1 << 24);
        struct table *table = table_new(80, false);
        struct kept kept = {.text = buffer_with_max(1 << 24), .fails_at = at};
        struct why why = {0};
        enum fault fault;

        for (int i = 0; i < 4500; i++) {
            add_row(&rows, "A", "a@x", "no", "none", "no certificate");
        }
        fault = table_take(table, buffer_span(&rows), keep, &kept, &why);
        assert_int_equal(fault, FAULT_RESOURCE);
        assert_string_equal(why.rule, "the disk is full");
        table_free(table);
        buffer_clear(&rows);
        buffer_clear(&kept.text);
    }
}

static struct summary summary_of(uint64_t active, uint64_t expired, uint64_t foreign, uint64_t none,
                                 uint64_t unknown)
{
    struct summary summary = {.mailboxes = active + expired + foreign + none + unknown};

    summary.shown = summary.mailboxes;
    summary.uses[USES_YES] = active + expired;
    summary.uses[USES_NO] = foreign + none;
    summary.uses[USES_UNKNOWN] = unknown;
    summary.standing[STANDING_ACTIVE] = active;
    summary.standing[STANDING_EXPIRED] = expired;
    summary.standing[STANDING_FOREIGN] = foreign;
    summary.standing[STANDING_NONE] = none;
    summary.standing[STANDING_UNKNOWN] = unknown;
    return summary;
}

static void it_ends_with_a_summary(void **state)
{
    static const struct {
        uint64_t counts[5];
        bool incomplete;
        const char *text;
    } rows[] = {
        {{0}, false, "0 mailboxes: 0 use KMS, 0 do not, 0 unknown.\n"},
        {{1}, false, "\n1 mailbox: 1 uses KMS (1 active), 0 do not, 0 unknown.\n"},
        {{0, 0, 0, 1}, false, "\n1 mailbox: 0 use KMS, 1 does not, 0 unknown.\n"},
        {{20, 5, 2, 3, 4},
         true,
         "\n34 mailboxes: 25 use KMS (20 active, 5 expired), 5 do not (2 with certificates from "
         "elsewhere), 4 unknown. The roster is incomplete: a source holds a part only.\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const uint64_t *n = rows[i].counts;
        struct summary summary = summary_of(n[0], n[1], n[2], n[3], n[4]);
        struct buffer out = buffer_with_max(10000);

        summary.incomplete = rows[i].incomplete;
        format_table()->end(&out, &(struct report_options){0}, &summary);
        assert_span(buffer_span(&out), rows[i].text);
        buffer_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned),
        cmocka_unit_test(a_narrow_terminal_wraps_the_reason),
        cmocka_unit_test(colours_are_asked_for),
        cmocka_unit_test(no_rows_print_nothing),
        cmocka_unit_test(a_long_roster_goes_on),
        cmocka_unit_test(unsafe_characters_are_replaced),
        cmocka_unit_test(a_huge_cell_is_cut_between_characters),
        cmocka_unit_test(a_sink_that_fails_is_told),
        cmocka_unit_test(it_ends_with_a_summary),
    };

    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        return 77; /* skipped: nothing can be said of the width of characters */
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
