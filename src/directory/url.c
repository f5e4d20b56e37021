#include "directory/url.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ldap.h>

#include "base/ascii.h"
#include "directory/library.h"

/* ldap://host/base?attributes?scope?filter */
enum { PART_SCOPE = 2, PART_FILTER = 3 };

/* Where Debian's slapd has its socket, and Debian's libldap looks for it. */
static const char usual_socket[] = "/var/run/slapd/ldapi";

static const struct scheme {
    const char *text;
    enum directory_scheme scheme;
    int port;
} schemes[] = {
    {"ldap://", DIRECTORY_LDAP, 389},
    {"ldaps://", DIRECTORY_LDAPS, 636},
    {"ldapi://", DIRECTORY_LDAPI, 0},
};

static const struct scheme *find_scheme(const char *text)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strncasecmp(text, schemes[i].text, strlen(schemes[i].text)) == 0) {
            return &schemes[i];
        }
    }
    return NULL;
}

bool directory_is_url(const char *text) { return find_scheme(text) != NULL; }

/* The part of `text` between `//` and the next `/` or `?`. */
static struct span authority_of(const char *text)
{
    const char *start = strstr(text, "//");

    return start == NULL ? (struct span){0} : span_of(start + 2, strcspn(start + 2, "/?"));
}

char *directory_url_public(const char *text)
{
    struct span authority = authority_of(text);
    const uint8_t *at = authority.len > 0 ? memrchr(authority.at, '@', authority.len) : NULL;
    char *copy = NULL;

    if (at == NULL || !directory_is_url(text)) {
        return strdup(text);
    }
    return asprintf(&copy, "%.*s%s", (int)((const char *)authority.at - text), text,
                    (const char *)at + 1) < 0
               ? NULL
               : copy;
}

static const char *reason_of(int code)
{
    static const struct {
        int code;
        const char *reason;
    } reasons[] = {
        {LDAP_URL_ERR_BADHOST, "an LDAP URL whose host or port cannot be read"},
        {LDAP_URL_ERR_BADURL, "an LDAP URL that cannot be read (a space, ? or % in it is written "
                              "%20, %3F, %25)"},
        {LDAP_URL_ERR_BADSCOPE, "RFC 4516: the scope of an LDAP URL is base, one or sub"},
        {LDAP_URL_ERR_BADFILTER, "an LDAP URL whose filter cannot be read"},
        {LDAP_URL_ERR_BADEXTS, "an LDAP URL whose extensions cannot be read"},
        {LDAP_URL_ERR_MEM, "out of memory"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].code == code) {
            return reasons[i].reason;
        }
    }
    return "no LDAP URL (RFC 4516: ldap://host/base?attributes?scope?filter)";
}

static enum directory_scope scope_of(int scope)
{
    switch (scope) {
    case LDAP_SCOPE_BASE:
        return DIRECTORY_BASE;
    case LDAP_SCOPE_ONELEVEL:
        return DIRECTORY_ONE;
    default:
        return DIRECTORY_SUBTREE;
    }
}

/* True when something stands behind the `n`th question mark: libldap fills in what does not. */
static bool says_part(const char *text, int n)
{
    for (; n > 0 && text != NULL; n--) {
        text = strchr(text, '?');
        text = text != NULL ? text + 1 : NULL;
    }
    return text != NULL && *text != '\0' && *text != '?';
}

static enum fault take_parts(const LDAPURLDesc *parts, const char *text,
                             const struct scheme *scheme, struct directory_url *out,
                             struct why *why)
{
    bool has_host = parts->lud_host != NULL && parts->lud_host[0] != '\0';
    bool has_filter = says_part(text, PART_FILTER) && parts->lud_filter != NULL;

    *out = (struct directory_url){
        .scheme = scheme->scheme,
        .host = strdup(has_host                            ? parts->lud_host
                       : scheme->scheme == DIRECTORY_LDAPI ? usual_socket
                                                           : "localhost"),
        .port = parts->lud_port > 0 && scheme->port > 0 ? parts->lud_port : scheme->port,
        .base = strdup(parts->lud_dn != NULL ? parts->lud_dn : ""),
        .scope = says_part(text, PART_SCOPE) ? scope_of(parts->lud_scope) : DIRECTORY_SUBTREE,
        .filter = has_filter ? strdup(parts->lud_filter) : NULL,
    };
    if (out->host == NULL || out->base == NULL || (has_filter && out->filter == NULL)) {
        directory_url_clear(out);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    return FAULT_NONE;
}

/* libldap takes a broken escape as it is. */
static bool has_broken_escape(const char *text)
{
    for (text = strchr(text, '%'); text != NULL; text = strchr(text + 1, '%')) {
        if (!ascii_is_hex((uint8_t)text[1]) || !ascii_is_hex((uint8_t)text[2])) {
            return true;
        }
    }
    return false;
}

enum fault directory_url_parse(const char *text, struct directory_url *out, struct why *why)
{
    const struct scheme *scheme = find_scheme(text);
    struct span authority = authority_of(text);
    LDAPURLDesc *parts = NULL;
    size_t at;
    int code;
    enum fault fault;

    if (scheme == NULL) {
        return fault_at(FAULT_SYNTAX, 0, reason_of(LDAP_URL_ERR_BADSCHEME), why);
    }
    if (span_find(authority, '@', &at)) {
        return fault_at(FAULT_SYNTAX, 0,
                        "RFC 4516: no name or password stands in an LDAP URL (use -D and -y FILE)",
                        why);
    }
    fault = library_load(why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    code = has_broken_escape(text) ? LDAP_URL_ERR_BADURL : ldap_url_parse(text, &parts);
    if (code != LDAP_URL_SUCCESS) {
        return fault_at(code == LDAP_URL_ERR_MEM ? FAULT_RESOURCE : FAULT_SYNTAX, 0,
                        reason_of(code), why);
    }
    if (parts->lud_port < 0 || parts->lud_port > UINT16_MAX) {
        fault = fault_at(FAULT_SYNTAX, 0, reason_of(LDAP_URL_ERR_BADHOST), why);
    } else if (parts->lud_crit_exts > 0) {
        fault =
            fault_at(FAULT_SYNTAX, 0,
                     "RFC 4516: a critical extension in the LDAP URL that is not known here", why);
    } else if (parts->lud_next != NULL) {
        fault = fault_at(FAULT_SYNTAX, 0, "several LDAP URLs in one: name each by itself", why);
    } else {
        fault = take_parts(parts, text, scheme, out, why);
    }
    ldap_free_urldesc(parts);
    return fault;
}

void directory_url_clear(struct directory_url *url)
{
    if (url != NULL) {
        free(url->host);
        free(url->base);
        free(url->filter);
        *url = (struct directory_url){0};
    }
}

bool directory_url_same_server(const struct directory_url *a, const struct directory_url *b)
{
    return a->scheme == b->scheme && a->port == b->port && strcasecmp(a->host, b->host) == 0;
}

char *directory_url_server(const struct directory_url *url)
{
    bool is_ip6 = strchr(url->host, ':') != NULL;
    char *text = NULL;
    int n;

    if (url->scheme == DIRECTORY_LDAPI) {
        return strdup("ldapi://");
    }
    n = asprintf(&text, "%s://%s%s%s:%d", url->scheme == DIRECTORY_LDAPS ? "ldaps" : "ldap",
                 is_ip6 ? "[" : "", url->host, is_ip6 ? "]" : "", url->port);
    return n < 0 ? NULL : text;
}
