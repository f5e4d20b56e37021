#include <stdlib.h>
#include <string.h>

#include <ldap.h>

#include "directory/syncing.h"

enum {
    TICK_MS = 100,
    /* 389 DS loses the 51st of the deletions that it tells, and every 51st after it. */
    DELETIONS_TRUSTED = 50,
};

/* What has been said so far. */
struct content {
    struct syncing *syncing;
    uint64_t messages; /* entries, keys */
    bool presents;     /* a phase of what is present has ended */
    bool ended;
    int code;
    bool has_done;
    struct sync_done_value done; /* its cookie is copied at once */
};

static enum fault bad_answer(struct why *why)
{
    return fault_at(FAULT_SYNTAX, 0, "search: content synchronization that is not that of RFC 4533",
                    why);
}

static enum fault tell(struct content *content, bool gone, struct span key)
{
    struct syncing *syncing = content->syncing;
    const struct directory_change_sink *sink = syncing->sink;

    content->messages++;
    syncing->changes->keys++;
    if (gone) {
        syncing->gone++;
        return sink->gone(sink->context, key);
    }
    return sink->present(sink->context, key);
}

static enum fault keep_cookie(struct content *content, struct span cookie, struct why *why)
{
    struct syncing *syncing = content->syncing;

    if (cookie.len == 0) {
        return FAULT_NONE;
    }
    buffer_reset(&syncing->changes->cookie);
    buffer_add(&syncing->changes->cookie, cookie);
    return syncing->changes->cookie.fault == FAULT_NONE
               ? FAULT_NONE
               : fault_at(FAULT_LIMIT, 0, "search: the server's cookie is too long to be kept",
                          why);
}

static struct span span_of_bv(const struct berval *value)
{
    return span_of(value->bv_val, value->bv_val != NULL ? value->bv_len : 0);
}

static enum fault take_entry(struct content *content, LDAPMessage *message, struct why *why)
{
    struct syncing *syncing = content->syncing;
    LDAPControl **controls = NULL, *control;
    struct sync_state_value said;
    enum fault fault = FAULT_SYNTAX;

    if (ldap_get_entry_controls(syncing->directory->ld, message, &controls) != LDAP_SUCCESS) {
        return bad_answer(why);
    }
    control = ldap_control_find(SYNC_STATE_OID, controls, NULL);
    if (control != NULL) {
        fault = sync_state_read(span_of_bv(&control->ldctl_value), &said);
    }
    if (fault != FAULT_NONE) {
        fault = bad_answer(why);
    } else if (said.state == SYNC_PRESENT || said.state == SYNC_DELETE) {
        fault = tell(content, said.state == SYNC_DELETE, said.key);
    } else {
        content->messages++;
        syncing->changes->entries++;
        memcpy(syncing->key, said.key.at, DIRECTORY_KEY_SIZE);
        syncing->has_key = true;
        fault = asking_take_entry(&syncing->asking, message, why);
    }
    ldap_controls_free(controls);
    return fault;
}

static enum fault take_keys(struct content *content, struct sync_info_value *info, struct why *why)
{
    struct span key;
    enum fault fault, read = FAULT_NONE;

    while ((read = sync_key_next(&info->keys, &key)) == FAULT_NONE) {
        fault = tell(content, info->deletes, key);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return read == FAULT_ABSENT ? FAULT_NONE : bad_answer(why);
}

static enum fault take_info(struct content *content, LDAPMessage *message, struct why *why)
{
    char *oid = NULL;
    struct berval *value = NULL;
    struct sync_info_value info;
    enum fault fault = FAULT_NONE;

    if (ldap_parse_intermediate(content->syncing->directory->ld, message, &oid, &value, NULL, 0) !=
        LDAP_SUCCESS) {
        return bad_answer(why);
    }
    if (oid != NULL && strcmp(oid, SYNC_INFO_OID) == 0) {
        fault = value != NULL && sync_info_read(span_of_bv(value), &info) == FAULT_NONE
                    ? keep_cookie(content, info.cookie, why)
                    : bad_answer(why);
        if (fault == FAULT_NONE && info.kind == SYNC_INFO_KEYS) {
            fault = take_keys(content, &info, why);
        }
        content->presents |= fault == FAULT_NONE && info.kind == SYNC_INFO_PRESENTS;
    }
    ldap_memfree(oid);
    if (value != NULL) {
        ldap_memfree(value->bv_val);
        ldap_memfree(value);
    }
    return fault;
}

static bool is_limit(int code)
{
    return code == LDAP_SIZELIMIT_EXCEEDED || code == LDAP_TIMELIMIT_EXCEEDED ||
           code == LDAP_ADMINLIMIT_EXCEEDED;
}

/* The end that the server gives it. */
static enum fault take_result(struct content *content, LDAPMessage *message, struct why *why)
{
    struct directory *directory = content->syncing->directory;
    LDAPControl **controls = NULL, *control;
    char *said = NULL;
    enum fault fault = FAULT_NONE;

    if (ldap_parse_result(directory->ld, message, &content->code, NULL, &said, NULL, &controls,
                          0) != LDAP_SUCCESS) {
        return bad_answer(why);
    }
    content->ended = true;
    control = ldap_control_find(SYNC_DONE_OID, controls, NULL);
    if (content->code == LDAP_SUCCESS && control != NULL) {
        content->has_done = true;
        fault = sync_done_read(span_of_bv(&control->ldctl_value), &content->done) == FAULT_NONE
                    ? keep_cookie(content, content->done.cookie, why)
                    : bad_answer(why);
    } else if (content->code != LDAP_SUCCESS) {
        fault = directory_refused(directory, "content synchronization", content->code, said, why);
        /* Whatever else it says, to ask for everything is another question. */
        if (content->code != LDAP_BUSY && content->code != LDAP_UNAVAILABLE) {
            fault = FAULT_ABSENT;
        }
    }
    ldap_controls_free(controls);
    ldap_memfree(said);
    return fault;
}

static enum fault take_answer(struct content *content, int kind, LDAPMessage *message,
                              struct why *why)
{
    directory_note_answer(content->syncing->directory);
    switch (kind) {
    case LDAP_RES_SEARCH_ENTRY:
        return take_entry(content, message, why);
    case LDAP_RES_INTERMEDIATE:
        return take_info(content, message, why);
    case LDAP_RES_SEARCH_RESULT:
        return take_result(content, message, why);
    case LDAP_RES_SEARCH_REFERENCE:
        asking_read_reference(&content->syncing->asking, message);
        return FAULT_NONE;
    default:
        return FAULT_NONE;
    }
}

static enum fault read_answers(struct content *content, int id, struct why *why)
{
    struct directory *directory = content->syncing->directory;
    enum fault fault = FAULT_NONE;

    while (fault == FAULT_NONE && !content->ended) {
        struct timeval tick = {.tv_usec = TICK_MS * 1000L};
        LDAPMessage *message = NULL;
        int kind = ldap_result(directory->ld, id, LDAP_MSG_ONE, &tick, &message);
        bool lost;

        if (kind < 0 || (kind == 0 && atomic_load(&directory->aborted))) {
            return directory_failed(directory, "search", &lost, why);
        }
        if (kind > 0) {
            fault = take_answer(content, kind, message, why);
        }
        (void)ldap_msgfree(message);
    }
    return fault;
}

static int send_request(struct syncing *syncing, int *id)
{
    struct buffer value = buffer_with_max(DIRECTORY_COOKIE_MAX + 32);
    LDAPControl control = {.ldctl_oid = (char *)(uintptr_t)SYNC_REQUEST_OID, .ldctl_iscritical = 1};
    LDAPControl *controls[] = {&control, NULL};
    const struct asking *asking = &syncing->asking;
    int code = LDAP_NO_MEMORY;

    sync_request_put(&value, syncing->cookie);
    if (value.fault == FAULT_NONE) {
        control.ldctl_value = (struct berval){.bv_val = (char *)value.at, .bv_len = value.len};
        code = ldap_search_ext(syncing->directory->ld, asking->base, asking_scope(asking),
                               syncing->wide, (char **)(uintptr_t)asking->search->attributes, 0,
                               controls, NULL, NULL, LDAP_NO_LIMIT, id);
    }
    buffer_clear(&value);
    return code;
}

/* What the end means for those of which nothing was said. */
static enum fault settle_absent(struct content *content, struct why *why)
{
    struct syncing *syncing = content->syncing;
    bool is_389 = syncing->root.is_389;

    if (!content->has_done) {
        return fault_at(FAULT_ABSENT, 0, "the server does not tell what has changed", why);
    }
    if (syncing->cookie.len == 0) {
        return FAULT_NONE;
    }
    if (syncing->changes->cookie.len == 0) { /* it stands as it was */
        buffer_add(&syncing->changes->cookie, syncing->cookie);
    }
    if (is_389) {
        /* It never says "refreshDeletes", though it tells what went; and of an entry that the
           filter does not find any more it says nothing. */
        bool doubtful =
            syncing->gone >= DELETIONS_TRUSTED || syncing->directory->url.filter != NULL;

        return doubtful ? syncing_ask_present(syncing, why) : FAULT_NONE;
    }
    /* Where nothing was said at all, and the cookie is the same, nothing has happened. */
    syncing->changes->absent_gone =
        content->presents ||
        (!content->done.refresh_deletes &&
         (content->messages > 0 ||
          !span_equal(buffer_span(&syncing->changes->cookie), syncing->cookie)));
    return FAULT_NONE;
}

enum fault sync_by_content(struct syncing *syncing, struct why *why)
{
    struct content content = {.syncing = syncing};
    bool lost = false;
    enum fault fault;
    int id;

    if (send_request(syncing, &id) != LDAP_SUCCESS) {
        return directory_failed(syncing->directory, "search", &lost, why);
    }
    fault = read_answers(&content, id, why);
    if (fault == FAULT_ABSENT && syncing->cookie.len > 0 && is_limit(content.code)) {
        return FAULT_LIMIT; /* to ask for more would not help */
    }
    return fault == FAULT_NONE ? settle_absent(&content, why) : fault;
}
