#include "cert/pem.h"

static const char begin_mark[] = "-----BEGIN ", end_mark[] = "-----END ", dashes[] = "-----";

/* Moves `in` to the next `mark`. */
static bool find(struct cursor *in, struct span mark)
{
    const uint8_t *hit =
        in->rest.len > 0 ? memmem(in->rest.at, in->rest.len, mark.at, mark.len) : NULL;
    struct span before;

    return hit != NULL && cursor_take(in, (size_t)(hit - in->rest.at), &before);
}

static bool starts_with(struct span s, const char *mark)
{
    return span_equal(span_upto(s, strlen(mark)), span_text(mark));
}

/* The label after BEGIN or END, and the dashes that close it. */
static bool take_label(struct cursor *in, struct span mark, struct span *label)
{
    const uint8_t *start;
    struct span seen;

    if (!cursor_take(in, mark.len, &seen)) {
        return false;
    }
    start = in->rest.at;
    if (!find(in, span_text(dashes))) {
        return false;
    }
    *label = span_of(start, (size_t)(in->rest.at - start));
    return cursor_take(in, sizeof(dashes) - 1, &seen);
}

bool pem_is(struct span text)
{
    struct cursor in = cursor_over(text);

    return find(&in, span_text(begin_mark));
}

enum fault pem_next(struct cursor *in, struct pem_block *out, struct why *why)
{
    struct pem_block block = {0};
    struct span label;
    const uint8_t *start;

    if (!find(in, span_text(begin_mark))) {
        return FAULT_ABSENT;
    }
    block.offset = in->offset;
    if (!take_label(in, span_text(begin_mark), &block.label)) {
        return fault_at(FAULT_SYNTAX, block.offset, "RFC 7468: five dashes end a label", why);
    }
    start = in->rest.at;
    if (!find(in, span_text(dashes)) || !starts_with(in->rest, end_mark)) {
        return fault_at(FAULT_SYNTAX, block.offset, "RFC 7468: this block has no end", why);
    }
    block.body = span_of(start, (size_t)(in->rest.at - start));
    if (!take_label(in, span_text(end_mark), &label) || !span_equal(label, block.label)) {
        return fault_at(FAULT_SYNTAX, in->offset, "RFC 7468: END has the label of BEGIN", why);
    }
    *out = block;
    return FAULT_NONE;
}
