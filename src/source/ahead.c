#include "source/ahead.h"

#include <stdlib.h>

#include "entry/attribute.h"

enum {
    PIECE = 256 * 1024,
    START_MAX = 128, /* bytes of a line that its name, folded, may take */
};

/* Looks through text that comes in pieces. */
struct search {
    bool within; /* the piece begins within a line whose name has been looked at */
    size_t left; /* bytes at its end that begin a line whose name may go on in the next one */
};

/* What the start of a line is. */
enum start { START_OTHER, START_CERTIFICATE, START_CUT };

/*
 * Reads the name that a line begins with, put together where it is folded; a name may be cut by the
 * end of the text. What begins with a space goes on from the line before, like the most of a file.
 */
static enum start start_of(struct span text)
{
    uint8_t name[ATTRIBUTE_KNOWN_MAX];
    size_t length = 0;

    for (size_t i = 0; i < START_MAX; i++) {
        uint8_t b = i < text.len ? text.at[i] : 0;

        if (i == text.len) {
            return START_CUT;
        }
        if (b == ':' || b == ';') {
            return attribute_is_certificate(attribute_find(span_of(name, length), NULL))
                       ? START_CERTIFICATE
                       : START_OTHER;
        }
        if (b == '\r' || (b == '\n' && (i + 1 == text.len || text.at[i + 1] == ' '))) {
            continue;
        }
        if (b == ' ' && i > 0 && text.at[i - 1] == '\n') {
            continue;
        }
        if (b == ' ' || b == '\n' || length == sizeof(name)) {
            return START_OTHER;
        }
        name[length++] = b;
    }
    return START_OTHER;
}

/* True when a line of the text names a certificate attribute, whatever its options. */
static bool find_name(struct search *search, struct span text)
{
    size_t next;

    search->left = 0;
    while (text.len > 0) {
        enum start start = search->within ? START_OTHER : start_of(text);

        if (start == START_CERTIFICATE) {
            return true;
        }
        if (start == START_CUT) {
            search->left = text.len;
            return false;
        }
        search->within = !span_find(text, '\n', &next);
        text = span_from(text, search->within ? text.len : next + 1);
    }
    return false;
}

/* The same for what follows the carry. A file that breaks off shows what it has shown until then.
 */
static bool find_further(struct source *source, struct search *search, uint8_t *piece)
{
    const struct batch *carry = &source->carry;
    struct why ignored;
    size_t n = 1;

    memcpy(piece, carry->bytes + carry->len - search->left, search->left);
    while (n > 0) {
        size_t kept = search->left;

        if (stream_read(source->stream, piece + kept, PIECE - kept, &n, &ignored) != FAULT_NONE) {
            return false;
        }
        if (find_name(search, span_of(piece, kept + n))) {
            return true;
        }
        memmove(piece, piece + kept + n - search->left, search->left);
    }
    return false;
}

static enum fault begin_again(struct source *source, struct why *why)
{
    enum fault fault = stream_rewind(source->stream, why);

    source->carry.len = 0;
    part_divide(source);
    return fault;
}

enum fault ahead_look(struct source *source, struct why *why)
{
    struct search search = {0};
    uint8_t *piece;
    bool found = find_name(&search, span_of(source->carry.bytes, source->carry.len));

    source->bare = !found && source->ended;
    if (found || source->ended || !source->repeats || source->options.csv.any_columns) {
        return FAULT_NONE;
    }
    piece = malloc(PIECE);
    if (piece == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    source->bare = !find_further(source, &search, piece);
    free(piece);
    return begin_again(source, why);
}
