#include "directory/modify.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <ldap.h>

#include "directory/patience.h"
#include "directory/removing.h"

enum {
    TRIES_MAX = 4,           /* an entry that changes again and again is left to the next run */
    RECONNECT_MS = 3000,     /* how long a server that restarts is waited for */
    RECONNECT_STEP_MS = 200, /* and how often it is looked for */
};
#define REMOVAL_MAX ((size_t)512 << 20)

static char *copy_text(struct arena *arena, struct span text)
{
    char *copy = arena_take(arena, text.len + 1);

    if (copy != NULL && text.len > 0) {
        memcpy(copy, text.at, text.len);
    }
    if (copy != NULL) {
        copy[text.len] = '\0';
    }
    return copy;
}

/* NULL without memory. */
static struct removing *removing_new(struct directory *directory,
                                     const struct directory_removal *removal)
{
    struct removing *r = calloc(1, sizeof(*r));
    bool good;

    if (r == NULL) {
        return NULL;
    }
    r->directory = directory;
    r->arena = arena_with_max(REMOVAL_MAX);
    r->dn = copy_text(&r->arena, removal->dn);
    r->items = arena_take_array(&r->arena, removal->count, sizeof(*r->items));
    good = r->dn != NULL && r->items != NULL;
    for (size_t i = 0; good && i < removal->count; i++) {
        const struct directory_value *value = &removal->values[i];

        r->items[i] = (struct removing_item){.name = copy_text(&r->arena, value->name),
                                             .removed = value->removed,
                                             .whole = value->whole,
                                             .wanted = value->removed};
        good = r->items[i].name != NULL &&
               arena_copy(&r->arena, value->bytes, &r->items[i].bytes) == FAULT_NONE;
        r->count++;
    }
    if (!good) {
        arena_clear(&r->arena);
        free(r);
        return NULL;
    }
    return r;
}

/* ---- the modification ---- */

/* How many items from `i` on make one modification. */
static size_t run_length(const struct removing *r, size_t i)
{
    size_t n = 1;

    while (i + n < r->count && r->items[i + n].whole == r->items[i].whole &&
           strcasecmp(r->items[i + n].name, r->items[i].name) == 0) {
        n++;
    }
    return n;
}

/* Makes the modification for `n` items; `*any` is false when nothing of it is to be done. */
static bool make_modification(struct removing *r, struct removing_item *items, size_t n,
                              LDAPMod *out, bool *any)
{
    struct berval **values = arena_take_array(&r->arena, n + 1, sizeof(struct berval *));
    struct berval *bytes = arena_take_array(&r->arena, n, sizeof(*bytes));
    bool whole = items[0].whole;
    size_t count = 0;

    if (values == NULL || bytes == NULL) {
        return false;
    }
    *any = false;
    for (size_t i = 0; i < n; i++) {
        *any |= items[i].wanted;
        if (whole ? !items[i].removed : items[i].wanted) {
            /* libldap reads it only; that it asks for a char * is its own affair. */
            bytes[count] = (struct berval){.bv_len = items[i].bytes.len,
                                           .bv_val = (char *)(uintptr_t)items[i].bytes.at};
            values[count] = &bytes[count];
            count++;
        }
    }
    values[count] = NULL;
    *out = (LDAPMod){.mod_op = (whole ? LDAP_MOD_REPLACE : LDAP_MOD_DELETE) | LDAP_MOD_BVALUES,
                     .mod_type = items[0].name,
                     .mod_bvalues = values};
    return true;
}

/* NULL without memory; empty when nothing is left to do. */
static LDAPMod **make_modifications(struct removing *r)
{
    LDAPMod **list = arena_take_array(&r->arena, r->count + 1, sizeof(*list));
    LDAPMod *made = arena_take_array(&r->arena, r->count, sizeof(*made));
    size_t count = 0;

    if (list == NULL || made == NULL) {
        return NULL;
    }
    for (size_t i = 0, n; i < r->count; i += n) {
        bool any;

        n = run_length(r, i);
        if (!make_modification(r, &r->items[i], n, &made[count], &any)) {
            return NULL;
        }
        if (any) {
            list[count] = &made[count];
            count++;
        }
    }
    list[count] = NULL;
    return list;
}

static bool has_whole(const struct removing *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->items[i].whole && r->items[i].wanted) {
            return true;
        }
    }
    return false;
}

/* Sends the modification; one that replaces applies to the version that was read alone. */
static int modify(struct removing *r, LDAPMod **list)
{
    LDAP *ld = r->directory->ld;
    LDAPControl *same_version = NULL;
    LDAPControl *controls[] = {NULL, NULL};
    int code = LDAP_SUCCESS;

    if (has_whole(r) && r->version[0] != '\0') {
        code = ldap_create_assertion_control(ld, r->version, 1, &same_version);
        controls[0] = same_version;
    }
    if (code == LDAP_SUCCESS) {
        code = ldap_modify_ext_s(ld, r->dn, list, same_version != NULL ? controls : NULL, NULL);
    }
    if (code != LDAP_SERVER_DOWN && code != LDAP_TIMEOUT) {
        directory_note_answer(r->directory);
    }
    ldap_control_free(same_version);
    return code;
}

/* ---- one entry from start to end ---- */

static bool is_bound(const struct directory_options *options)
{
    return (options->bind_dn != NULL && *options->bind_dn != '\0') || options->mechanism != NULL;
}

static enum fault refused(struct removing *r, const char *doing, int code, struct why *why)
{
    char *said = NULL;
    enum fault fault;

    if (code == LDAP_NO_SUCH_OBJECT) {
        return fault_at(FAULT_ABSENT, 0, "the entry is not there any more", why);
    }
    (void)ldap_get_option(r->directory->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &said);
    fault = directory_refused(r->directory, doing, code, said, why);
    ldap_memfree(said);
    if (fault == FAULT_RESOURCE && code > 0) { /* busy, a full disk, …: the server still answers */
        fault = FAULT_DENIED;
    }
    return fault;
}

static void sleep_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    (void)nanosleep(&time, NULL);
}

/* A server that is being restarted listens a moment later. */
static enum fault reconnect(struct removing *r, struct why *why)
{
    struct why reason = {0};
    enum fault fault = FAULT_ABSENT;

    for (long waited = 0; fault == FAULT_ABSENT && waited <= RECONNECT_MS;
         waited += RECONNECT_STEP_MS) {
        if (waited > 0) {
            sleep_ms(RECONNECT_STEP_MS);
        }
        fault = directory_connect(r->directory, &reason);
        directory_note_answer(r->directory);
    }
    if (fault != FAULT_NONE) {
        return directory_say(r->directory, FAULT_RESOURCE, why,
                             "the connection was lost, and cannot be taken up again: %s",
                             reason.rule);
    }
    return FAULT_NONE;
}

/* Reads the entry, over a new connection where the old one is lost. */
static enum fault look(struct removing *r, const char *doing, struct why *why)
{
    int code = r->directory->ld != NULL ? removing_read(r) : LDAP_SERVER_DOWN;

    for (int tries = 1; code == LDAP_SERVER_DOWN && tries < TRIES_MAX; tries++) {
        enum fault fault = reconnect(r, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
        code = removing_read(r);
    }
    return code == LDAP_SUCCESS ? FAULT_NONE : refused(r, doing, code, why);
}

/* What is gone need not be removed; what a whole attribute holds has to be what was told of it. */
static enum fault settle(struct removing *r, struct why *why)
{
    bool missing = false, whole;

    for (size_t i = 0; i < r->count; i++) {
        struct removing_item *item = &r->items[i];

        if (item->wanted && !item->present) {
            item->wanted = false;
        }
        missing |= item->whole && !item->removed && !item->present;
    }
    whole = has_whole(r);
    return whole && (missing || r->surplus)
               ? fault_at(FAULT_LIMIT, 0,
                          "its values have changed since they were read: left as they are (run it "
                          "again)",
                          why)
               : FAULT_NONE;
}

static size_t count_wanted(const struct removing *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->count; i++) {
        n += r->items[i].wanted;
    }
    return n;
}

/* Reads back; what was said to be removed has to be gone. */
static enum fault check(struct removing *r, struct why *why)
{
    enum fault fault = look(r, "removed, but reading it back", why);

    for (size_t i = 0; fault == FAULT_NONE && i < r->count; i++) {
        if (r->items[i].wanted && r->items[i].present) {
            fault =
                fault_at(FAULT_LIMIT, 0,
                         "the server says that its values are removed, and still shows them", why);
        }
    }
    if (fault == FAULT_ABSENT) {
        return FAULT_NONE; /* the whole entry has gone since */
    }
    return fault;
}

/* One try; `*again` when the entry had changed, or the connection was lost, and it is worth one
 * more. */
static enum fault attempt(struct removing *r, bool *again, struct why *why)
{
    LDAPMod **list = make_modifications(r);
    int code;

    *again = false;
    if (list == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (r->directory->ld == NULL) { /* lost with an earlier entry */
        *again = true;
        return fault_at(FAULT_RESOURCE, 0, "the connection was lost", why);
    }
    code = modify(r, list);
    if (code == LDAP_SUCCESS) {
        r->result.removed = count_wanted(r);
        return check(r, why);
    }
    r->unanswered |= code == LDAP_SERVER_DOWN;
    *again =
        code == LDAP_NO_SUCH_ATTRIBUTE || code == LDAP_SERVER_DOWN || code == LDAP_ASSERTION_FAILED;
    if (code == LDAP_STRONG_AUTH_REQUIRED && !is_bound(r->directory->options)) {
        /* No entry fares better, and no protection of the connection helps. */
        return fault_at(FAULT_RESOURCE, 0,
                        "the server changes nothing for one who has not bound (-D, -y; or -Y) "
                        "[result 8]",
                        why);
    }
    return refused(r, "modify", code, why);
}

static enum fault remove_values(struct removing *r, struct why *why)
{
    size_t asked = count_wanted(r);
    bool again = has_whole(r); /* which is looked at first */
    enum fault fault = FAULT_NONE;

    for (int tries = 0; tries < TRIES_MAX; tries++) {
        if (again) {
            fault = look(r, "read", why);
            if (fault == FAULT_NONE) {
                fault = settle(r, why);
            }
            if (fault != FAULT_NONE) {
                return fault;
            }
        }
        if (count_wanted(r) == 0) {
            break;
        }
        fault = attempt(r, &again, why);
        if (!again) {
            break;
        }
    }
    if (r->unanswered) { /* then it was most likely us */
        r->result.removed = asked;
    }
    r->result.gone = asked - r->result.removed;
    return fault;
}

static void work(void *context)
{
    struct removing *r = context;

    r->fault = remove_values(r, &r->why);
}

enum fault directory_remove(struct directory *directory, const struct directory_removal *removal,
                            struct directory_removed *out, struct why *why)
{
    struct removing *r = directory->stuck ? NULL : removing_new(directory, removal);
    enum fault fault;

    if (r == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory, or of time", why);
    }
    switch (patience_run(directory, work, r)) {
    case PATIENCE_DONE:
        break;
    case PATIENCE_LOST:
        directory->stuck = true;
        return fault_at(FAULT_RESOURCE, 0, "no answer in time (--timeout waits longer)", why);
    case PATIENCE_NO_THREAD:
        r->fault = fault_at(FAULT_RESOURCE, 0, "no thread is to be had", &r->why);
        break;
    }
    fault = r->fault;
    if (fault == FAULT_NONE) {
        *out = r->result;
    } else {
        *why = r->why;
    }
    arena_clear(&r->arena);
    free(r);
    return fault;
}
