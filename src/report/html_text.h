#ifndef REPORT_HTML_TEXT_H
#define REPORT_HTML_TEXT_H

#include <stdint.h>

#include "base/buffer.h"

/* Text in the three places of a page that others' text may stand in. All of it is UTF-8. */

/* Adds `text` as an element's text, or as an attribute's value within double quotes. */
void html_add_text(struct buffer *out, struct span text);

/*
 * Adds `text` as a string of JSON with its quotes, for a <script> that holds data: `<`, `>` and `&`
 * are escaped, so that neither `</script` nor `<!--` can stand there (HTML, 4.12.1.3).
 */
void html_add_json(struct buffer *out, struct span text);

/* Adds `50,000`. */
void html_add_number(struct buffer *out, uint64_t n);

/*
 * Adds `58%` of `whole`, rounded; `<1%` and `>99%`, escaped, for what is neither nothing nor all,
 * and `0%` of nothing.
 */
void html_add_percent(struct buffer *out, uint64_t part, uint64_t whole);

/* Adds `58.13%` as a length; of `whole`, which is not 0. */
void html_add_length(struct buffer *out, uint64_t part, uint64_t whole);

#endif
