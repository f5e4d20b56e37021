#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "directory/asking.h"

/*
 * What can be a mailbox. In Active Directory a computer is a `user` too, and only its category
 * tells it from people; elsewhere nothing is ruled out by name, since a server that does not know
 * a class would find nothing at all (RFC 4511, 4.5.1.7: Undefined).
 */
static const char active_directory_filter[] = "(&(objectCategory=person)(objectClass=user))";
static const char usual_filter[] =
    "(|(objectClass=person)(objectClass=organizationalPerson)(objectClass=inetOrgPerson)"
    "(objectClass=user)(objectClass=mailRecipient))";

enum {
    FOLLOWED_MAX = 64,       /* references that are followed in all */
    RECONNECT_MS = 3000,     /* how long a server that restarts is waited for */
    RECONNECT_STEP_MS = 200, /* and how often it is looked for */
};

static void sleep_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    (void)nanosleep(&time, NULL);
}

/* Connects and searches again; `*again` when it is worth another try a moment later. */
static enum fault try_again(struct asking *asking, bool *again, struct why *why)
{
    struct directory *directory = asking->directory;
    enum fault fault = directory_connect(directory, why);

    if (fault != FAULT_NONE) {
        *again = fault == FAULT_ABSENT;
        return directory_say(directory, FAULT_RESOURCE, why,
                             "search: the connection was lost, and cannot be taken up again: %s",
                             why->rule);
    }
    fault = asking_run(asking, why);
    *again = fault != FAULT_NONE && asking->lost && asking->seen == 0;
    return fault;
}

/*
 * One server's part of the search. A connection that is lost is taken up once; a server that is
 * being restarted listens a moment later, and one that has just ended may still seem to.
 */
static enum fault ask(struct asking *asking, struct why *why)
{
    enum fault fault = asking_run(asking, why);
    bool again = true;

    if (fault == FAULT_NONE || !asking->lost || asking->found->reconnected) {
        return fault;
    }
    asking->found->reconnected = true;
    asking->handed = asking->seen;
    asking->handed_digest = asking->seen_digest;
    for (long waited = 0; again && waited <= RECONNECT_MS; waited += RECONNECT_STEP_MS) {
        if (waited > 0) {
            sleep_ms(RECONNECT_STEP_MS);
        }
        fault = try_again(asking, &again, why);
    }
    return fault;
}

/* Makes up for what the URL leaves open. */
enum fault asking_settle(struct asking *asking, struct directory_root *root, struct why *why)
{
    struct directory *directory = asking->directory;

    if (asking->base[0] != '\0' && asking->filter != NULL) {
        return FAULT_NONE;
    }
    if (!root->read && !directory_read_root(directory, root)) {
        return directory_say(directory, FAULT_RESOURCE, why,
                             "search: no answer within %u seconds (--timeout waits longer)",
                             directory->options->timeout_s);
    }
    if (asking->filter == NULL) {
        asking->filter = asking->search->everything ? "(objectClass=*)"
                         : root->active_directory   ? active_directory_filter
                                                    : usual_filter;
    }
    if (asking->base[0] != '\0' || asking->scope == DIRECTORY_BASE || root->contexts == NULL) {
        return FAULT_NONE;
    }
    if (root->contexts[1] != NULL) {
        return directory_say(directory, FAULT_ABSENT, why,
                             "the URL names no base, and the server has several: %s, %s%s (put one "
                             "of them behind the host: ldap://host/BASE)",
                             root->contexts[0], root->contexts[1],
                             root->contexts[2] != NULL ? ", …" : "");
    }
    asking->base = root->contexts[0];
    return FAULT_NONE;
}

/*
 * A password goes to the server that it was given for. To another one only where nobody can listen,
 * and the server has shown who it is; Kerberos proves both by itself.
 */
static bool may_bind(const struct directory_options *options, const struct directory_url *home,
                     const struct directory_url *there)
{
    return options->password.len == 0 || options->mechanism != NULL ||
           there->scheme == DIRECTORY_LDAPS || options->tls == DIRECTORY_TLS_DEMAND ||
           directory_url_same_server(home, there);
}

/* The URL of a reference; what it leaves out is as it was (RFC 4511, 4.5.3). */
static enum fault read_reference(const char *text, const struct directory_url *home,
                                 struct directory_url *out, struct why *why)
{
    enum fault fault = directory_url_parse(text, out, why);
    size_t marks = 0;

    if (fault != FAULT_NONE) {
        return fault;
    }
    for (const char *at = text; *at != '\0'; at++) {
        marks += *at == '?';
    }
    if (marks < 2) {
        out->scope = home->scope;
    }
    if (strstr(text, ":///") != NULL && out->scheme == home->scheme) {
        free(out->host);
        out->host = strdup(home->host);
        out->port = home->port;
    }
    return out->host != NULL ? FAULT_NONE : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

/* True when `dn` is `base` or lies beneath it; the empty base holds everything. */
static bool is_within(const char *dn, const char *base)
{
    size_t length = strlen(dn), end = strlen(base);

    if (end == 0 || strcasecmp(dn, base) == 0) {
        return true;
    }
    return length > end + 1 && dn[length - end - 1] == ',' &&
           strcasecmp(dn + length - end, base) == 0;
}

/* Where a search has been: what lies there came already, and is not asked for again. */
struct visited {
    struct directory_url at[FOLLOWED_MAX + 1]; /* the first is borrowed */
    size_t count;
};

static bool was_visited(const struct visited *visited, const struct directory_url *url)
{
    for (size_t i = 0; i < visited->count; i++) {
        const struct directory_url *before = &visited->at[i];
        bool inside = before->scope == DIRECTORY_SUBTREE
                          ? is_within(url->base, before->base)
                          : before->scope == url->scope && strcasecmp(url->base, before->base) == 0;

        if (inside && directory_url_same_server(before, url)) {
            return true;
        }
    }
    return false;
}

/* Searches at a reference; what that refers to comes behind the other references. */
static enum fault visit(struct asking *asking, const struct directory_url *home,
                        const struct directory_url *there, struct why *why)
{
    struct directory *directory = asking->directory;
    const struct directory_url own = directory->url;
    const char *filter = asking->filter;
    enum fault fault;

    if (!may_bind(directory->options, home, there)) {
        return fault_at(FAULT_DENIED, 0, "the password is not sent there unprotected (use -ZZ)",
                        why);
    }
    directory->url = *there;
    fault = directory_connect(directory, why);
    if (fault == FAULT_NONE) {
        asking->base = there->base;
        asking->scope = there->scope;
        asking->filter = there->filter != NULL ? there->filter : filter;
        asking->handed = 0;
        asking->found->followed++;
        fault = asking_run(asking, why);
        asking->filter = filter;
    }
    directory_hang_up(directory);
    directory->url = own;
    return fault;
}

static enum fault follow(struct asking *asking, struct visited *visited, const char *text,
                         struct why *why)
{
    struct directory *directory = asking->directory;
    const struct directory_url *home = &visited->at[0];
    struct directory_url there = {0};
    enum fault fault = read_reference(text, home, &there, why);

    if (fault == FAULT_NONE && was_visited(visited, &there)) {
        directory_url_clear(&there);
        return FAULT_NONE;
    }
    if (fault == FAULT_NONE) {
        visited->at[visited->count++] = there;
        fault = visit(asking, home, &there, why);
    }
    if (fault != FAULT_NONE) {
        char reason[MESSAGE_SIZE / 2];

        (void)snprintf(reason, sizeof(reason), "%s", why->rule);
        fault = directory_say(directory, FAULT_LIMIT, why, "the reference to %s: %s", text, reason);
    }
    return fault;
}

static enum fault follow_all(struct asking *asking, struct why *why)
{
    struct visited visited = {.at = {asking->directory->url}, .count = 1};
    enum fault fault = FAULT_NONE, last = FAULT_NONE;
    struct why reason = {0};

    visited.at[0].base = (char *)(uintptr_t)asking->base;
    for (size_t i = 0; i < asking->reference_count; i++) {
        if (visited.count > FOLLOWED_MAX) {
            last = fault_at(FAULT_LIMIT, 0,
                            "more than 64 references to other servers: the rest was not followed",
                            why);
            break;
        }
        fault = follow(asking, &visited, asking->references[i], &reason);
        if (fault != FAULT_NONE) { /* the others are still asked */
            last = fault;
            *why = reason;
        }
    }
    for (size_t i = 1; i < visited.count && !asking->directory->stuck; i++) {
        directory_url_clear(&visited.at[i]);
    }
    if (last == FAULT_NONE && asking->referred && asking->found->followed == 0) {
        return fault_at(FAULT_ABSENT, 0, "search: the server refers to itself for its answer", why);
    }
    return last;
}

enum fault directory_search(struct directory *directory, const struct directory_search *search,
                            const struct directory_sink *sink, struct directory_found *found,
                            struct why *why)
{
    struct asking asking = {.directory = directory,
                            .search = search,
                            .sink = sink,
                            .found = found,
                            .base = directory->url.base,
                            .filter = directory->url.filter,
                            .scope = directory->url.scope,
                            .page_size = directory->options->page_size};
    struct directory_root root = {0};
    enum fault fault = FAULT_NONE;

    *found = (struct directory_found){0};
    if (directory->ld == NULL) {
        fault = directory_connect(directory, why);
    }
    if (fault == FAULT_NONE) {
        fault = asking_settle(&asking, &root, why);
    }
    if (fault == FAULT_NONE) {
        fault = ask(&asking, why);
    }
    if (fault == FAULT_NONE) {
        fault = follow_all(&asking, why);
    }
    directory_root_clear(&root);
    asking_clear(&asking);
    return fault;
}
