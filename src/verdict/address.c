#include "verdict/address.h"

#include "base/ascii.h"
#include "base/text.h"

/* An address as characters, its domain in its own letters. */
struct letters {
    uint32_t at[ADDRESS_MAX];
    size_t count;
};

static bool letters_insert(struct letters *l, size_t place, uint32_t c)
{
    if (l->count == ADDRESS_MAX || place > l->count) {
        return false;
    }
    memmove(l->at + place + 1, l->at + place, (l->count - place) * sizeof(l->at[0]));
    l->at[place] = c;
    l->count++;
    return true;
}

static bool letters_add(struct letters *l, uint32_t c) { return letters_insert(l, l->count, c); }

/* RFC 3492, section 5: the numbers of Punycode. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 0x80 };

/* RFC 3492, section 6.1. */
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

/* One variable-length number, little end first (RFC 3492, section 3.3). */
static bool take_delta(struct cursor *in, uint32_t bias, uint32_t *out)
{
    const uint32_t most = 1 << 24; /* past any place in an address: what is larger is broken */
    uint32_t weight = 1, sum = 0;

    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        struct span seen;
        uint32_t digit;

        if (!cursor_take(in, 1, &seen) || !ascii_is_alnum(seen.at[0])) {
            return false;
        }
        digit = ascii_is_digit(seen.at[0]) ? (uint32_t)(seen.at[0] - '0' + 26)
                                           : (uint32_t)(ascii_lower(seen.at[0]) - 'a');
        if (weight > most || digit > most / weight || sum > most) {
            return false;
        }
        sum += digit * weight;
        if (digit < t) {
            *out = sum;
            return true;
        }
        weight *= BASE - t;
    }
}

/* Adds the letters that an A-label stands for; `label` comes without its "xn--". */
static bool add_punycode(struct span label, struct letters *out)
{
    size_t start = out->count, basic = 0;
    uint32_t c = FIRST, i = 0, bias = BIAS;
    struct cursor in;

    for (size_t n = 0; n < label.len; n++) {
        basic = label.at[n] == '-' ? n : basic;
    }
    for (size_t n = 0; n < basic; n++) {
        if (!letters_add(out, label.at[n])) {
            return false;
        }
    }
    in = cursor_over(span_from(label, basic > 0 ? basic + 1 : 0));
    while (in.rest.len > 0) {
        uint32_t length = (uint32_t)(out->count - start) + 1;
        uint32_t delta;

        if (!take_delta(&in, bias, &delta)) {
            return false;
        }
        bias = adapt(delta, length, length == basic + 1);
        i += delta;
        c += i / length;
        i %= length;
        if (c > 0x10FFFF || !letters_insert(out, start + i, c)) {
            return false;
        }
        i++;
    }
    return true;
}

static bool add_text(struct span s, struct letters *out)
{
    struct cursor in = cursor_over(s);

    while (in.rest.len > 0) {
        if (!letters_add(out, text_next(&in))) {
            return false;
        }
    }
    return true;
}

/* Adds one label of a domain; an A-label that cannot be read stays as it is written. */
static bool add_label(struct span label, struct letters *out)
{
    static const char prefix[] = "xn--";
    size_t start = out->count;

    if (!ascii_starts_nocase(label, span_text(prefix))) {
        return add_text(label, out);
    }
    if (add_punycode(span_from(label, sizeof(prefix) - 1), out)) {
        return true;
    }
    out->count = start;
    return add_text(label, out);
}

/* False when the address is longer than ADDRESS_MAX. */
static bool letters_of(struct span address, struct letters *out)
{
    uint8_t bytes[4 * ADDRESS_MAX];
    struct buffer text = {.at = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    struct span rest;
    size_t at = 0, dot;

    out->count = 0;
    text_add_guessed(&text, address);
    if (text.fault != FAULT_NONE) {
        return false;
    }
    rest = buffer_span(&text);
    for (size_t i = 0; i < rest.len; i++) {
        at = rest.at[i] == '@' ? i + 1 : at;
    }
    if (!add_text(span_upto(rest, at), out)) {
        return false;
    }
    rest = span_from(rest, at);
    while (span_find(rest, '.', &dot)) {
        if (!add_label(span_upto(rest, dot), out) || !letters_add(out, '.')) {
            return false;
        }
        rest = span_from(rest, dot + 1);
    }
    return add_label(rest, out);
}

static enum address_match compare_letters(struct span a, struct span b)
{
    struct letters x, y;
    enum address_match match = ADDRESS_SAME;

    if (!letters_of(a, &x) || !letters_of(b, &y) || x.count != y.count) {
        return ADDRESS_DIFFERENT;
    }
    for (size_t i = 0; i < x.count; i++) {
        if (text_fold(x.at[i]) != text_fold(y.at[i])) {
            return ADDRESS_DIFFERENT;
        }
        match = x.at[i] == y.at[i] ? match : ADDRESS_SAME_BUT_CASE;
    }
    return match;
}

/* True when comparing bytes may not be enough: a byte outside ASCII, or an A-label. */
static bool needs_letters(struct span s)
{
    size_t dash;

    if (!text_is_ascii(s)) {
        return true;
    }
    if (!span_find(s, '-', &dash)) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if ((s.at[i] | 0x20) == 'x' && ascii_starts_nocase(span_from(s, i), span_text("xn--"))) {
            return true;
        }
    }
    return false;
}

bool address_is_one(struct span text)
{
    size_t at;

    text = ascii_trim(text);
    return span_find(text, '@', &at) && at > 0 && text.at[text.len - 1] != '@';
}

enum address_match address_compare(struct span a, struct span b)
{
    a = ascii_trim(a);
    b = ascii_trim(b);
    if (span_equal(a, b)) {
        return ADDRESS_SAME;
    }
    if (ascii_equal_nocase(a, b)) {
        return ADDRESS_SAME_BUT_CASE;
    }
    if (!needs_letters(a) && !needs_letters(b)) {
        return ADDRESS_DIFFERENT;
    }
    return compare_letters(a, b);
}

void address_add_key(struct buffer *out, struct span address)
{
    struct letters l;
    uint8_t *to;

    address = ascii_trim(address);
    if (needs_letters(address) && letters_of(address, &l)) {
        for (size_t i = 0; i < l.count; i++) {
            text_add(out, text_fold(l.at[i]));
        }
        return;
    }
    to = buffer_room(out, address.len);
    for (size_t i = 0; i < address.len && to != NULL; i++) {
        *to++ = ascii_lower(address.at[i]);
    }
    out->len = to != NULL ? (size_t)(to - out->at) : out->len;
}
