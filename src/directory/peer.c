#include "directory/peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

#include "base/ascii.h"

enum {
    TAG_BOOLEAN = 0x01,
    TAG_INTEGER = 0x02,
    TAG_OCTETS = 0x04,
    TAG_OID = 0x06,
    TAG_UTC = 0x17,
    TAG_GENERALIZED = 0x18,
    TAG_SEQUENCE = 0x30,
    TAG_DNS = 0x82,
    TAG_ADDRESS = 0x87,
    TAG_VERSION = 0xA0,
    TAG_EXTENSIONS = 0xA3,
    DIGITS = 14, /* YYYYMMDDhhmmss */
};

/* 2.5.29.17, subjectAltName */
static const uint8_t alternative_names[] = {0x55, 0x1D, 0x11};

/* Takes one element of DER (X.690, 8.1) with lengths of up to three bytes. */
static bool take(struct cursor *in, uint8_t *tag, struct span *out)
{
    struct span head, more;
    size_t length;

    if (!cursor_take(in, 2, &head)) {
        return false;
    }
    *tag = head.at[0];
    length = head.at[1];
    if (length > 0x80 && length <= 0x83) {
        size_t count = length & 0x7F;

        if (!cursor_take(in, count, &more)) {
            return false;
        }
        length = 0;
        for (size_t i = 0; i < count; i++) {
            length = length << 8 | more.at[i];
        }
    } else if (length >= 0x80) {
        return false;
    }
    return cursor_take(in, length, out);
}

static bool take_tagged(struct cursor *in, uint8_t wanted, struct span *out)
{
    uint8_t tag;

    return take(in, &tag, out) && tag == wanted;
}

/* UTCTime or GeneralizedTime as 14 digits (RFC 5280, 4.1.2.5). */
static bool take_time(struct cursor *in, char out[DIGITS + 1])
{
    struct span text;
    uint8_t tag;

    if (!take(in, &tag, &text) || (tag != TAG_UTC && tag != TAG_GENERALIZED)) {
        return false;
    }
    if (text.len != (tag == TAG_UTC ? DIGITS - 1 : DIGITS + 1)) {
        return false;
    }
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (!ascii_is_digit(text.at[i])) {
            return false;
        }
    }
    (void)snprintf(out, DIGITS + 1, "%s%.*s",
                   tag == TAG_GENERALIZED ? ""
                   : text.at[0] >= '5'    ? "19"
                                          : "20",
                   (int)text.len - 1, (const char *)text.at);
    return true;
}

/* What of a certificate is looked at. */
struct peer {
    char begins[DIGITS + 1], ends[DIGITS + 1];
    struct span extensions; /* empty: none */
};

static bool read_validity(struct span validity, struct peer *out)
{
    struct cursor in = cursor_over(validity);

    return take_time(&in, out->begins) && take_time(&in, out->ends);
}

static bool read_peer(struct span der, struct peer *out)
{
    struct cursor in = cursor_over(der);
    struct span part, validity = {0};
    uint8_t tag;

    if (!take_tagged(&in, TAG_SEQUENCE, &part)) {
        return false;
    }
    in = cursor_over(part);
    if (!take_tagged(&in, TAG_SEQUENCE, &part)) {
        return false;
    }
    in = cursor_over(part);
    if (!take(&in, &tag, &part)) {
        return false;
    }
    if (tag == TAG_VERSION && !take_tagged(&in, TAG_INTEGER, &part)) {
        return false;
    }
    /* The algorithm, the issuer, the validity, the subject, the key. */
    for (int i = 0; i < 5; i++) {
        if (!take_tagged(&in, TAG_SEQUENCE, &part)) {
            return false;
        }
        validity = i == 2 ? part : validity;
    }
    while (in.rest.len > 0 && take(&in, &tag, &part)) {
        if (tag == TAG_EXTENSIONS) {
            struct cursor inner = cursor_over(part);

            (void)!take_tagged(&inner, TAG_SEQUENCE, &out->extensions);
        }
    }
    return read_validity(validity, out);
}

/* The names in subjectAltName; empty where there is none. */
static struct span find_names(struct span extensions)
{
    struct cursor in = cursor_over(extensions);
    struct span extension, part, names = {0};

    while (take_tagged(&in, TAG_SEQUENCE, &extension)) {
        struct cursor inner = cursor_over(extension);
        uint8_t tag;

        if (!take_tagged(&inner, TAG_OID, &part) ||
            !span_equal(part, span_of(alternative_names, sizeof(alternative_names)))) {
            continue;
        }
        if (take(&inner, &tag, &part) && tag == TAG_BOOLEAN && !take(&inner, &tag, &part)) {
            break;
        }
        inner = cursor_over(part);
        if (tag == TAG_OCTETS && take_tagged(&inner, TAG_SEQUENCE, &names)) {
            return names;
        }
    }
    return (struct span){0};
}

static bool is_host(struct span name, struct span host)
{
    size_t dot;

    if (name.len > 2 && name.at[0] == '*' && name.at[1] == '.' && span_find(host, '.', &dot)) {
        return ascii_equal_nocase(span_from(name, 1), span_from(host, dot));
    }
    return ascii_equal_nocase(name, host);
}

/* True when one of the names is the host's; `detail` gets the first DNS name. */
static bool names_host(struct span names, const char *host, char detail[PEER_DETAIL_SIZE])
{
    struct cursor in = cursor_over(names);
    struct span name, address = {0};
    uint8_t tag, bytes[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, host, bytes) == 1) {
        address = span_of(bytes, sizeof(struct in_addr));
    } else if (inet_pton(AF_INET6, host, bytes) == 1) {
        address = span_of(bytes, sizeof(struct in6_addr));
    }
    detail[0] = '\0';
    while (take(&in, &tag, &name)) {
        if (tag == TAG_DNS && detail[0] == '\0') {
            (void)snprintf(detail, PEER_DETAIL_SIZE, "%.*s", (int)name.len, (const char *)name.at);
        }
        if ((tag == TAG_DNS && is_host(name, span_text(host))) ||
            (tag == TAG_ADDRESS && address.len > 0 && span_equal(name, address))) {
            return true;
        }
    }
    return false;
}

static void put_date(const char *digits, char detail[PEER_DETAIL_SIZE])
{
    (void)snprintf(detail, PEER_DETAIL_SIZE, "%.4s-%.2s-%.2s", digits, digits + 4, digits + 6);
}

enum peer_fault peer_fault_of(struct span der, const char *host, char detail[PEER_DETAIL_SIZE])
{
    struct peer peer = {0};
    char now[DIGITS + 1];
    const time_t clock = time(NULL);
    struct span names;
    struct tm utc;

    if (!read_peer(der, &peer) || gmtime_r(&clock, &utc) == NULL ||
        strftime(now, sizeof(now), "%Y%m%d%H%M%S", &utc) != DIGITS) {
        return PEER_OTHER;
    }
    if (strcmp(peer.ends, now) < 0) {
        put_date(peer.ends, detail);
        return PEER_ENDED;
    }
    if (strcmp(peer.begins, now) > 0) {
        put_date(peer.begins, detail);
        return PEER_NOT_BEGUN;
    }
    names = find_names(peer.extensions);
    /* Without names of this kind the subject's common name counts, which is not looked at here. */
    return names.len == 0 || names_host(names, host, detail) ? PEER_OTHER : PEER_OTHER_NAME;
}
