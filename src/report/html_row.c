#include "report/html_fill.h"
#include "report/html_text.h"

static void begin_cell(struct buffer *out, const char *label, const char *more)
{
    buffer_add_text(out, "<td role=\"cell\" data-label=\"");
    buffer_add_text(out, label);
    buffer_add_text(out, "\"");
    buffer_add_text(out, more);
    buffer_add_text(out, ">");
}

static void add_cell(struct buffer *out, const char *label, const char *more, struct span text)
{
    begin_cell(out, label, more);
    html_add_text(out, text);
    buffer_add_text(out, "</td>");
}

/* A line may end before its `@`. */
static void add_address(struct buffer *out, struct span address)
{
    size_t at = address.len;

    (void)!span_find(address, '@', &at);
    html_add_text(out, span_upto(address, at));
    if (at < address.len) {
        buffer_add_text(out, "<wbr>");
        html_add_text(out, span_from(address, at));
    }
}

static void add_who(struct buffer *out, const struct span cells[])
{
    buffer_add_text(out, "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\"><b dir=\"auto\">");
    html_add_text(out, cells[PAGE_NAME]);
    buffer_add_text(out, "</b>");
    if (cells[PAGE_ADDRESS].len > 0) {
        buffer_add_text(out, "<span dir=\"auto\">");
        add_address(out, cells[PAGE_ADDRESS]);
        buffer_add_text(out, "</span>");
    }
    buffer_add_text(out, "</th>");
}

static void add_warnings(struct buffer *out, uint32_t warnings)
{
    if (warnings == 0) {
        return;
    }
    buffer_add_text(out, "<ul class=\"warned\">");
    for (unsigned i = 0; i < WARNING_COUNT; i++) {
        enum warning warning = (enum warning)(1U << i);

        if ((warnings & (uint32_t)warning) != 0) {
            buffer_add_text(out, "<li><b>");
            html_add_text(out, span_text(warning_name(warning)));
            buffer_add_text(out, "</b>: ");
            html_add_text(out, span_text(warning_meaning(warning)));
            buffer_add_text(out, "</li>");
        }
    }
    buffer_add_text(out, "</ul>");
}

void html_add_row(struct buffer *out, const struct span cells[])
{
    const char *uses = uses_kms_name((enum uses_kms)page_number(cells[PAGE_USES]));
    const char *standing = standing_name((enum standing)page_number(cells[PAGE_STANDING]));

    add_who(out, cells);
    add_cell(out, "Container", " dir=\"auto\"", cells[PAGE_CONTAINER]);
    begin_cell(out, "Uses KMS", "");
    buffer_add_text(out, "<span class=\"dot is-");
    buffer_add_text(out, uses);
    buffer_add_text(out, "\" aria-hidden=\"true\"></span>");
    buffer_add_text(out, uses);
    buffer_add_text(out, "</td>");
    add_cell(out, "Standing", "", span_text(standing));
    begin_cell(out, "Reason", "");
    html_add_text(out, cells[PAGE_REASON]);
    add_warnings(out, page_number(cells[PAGE_WARNINGS]));
    buffer_add_text(out, "</td>");
    add_cell(out, "Issuer", " dir=\"auto\"", cells[PAGE_ISSUER]);
    add_cell(out, "Key", "", cells[PAGE_KEY]);
    add_cell(out, "Ends", " class=\"ends\"", cells[PAGE_ENDS]);
    buffer_add_text(out, "</tr>\n");
}
