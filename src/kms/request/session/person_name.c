#include "kms/request/session/person_name.h"

#include "base/text.h"

/* What stands in the place of a name where passphrases are given. */
static const char taken[] = "p12";

static bool is_barred(uint32_t character)
{
    return character == ',' || character == '=' || character == '/' || character == '\\' ||
           character == '"' || text_is_unsafe(character);
}

enum fault person_name_check(struct span name, struct why *why)
{
    struct cursor in = cursor_over(name);

    if (name.len == 0) {
        return fault_at(FAULT_SYNTAX, 0, "a person has a name", why);
    }
    if (name.len > PERSON_NAME_MAX) {
        return fault_at(FAULT_SYNTAX, PERSON_NAME_MAX, "a name has 64 bytes at most", why);
    }
    if (!text_is_utf8(name)) {
        return fault_at(FAULT_SYNTAX, 0, "a name is UTF-8", why);
    }
    if (name.at[0] == '-' || name.at[0] == '.') {
        return fault_at(FAULT_SYNTAX, 0, "a name does not begin with - or .", why);
    }
    if (name.at[0] == ' ' || name.at[name.len - 1] == ' ') {
        return fault_at(FAULT_SYNTAX, 0, "a name has no space at its ends", why);
    }
    while (in.rest.len > 0) {
        const size_t offset = in.offset;

        if (is_barred(text_next(&in))) {
            return fault_at(FAULT_SYNTAX, offset,
                            "a name has no comma, =, /, \\, quote or control character", why);
        }
    }
    if (person_name_is_alike(name, span_text(taken))) {
        return fault_at(FAULT_SYNTAX, 0, "p12 is no name: it stands for a passphrase", why);
    }
    return FAULT_NONE;
}

bool person_name_is_alike(struct span a, struct span b)
{
    struct cursor left = cursor_over(a), right = cursor_over(b);

    while (left.rest.len > 0 && right.rest.len > 0) {
        if (text_fold(text_next(&left)) != text_fold(text_next(&right))) {
            return false;
        }
    }
    return left.rest.len == 0 && right.rest.len == 0;
}
