#ifndef DIRECTORY_URL_H
#define DIRECTORY_URL_H

#include <stdbool.h>

#include "base/fault.h"

/*
 * An LDAP URL (RFC 4516): which server, and what of it.
 *
 *     ldaps://ldap.example.org:636/ou=People,dc=example,dc=org??sub?(mail=*)
 *     ldapi://%2Frun%2Fslapd%2Fldapi/dc=example,dc=org
 *
 * A URL without a scope means the subtree, as with ldapsearch (RFC 4516, section 2, would say
 * base). Its list of attributes is ignored: what is read depends on what is asked.
 */
enum directory_scheme { DIRECTORY_LDAP, DIRECTORY_LDAPS, DIRECTORY_LDAPI };

enum directory_scope { DIRECTORY_BASE, DIRECTORY_ONE, DIRECTORY_SUBTREE };

struct directory_url {
    enum directory_scheme scheme;
    char *host; /* of ldapi the path of the socket; never empty */
    int port;   /* 0 for ldapi */
    char *base; /* empty: not said */
    enum directory_scope scope;
    char *filter; /* NULL: not said */
};

/* True when `text` begins as an LDAP URL does. */
bool directory_is_url(const char *text);

/*
 * Loads libldap (directory/library.h), which connecting and searching rely on.
 *
 * FAULT_SYNTAX    no LDAP URL, or one with a user or password, or a critical extension, in it
 * FAULT_RESOURCE  memory; libldap cannot be loaded
 */
MUST_USE enum fault directory_url_parse(const char *text, struct directory_url *out,
                                        struct why *why);

void directory_url_clear(struct directory_url *url);

/*
 * `text` as it may be shown: without what stands before an `@` in the host, which would be a name
 * and a password. NULL without memory; the caller frees it.
 */
char *directory_url_public(const char *text);

/* True when both name the same server, by the same scheme. */
bool directory_url_same_server(const struct directory_url *a, const struct directory_url *b);

/* The start of a URL for libldap: `ldaps://host:636`. NULL without memory; the caller frees it. */
char *directory_url_server(const struct directory_url *url);

#endif
