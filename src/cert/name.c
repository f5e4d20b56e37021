#include "cert/name.h"

#include "base/text.h"
#include "cert/curve.h"
#include "cert/name_walk.h"

/* What stands for a value that has no text: `#` and its DER in hexadecimal (RFC 4514, 2.4). */
static void add_hex(struct buffer *out, struct span der)
{
    buffer_add_byte(out, '#');
    buffer_add_hex(out, der);
}

/* Short names under 2.5.4, "id-at": RFC 4514, section 3, and RFC 4519, section 2. */
static const char *const attribute_names[] = {
    [3] = "CN",
    [4] = "sn",
    [5] = "serialNumber",
    [6] = "C",
    [7] = "L",
    [8] = "ST",
    [9] = "STREET",
    [10] = "O",
    [11] = "OU",
    [12] = "title",
    [13] = "description",
    [15] = "businessCategory",
    [16] = "postalAddress",
    [17] = "postalCode",
    [18] = "postOfficeBox",
    [19] = "physicalDeliveryOfficeName",
    [20] = "telephoneNumber",
    [21] = "telexNumber",
    [22] = "teletexTerminalIdentifier",
    [23] = "facsimileTelephoneNumber",
    [24] = "x121Address",
    [25] = "internationalISDNNumber",
    [26] = "registeredAddress",
    [27] = "destinationIndicator",
    [28] = "preferredDeliveryMethod",
    [31] = "member",
    [32] = "owner",
    [33] = "roleOccupant",
    [34] = "seeAlso",
    [35] = "userPassword",
    [41] = "name",
    [42] = "givenName",
    [43] = "initials",
    [44] = "generationQualifier",
    [45] = "x500UniqueIdentifier",
    [46] = "dnQualifier",
    [47] = "enhancedSearchGuide",
    [49] = "distinguishedName",
    [50] = "uniqueMember",
    [51] = "houseIdentifier",
};

enum {
    AT_COMMON_NAME = 3,
    AT_ORGANIZATION = 10,
    AT_ORGANIZATIONAL_UNIT = 11,
    AT_COUNT = sizeof(attribute_names) / sizeof(attribute_names[0]),
};

#define OID(bytes) ((struct span){(const uint8_t *)(bytes), sizeof(bytes) - 1})

/* The number of an attribute type under 2.5.4; -1 for any other type. */
static int attribute_number(struct span type)
{
    return type.len == 3 && type.at[0] == 0x55 && type.at[1] == 0x04 ? type.at[2] : -1;
}

static bool is_email_address(struct span type)
{
    return span_equal(type, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"));
}

/* NULL: the type goes by its OID. */
static const char *attribute_name(struct span type)
{
    int number = attribute_number(type);

    if (number >= 0) {
        return number < AT_COUNT ? attribute_names[number] : NULL;
    }
    if (is_email_address(type)) {
        return "emailAddress";
    }
    if (span_equal(type, OID("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"))) {
        return "DC";
    }
    return span_equal(type, OID("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01")) ? "UID" : NULL;
}

/* Octets of a character in a string type; 0: the type is no string that we know. */
static size_t character_size(uint8_t tag)
{
    switch (tag) {
    case DER_UTF8_STRING:
    case DER_PRINTABLE_STRING:
    case DER_IA5_STRING:
    case DER_NUMERIC_STRING:
    case DER_T61_STRING:
    case DER_VISIBLE_STRING:
        return 1;
    case DER_BMP_STRING:
        return 2;
    case DER_UNIVERSAL_STRING:
        return 4;
    default:
        return 0;
    }
}

/*
 * Takes a character of a string type. All octets of the types with one a character are
 * Latin-1, as in libcrypto: T61String is written so, and the others have no more than ASCII.
 */
static uint32_t take_character(struct cursor *in, uint8_t tag)
{
    struct span octets;
    uint32_t c = 0;

    if (tag == DER_UTF8_STRING) {
        return text_next(in);
    }
    if (!cursor_take(in, character_size(tag), &octets)) {
        *in = (struct cursor){0}; /* half a character at the end, which cert_read() refuses */
        return 0xfffd;
    }
    for (size_t i = 0; i < octets.len; i++) {
        c = c << 8 | octets.at[i];
    }
    return c;
}

/* RFC 4514, section 2.4: what an escape must stand before, wherever it is. */
static bool is_special(uint32_t c)
{
    return c == '"' || c == '+' || c == ',' || c == ';' || c == '<' || c == '>' || c == '\\';
}

static void add_text(struct buffer *out, const struct der_element *value, bool escaped)
{
    struct cursor in = cursor_over(value->contents);
    bool first = true;

    if (!escaped && character_size(value->tag) == 1 && text_is_ascii(value->contents)) {
        buffer_add(out, value->contents);
        return;
    }
    while (in.rest.len > 0) {
        uint32_t c = take_character(&in, value->tag);
        bool edge = (first && (c == ' ' || c == '#')) || (in.rest.len == 0 && c == ' ');

        if (escaped && (edge || is_special(c))) {
            buffer_add_byte(out, '\\');
        }
        if (escaped && c == 0) {
            buffer_add_text(out, "\\00");
        } else {
            text_add(out, c);
        }
        first = false;
    }
}

/* True when a string needs no conversion and no escape: most do not. */
static bool is_plain(const struct der_element *value)
{
    struct span s = value->contents;

    if (character_size(value->tag) != 1 || s.len == 0 || s.at[0] == ' ' || s.at[0] == '#' ||
        s.at[s.len - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < ' ' || s.at[i] >= 0x7f || is_special(s.at[i])) {
            return false;
        }
    }
    return true;
}

static void add_part(struct buffer *out, const struct name_part *part)
{
    const char *name = attribute_name(part->type);

    if (name == NULL) {
        if (oid_add(out, part->type) != FAULT_NONE) {
            add_hex(out, part->type); /* an arc of more than 128 bits */
        }
        buffer_add_byte(out, '=');
        add_hex(out, part->value.whole);
        return;
    }
    buffer_add_text(out, name);
    buffer_add_byte(out, '=');
    if (is_plain(&part->value)) {
        buffer_add(out, part->value.contents);
    } else if (character_size(part->value.tag) != 0) {
        add_text(out, &part->value, true);
    } else {
        add_hex(out, part->value.whole);
    }
}

static void reverse(uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t byte = at[i];

        at[i] = at[len - 1 - i];
        at[len - 1 - i] = byte;
    }
}

/*
 * RFC 4514 has the last RDN first. A Name can be read forwards only, so each RDN is turned
 * round as it is added, and the whole at the end: that takes no memory and one pass.
 */
enum fault name_add(struct buffer *out, struct span name)
{
    struct name_walk walk = name_walk_of(name);
    struct cursor check = cursor_over(name);
    struct span whole;
    struct name_part part;
    size_t start = out->len;
    size_t rdn = start;

    if (!name_take(&check, &whole) || check.rest.len > 0) {
        return FAULT_SYNTAX;
    }
    while (out->fault == FAULT_NONE && name_walk_next(&walk, &part)) {
        if (part.joined) {
            buffer_add_byte(out, '+');
        } else if (out->len > start) {
            reverse(out->at + rdn, out->len - rdn);
            buffer_add_byte(out, ',');
            rdn = out->len;
        }
        add_part(out, &part);
    }
    if (out->len > start) {
        reverse(out->at + rdn, out->len - rdn);
        reverse(out->at + start, out->len - start);
    }
    return FAULT_NONE;
}

/* Which attribute people would rather be called by: the less, the better; INT32_MAX: none. */
static int preference(struct span type)
{
    switch (attribute_number(type)) {
    case AT_COMMON_NAME:
        return 0;
    case AT_ORGANIZATIONAL_UNIT:
        return 1;
    case AT_ORGANIZATION:
        return 2;
    default:
        return is_email_address(type) ? 3 : INT32_MAX;
    }
}

enum fault name_add_short(struct buffer *out, struct span name)
{
    struct name_walk walk = name_walk_of(name);
    struct name_part part;
    struct der_element best = {0};
    int best_preference = INT32_MAX;

    while (name_walk_next(&walk, &part)) {
        if (preference(part.type) < best_preference && part.value.contents.len > 0 &&
            character_size(part.value.tag) != 0) {
            best_preference = preference(part.type);
            best = part.value;
        }
    }
    if (best_preference == INT32_MAX) {
        return name_add(out, name);
    }
    add_text(out, &best, false);
    return FAULT_NONE;
}

const char *curve_name(struct span oid)
{
    const struct curve *curve = curve_find(oid);

    return curve != NULL ? curve->name : NULL;
}

const char *key_type_name(enum key_type type)
{
    static const char *const names[] = {
        [KEY_OTHER] = NULL,      [KEY_RSA] = "RSA",         [KEY_RSA_PSS] = "RSA-PSS",
        [KEY_EC] = "EC",         [KEY_ED25519] = "Ed25519", [KEY_ED448] = "Ed448",
        [KEY_X25519] = "X25519", [KEY_X448] = "X448",       [KEY_DSA] = "DSA",
    };

    return names[type];
}
