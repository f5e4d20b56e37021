#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ldap.h>

#include "base/buffer.h"
#include "directory/asking.h"

/* LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS, 3.1.1.3.4.3.1). */
static const char active_directory[] = "1.2.840.113556.1.4.800";

/* The request of content synchronization (RFC 4533, 2.2). */
static const char content_sync[] = "1.3.6.1.4.1.4203.1.9.1.1";

enum { FILTER_MAX = 4096 };

static char **copy_values(LDAP *ld, LDAPMessage *entry, const char *name)
{
    struct berval **values = ldap_get_values_len(ld, entry, name);
    int count = values != NULL ? ldap_count_values_len(values) : 0;
    char **copy = count > 0 ? calloc((size_t)count + 1, sizeof(*copy)) : NULL;
    int n = 0;

    for (int i = 0; copy != NULL && i < count; i++) {
        copy[n] = strndup(values[i]->bv_val, values[i]->bv_len);
        n += copy[n] != NULL && copy[n][0] != '\0';
    }
    ldap_value_free_len(values);
    return copy;
}

static void free_values(char **values)
{
    for (size_t i = 0; values != NULL && values[i] != NULL; i++) {
        free(values[i]);
    }
    free(values);
}

/* True when one of the values begins with this text. */
static bool has_value(LDAP *ld, LDAPMessage *entry, const char *name, const char *start)
{
    char **values = copy_values(ld, entry, name);
    bool has = false;

    for (size_t i = 0; values != NULL && values[i] != NULL; i++) {
        has |= strncmp(values[i], start, strlen(start)) == 0;
    }
    free_values(values);
    return has;
}

/* Its only value, to be freed; NULL when it has none. */
static char *first_value(LDAP *ld, LDAPMessage *entry, const char *name)
{
    char **values = copy_values(ld, entry, name);
    char *first = values != NULL && values[0] != NULL ? strdup(values[0]) : NULL;

    free_values(values);
    return first;
}

bool directory_read_root(struct directory *directory, struct directory_root *out)
{
    static const char *const attributes[] = {
        "namingContexts",   "defaultNamingContext", "supportedCapabilities",
        "supportedControl", "vendorVersion",        "highestCommittedUSN",
        "dsServiceName",    "currentTime",          NULL};
    struct timeval limit = {.tv_sec = (time_t)directory->options->timeout_s};
    struct directory_root root = {.read = true};
    LDAP *ld = directory->ld;
    LDAPMessage *answer = NULL, *entry = NULL;
    int code;

    code = ldap_search_ext_s(ld, "", LDAP_SCOPE_BASE, "(objectClass=*)",
                             (char **)(uintptr_t)attributes, 0, NULL, NULL, &limit, 0, &answer);
    if (code == LDAP_SUCCESS) {
        entry = ldap_first_entry(ld, answer);
    }
    directory_note_answer(directory);
    directory->spoken |= code >= 0; /* below are libldap's own */
    if (entry != NULL) {
        root.contexts = copy_values(ld, entry, "defaultNamingContext");
        if (root.contexts == NULL) {
            root.contexts = copy_values(ld, entry, "namingContexts");
        }
        root.active_directory = has_value(ld, entry, "supportedCapabilities", active_directory);
        root.content_sync = has_value(ld, entry, "supportedControl", content_sync);
        root.is_389 = has_value(ld, entry, "vendorVersion", "389-Directory/");
        root.usn = first_value(ld, entry, "highestCommittedUSN");
        root.service = first_value(ld, entry, "dsServiceName");
        root.time = first_value(ld, entry, "currentTime");
    }
    (void)ldap_msgfree(answer);
    *out = root;
    return code != LDAP_TIMEOUT;
}

void directory_root_clear(struct directory_root *root)
{
    free_values(root->contexts);
    free(root->usn);
    free(root->service);
    free(root->time);
    *root = (struct directory_root){0};
}

/* `(|(userCertificate=*)(…=*))`; names with options are left out: the plain one covers them. */
static void put_filter(struct buffer *out, const char *const *attributes)
{
    buffer_add_text(out, "(|");
    for (; *attributes != NULL; attributes++) {
        if (strchr(*attributes, ';') == NULL) {
            buffer_add_byte(out, '(');
            buffer_add_text(out, *attributes);
            buffer_add_text(out, "=*)");
        }
    }
    buffer_add_text(out, ")");
    buffer_add_byte(out, '\0');
}

/* True when an entry beneath `base` comes with one of the attributes. */
static bool shows_beneath(struct directory *directory, const char *base, const char *filter,
                          const char *const *attributes)
{
    /* Half of the time limit, so that whoever waits for us does not give up first. */
    struct timeval limit = {.tv_sec = (time_t)(directory->options->timeout_s + 1) / 2};
    LDAP *ld = directory->ld;
    LDAPMessage *answer = NULL;
    BerElement *in = NULL;
    bool shows = false;

    (void)ldap_search_ext_s(ld, base, LDAP_SCOPE_SUBTREE, filter, (char **)(uintptr_t)attributes, 1,
                            NULL, NULL, &limit, 1, &answer);
    directory_note_answer(directory);
    for (LDAPMessage *entry = answer != NULL ? ldap_first_entry(ld, answer) : NULL;
         entry != NULL && !shows; entry = ldap_next_entry(ld, entry)) {
        char *name = ldap_first_attribute(ld, entry, &in);

        shows = name != NULL;
        ldap_memfree(name);
        ber_free(in, 0);
        in = NULL;
    }
    (void)ldap_msgfree(answer);
    return shows;
}

/* True when `dn` lies in the context; spaces apart, which no server writes there. */
static bool is_within(const char *dn, const char *context)
{
    size_t length = strlen(dn), end = strlen(context);

    return length > end && strcasecmp(dn + length - end, context) == 0;
}

bool directory_shows(struct directory *directory, const char *const *attributes)
{
    struct buffer filter = buffer_with_max(FILTER_MAX);
    struct directory_root root = {0};
    const char *base = directory->url.base;
    bool shows = false;

    put_filter(&filter, attributes);
    if (filter.fault == FAULT_NONE && directory->ld != NULL) {
        shows =
            base[0] != '\0' && shows_beneath(directory, base, (const char *)filter.at, attributes);
        if (!shows) {
            (void)!directory_read_root(directory, &root);
        }
        for (size_t i = 0; !shows && root.contexts != NULL && root.contexts[i] != NULL; i++) {
            if (base[0] == '\0' || is_within(base, root.contexts[i])) {
                shows =
                    shows_beneath(directory, root.contexts[i], (const char *)filter.at, attributes);
            }
        }
    }
    directory_root_clear(&root);
    buffer_clear(&filter);
    return shows;
}
