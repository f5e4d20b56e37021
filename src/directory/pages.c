#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ldap.h>

#include "directory/asking.h"
#include "directory/lull.h"

enum {
    TICK_MS = 100, /* how long to wait for an answer before the sink is told */
    REFERENCES_MAX = 256,
};

/* How a page ended. */
struct page_end {
    int code;
    char *said;
    struct berval cookie; /* to be freed; empty: there is no next page */
    char **references;
};

static void page_end_clear(struct page_end *end)
{
    ldap_memfree(end->said);
    ldap_memfree(end->cookie.bv_val);
    ldap_memvfree((void **)end->references);
    *end = (struct page_end){0};
}

enum fault directory_failed(struct directory *directory, const char *doing, bool *lost,
                            struct why *why)
{
    const int reason = errno;
    int code = LDAP_SERVER_DOWN;

    (void)ldap_get_option(directory->ld, LDAP_OPT_RESULT_CODE, &code);
    if (atomic_load(&directory->aborted)) {
        return directory_say(directory, FAULT_RESOURCE, why,
                             "%s: no answer within %u seconds (--timeout waits longer)", doing,
                             directory->options->timeout_s);
    }
    if (reason == ERANGE || reason == EMSGSIZE) {
        return directory_say(directory, FAULT_LIMIT, why,
                             "%s: an answer longer than 64 MiB, which is not read", doing);
    }
    if (code == LDAP_SERVER_DOWN && !directory->spoken) {
        return directory_say(
            directory, FAULT_RESOURCE, why,
            "%s: the server ended the connection before it said anything (%s)", doing,
            directory->protected ? "is it an LDAP server?"
                                 : "is it an LDAP server? does it want ldaps:// on this port?");
    }
    *lost = code == LDAP_SERVER_DOWN;
    return directory_refused(directory, doing, code, NULL, why);
}

void asking_take_references(struct asking *asking, char *const *urls)
{
    char **grown = NULL;
    char *copy;

    if (urls == NULL || urls[0] == NULL) {
        return;
    }
    if (asking->directory->options->follow_referrals && asking->reference_count < REFERENCES_MAX) {
        grown = realloc(asking->references, (asking->reference_count + 1) * sizeof(*grown));
    }
    if (grown != NULL) {
        asking->references = grown;
        copy = strdup(urls[0]); /* the others are other ways to the same (RFC 4511, 4.5.3) */
        if (copy != NULL) {
            grown[asking->reference_count++] = copy;
            return;
        }
    }
    directory_note_missed(asking->found, urls[0]);
}

void asking_clear(struct asking *asking)
{
    for (size_t i = 0; i < asking->reference_count; i++) {
        free(asking->references[i]);
    }
    free(asking->references);
    asking->references = NULL;
    asking->reference_count = 0;
}

int asking_scope(const struct asking *asking)
{
    return asking->scope == DIRECTORY_BASE  ? LDAP_SCOPE_BASE
           : asking->scope == DIRECTORY_ONE ? LDAP_SCOPE_ONELEVEL
                                            : LDAP_SCOPE_SUBTREE;
}

/* Sends the request for a page; `cookie` is the one that the last page ended with. */
static int send_page(struct asking *asking, struct berval *cookie, int *id)
{
    LDAP *ld = asking->directory->ld;
    LDAPControl *page = NULL;
    LDAPControl deleted = {.ldctl_oid = (char *)(uintptr_t)ASKING_SHOW_DELETED};
    LDAPControl *controls[3] = {NULL};
    size_t count = 0;
    int code = LDAP_SUCCESS;

    if (asking->page_size > 0) {
        /* Not critical: a server that knows no pages may answer in one. */
        code = ldap_create_page_control(ld, (ber_int_t)asking->page_size, cookie, 0, &page);
        controls[count++] = page;
    }
    if (asking->deleted) {
        controls[count] = &deleted;
    }
    if (code == LDAP_SUCCESS) {
        code = ldap_search_ext(ld, asking->base, asking_scope(asking), asking->filter,
                               (char **)(uintptr_t)asking->search->attributes, 0, controls, NULL,
                               NULL, LDAP_NO_LIMIT, id);
    }
    ldap_control_free(page);
    return code;
}

static enum fault read_result(struct asking *asking, LDAPMessage *message, struct page_end *end,
                              struct why *why)
{
    LDAP *ld = asking->directory->ld;
    LDAPControl **controls = NULL, *page;
    ber_int_t size;

    if (ldap_parse_result(ld, message, &end->code, NULL, &end->said, &end->references, &controls,
                          0) != LDAP_SUCCESS) {
        return fault_at(FAULT_SYNTAX, 0, "search: a result that is no LDAP", why);
    }
    page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
    /* Without a value libldap would abort: it takes that for a mistake of its caller. */
    if (page != NULL &&
        (page->ldctl_value.bv_val == NULL ||
         ldap_parse_pageresponse_control(ld, page, &size, &end->cookie) != LDAP_SUCCESS)) {
        end->cookie = (struct berval){0};
        ldap_controls_free(controls);
        return fault_at(FAULT_SYNTAX, 0, "search: a page that is no LDAP", why);
    }
    ldap_controls_free(controls);
    return FAULT_NONE;
}

void asking_read_reference(struct asking *asking, void *message)
{
    char **urls = NULL;

    if (ldap_parse_reference(asking->directory->ld, message, &urls, NULL, 0) == LDAP_SUCCESS &&
        asking->seen >= asking->handed) {
        asking_take_references(asking, urls);
    }
    ldap_memvfree((void **)urls);
}

/* An answer too long has no name of its own; the one before it has. */
static enum fault answer_failed(struct asking *asking, struct why *why)
{
    struct directory *directory = asking->directory;
    enum fault fault = directory_failed(directory, "search", &asking->lost, why);

    if (fault != FAULT_LIMIT || asking->last_dn[0] == '\0') {
        return fault;
    }
    return directory_say(directory, fault, why,
                         "search: an entry longer than 64 MiB, which is not read, nor what follows "
                         "(it comes behind %s)",
                         asking->last_dn);
}

/* Rests where all is read that has come, and more comes by itself (lull.h). */
static void rest(struct lull *lull, Sockbuf *line)
{
    const struct timespec moment = {.tv_nsec = LULL_US * 1000L};

    if (line != NULL && ber_sockbuf_ctrl(line, LBER_SB_OPT_DATA_READY, NULL) <= 0 &&
        lull_is_due(lull)) {
        (void)nanosleep(&moment, NULL);
    }
}

/* Reads answers until the page has ended; `*ended` tells whether it did. */
static enum fault read_page(struct asking *asking, int id, struct page_end *end, struct why *why)
{
    struct directory *directory = asking->directory;
    struct lull lull = lull_start(asking->page_size);
    Sockbuf *line = NULL;
    bool ended = false;
    enum fault fault = FAULT_NONE;

    (void)ldap_get_option(directory->ld, LDAP_OPT_SOCKBUF, &line);
    while (fault == FAULT_NONE && !ended) {
        struct timeval tick = {.tv_usec = TICK_MS * 1000L};
        LDAPMessage *message = NULL;
        int kind;

        rest(&lull, line);
        kind = ldap_result(directory->ld, id, LDAP_MSG_ONE, &tick, &message);

        if (kind < 0 || (kind == 0 && atomic_load(&directory->aborted))) {
            return answer_failed(asking, why);
        }
        if (kind == 0) {
            asking->sink->idle(asking->sink->context);
            continue;
        }
        directory_note_answer(directory);
        directory->spoken = true;
        if (kind == LDAP_RES_SEARCH_ENTRY) {
            lull_count(&lull);
            fault = asking_take_entry(asking, message, why);
        } else if (kind == LDAP_RES_SEARCH_REFERENCE) {
            asking_read_reference(asking, message);
        } else if (kind == LDAP_RES_SEARCH_RESULT) {
            ended = true;
            fault = read_result(asking, message, end, why);
        }
        (void)ldap_msgfree(message);
    }
    return fault;
}

/* A server that refuses the size of a page does so before the first entry. */
static bool shrink(struct asking *asking, int code)
{
    if (asking->seen > 0 || asking->page_size == 0) {
        return false;
    }
    switch (code) {
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
    case LDAP_UNWILLING_TO_PERFORM:
        asking->page_size /= 2;
        return asking->page_size > 0;
    case LDAP_UNAVAILABLE_CRITICAL_EXTENSION:
    case LDAP_PROTOCOL_ERROR:
        asking->page_size = 0;
        return true;
    default:
        return false;
    }
}

/* 389 DS finds nothing beneath a base that is not there, and calls that a success in pages. */
static enum fault check_base(struct asking *asking, struct why *why)
{
    struct directory *directory = asking->directory;
    static const char *const nothing[] = {LDAP_NO_ATTRS, NULL};
    struct timeval limit = {.tv_sec = (time_t)directory->options->timeout_s};
    LDAPMessage *answer = NULL;
    int code;

    if (asking->seen > 0 || asking->base[0] == '\0') {
        return FAULT_NONE;
    }
    code = ldap_search_ext_s(directory->ld, asking->base, LDAP_SCOPE_BASE, "(objectClass=*)",
                             (char **)(uintptr_t)nothing, 0, NULL, NULL, &limit, 0, &answer);
    directory_note_answer(directory);
    (void)ldap_msgfree(answer);
    return code == LDAP_NO_SUCH_OBJECT ? directory_refused(directory, "search", code, NULL, why)
                                       : FAULT_NONE;
}

static enum fault end_search(struct asking *asking, struct page_end *end, struct why *why)
{
    if (end->code == LDAP_SUCCESS && asking->seen < asking->handed) {
        return fault_at(FAULT_LIMIT, 0,
                        "the connection was lost, and the search taken up again brought fewer "
                        "entries (run it again when the directory is quiet)",
                        why);
    }
    if (end->code == LDAP_SUCCESS) {
        return check_base(asking, why);
    }
    if (end->code == LDAP_REFERRAL && end->references != NULL && end->references[0] != NULL) {
        if (asking->directory->options->follow_referrals) {
            asking_take_references(asking, end->references);
            asking->referred = true;
            return FAULT_NONE;
        }
        return directory_say(asking->directory, FAULT_ABSENT, why,
                             "search: this part of the directory is on another server: %s (name "
                             "that one, or use --follow-referrals)",
                             end->references[0]);
    }
    return directory_refused(asking->directory, "search", end->code, end->said, why);
}

static enum fault run_pages(struct asking *asking, struct berval *cookie, struct why *why)
{
    for (;;) {
        struct page_end end = {0};
        enum fault fault;
        bool more;
        int id;

        if (send_page(asking, cookie, &id) != LDAP_SUCCESS) {
            return directory_failed(asking->directory, "search", &asking->lost, why);
        }
        asking->page_begun = false;
        fault = read_page(asking, id, &end, why);
        if (fault == FAULT_NONE && !asking->page_begun && repeat_was_empty(&asking->repeat)) {
            fault = fault_at(FAULT_LIMIT, 0,
                             "search: the server sends one empty page after the other (what came "
                             "before is right)",
                             why);
        }
        ldap_memfree(cookie->bv_val);
        *cookie = end.cookie;
        end.cookie = (struct berval){0};
        more = end.code == LDAP_SUCCESS && cookie->bv_len > 0;
        if (fault == FAULT_NONE && !more && !shrink(asking, end.code)) {
            fault = end_search(asking, &end, why);
            page_end_clear(&end);
            return fault;
        }
        page_end_clear(&end);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
}

enum fault asking_run(struct asking *asking, struct why *why)
{
    struct berval cookie = {0};
    enum fault fault;

    asking->seen = asking->seen_digest = 0;
    asking->repeat = (struct repeat){0};
    asking->lost = false;
    fault = run_pages(asking, &cookie, why);
    ldap_memfree(cookie.bv_val);
    return fault;
}
