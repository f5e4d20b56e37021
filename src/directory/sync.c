#include "directory/sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>

#include "base/ascii.h"
#include "directory/syncing.h"

/* What may lie above a mailbox. A class that a server does not know finds nothing. */
static const char containers[] =
    "(objectClass=organizationalUnit)(objectClass=organization)(objectClass=container)"
    "(objectClass=locality)(objectClass=country)(objectClass=domain)";

/* The first byte of a cookie: which protocol it is of. */
enum { BY_CONTENT = 'C', BY_USN = 'U', NAMES_MAX = 512, STAMP_MAX = 64 };

/* The key of the base itself tells a directory from another one that has come in its place. */
static const char *const stamps[] = {"entryUUID", "nsUniqueId", "objectGUID", NULL};

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Thirty-two hexadecimal digits, with hyphens anywhere (nsUniqueId, RFC 4530). */
static bool read_hex_key(struct span text, uint8_t key[DIRECTORY_KEY_SIZE])
{
    size_t digits = 0;

    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_digit(text.at[i]);

        if (text.at[i] == '-') {
            continue;
        }
        if (digit < 0 || digits == 2 * (size_t)DIRECTORY_KEY_SIZE) {
            return false;
        }
        key[digits / 2] = (uint8_t)(digits % 2 == 0 ? digit << 4 : key[digits / 2] | digit);
        digits++;
    }
    return digits == 2 * (size_t)DIRECTORY_KEY_SIZE;
}

bool syncing_take_key(struct syncing *syncing, struct span value)
{
    if (value.len == DIRECTORY_KEY_SIZE) {
        memcpy(syncing->key, value.at, DIRECTORY_KEY_SIZE);
        syncing->has_key = true;
    } else {
        syncing->has_key = read_hex_key(value, syncing->key);
    }
    return syncing->has_key;
}

static struct span key_of(const struct syncing *syncing)
{
    return syncing->has_key ? span_of(syncing->key, DIRECTORY_KEY_SIZE) : (struct span){0};
}

/* ---- whole entries ---- */

static enum fault begin_entry(void *context, struct span dn)
{
    struct syncing *syncing = context;

    if (syncing->key_name != NULL) {
        syncing->has_key = false;
    }
    return syncing->sink->begin(syncing->sink->context, dn);
}

static enum fault take_value(void *context, struct span name, struct span value)
{
    struct syncing *syncing = context;

    if (syncing->key_name != NULL && ascii_equal_nocase(name, span_text(syncing->key_name))) {
        (void)!syncing_take_key(syncing, value);
        return FAULT_NONE;
    }
    return syncing->sink->value(syncing->sink->context, name, value);
}

static enum fault end_entry(void *context)
{
    struct syncing *syncing = context;

    if (syncing->key_name != NULL) {
        syncing->changes->entries++;
    }
    return syncing->sink->end(syncing->sink->context, key_of(syncing));
}

static void be_idle(void *context) { (void)context; }

/* ---- keys alone ---- */

struct key_walk {
    struct syncing *syncing;
    enum fault (*take)(void *context, struct span key);
};

static enum fault begin_key(void *context, struct span dn)
{
    struct key_walk *walk = context;

    (void)dn;
    walk->syncing->has_key = false;
    return FAULT_NONE;
}

static enum fault take_key(void *context, struct span name, struct span value)
{
    struct key_walk *walk = context;

    (void)name;
    (void)!syncing_take_key(walk->syncing, value);
    return FAULT_NONE;
}

static enum fault end_key(void *context)
{
    struct key_walk *walk = context;

    walk->syncing->changes->keys++;
    return walk->syncing->has_key ? walk->take(walk->syncing->sink->context, key_of(walk->syncing))
                                  : FAULT_NONE;
}

enum fault syncing_ask_keys(struct syncing *syncing, const char *base, enum directory_scope scope,
                            const char *filter, bool deleted,
                            enum fault (*take)(void *context, struct span key), struct why *why)
{
    struct key_walk walk = {.syncing = syncing, .take = take};
    const char *names[] = {syncing->root.active_directory ? "objectGUID" : "nsUniqueId", NULL};
    const struct directory_search search = {.attributes = names};
    const struct directory_sink sink = {
        .context = &walk, .begin = begin_key, .value = take_key, .end = end_key, .idle = be_idle};
    struct directory_found found = {0};
    struct asking asking = {.directory = syncing->directory,
                            .search = &search,
                            .sink = &sink,
                            .found = &found,
                            .base = base,
                            .filter = filter,
                            .scope = scope,
                            .page_size = syncing->directory->options->page_size,
                            .deleted = deleted};
    enum fault fault = asking_run(&asking, why);

    asking_clear(&asking);
    return fault;
}

enum fault syncing_ask_present(struct syncing *syncing, struct why *why)
{
    const struct asking *asking = &syncing->asking;

    syncing->changes->absent_gone = true;
    return syncing_ask_keys(syncing, asking->base, asking->scope, syncing->wide, false,
                            syncing->sink->present, why);
}

/* ---- the whole ---- */

/* The key of the base, as it stands there; empty where nobody tells it. */
static struct span read_stamp(struct syncing *syncing, char *out)
{
    struct directory *directory = syncing->directory;
    struct timeval limit = {.tv_sec = (time_t)directory->options->timeout_s};
    LDAPMessage *answer = NULL, *entry = NULL;
    size_t length = 0;

    if (ldap_search_ext_s(directory->ld, syncing->asking.base, LDAP_SCOPE_BASE, "(objectClass=*)",
                          (char **)(uintptr_t)stamps, 0, NULL, NULL, &limit, 0,
                          &answer) == LDAP_SUCCESS) {
        entry = ldap_first_entry(directory->ld, answer);
    }
    directory_note_answer(directory);
    for (size_t i = 0; entry != NULL && stamps[i] != NULL && length == 0; i++) {
        struct berval **values = ldap_get_values_len(directory->ld, entry, stamps[i]);

        if (values != NULL && values[0] != NULL && values[0]->bv_len < STAMP_MAX) {
            length = values[0]->bv_len;
            memcpy(out, values[0]->bv_val, length);
        }
        ldap_value_free_len(values);
    }
    (void)ldap_msgfree(answer);
    return span_of(out, length);
}

/* Takes the server's own part out of our cookie; false when it is of another directory. */
static bool open_cookie(struct syncing *syncing, struct span cookie, uint8_t kind,
                        struct span stamp)
{
    struct cursor in = cursor_over(cookie);
    struct span length, before;

    if (!cursor_step(&in, kind) || !cursor_take(&in, 1, &length) ||
        !cursor_take(&in, length.at[0], &before) || !span_equal(before, stamp) ||
        in.rest.len == 0) {
        return false;
    }
    syncing->cookie = in.rest;
    return true;
}

/* Makes ours of the server's. */
static enum fault close_cookie(struct buffer *cookie, uint8_t kind, struct span stamp,
                               struct why *why)
{
    struct buffer whole = buffer_with_max(DIRECTORY_COOKIE_MAX);

    if (cookie->len == 0) {
        return FAULT_NONE;
    }
    buffer_add_byte(&whole, kind);
    buffer_add_byte(&whole, (uint8_t)stamp.len);
    buffer_add(&whole, stamp);
    buffer_add(&whole, buffer_span(cookie));
    buffer_clear(cookie);
    *cookie = whole;
    return whole.fault == FAULT_NONE
               ? FAULT_NONE
               : fault_at(FAULT_LIMIT, 0, "the server's cookie is too long to be kept", why);
}

static enum fault ask_changes(struct syncing *syncing, enum directory_sync_way way,
                              struct span cookie, struct why *why)
{
    bool by_usn = syncing->root.active_directory;
    uint8_t kind = by_usn ? BY_USN : BY_CONTENT;
    char room[STAMP_MAX];
    struct span stamp;
    enum fault fault;

    if (!by_usn && !syncing->root.content_sync) {
        return fault_at(FAULT_ABSENT, 0,
                        "the server does not tell what has changed (OpenLDAP does with the overlay "
                        "syncprov, 389 DS with its plugin for content synchronization)",
                        why);
    }
    stamp = read_stamp(syncing, room);
    if (way == DIRECTORY_SYNC_CHANGES && !open_cookie(syncing, cookie, kind, stamp)) {
        return fault_at(FAULT_ABSENT, 0, "the last roster is of another directory", why);
    }
    fault = by_usn ? sync_by_usn(syncing, why) : sync_by_content(syncing, why);
    return fault == FAULT_NONE ? close_cookie(&syncing->changes->cookie, kind, stamp, why) : fault;
}

/* Fills in what the URL leaves open, and the filter that finds containers too. */
static enum fault settle(struct syncing *syncing, char **wide, struct why *why)
{
    struct asking *asking = &syncing->asking;
    bool bare;
    enum fault fault;

    if (!directory_read_root(syncing->directory, &syncing->root)) {
        return directory_say(syncing->directory, FAULT_RESOURCE, why,
                             "search: no answer within %u seconds (--timeout waits longer)",
                             syncing->directory->options->timeout_s);
    }
    fault = asking_settle(asking, &syncing->root, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    bare = asking->filter[0] != '('; /* libldap takes that too */
    if (asprintf(wide, "(|%s%s%s%s)", bare ? "(" : "", asking->filter, bare ? ")" : "",
                 containers) < 0) {
        *wide = NULL;
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    syncing->wide = *wide;
    return FAULT_NONE;
}

static enum fault ask(struct syncing *syncing, enum directory_sync_way way, struct span cookie,
                      struct why *why)
{
    char *wide = NULL;
    enum fault fault = settle(syncing, &wide, why);

    if (fault == FAULT_NONE && way == DIRECTORY_SYNC_PLAIN) {
        syncing->key_name = "";
        fault = asking_run(&syncing->asking, why);
    } else if (fault == FAULT_NONE) {
        syncing->key_name = syncing->root.active_directory ? "objectGUID" : NULL;
        syncing->asking.filter = syncing->wide;
        fault = ask_changes(syncing, way, cookie, why);
    }
    free(wide);
    return fault;
}

/* The attributes, and the one that is a key in Active Directory; elsewhere nobody knows it. */
static void list_names(const char *const *attributes, const char **out)
{
    size_t count = 0;

    while (attributes[count] != NULL && count < NAMES_MAX) {
        out[count] = attributes[count];
        count++;
    }
    out[count] = "objectGUID";
    out[count + 1] = NULL;
}

enum fault directory_sync(struct directory *directory, const char *const *attributes,
                          enum directory_sync_way way, struct span cookie,
                          const struct directory_change_sink *sink, struct directory_changes *out,
                          struct why *why)
{
    const char *names[NAMES_MAX + 2];
    const struct directory_search search = {.attributes = names};
    struct syncing syncing = {.directory = directory, .sink = sink, .changes = out};
    enum fault fault = FAULT_NONE;

    list_names(attributes, names);
    buffer_clear(&out->cookie);
    *out = (struct directory_changes){.cookie = buffer_with_max(DIRECTORY_COOKIE_MAX)};
    syncing.inner = (struct directory_sink){.context = &syncing,
                                            .begin = begin_entry,
                                            .value = take_value,
                                            .end = end_entry,
                                            .idle = be_idle};
    syncing.asking = (struct asking){.directory = directory,
                                     .search = &search,
                                     .sink = &syncing.inner,
                                     .found = &out->found,
                                     .base = directory->url.base,
                                     .filter = directory->url.filter,
                                     .scope = directory->url.scope,
                                     .page_size = directory->options->page_size};
    if (directory->ld == NULL) {
        fault = directory_connect(directory, why);
    }
    if (fault == FAULT_NONE) {
        fault = ask(&syncing, way, cookie, why);
    }
    asking_clear(&syncing.asking);
    directory_root_clear(&syncing.root);
    return fault;
}

void directory_sync_identity(const struct directory *directory, const char *const *attributes,
                             struct buffer *out)
{
    static const char *const scopes[] = {"base", "one", "sub"};
    const struct directory_url *url = &directory->url;
    const struct directory_options *options = directory->options;
    char *server = directory_url_server(url);

    buffer_add_text(out, server != NULL ? server : url->host);
    for (size_t i = 0; i < 4; i++) {
        const char *part = i == 0                       ? url->base
                           : i == 1                     ? scopes[url->scope]
                           : i == 2                     ? url->filter
                           : options->mechanism != NULL ? options->mechanism
                                                        : options->bind_dn;

        buffer_add_byte(out, '\n');
        buffer_add_text(out, part != NULL ? part : "");
    }
    for (; *attributes != NULL; attributes++) {
        buffer_add_byte(out, '\n');
        buffer_add_text(out, *attributes);
    }
    free(server);
}
