#include "report/layout.h"

#include <wchar.h>

#include "base/text.h"

enum {
    REASON_LEAST = 36,  /* room for a reason of a few words */
    ADDRESS_LEAST = 20, /* fewer columns tell no address */
    NAME_LEAST = 12,
    GAP = 1,
};

static size_t character_width(uint32_t c)
{
    int n = wcwidth((wchar_t)c);

    return n < 0 ? 1 : (size_t)n;
}

size_t layout_width(struct span text)
{
    struct cursor in = cursor_over(text);
    size_t width = 0;

    while (in.rest.len > 0) {
        width += character_width(text_next(&in));
    }
    return width;
}

/* Takes columns from one width, but leaves `least`; returns what is still missing. */
static size_t take_from(size_t *width, size_t least, size_t missing)
{
    size_t spare = *width > least ? *width - least : 0;
    size_t taken = spare < missing ? spare : missing;

    *width -= taken;
    return missing - taken;
}

struct layout layout_decide(const size_t widest[LAYOUT_COLUMNS], size_t width)
{
    struct layout layout;
    size_t used = 0, missing;

    for (int i = 0; i < LAYOUT_COLUMNS; i++) {
        layout.widths[i] = widest[i];
        used += widest[i] + (i > 0 ? GAP : 0);
    }
    if (width == 0 || used <= width) {
        return layout;
    }
    missing = take_from(&layout.widths[LAYOUT_REASON], REASON_LEAST, used - width);
    if (missing > 0 && layout.widths[LAYOUT_ADDRESS] < ADDRESS_LEAST + missing) {
        size_t freed = layout.widths[LAYOUT_ADDRESS] + GAP;

        layout.widths[LAYOUT_ADDRESS] = 0;
        if (freed >= missing) {
            size_t wanted = widest[LAYOUT_REASON] - layout.widths[LAYOUT_REASON];

            freed -= missing;
            layout.widths[LAYOUT_REASON] += freed < wanted ? freed : wanted;
            return layout;
        }
        missing -= freed;
    } else {
        missing = take_from(&layout.widths[LAYOUT_ADDRESS], ADDRESS_LEAST, missing);
    }
    missing = take_from(&layout.widths[LAYOUT_MAILBOX], NAME_LEAST, missing);
    (void)take_from(&layout.widths[LAYOUT_REASON], NAME_LEAST, missing);
    return layout;
}

/* Length in bytes of the start of `text` that fits into `width` columns. */
static size_t fitting(struct span text, size_t width)
{
    struct cursor in = cursor_over(text);
    size_t used = 0, fits = 0;

    while (in.rest.len > 0) {
        used += character_width(text_next(&in));
        if (used > width) {
            break;
        }
        fits = in.offset;
    }
    return fits;
}

void layout_add_shortened(struct buffer *out, struct span text, size_t width)
{
    if (fitting(text, width) == text.len) {
        buffer_add(out, text);
        return;
    }
    buffer_add(out, span_upto(text, fitting(text, width > 0 ? width - 1 : 0)));
    buffer_add_text(out, "…");
}

void layout_add_wrapped(struct buffer *out, struct span text, size_t width)
{
    while (layout_width(text) > width) {
        size_t fits = fitting(text, width);
        size_t at = fits;

        while (at > 0 && text.at[at] != ' ') {
            at--;
        }
        if (at == 0) { /* one word wider than the column is broken where it must */
            at = fits > 0 ? fits : text.len;
            buffer_add(out, span_upto(text, at));
            text = span_from(text, at);
        } else {
            buffer_add(out, span_upto(text, at));
            text = span_from(text, at + 1);
        }
        if (text.len > 0) {
            buffer_add_byte(out, '\n');
        }
    }
    buffer_add(out, text);
}
