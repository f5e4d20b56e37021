#include "cert/smime.h"

#include "base/ascii.h"

enum {
    HEADER_MAX = 256 * 1024, /* bytes: longer headers are no message's */
    BOUNDARY_MAX = 70,       /* RFC 2046, section 5.1.1 */
};

/* An entity of MIME (RFC 2045, section 2.4): what its header says of the body, and the body. */
struct entity {
    struct span type;     /* value of Content-Type, folded as it stands; empty when absent */
    struct span encoding; /* value of Content-Transfer-Encoding */
    struct cursor body;
};

/* Takes a line without its end, LF or CR LF. */
static bool take_line(struct cursor *in, struct span *line)
{
    size_t n = in->rest.len;
    bool ended = span_find(in->rest, '\n', &n);

    if (in->rest.len == 0 || !cursor_take(in, n, line)) {
        return false;
    }
    (void)(ended && cursor_step(in, '\n'));
    if (line->len > 0 && line->at[line->len - 1] == '\r') {
        line->len--;
    }
    return true;
}

/* A header field: a line and those that follow it with a blank in front (RFC 5322, 2.2.3). */
static bool take_field(struct cursor *in, struct span *field)
{
    struct span more;

    if (!take_line(in, field)) {
        return false;
    }
    while (field->len > 0 && in->rest.len > 0 &&
           (in->rest.at[0] == ' ' || in->rest.at[0] == '\t') && take_line(in, &more)) {
        field->len = (size_t)(more.at + more.len - field->at);
    }
    return true;
}

/* The value of a field if it is the one called `name`, which ends in its colon. */
static bool field_is(struct span field, const char *name, struct span *value)
{
    if (!ascii_starts_nocase(field, span_text(name))) {
        return false;
    }
    *value = ascii_trim(span_from(field, strlen(name)));
    return true;
}

/* Reads a header to the empty line that ends it; false: there is none in bounds. */
static bool take_header(struct cursor in, struct entity *out)
{
    size_t start = in.offset;
    struct span field;

    *out = (struct entity){0};
    while (in.offset - start < HEADER_MAX && take_field(&in, &field)) {
        size_t colon;

        if (field.len == 0) {
            out->body = in;
            return true;
        }
        if (!span_find(field, ':', &colon)) {
            return false;
        }
        if (!field_is(field, "Content-Type:", &out->type)) {
            (void)field_is(field, "Content-Transfer-Encoding:", &out->encoding);
        }
    }
    return false;
}

static bool is_pkcs7(struct span type)
{
    static const char *const types[] = {"application/pkcs7-mime", "application/x-pkcs7-mime",
                                        "application/pkcs7-signature",
                                        "application/x-pkcs7-signature"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (ascii_starts_nocase(type, span_text(types[i]))) {
            return true;
        }
    }
    return false;
}

static bool ends_token(uint8_t b) { return b == ';' || ascii_is_blank(b); }

/* The value of `boundary` in a Content-Type, with quotes or without (RFC 2045, section 5.1). */
static bool find_boundary(struct span type, struct span *boundary)
{
    const struct span name = span_text("boundary=");
    size_t end;

    while (type.len > 0 && !ascii_starts_nocase(type, name)) {
        type = span_from(type, 1);
    }
    type = span_from(type, name.len);
    if (type.len > 0 && type.at[0] == '"') {
        type = span_from(type, 1);
        if (!span_find(type, '"', &end)) {
            return false;
        }
    } else {
        for (end = 0; end < type.len && !ends_token(type.at[end]);) {
            end++;
        }
    }
    *boundary = span_upto(type, end);
    return end > 0 && end <= BOUNDARY_MAX;
}

/* True for the line `--boundary`, with `--` behind it where the last part ends. */
static bool is_delimiter(struct span line, struct span boundary)
{
    return line.len >= boundary.len + 2 && line.at[0] == '-' && line.at[1] == '-' &&
           span_equal(span_of(line.at + 2, boundary.len), boundary);
}

/* The last part of a multipart body; false when there is none that ends. */
static bool last_part(struct cursor in, struct span boundary, struct cursor *part)
{
    struct cursor start = in;
    bool inside = false, found = false;
    struct span line;

    while (take_line(&in, &line)) {
        if (!is_delimiter(line, boundary)) {
            continue;
        }
        if (inside) {
            *part = start;
            part->rest.len = (size_t)(line.at - start.rest.at);
            found = true;
        }
        inside = true;
        start = in;
    }
    return found;
}

enum fault smime_find(struct span text, struct span *body, size_t *offset, struct why *why)
{
    struct entity entity = {0};
    struct cursor part;
    struct span boundary;

    if (!take_header(cursor_over(text), &entity)) {
        return fault_at(FAULT_ABSENT, 0, "RFC 5322: no message", why);
    }
    if (ascii_starts_nocase(entity.type, span_text("multipart/signed"))) {
        size_t start = entity.body.offset;

        if (!find_boundary(entity.type, &boundary) || !last_part(entity.body, boundary, &part) ||
            !take_header(part, &entity) || !is_pkcs7(entity.type)) {
            return fault_at(FAULT_SYNTAX, start, "RFC 8551: a signed message has no signature",
                            why);
        }
    }
    if (!is_pkcs7(entity.type)) {
        return fault_at(FAULT_ABSENT, 0, "RFC 8551: the message is not signed", why);
    }
    if (!ascii_starts_nocase(entity.encoding, span_text("base64"))) {
        return fault_at(FAULT_SYNTAX, entity.body.offset,
                        "RFC 8551: the signature is not in base64", why);
    }
    *body = entity.body.rest;
    *offset = entity.body.offset;
    return FAULT_NONE;
}
