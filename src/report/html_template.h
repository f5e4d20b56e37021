#ifndef REPORT_HTML_TEMPLATE_H
#define REPORT_HTML_TEMPLATE_H

#include "base/cursor.h"

/*
 * The page that html/page.html lays out, with its style and script in it, in pieces: each is a
 * text, and behind it what `slot` names; the last one has no slot. tools/embed-page makes it while
 * the program is built.
 */
struct html_piece {
    struct span text;
    const char *slot;
};

const struct html_piece *html_template(size_t *count);

#endif
