#include "report/html_page.h"

#include <stdio.h>

#include "base/utc.h"
#include "report/formats.h"
#include "report/html_chart.h"
#include "report/table.h"
#include "told.h"

static struct page *page_at(const char *date)
{
    struct report_options options = {0};
    struct why why;
    struct page *page;

    assert_int_equal(utc_parse(span_text(date), &options.at, &why), FAULT_NONE);
    page = page_new(&options);
    assert_non_null(page);
    return page;
}

/* A row as html.c hands it over. */
static void take(struct page *page, const char *name, const char *ends, const char *warnings,
                 struct kept *kept)
{
    const char *const cells[PAGE_CELLS] = {[PAGE_NAME] = name,
                                           [PAGE_ADDRESS] = "a@x",
                                           [PAGE_CONTAINER] = "R",
                                           [PAGE_USES] = "1",
                                           [PAGE_STANDING] = "0",
                                           [PAGE_REASON] = "valid",
                                           [PAGE_ISSUER] = ends[0] != '\0' ? "CA" : "",
                                           [PAGE_KEY] = ends[0] != '\0' ? "RSA-2048" : "",
                                           [PAGE_ENDS] = ends,
                                           [PAGE_WARNINGS] = warnings};
    struct buffer row = buffer_with_max(10000);
    struct why why;

    for (int i = 0; i < PAGE_CELLS; i++) {
        buffer_add_text(&row, cells[i]);
        buffer_add_byte(&row, TABLE_CELL_END);
    }
    buffer_add_byte(&row, TABLE_ROW_END);
    assert_int_equal(page_take(page, buffer_span(&row), keep, kept, &why), FAULT_NONE);
    buffer_clear(&row);
}

static void rows_become_json(void **state)
{
    struct page *page = page_at("2026-11-15");
    struct kept kept = {.text = buffer_with_max(10000)};

    (void)state;
    take(page, "</script>", "2027-01-31", "17", &kept);
    take(page, "Bo", "", "0", &kept);
    assert_span(buffer_span(&kept.text),
                "[\"\\u003c/script\\u003e\",\"a@x\",\"R\",1,0,\"valid\",\"CA\",\"RSA-2048\","
                "\"2027-01-31\",17],\n"
                "[\"Bo\",\"a@x\",\"R\",1,0,\"valid\",\"\",\"\",\"\",0]");
    assert_int_equal(page->rows, 2);
    assert_int_equal(page->warned, 1);
    assert_int_equal(page->warnings[0], 1);
    assert_int_equal(page->warnings[1], 0);
    assert_int_equal(page->warnings[4], 1);
    assert_int_equal(page->keys.items[0].sum, 1); /* who has no certificate has no key */
    assert_int_equal(page->containers.items[0].counts[USES_YES], 2);
    buffer_clear(&kept.text);
    page_free(page);
}

static void certificates_end_in_their_month(void **state)
{
    static const char *const ends[] = {"0000-01-01", "2026-10-31", "2026-11-01", "2026-11-30",
                                       "2026-12-01", "2028-10-31", "2028-11-01", "9999-12-31"};
    struct page *page = page_at("2026-11-15");
    struct kept kept = {.text = buffer_with_max(10000)};

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        take(page, "Bo", ends[i], "0", &kept);
    }
    assert_int_equal(page->ended, 2);
    assert_int_equal(page->months[0], 2);
    assert_int_equal(page->months[1], 1);
    assert_int_equal(page->months[PAGE_MONTHS - 1], 1);
    assert_int_equal(page->later, 2);
    buffer_clear(&kept.text);
    page_free(page);
}

static void the_first_rows_are_kept(void **state)
{
    struct page *page = page_at("2026-11-15");
    struct kept kept = {.text = buffer_with_max(1 << 20)};
    struct cursor rows;
    int count = 0;

    (void)state;
    for (int i = 0; i < 3 * PAGE_FIRST_ROWS; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "n%d", i);
        take(page, name, "", "0", &kept);
    }
    rows = cursor_over(buffer_span(&page->first));
    for (; rows.rest.len > 0; count++) {
        struct span cells[PAGE_CELLS];
        char name[16];

        (void)snprintf(name, sizeof(name), "n%d", count);
        page_next_row(&rows, cells);
        assert_span(cells[PAGE_NAME], name);
    }
    assert_int_equal(count, PAGE_FIRST_ROWS);
    buffer_clear(&kept.text);
    page_free(page);
}

static void a_sink_that_fails_is_told(void **state)
{
    struct page *page = page_at("2026-11-15");
    struct kept kept = {.text = buffer_with_max(10000), .fails_at = 1};
    static const char row[] = "a\x1f\x1f\x1f"
                              "1\x1f"
                              "0\x1f\x1f\x1f\x1f\x1f"
                              "0\x1f\x1e";
    struct why why;

    (void)state;
    assert_int_equal(page_take(page, span_text(row), keep, &kept, &why), FAULT_RESOURCE);
    assert_int_equal(page_take(page, span_text(""), keep, &kept, &why), FAULT_NONE);
    page_free(page);
}

/* Nobody reads a kilobyte of a name; a character is not cut in two, wherever it lies. */
static void long_names_are_cut(void **state)
{
    struct buffer name = buffer_with_max(10000), out = buffer_with_max(10000);
    struct told told;

    (void)state;
    for (size_t before = 0; before < 2; before++) {
        struct span cells[PAGE_CELLS];
        struct cursor rows;

        buffer_reset(&name);
        buffer_reset(&out);
        buffer_add_text(&name, before > 0 ? "x" : "");
        for (int i = 0; i < 700; i++) {
            buffer_add_text(&name, "\xc3\xa5");
        }
        told_init(&told, buffer_span(&name), span_text("a@x"), span_text("R"));
        format_html()->row(&out, &told.row);
        rows = cursor_over(buffer_span(&out));
        page_next_row(&rows, cells);
        assert_int_equal(rows.rest.len, 0);
        assert_int_equal(cells[PAGE_NAME].len, 1000 - before + strlen("\xe2\x80\xa6"));
        assert_span(span_from(cells[PAGE_NAME], cells[PAGE_NAME].len - 5), "\xc3\xa5\xe2\x80\xa6");
    }
    buffer_clear(&name);
    buffer_clear(&out);
}

/* The charts name the largest ones, and sum up the others. */
static void charts_are_bounded(void **state)
{
    struct tally tally = tally_with_max(100);
    struct buffer out = buffer_with_max(100000);
    size_t rows = 0;

    (void)state;
    for (int i = 0; i < 120; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "n%03d", i);
        assert_int_equal(tally_add(&tally, span_text(name), 1), FAULT_NONE);
    }
    tally_sort(&tally);
    html_add_counts(&out, &tally, "Key");
    buffer_add_byte(&out, '\0');
    for (const char *at = (char *)out.at; (at = strstr(at, "<tr")) != NULL; at++) {
        rows++;
    }
    assert_int_equal(rows, 1 + 20 + 1);
    assert_non_null(strstr((char *)out.at, "all others"));
    assert_non_null(strstr((char *)out.at, "<td class=\"n\">100</td>"));
    buffer_clear(&out);
    tally_clear(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_json),
        cmocka_unit_test(certificates_end_in_their_month),
        cmocka_unit_test(the_first_rows_are_kept),
        cmocka_unit_test(a_sink_that_fails_is_told),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(charts_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
