#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <ldap.h>

#include "base/buffer.h"
#include "base/text.h"
#include "directory/internal.h"

/* What each result means for the one who asked; RFC 4511, appendix A, and libldap's own. */
static const struct meaning {
    int code;
    enum fault fault;
    const char *what; /* and what to do */
} meanings[] = {
    {LDAP_SIZELIMIT_EXCEEDED, FAULT_LIMIT,
     "the server's size limit ended the search (bind as a user without a limit: -D, -y)"},
    {LDAP_TIMELIMIT_EXCEEDED, FAULT_LIMIT,
     "the server's time limit ended the search (bind as a user without a limit; an index on the "
     "attributes of the filter helps)"},
    {LDAP_ADMINLIMIT_EXCEEDED, FAULT_LIMIT,
     "a limit of the server ended the search (bind as a user without a limit; an index on the "
     "attributes of the filter, objectClass above all, helps)"},
    {LDAP_INVALID_CREDENTIALS, FAULT_DENIED,
     "the server refuses the name or the password (check -D and the password)"},
    {LDAP_INAPPROPRIATE_AUTH, FAULT_DENIED,
     "the server does not let this user bind in this way (check -D; -y or -W gives a password)"},
    {LDAP_INSUFFICIENT_ACCESS, FAULT_DENIED,
     "this user may not do that (bind as one who may: -D, -y)"},
    {LDAP_STRONG_AUTH_REQUIRED, FAULT_DENIED,
     "the server wants a protected connection (ldaps://, -ZZ, or -Y GSSAPI)"},
    {LDAP_CONFIDENTIALITY_REQUIRED, FAULT_DENIED,
     "the server wants a protected connection (ldaps:// or -ZZ)"},
    {LDAP_UNWILLING_TO_PERFORM, FAULT_DENIED, "the server is not willing to do that"},
    {LDAP_AUTH_METHOD_NOT_SUPPORTED, FAULT_DENIED,
     "the server does not know this way to bind (another -Y, or -D)"},
    {LDAP_NO_SUCH_OBJECT, FAULT_ABSENT,
     "the base of the search is not there (check the DN in the URL, and whether this user may see "
     "it)"},
    {LDAP_INVALID_DN_SYNTAX, FAULT_ABSENT, "a DN that cannot be read (check the URL, and -D)"},
    {LDAP_NO_SUCH_ATTRIBUTE, FAULT_DENIED, "the server does not find a value that it shows"},
    {LDAP_INAPPROPRIATE_MATCHING, FAULT_DENIED,
     "the server has no equality rule for the attribute, and removes no single value of it"},
    {LDAP_REFERRAL, FAULT_ABSENT, "this part of the directory is on another server"},
    {LDAP_OPERATIONS_ERROR, FAULT_DENIED,
     "the server refuses the operation (Active Directory wants a bind first: -D, or -Y GSSAPI)"},
    {LDAP_BUSY, FAULT_RESOURCE, "the server is busy (try again later)"},
    {LDAP_UNAVAILABLE, FAULT_RESOURCE, "the server is shutting down or not ready (try again)"},
    {LDAP_SERVER_DOWN, FAULT_RESOURCE, "the connection was lost"},
    {LDAP_TIMEOUT, FAULT_RESOURCE, "no answer in time (--timeout waits longer)"},
    {LDAP_DECODING_ERROR, FAULT_SYNTAX, "what the server sends is no LDAP"},
    {LDAP_FILTER_ERROR, FAULT_SYNTAX, "the filter in the URL cannot be read (RFC 4515)"},
    {LDAP_NO_MEMORY, FAULT_RESOURCE, "out of memory"},
};

enum fault directory_say(struct directory *directory, enum fault fault, struct why *why,
                         const char *format, ...)
{
    struct buffer safe = buffer_with_max(MESSAGE_SIZE - 1);
    char text[MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    text_add_safe(&safe, span_text(text));
    memcpy(directory->message, safe.at, safe.len);
    directory->message[safe.len] = '\0';
    buffer_clear(&safe);
    return fault_at(fault, 0, directory->message, why);
}

/* A server's own words, as far as the first line; they help more than any of ours. */
static struct span first_line(const char *said)
{
    struct span line = span_text(said != NULL ? said : "");

    line.len = strcspn(said != NULL ? said : "", "\r\n");
    while (line.len > 0 && (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '.')) {
        line.len--;
    }
    return span_upto(line, MESSAGE_SIZE / 2);
}

enum fault directory_refused(struct directory *directory, const char *doing, int code,
                             const char *said, struct why *why)
{
    struct span words = first_line(said);
    const char *what = ldap_err2string(code);
    enum fault fault = FAULT_RESOURCE;

    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].code == code) {
            what = meanings[i].what;
            fault = meanings[i].fault;
        }
    }
    if (code < 0) { /* libldap's own numbers mean nothing to anybody */
        return directory_say(directory, fault, why, "%s: %s%s%.*s", doing, what,
                             words.len > 0 ? ": " : "", (int)words.len, (const char *)words.at);
    }
    return directory_say(directory, fault, why, "%s: %s [result %d%s%.*s]", doing, what, code,
                         words.len > 0 ? ": " : "", (int)words.len, (const char *)words.at);
}
