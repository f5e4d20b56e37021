#include "directory/removing.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <ldap.h>

/* Values that come in ranges (`;range=0-1499`) are not all there: what is not seen may be. */
static bool matches(const char *name, struct span got, bool *partial)
{
    static const char range[] = ";range=";
    size_t length = strlen(name);

    if (got.len < length || strncasecmp(name, (const char *)got.at, length) != 0) {
        return false;
    }
    *partial = got.len > length + strlen(range) &&
               strncasecmp((const char *)got.at + length, range, strlen(range)) == 0;
    return got.len == length || *partial;
}

/* Marks which values the entry has of one attribute. */
static void mark(struct removing *r, struct span name, const struct berval *values)
{
    for (; values != NULL && values->bv_val != NULL; values++) {
        bool told = false, whole = false, partial;

        for (size_t i = 0; i < r->count; i++) {
            if (matches(r->items[i].name, name, &partial)) {
                bool same = span_equal(r->items[i].bytes, span_of(values->bv_val, values->bv_len));

                r->items[i].present |= same || partial;
                whole |= r->items[i].whole;
                told |= same;
            }
        }
        r->surplus |= whole && !told;
    }
}

static void note_version(struct removing *r, LDAPMessage *entry)
{
    struct berval **version = ldap_get_values_len(r->directory->ld, entry, "entryCSN");
    size_t length = version != NULL && version[0] != NULL ? version[0]->bv_len : 0;

    r->version[0] = '\0';
    if (length > 0 && length < REMOVING_FILTER_SIZE - 16 &&
        strcspn(version[0]->bv_val, "()*\\") == length) {
        (void)snprintf(r->version, sizeof(r->version), "(entryCSN=%.*s)", (int)length,
                       version[0]->bv_val);
    }
    if (version != NULL) {
        ldap_value_free_len(version);
    }
}

static int take_entry(struct removing *r, LDAPMessage *entry)
{
    LDAP *ld = r->directory->ld;
    BerElement *in = NULL;
    struct berval dn, name = {0}, *values = NULL;
    int code = ldap_get_dn_ber(ld, entry, &in, &dn);

    while (code == LDAP_SUCCESS) {
        code = ldap_get_attribute_ber(ld, entry, in, &name, &values);
        if (code == LDAP_SUCCESS && name.bv_val == NULL) {
            break;
        }
        if (code == LDAP_SUCCESS) {
            mark(r, span_of(name.bv_val, name.bv_len), values);
            ldap_memfree(values);
        }
    }
    ber_free(in, 0);
    note_version(r, entry);
    return code;
}

/* The names of the attributes, each once, and the version; NULL without memory. */
static char **names_to_read(struct removing *r)
{
    static char version[] = "entryCSN";
    char **names = arena_take_array(&r->arena, r->count + 2, sizeof(*names));
    size_t n = 0;

    for (size_t i = 0; names != NULL && i < r->count; i++) {
        if (n == 0 || strcasecmp(names[n - 1], r->items[i].name) != 0) {
            names[n++] = r->items[i].name;
        }
    }
    if (names != NULL) {
        names[n] = version;
        names[n + 1] = NULL;
    }
    return names;
}

int removing_read(struct removing *r)
{
    struct timeval limit = {.tv_sec = (time_t)r->directory->options->timeout_s};
    LDAPMessage *answer = NULL, *entry;
    char **names = names_to_read(r);
    int code = LDAP_NO_MEMORY;

    for (size_t i = 0; i < r->count; i++) {
        r->items[i].present = false;
    }
    r->surplus = false;
    if (names != NULL) {
        code = ldap_search_ext_s(r->directory->ld, r->dn, LDAP_SCOPE_BASE, "(objectClass=*)", names,
                                 0, NULL, NULL, &limit, 0, &answer);
    }
    if (code != LDAP_SERVER_DOWN && code != LDAP_TIMEOUT) {
        directory_note_answer(r->directory);
    }
    if (code == LDAP_SUCCESS) {
        entry = ldap_first_entry(r->directory->ld, answer);
        code = entry != NULL ? take_entry(r, entry) : LDAP_NO_SUCH_OBJECT;
    }
    (void)ldap_msgfree(answer);
    return code;
}
