#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ldap.h>

#include "directory/syncing.h"

/*
 * Every change that a domain controller writes gets the next number of its own, and the object
 * shows it as uSNChanged (MS-ADTS, 3.1.1.1.9). So a cookie is which controller, which life of its
 * database (invocationId: another one after it was restored from a backup), the number, and the
 * day, since deleted objects are told of for some months only.
 */
enum {
    FILTER_EXTRA = 96,
    /* Deleted objects may be forgotten after 60 days (tombstoneLifetime where it is not set). */
    DELETED_DAYS = 45,
};

/* Who the controller is: `service invocationId`, both as hexadecimal or text without spaces. */
static enum fault put_controller(struct syncing *syncing, struct buffer *out, struct why *why)
{
    static const char *const names[] = {"invocationId", NULL};
    struct directory *directory = syncing->directory;
    struct berval **values = NULL;
    struct timeval limit = {.tv_sec = (time_t)directory->options->timeout_s};
    LDAPMessage *answer = NULL, *entry = NULL;

    if (syncing->root.usn == NULL || syncing->root.service == NULL) {
        return fault_at(FAULT_ABSENT, 0, "the server does not tell how far its changes are", why);
    }
    if (ldap_search_ext_s(directory->ld, syncing->root.service, LDAP_SCOPE_BASE, "(objectClass=*)",
                          (char **)(uintptr_t)names, 0, NULL, NULL, &limit, 0,
                          &answer) == LDAP_SUCCESS) {
        entry = ldap_first_entry(directory->ld, answer);
    }
    directory_note_answer(directory);
    if (entry != NULL) {
        values = ldap_get_values_len(directory->ld, entry, names[0]);
    }
    if (values != NULL && values[0] != NULL) {
        buffer_add_hex(out, span_of(values[0]->bv_val, values[0]->bv_len));
    }
    buffer_add_byte(out, ' ');
    buffer_add_text(out, syncing->root.service);
    ldap_value_free_len(values);
    (void)ldap_msgfree(answer);
    return out->fault == FAULT_NONE
               ? FAULT_NONE
               : fault_at(FAULT_LIMIT, 0, "the controller's name is too long", why);
}

/* A number of so many digits; 0 where they are none. */
static unsigned long digits(const char *text, size_t count)
{
    unsigned long number = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
        number = number * 10 + (unsigned long)(text[i] - '0');
    }
    return number;
}

/* The day that a time like 20261125154500.0Z names, in months of 31 days; 0: none. */
static unsigned long day_of(const char *time)
{
    if (time == NULL || strlen(time) < 8) {
        return 0;
    }
    return (digits(time, 4) * 12 + digits(time + 4, 2)) * 31 + digits(time + 6, 2);
}

/* The server's own part of a cookie, taken apart. */
struct usn_cookie {
    unsigned long long usn, day;
    struct span controller;
};

/* Takes a number and the space behind it. */
static bool take_number(struct cursor *in, unsigned long long *out)
{
    char text[24];
    char *end;
    size_t length;
    struct span number;

    if (!span_find(in->rest, ' ', &length) || length == 0 || length >= sizeof(text) ||
        !cursor_take(in, length, &number) || !cursor_step(in, ' ')) {
        return false;
    }
    memcpy(text, number.at, length);
    text[length] = '\0';
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool parse_cookie(struct span text, struct usn_cookie *out)
{
    struct cursor in = cursor_over(text);

    if (!take_number(&in, &out->usn) || !take_number(&in, &out->day)) {
        return false;
    }
    out->controller = in.rest;
    return true;
}

static char *filter_since(const char *inner, unsigned long long usn)
{
    char *filter = NULL;

    return asprintf(&filter, "(&(uSNChanged>=%llu)%s)", usn + 1, inner) < 0 ? NULL : filter;
}

/*
 * True when this user may look at deleted objects: their container shows its class to those who may
 * list it (the right to read and the right to list stand in one entry of its access list).
 */
static bool sees_deleted(struct syncing *syncing)
{
    static const char *const names[] = {"objectClass", NULL};
    struct directory *directory = syncing->directory;
    struct timeval limit = {.tv_sec = (time_t)directory->options->timeout_s};
    LDAPControl deleted = {.ldctl_oid = (char *)(uintptr_t)ASKING_SHOW_DELETED,
                           .ldctl_iscritical = 1};
    LDAPControl *controls[] = {&deleted, NULL};
    LDAPMessage *answer = NULL, *entry = NULL;
    BerElement *in = NULL;
    char *base = NULL, *name = NULL;

    if (asprintf(&base, "CN=Deleted Objects,%s", syncing->root.contexts[0]) < 0) {
        return false;
    }
    if (ldap_search_ext_s(directory->ld, base, LDAP_SCOPE_BASE, "(objectClass=*)",
                          (char **)(uintptr_t)names, 0, controls, NULL, &limit, 0,
                          &answer) == LDAP_SUCCESS) {
        entry = ldap_first_entry(directory->ld, answer);
    }
    directory_note_answer(directory);
    name = entry != NULL ? ldap_first_attribute(directory->ld, entry, &in) : NULL;
    if (in != NULL) {
        ber_free(in, 0);
    }
    (void)ldap_msgfree(answer);
    free(base);
    if (name == NULL) {
        return false;
    }
    ldap_memfree(name);
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);

    return length >= wanted && strcasecmp(text + length - wanted, end) == 0;
}

/* Whatever was touched may be gone, unless it is found; it may have been moved anywhere. */
static enum fault ask_touched(struct syncing *syncing, unsigned long long usn, struct why *why)
{
    const char *context = syncing->root.contexts[0];
    bool within = ends_with(syncing->asking.base, context);
    char *filter = filter_since("", usn);
    enum fault fault;

    if (filter == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = syncing_ask_keys(syncing, within ? context : syncing->asking.base, DIRECTORY_SUBTREE,
                             filter, true, syncing->sink->gone, why);
    free(filter);
    return fault;
}

static enum fault ask_changed(struct syncing *syncing, unsigned long long usn, struct why *why)
{
    char *filter = filter_since(syncing->wide, usn);
    enum fault fault;

    if (filter == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    syncing->asking.filter = filter;
    fault = asking_run(&syncing->asking, why);
    syncing->asking.filter = syncing->wide;
    free(filter);
    return fault;
}

static enum fault ask_since(struct syncing *syncing, const struct usn_cookie *then,
                            unsigned long day, struct why *why)
{
    bool forgotten = then->day == 0 || day == 0 || day - then->day > DELETED_DAYS;
    enum fault fault = ask_touched(syncing, then->usn, why);

    if (fault == FAULT_NONE) {
        fault = ask_changed(syncing, then->usn, why);
    }
    if (fault == FAULT_NONE && (forgotten || !sees_deleted(syncing))) {
        fault = syncing_ask_present(syncing, why);
    }
    return fault;
}

static enum fault run(struct syncing *syncing, struct span controller, struct why *why)
{
    unsigned long day = day_of(syncing->root.time);
    unsigned long long usn = strtoull(syncing->root.usn, NULL, 10);
    struct usn_cookie then = {0};
    char head[64];
    enum fault fault;

    (void)snprintf(head, sizeof(head), "%llu %lu ", usn, day);
    buffer_add_text(&syncing->changes->cookie, head);
    buffer_add(&syncing->changes->cookie, controller);
    if (syncing->cookie.len == 0) {
        return asking_run(&syncing->asking, why);
    }
    if (!parse_cookie(syncing->cookie, &then) || !span_equal(then.controller, controller)) {
        return fault_at(FAULT_ABSENT, 0,
                        "it was another domain controller, or it has been restored since", why);
    }
    if (then.usn > usn) {
        return fault_at(FAULT_ABSENT, 0, "the domain controller is older than the last roster",
                        why);
    }
    fault = then.usn == usn ? FAULT_NONE : ask_since(syncing, &then, day, why);
    return fault;
}

enum fault sync_by_usn(struct syncing *syncing, struct why *why)
{
    struct buffer controller = buffer_with_max(DIRECTORY_COOKIE_MAX / 2);
    enum fault fault = put_controller(syncing, &controller, why);

    if (fault == FAULT_NONE) {
        fault = run(syncing, buffer_span(&controller), why);
    }
    buffer_clear(&controller);
    return fault;
}
