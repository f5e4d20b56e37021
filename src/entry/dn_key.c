#include "entry/dn_key.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/text.h"

/* No DN has an RDN of more parts; those that follow stay in their order. */
enum { PARTS_MAX = 16 };

/* Stand in the form behind a part and behind an RDN; a value that has them is escaped. */
enum { PART_END = 0x01, RDN_END = 0x02, ESCAPE = 0x03 };

/* One walk over a name; `text` is UTF-8. */
struct walk {
    struct cursor in;
    struct buffer *out;
    bool path; /* Exchange: RDNs stand behind slashes */
};

static bool ends_part(const struct walk *walk, uint8_t byte)
{
    return walk->path ? byte == '/' : byte == ',' || byte == ';' || byte == '+';
}

/* The byte that an escape stands for, or false when it is none and the backslash is itself. */
static bool take_escape(struct cursor *in, uint8_t *out)
{
    struct span rest = in->rest, seen;

    if (rest.len >= 3 && ascii_is_hex(rest.at[1]) && ascii_is_hex(rest.at[2])) {
        *out = (uint8_t)(ascii_hex_value(rest.at[1]) * 16 + ascii_hex_value(rest.at[2]));
        return cursor_take(in, 3, &seen);
    }
    if (rest.len >= 2) {
        *out = rest.at[1];
        return cursor_take(in, 2, &seen);
    }
    return false;
}

/*
 * Takes the value's bytes up to what ends it, into `room` where they do not stand there as they
 * are; blanks at its ends and in rows are for fold_value(). An escaped blank is a blank like
 * another: RFC 4518, section 2.6.1, does not know where it stood.
 */
static struct span take_value(struct walk *walk, struct buffer *room)
{
    struct span rest = walk->in.rest, plain = {0};
    bool quoted = false;
    size_t n = 0;

    while (n < rest.len && !ends_part(walk, rest.at[n]) &&
           (walk->path || (rest.at[n] != '"' && rest.at[n] != '\\'))) {
        n++;
    }
    (void)!cursor_take(&walk->in, n, &plain);
    if (n == rest.len || ends_part(walk, rest.at[n])) {
        return plain;
    }
    buffer_reset(room);
    buffer_add(room, plain);
    while (walk->in.rest.len > 0) {
        uint8_t byte = walk->in.rest.at[0];

        if (byte == '\\' && take_escape(&walk->in, &byte)) {
            buffer_add_byte(room, byte);
            continue;
        }
        if (byte == '"') {
            quoted = !quoted;
        } else if (!quoted && ends_part(walk, byte)) {
            break;
        } else {
            buffer_add_byte(room, byte);
        }
        (void)!cursor_step(&walk->in, byte);
    }
    return buffer_span(room);
}

static bool is_mark(uint32_t c) { return c == PART_END || c == RDN_END || c == ESCAPE; }

/* The same for ASCII, as most are. */
static void fold_ascii(struct span value, struct buffer *out)
{
    uint8_t *to = buffer_room(out, 2 * value.len);
    bool any = false, blank = false;

    for (size_t i = 0; i < value.len && to != NULL; i++) {
        uint8_t byte = value.at[i];

        if (byte == ' ') {
            blank = any;
            continue;
        }
        if (blank) {
            *to++ = ' ';
            blank = false;
        }
        if (is_mark(byte)) {
            *to++ = ESCAPE;
        }
        *to++ = ascii_lower(byte);
        any = true;
    }
    out->len = to != NULL ? (size_t)(to - out->at) : out->len;
}

/* Small letters, one blank for many, none at the ends. */
static void fold_value(struct span value, struct buffer *out)
{
    struct buffer text = buffer_with_max(value.len * 3 + 1);
    struct cursor in;
    bool any = false, blank = false;

    if (text_is_ascii(value)) {
        fold_ascii(value, out);
        return;
    }
    text_add_guessed(&text, value); /* escapes may have made anything of it */
    in = cursor_over(buffer_span(&text));
    while (in.rest.len > 0) {
        uint32_t c = text_next(&in);

        if (c == ' ') {
            blank = any;
            continue;
        }
        if (blank) {
            buffer_add_byte(out, ' ');
            blank = false;
        }
        if (is_mark(c)) {
            buffer_add_byte(out, ESCAPE);
        }
        text_add(out, text_fold(c));
        any = true;
    }
    if (text.fault != FAULT_NONE && out->fault == FAULT_NONE) {
        out->fault = text.fault;
    }
    buffer_clear(&text);
}

/* One `type=value`, or what stands where one should, with its end. */
static void take_part(struct walk *walk, struct buffer *room)
{
    size_t equals = 0;
    struct span rest = walk->in.rest, type = {0};

    while (equals < rest.len && rest.at[equals] != '=' && !ends_part(walk, rest.at[equals])) {
        equals++;
    }
    if (equals < rest.len && rest.at[equals] == '=') {
        (void)!cursor_take(&walk->in, equals, &type);
        (void)!cursor_step(&walk->in, '=');
        type = ascii_trim(type);
        if (ascii_starts_nocase(type, span_text("oid."))) { /* RFC 2253, section 4 */
            type = span_from(type, 4);
        }
        fold_value(type, walk->out);
        buffer_add_byte(walk->out, '=');
    }
    fold_value(take_value(walk, room), walk->out);
    buffer_add_byte(walk->out, PART_END);
}

static int compare_parts(const void *left, const void *right)
{
    const struct span *a = left, *b = right;
    size_t shorter = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->at, b->at, shorter);

    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* Puts the parts of the RDN that begins at `start` of the form into an order of our own. */
static void sort_parts(struct buffer *out, size_t start, const size_t *ends, size_t count)
{
    struct buffer sorted = buffer_with_max(out->len - start);
    struct span parts[PARTS_MAX];

    if (out->fault != FAULT_NONE) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        parts[i] = span_of(out->at + start, ends[i] - start);
        start = ends[i];
    }
    qsort(parts, count, sizeof(parts[0]), compare_parts);
    for (size_t i = 0; i < count; i++) {
        buffer_add(&sorted, parts[i]);
    }
    if (sorted.fault == FAULT_NONE) {
        memcpy(out->at + ends[count - 1] - sorted.len, sorted.at, sorted.len);
    } else {
        out->fault = sorted.fault;
    }
    buffer_clear(&sorted);
}

static void take_rdn(struct walk *walk, struct buffer *room)
{
    size_t ends[PARTS_MAX], start = walk->out->len, count = 0;
    bool more = true;

    while (more) {
        take_part(walk, room);
        if (count < PARTS_MAX) {
            ends[count++] = walk->out->len;
        }
        more = !walk->path && cursor_step(&walk->in, '+');
    }
    if (count > 1) {
        sort_parts(walk->out, start, ends, count);
    }
    buffer_add_byte(walk->out, RDN_END);
}

void dn_add_key(struct buffer *out, struct span dn)
{
    struct buffer text = buffer_with_max(dn.len * 3 + 1);
    struct buffer room = buffer_with_max(dn.len * 3 + 1);
    struct walk walk = {.in = cursor_over(ascii_trim(dn)), .out = out};

    if (!text_is_ascii(dn)) {
        text_add_guessed(&text, ascii_trim(dn));
        walk.in = cursor_over(buffer_span(&text));
    }
    walk.path = cursor_step(&walk.in, '/');
    if (walk.path) {
        buffer_add_byte(out, '/');
    }
    while (walk.in.rest.len > 0) {
        take_rdn(&walk, &room);
        if (walk.in.rest.len > 0) { /* what ended it */
            (void)!cursor_step(&walk.in, walk.in.rest.at[0]);
        }
    }
    if ((text.fault != FAULT_NONE || room.fault != FAULT_NONE) && out->fault == FAULT_NONE) {
        out->fault = FAULT_RESOURCE;
    }
    buffer_clear(&text);
    buffer_clear(&room);
}
