#include "directory/schema.h"

#include "base/ascii.h"

static bool is_blank(uint8_t b) { return ascii_is_blank(b); }

/* Takes the next word: `NAME`, a parenthesis, or what stands in quotes, without them. */
static bool next_word(struct cursor *in, struct span *word, bool *quoted)
{
    size_t end = 0;

    (void)cursor_run(in, is_blank);
    if (in->rest.len == 0) {
        return false;
    }
    *quoted = cursor_step(in, '\'');
    if (*quoted) {
        if (!span_find(in->rest, '\'', &end)) {
            return false;
        }
        return cursor_take(in, end, word) && cursor_step(in, '\'');
    }
    if (in->rest.at[0] == '(' || in->rest.at[0] == ')') {
        return cursor_take(in, 1, word);
    }
    while (end < in->rest.len && !is_blank(in->rest.at[end]) && in->rest.at[end] != '(' &&
           in->rest.at[end] != ')' && in->rest.at[end] != '\'') {
        end++;
    }
    return cursor_take(in, end, word);
}

bool schema_describes(struct span definition, struct span name, bool *comparable)
{
    struct cursor in = cursor_over(definition);
    bool named = false, found = false, among_names = false, quoted;
    struct span word;

    while (next_word(&in, &word, &quoted)) {
        if (quoted) {
            named |= among_names && ascii_equal_nocase(word, name);
            continue;
        }
        if (span_is(word, "(") || span_is(word, ")")) {
            continue;
        }
        among_names = ascii_equal_nocase(word, span_text("NAME"));
        found |= ascii_equal_nocase(word, span_text("EQUALITY")) ||
                 ascii_equal_nocase(word, span_text("SUP"));
    }
    if (named) {
        *comparable = found;
    }
    return named;
}
