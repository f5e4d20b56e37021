#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>

#include "base/ascii.h"
#include "directory/asking.h"

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

static enum fault hand_values(struct asking *asking, const char *name, const struct berval *values)
{
    enum fault fault = FAULT_NONE;

    for (; values != NULL && values->bv_val != NULL && fault == FAULT_NONE; values++) {
        fault = asking->sink->value(asking->sink->context, span_text(name), span_of_bv(values));
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
    struct berval dn, name = {0}, *values = NULL;
    struct ranged range = {0};
    enum fault fault;
    bool follows = false;

    if (entry == NULL || ldap_get_dn_ber(ld, entry, &in, &dn) != LDAP_SUCCESS) {
        return fault_at(FAULT_SYNTAX, 0, "the server does not answer for the rest of a range", why);
    }
    while (!follows && ldap_get_attribute_ber(ld, entry, in, &name, &values) == LDAP_SUCCESS &&
           name.bv_val != NULL) {
        follows = parse_name(span_of_bv(&name), &range) && range.has_range &&
                  range.from == had->next && strcasecmp(range.name, had->name) == 0;
        if (!follows) {
            ldap_memfree(values);
            values = NULL;
        }
    }
    ber_free(in, 0);
    if (!follows) {
        return fault_at(FAULT_SYNTAX, 0,
                        "the server's ranges of one attribute do not follow each "
                        "other",
                        why);
    }
    fault = hand_values(asking, had->name, values);
    ldap_memfree(values);
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

static enum fault hand_attributes(struct asking *asking, LDAPMessage *entry, BerElement *in,
                                  const struct berval *dn, struct why *why)
{
    LDAP *ld = asking->directory->ld;
    enum fault fault = FAULT_NONE;

    while (fault == FAULT_NONE) {
        struct berval name = {0}, *values = NULL;
        struct ranged range;

        if (ldap_get_attribute_ber(ld, entry, in, &name, &values) != LDAP_SUCCESS) {
            return fault_at(FAULT_SYNTAX, 0, "an entry that is no LDAP", why);
        }
        if (name.bv_val == NULL) {
            return FAULT_NONE;
        }
        if (!parse_name(span_of_bv(&name), &range)) {
            fault = fault_at(FAULT_SYNTAX, 0, "an attribute's name that cannot be read", why);
        } else {
            fault = hand_values(asking, range.name, values);
        }
        ldap_memfree(values);
        if (fault == FAULT_NONE && range.has_range && !range.last) {
            fault = fetch_ranges(asking, dn, &range, why);
        }
    }
    return fault;
}

static enum fault hand_entry(struct asking *asking, LDAPMessage *entry, BerElement *in,
                             const struct berval *dn, struct why *why)
{
    const struct directory_sink *sink = asking->sink;
    enum fault fault = sink->begin(sink->context, span_of_bv(dn));

    if (fault == FAULT_NONE) {
        fault = hand_attributes(asking, entry, in, dn, why);
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
static enum fault take(struct asking *asking, LDAPMessage *entry, BerElement *in,
                       const struct berval *dn, struct why *why)
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
        enum fault fault = hand_entry(asking, entry, in, dn, why);

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
    fault = take(asking, message, in, &dn, why);
    ber_free(in, 0);
    return fault;
}
