#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>

#include "base/ascii.h"
#include "directory/asking.h"
#include "directory/element.h"

enum { NAME_MAX_BYTES = 256 };

/* FNV-1a: it tells apart what no one has made alike on purpose. */
static uint64_t digest_of(struct span bytes)
{
    uint64_t digest = 14695981039346656037U;

    for (size_t i = 0; i < bytes.len; i++) {
        digest = (digest ^ bytes.at[i]) * 1099511628211U;
    }
    return digest;
}

static struct span span_of_bv(const struct berval *value)
{
    return span_of(value->bv_val, value->bv_len);
}

/* An attribute's name, and which of its values came (Active Directory's `;range=0-1499`). */
struct ranged {
    char name[NAME_MAX_BYTES]; /* without the range */
    bool has_range;
    bool last; /* nothing follows it */
    unsigned long from, next;
};

static struct span next_option(struct span *rest)
{
    size_t end;
    struct span option = span_find(*rest, ';', &end) ? span_upto(*rest, end) : *rest;

    *rest = span_from(*rest, option.len + 1);
    return option;
}

/* `0-1499` or `1500-*`. */
static bool parse_range(struct span text, struct ranged *out)
{
    char copy[64];
    char *end;

    if (text.len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    errno = 0;
    out->from = strtoul(copy, &end, 10);
    if (errno != 0 || end == copy || *end != '-') {
        return false;
    }
    out->has_range = true;
    out->last = strcmp(end + 1, "*") == 0;
    if (!out->last) {
        char *last = end + 1;

        out->next = strtoul(last, &end, 10) + 1;
        return errno == 0 && end != last && *end == '\0' && out->next > out->from;
    }
    return true;
}

/* Takes a name apart; false when it is too long or its range cannot be read. */
static bool parse_name(struct span name, struct ranged *out)
{
    static const char range[] = "range=";
    size_t length = 0;

    *out = (struct ranged){0};
    if (name.len >= sizeof(out->name)) {
        return false;
    }
    while (name.len > 0) {
        struct span option = next_option(&name);

        if (ascii_starts_nocase(option, span_text(range))) {
            if (!parse_range(span_from(option, strlen(range)), out)) {
                return false;
            }
            continue;
        }
        if (length > 0) {
            out->name[length++] = ';';
        }
        memcpy(out->name + length, option.at, option.len);
        length += option.len;
    }
    return length > 0;
}

static const char no_ldap[] = "an entry that is no LDAP";
static const char nameless[] = "an attribute's name that cannot be read";

/*
 * Takes the next attribute off an entry, as it lies in the message: what libldap has for it makes a
 * list of values in memory of its own. FAULT_ABSENT at the end.
 */
static enum fault next_attribute(BerElement *in, struct span *name, struct cursor *values)
{
    struct berval body = {0};
    ber_len_t left = 0;

    (void)ber_get_option(in, LBER_OPT_BER_REMAINING_BYTES, &left);
    if (left == 0) {
        return FAULT_ABSENT;
    }
    return ber_skip_element(in, &body) == ELEMENT_SEQUENCE &&
                   element_open_attribute(span_of_bv(&body), name, values)
               ? FAULT_NONE
               : FAULT_SYNTAX;
}

static enum fault hand_values(struct asking *asking, struct span name, struct cursor values,
                              struct why *why)
{
    enum fault fault = FAULT_NONE;
    struct span value;

    while (values.rest.len > 0 && fault == FAULT_NONE) {
        if (!element_take_tagged(&values, ELEMENT_OCTETS, &value)) {
            return fault_at(FAULT_SYNTAX, 0, no_ldap, why);
        }
        fault = asking->sink->value(asking->sink->context, name, value);
    }
    return fault;
}

/* Asks for the next range of the values; the answer has to be freed. */
static int ask_range(struct asking *asking, const char *dn, const struct ranged *had,
                     LDAPMessage **out)
{
    LDAP *ld = asking->directory->ld;
    char wanted[NAME_MAX_BYTES + 32];
    char *attributes[] = {wanted, NULL};
    struct timeval limit = {.tv_sec = (time_t)asking->directory->options->timeout_s};
    int code;

    (void)snprintf(wanted, sizeof(wanted), "%s;range=%lu-*", had->name, had->next);
    code = ldap_search_ext_s(ld, dn, LDAP_SCOPE_BASE, "(objectClass=*)", attributes, 0, NULL, NULL,
                             &limit, 0, out);
    directory_note_answer(asking->directory);
    return code;
}

/* Takes the values of the one attribute that was asked for; `*had` moves on to their range. */
static enum fault take_range(struct asking *asking, LDAPMessage *answer, struct ranged *had,
                             struct why *why)
{
    LDAP *ld = asking->directory->ld;
    LDAPMessage *entry = ldap_first_entry(ld, answer);
    BerElement *in = NULL;
    struct berval dn;
    struct cursor values = {0};
    struct ranged range = {0};
    struct span name;
    enum fault fault;
    bool follows = false;

    if (entry == NULL || ldap_get_dn_ber(ld, entry, &in, &dn) != LDAP_SUCCESS) {
        return fault_at(FAULT_SYNTAX, 0, "the server does not answer for the rest of a range", why);
    }
    while (!follows && next_attribute(in, &name, &values) == FAULT_NONE) {
        follows = parse_name(name, &range) && range.has_range && range.from == had->next &&
                  strcasecmp(range.name, had->name) == 0;
    }
    ber_free(in, 0);
    if (!follows) {
        return fault_at(FAULT_SYNTAX, 0,
                        "the server's ranges of one attribute do not follow each "
                        "other",
                        why);
    }
    fault = hand_values(asking, span_text(had->name), values, why);
    *had = range;
    return fault;
}

static enum fault fetch_ranges(struct asking *asking, const struct berval *dn, struct ranged *had,
                               struct why *why)
{
    char *name = strndup(dn->bv_val, dn->bv_len);
    enum fault fault = FAULT_NONE;

    if (name == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    while (fault == FAULT_NONE && !had->last) {
        LDAPMessage *answer = NULL;
        int code = ask_range(asking, name, had, &answer);

        asking->lost = code == LDAP_SERVER_DOWN;
        fault = code == LDAP_SUCCESS
                    ? take_range(asking, answer, had, why)
                    : directory_refused(asking->directory, "the rest of a range of values", code,
                                        NULL, why);
        (void)ldap_msgfree(answer);
    }
    free(name);
    return fault;
}

/* An attribute whose name has options, among them perhaps a range. */
static enum fault hand_optioned(struct asking *asking, const struct berval *dn, struct span name,
                                struct cursor values, struct why *why)
{
    struct ranged range;
    enum fault fault;

    if (!parse_name(name, &range)) {
        return fault_at(FAULT_SYNTAX, 0, nameless, why);
    }
    fault = hand_values(asking, span_text(range.name), values, why);
    if (fault == FAULT_NONE && range.has_range && !range.last) {
        fault = fetch_ranges(asking, dn, &range, why);
    }
    return fault;
}

static enum fault hand_attributes(struct asking *asking, BerElement *in, const struct berval *dn,
                                  struct why *why)
{
    struct span name;
    struct cursor values;
    size_t semicolon;
    enum fault fault;

    while ((fault = next_attribute(in, &name, &values)) == FAULT_NONE) {
        if (span_find(name, ';', &semicolon)) {
            fault = hand_optioned(asking, dn, name, values, why);
        } else if (name.len == 0 || name.len >= NAME_MAX_BYTES) {
            fault = fault_at(FAULT_SYNTAX, 0, nameless, why);
        } else {
            fault = hand_values(asking, name, values, why);
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault_at(fault, 0, no_ldap, why);
}

static enum fault hand_entry(struct asking *asking, BerElement *in, const struct berval *dn,
                             struct why *why)
{
    const struct directory_sink *sink = asking->sink;
    enum fault fault = sink->begin(sink->context, span_of_bv(dn));

    if (fault == FAULT_NONE) {
        fault = hand_attributes(asking, in, dn, why);
    }
    if (fault == FAULT_NONE) {
        fault = sink->end(sink->context);
    }
    if (fault == FAULT_NONE) {
        asking->found->entries++;
    }
    return fault;
}

static void keep_dn(struct asking *asking, struct span dn)
{
    size_t length = dn.len < sizeof(asking->last_dn) ? dn.len : sizeof(asking->last_dn) - 1;

    if (length > 0) {
        memcpy(asking->last_dn, dn.at, length);
    }
    asking->last_dn[length] = '\0';
}

/* Hands the entry over, or passes over it where an earlier pass has done so. */
static enum fault take(struct asking *asking, BerElement *in, const struct berval *dn,
                       struct why *why)
{
    uint64_t digest = digest_of(span_of_bv(dn));
    uint64_t seen_digest = asking->seen_digest * 31 + digest;

    if (!asking->page_begun && repeat_begins(&asking->repeat, digest)) {
        return fault_at(FAULT_LIMIT, 0,
                        "search: the server sends the same page again and again (what came before "
                        "is right)",
                        why);
    }
    asking->page_begun = true;
    if (asking->seen >= asking->handed) {
        enum fault fault = hand_entry(asking, in, dn, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
    } else if (asking->seen + 1 == asking->handed && seen_digest != asking->handed_digest) {
        return fault_at(FAULT_LIMIT, 0,
                        "search: the connection was lost, and the search taken up again brings "
                        "other entries (run it again when the directory is quiet)",
                        why);
    }
    asking->seen++;
    asking->seen_digest = seen_digest;
    keep_dn(asking, span_of_bv(dn));
    return FAULT_NONE;
}

enum fault asking_take_entry(struct asking *asking, void *message, struct why *why)
{
    BerElement *in = NULL;
    struct berval dn = {0};
    enum fault fault;

    if (ldap_get_dn_ber(asking->directory->ld, message, &in, &dn) != LDAP_SUCCESS) {
        return fault_at(FAULT_SYNTAX, 0, "search: an entry that is no LDAP", why);
    }
    fault = take(asking, in, &dn, why);
    ber_free(in, 0);
    return fault;
}
