#include "kms/authority/address_write.h"

#include "base/ascii.h"
#include "base/text.h"
#include "cert/der.h"
#include "cert/der_write.h"

enum {
    COMBINING_FIRST = 0x300,
    COMBINING_LAST = 0x36F,
    LABEL_LETTERS_MAX = 63,
    RFC822_NAME = DER_CONTEXT | 1,
};

/* RFC 9598, section 3: id-on-SmtpUTF8Mailbox, 1.3.6.1.5.5.7.8.9. */
static const uint8_t smtp_utf8_oid[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09};

/* RFC 5321, section 4.1.2: atext, of ASCII. */
static bool is_atext(uint8_t b)
{
    static const char others[] = "!#$%&'*+-/=?^_`{|}~";

    return ascii_is_alnum(b) || (b != 0 && strchr(others, b) != NULL);
}

/* RFC 5321: Dot-string, with the letters of RFC 6531, section 3.3. */
static bool local_is_right(struct span local)
{
    struct cursor in = cursor_over(local);
    uint32_t before = '.';

    while (in.rest.len > 0) {
        uint32_t c = text_next(&in);

        if (c == '.' ? before == '.' : c < 0x80 ? !is_atext((uint8_t)c) : text_is_unsafe(c)) {
            return false;
        }
        before = c;
    }
    return before != '.';
}

struct label {
    uint32_t at[LABEL_LETTERS_MAX];
    size_t count;
};

/* Small letters; false: too many. */
static bool label_read(struct span text, struct label *out)
{
    struct cursor in = cursor_over(text);

    out->count = 0;
    while (in.rest.len > 0) {
        if (out->count == LABEL_LETTERS_MAX) {
            return false;
        }
        out->at[out->count++] = text_fold(text_next(&in));
    }
    return true;
}

/* RFC 3492, section 5: the numbers of Punycode. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 0x80 };

static uint32_t adapt(uint32_t delta, uint32_t count, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / DAMP : delta / 2;
    delta += delta / count;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE) {
        delta /= BASE - T_MIN;
    }
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void add_digit(struct buffer *out, uint32_t digit)
{
    buffer_add_byte(out, (uint8_t)(digit < 26 ? 'a' + digit : '0' + (digit - 26)));
}

/* One variable-length number, little end first (RFC 3492, section 3.3). */
static void add_delta(struct buffer *out, uint32_t delta, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

        if (delta < t) {
            add_digit(out, delta);
            return;
        }
        add_digit(out, t + (delta - t) % (BASE - t));
        delta = (delta - t) / (BASE - t);
    }
}

/* The smallest character that is at least `c`; there is one. */
static uint32_t next_character(const struct label *label, uint32_t c)
{
    uint32_t least = UINT32_MAX;

    for (size_t i = 0; i < label->count; i++) {
        least = label->at[i] >= c && label->at[i] < least ? label->at[i] : least;
    }
    return least;
}

/*
 * RFC 3492, section 6.3, without its tests for overflow: with at most 63 characters below 2^21 no
 * number passes 2^27.
 */
static void add_punycode(struct buffer *out, const struct label *label)
{
    uint32_t c = FIRST, delta = 0, bias = BIAS;
    size_t basic = 0, done;

    for (size_t i = 0; i < label->count; i++) {
        if (label->at[i] < FIRST) {
            buffer_add_byte(out, (uint8_t)label->at[i]);
            basic++;
        }
    }
    if (basic > 0) {
        buffer_add_byte(out, '-');
    }
    for (done = basic; done < label->count; delta++, c++) {
        uint32_t next = next_character(label, c);

        delta += (next - c) * (uint32_t)(done + 1);
        c = next;
        for (size_t i = 0; i < label->count; i++) {
            delta += label->at[i] < c ? 1 : 0;
            if (label->at[i] == c) {
                add_delta(out, delta, bias);
                bias = adapt(delta, (uint32_t)done + 1, done == basic);
                delta = 0;
                done++;
            }
        }
    }
}

static void add_label(struct buffer *out, struct span text)
{
    struct label label;

    if (text_is_ascii(text) || !label_read(text, &label)) {
        buffer_add(out, text);
        return;
    }
    buffer_add_text(out, "xn--");
    add_punycode(out, &label);
}

/* Composed letters are asked for (NFC), since we do not compose them: RFC 5891, section 5.2. */
static bool label_is_right(struct span text)
{
    uint8_t bytes[4 * LABEL_MAX + 8];
    struct buffer written = {.at = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    struct cursor in = cursor_over(text);
    struct label label;

    if (text.len == 0 || text.at[0] == '-' || text.at[text.len - 1] == '-' ||
        !label_read(text, &label)) {
        return false;
    }
    while (in.rest.len > 0) {
        uint32_t c = text_next(&in);

        if (c < 0x80 ? !ascii_is_alnum((uint8_t)c) && c != '-'
                     : text_is_unsafe(c) || (c >= COMBINING_FIRST && c <= COMBINING_LAST)) {
            return false;
        }
    }
    add_label(&written, text);
    return written.fault == FAULT_NONE && written.len <= LABEL_MAX;
}

static bool domain_is_right(struct span domain)
{
    size_t dot;

    while (span_find(domain, '.', &dot)) {
        if (!label_is_right(span_upto(domain, dot))) {
            return false;
        }
        domain = span_from(domain, dot + 1);
    }
    return label_is_right(domain);
}

static void add_domain(struct buffer *out, struct span domain)
{
    size_t dot;

    while (span_find(domain, '.', &dot)) {
        add_label(out, span_upto(domain, dot));
        buffer_add_byte(out, '.');
        domain = span_from(domain, dot + 1);
    }
    add_label(out, domain);
}

enum fault address_check(struct span address, struct why *why)
{
    size_t at, another;

    if (!text_is_utf8(address)) {
        return fault_at(FAULT_SYNTAX, 0, "RFC 6532: a mail address is UTF-8", why);
    }
    if (address.len > ADDRESS_WHOLE_MAX) {
        return fault_at(FAULT_SYNTAX, ADDRESS_WHOLE_MAX,
                        "RFC 5321: a mail address has at most 254 bytes", why);
    }
    if (!span_find(address, '@', &at) || span_find(span_from(address, at + 1), '@', &another)) {
        return fault_at(FAULT_SYNTAX, 0, "RFC 5321: a mail address has one '@'", why);
    }
    if (at > ADDRESS_LOCAL_MAX) {
        return fault_at(FAULT_SYNTAX, ADDRESS_LOCAL_MAX,
                        "RFC 5321: at most 64 bytes stand before the '@' of a mail address", why);
    }
    if (!local_is_right(span_upto(address, at))) {
        return fault_at(
            FAULT_SYNTAX, 0,
            "before the '@' of a mail address are no blanks, quotes or brackets, and dots "
            "only between others (RFC 5321; quoted strings are not taken)",
            why);
    }
    if (!domain_is_right(span_from(address, at + 1))) {
        return fault_at(FAULT_SYNTAX, at + 1,
                        "RFC 5890: what is behind the '@' of a mail address is no domain", why);
    }
    return FAULT_NONE;
}

bool address_has_u_label(struct span address)
{
    size_t at;

    return span_find(address, '@', &at) && !text_is_ascii(span_from(address, at + 1));
}

void address_write(struct buffer *out, struct span address)
{
    size_t at = 0;
    size_t name, value, string;

    if (!span_find(address, '@', &at) || text_is_ascii(span_upto(address, at))) {
        name = der_open(out, RFC822_NAME);
        buffer_add(out, span_upto(address, at + 1));
        add_domain(out, span_from(address, at + 1));
        der_close(out, name);
        return;
    }
    name = der_open(out, DER_CONTEXT | DER_CONSTRUCTED | 0); /* otherName */
    der_add_oid(out, span_of(smtp_utf8_oid, sizeof(smtp_utf8_oid)));
    value = der_open(out, DER_CONTEXT | DER_CONSTRUCTED | 0);
    string = der_open(out, DER_UTF8_STRING);
    buffer_add(out, span_upto(address, at + 1));
    add_domain(out, span_from(address, at + 1));
    der_close(out, string);
    der_close(out, value);
    der_close(out, name);
}
