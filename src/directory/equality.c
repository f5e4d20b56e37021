#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ldap.h>

#include "base/ascii.h"
#include "directory/asking.h"
#include "directory/modify.h"
#include "directory/patience.h"
#include "directory/schema.h"

/* What the thread that asks works with; it belongs to it, where it does not come back. */
struct equality {
    struct directory *directory;
    char *const *names;
    bool *lacks;
    enum fault fault;
    struct why why;
};

/* The first value of an attribute, to be freed; NULL when there is none. */
static char *first_value(LDAP *ld, LDAPMessage *entry, const char *name)
{
    struct berval **values = ldap_get_values_len(ld, entry, name);
    char *copy =
        values != NULL && values[0] != NULL ? strndup(values[0]->bv_val, values[0]->bv_len) : NULL;

    if (values != NULL) {
        ldap_value_free_len(values);
    }
    return copy;
}

static bool has_value(LDAP *ld, LDAPMessage *entry, const char *name, const char *wanted)
{
    struct berval **values = ldap_get_values_len(ld, entry, name);
    bool has = false;

    for (size_t i = 0; values != NULL && values[i] != NULL; i++) {
        has |= ascii_equal_nocase(span_of(values[i]->bv_val, values[i]->bv_len), span_text(wanted));
    }
    if (values != NULL) {
        ldap_value_free_len(values);
    }
    return has;
}

/* Reads one entry; the answer has to be freed. */
static int read_one(struct directory *directory, const char *dn, const char *filter,
                    const char *const *attributes, LDAPMessage **answer, LDAPMessage **entry)
{
    struct timeval limit = {.tv_sec = (time_t)directory->options->timeout_s};
    int code = ldap_search_ext_s(directory->ld, dn, LDAP_SCOPE_BASE, filter,
                                 (char **)(uintptr_t)attributes, 0, NULL, NULL, &limit, 0, answer);

    if (code != LDAP_SERVER_DOWN && code != LDAP_TIMEOUT) {
        directory_note_answer(directory);
    }
    *entry = code == LDAP_SUCCESS ? ldap_first_entry(directory->ld, *answer) : NULL;
    return code;
}

/* What the schema that ships with OpenLDAP says; RFC 2798, 2.8, gives it no rule. */
static bool lacks_usually(const char *name)
{
    return strcasecmp(name, "userSMIMECertificate") == 0;
}

static void look_up(const struct equality *e, LDAPMessage *entry)
{
    struct berval **types =
        entry != NULL ? ldap_get_values_len(e->directory->ld, entry, "attributeTypes") : NULL;

    for (size_t i = 0; e->names[i] != NULL; i++) {
        e->lacks[i] = lacks_usually(e->names[i]);
        for (size_t j = 0; types != NULL && types[j] != NULL; j++) {
            struct span definition = span_of(types[j]->bv_val, types[j]->bv_len);
            bool comparable;

            if (schema_describes(definition, span_text(e->names[i]), &comparable)) {
                e->lacks[i] = !comparable;
                break;
            }
        }
    }
    if (types != NULL) {
        ldap_value_free_len(types);
    }
}

static int ask(struct equality *e)
{
    static const char *const root[] = {"objectClass", "subschemaSubentry", NULL};
    static const char *const types[] = {"attributeTypes", NULL};
    LDAPMessage *answer = NULL, *entry = NULL;
    char *schema = NULL;
    bool openldap = false;
    int code = read_one(e->directory, "", "(objectClass=*)", root, &answer, &entry);

    if (entry != NULL) {
        openldap = has_value(e->directory->ld, entry, "objectClass", "OpenLDAProotDSE");
        schema = first_value(e->directory->ld, entry, "subschemaSubentry");
    }
    (void)ldap_msgfree(answer);
    answer = entry = NULL;
    if (openldap) {
        if (schema != NULL) {
            code =
                read_one(e->directory, schema, "(objectClass=subschema)", types, &answer, &entry);
        }
        look_up(e, entry);
        (void)ldap_msgfree(answer);
    }
    free(schema);
    return code;
}

static void work(void *context)
{
    struct equality *e = context;
    int code = e->directory->ld != NULL ? ask(e) : LDAP_SERVER_DOWN;

    if (code == LDAP_SERVER_DOWN || code == LDAP_TIMEOUT) {
        e->fault = directory_refused(e->directory, "schema", code, NULL, &e->why);
    }
}

static void equality_free(struct equality *e)
{
    for (size_t i = 0; e->names != NULL && e->names[i] != NULL; i++) {
        free(e->names[i]);
    }
    free((void *)(uintptr_t)e->names);
    free(e->lacks);
    free(e);
}

static struct equality *equality_new(struct directory *directory, const char *const *names,
                                     size_t count)
{
    struct equality *e = calloc(1, sizeof(*e));
    char **copies = calloc(count + 1, sizeof(*copies));

    if (e == NULL) {
        free((void *)copies);
        return NULL;
    }
    e->directory = directory;
    e->names = copies;
    e->lacks = calloc(count + 1, sizeof(*e->lacks));
    for (size_t i = 0; copies != NULL && i < count; i++) {
        copies[i] = strdup(names[i]);
        if (copies[i] == NULL) {
            break;
        }
    }
    if (copies == NULL || e->lacks == NULL || (count > 0 && copies[count - 1] == NULL)) {
        equality_free(e);
        return NULL;
    }
    return e;
}

enum fault directory_lacks_equality(struct directory *directory, const char *const *names,
                                    bool *lacks, struct why *why)
{
    size_t count = 0;
    struct equality *e;
    enum fault fault;

    while (names[count] != NULL) {
        count++;
    }
    e = directory->stuck ? NULL : equality_new(directory, names, count);
    if (e == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory, or of time", why);
    }
    switch (patience_run(directory, work, e)) {
    case PATIENCE_DONE:
        break;
    case PATIENCE_LOST:
        directory->stuck = true;
        return fault_at(FAULT_RESOURCE, 0, "no answer in time (--timeout waits longer)", why);
    case PATIENCE_NO_THREAD:
        e->fault = fault_at(FAULT_RESOURCE, 0, "no thread is to be had", &e->why);
        break;
    }
    fault = e->fault;
    if (fault == FAULT_NONE) {
        memcpy(lacks, e->lacks, count * sizeof(*lacks));
    } else {
        *why = e->why;
    }
    equality_free(e);
    return fault;
}
