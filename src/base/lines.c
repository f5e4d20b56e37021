#include "base/lines.h"

#include "base/simd.h"

size_t lines_folded_end(struct span text, size_t *folds)
{
    size_t count = 0;
    size_t at = simd_best()->folded_blocks(text.at, text.len, &count);
    size_t next = 0;

    while (span_find(span_from(text, at), '\n', &next)) {
        at += next;
        if (at + 1 == text.len || text.at[at + 1] != ' ') {
            *folds = count;
            return at;
        }
        count++;
        at++;
    }
    *folds = count;
    return text.len;
}
