#include "directory/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <ldap.h>
#include <openldap.h>

#include "directory/internal.h"
#include "directory/library.h"
#include "directory/patience.h"
#include "directory/socket.h"

/*
 * The longest answer, which is one entry. What says that it is longer is not read: its length may
 * be a lie.
 */
#define ANSWER_MAX ((ber_len_t)64 << 20)

enum { READ_AHEAD = 64 * 1024 };

struct directory *directory_new_take(struct directory_url *url,
                                     const struct directory_options *options)
{
    struct directory *directory = calloc(1, sizeof(*directory));

    if (directory != NULL) {
        directory->url = *url;
        directory->options = options;
        directory->fd = -1;
        (void)pthread_mutex_init(&directory->line, NULL);
        *url = (struct directory_url){0};
    }
    return directory;
}

void directory_set_line(struct directory *directory, int fd)
{
    (void)pthread_mutex_lock(&directory->line);
    directory->fd = fd;
    if (fd >= 0 && atomic_load(&directory->aborted)) {
        (void)shutdown(fd, SHUT_RDWR);
    }
    (void)pthread_mutex_unlock(&directory->line);
}

void directory_abort(struct directory *directory)
{
    atomic_store(&directory->aborted, true);
    (void)pthread_mutex_lock(&directory->line);
    if (directory->fd >= 0) {
        (void)shutdown(directory->fd, SHUT_RDWR);
    }
    (void)pthread_mutex_unlock(&directory->line);
}

uint64_t directory_answers(struct directory *directory)
{
    return atomic_load_explicit(&directory->answers, memory_order_relaxed);
}

void directory_hang_up(struct directory *directory)
{
    if (directory->stuck) {
        return;
    }
    directory_set_line(directory, -1);
    if (directory->ld != NULL) {
        (void)ldap_unbind_ext(directory->ld, NULL, NULL);
        directory->ld = NULL;
    }
    directory->protected = false;
}

/* Settings that hold for every connection, whatever the user's ldap.conf says of them. */
static void set_options(struct directory *directory)
{
    static const int version = LDAP_VERSION3;
    const struct timeval limit = {.tv_sec = (time_t)directory->options->timeout_s};
    ber_len_t longest = ANSWER_MAX, ahead = READ_AHEAD;
    Sockbuf *line = NULL;
    LDAP *ld = directory->ld;

    (void)ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    (void)ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    (void)ldap_set_option(ld, LDAP_OPT_RESTART, library_on());
    (void)ldap_set_option(ld, LDAP_OPT_DEREF, &(int){LDAP_DEREF_NEVER});
    (void)ldap_set_option(ld, LDAP_OPT_SIZELIMIT, &(int){LDAP_NO_LIMIT});
    (void)ldap_set_option(ld, LDAP_OPT_TIMELIMIT, &(int){LDAP_NO_LIMIT});
    (void)ldap_set_option(ld, LDAP_OPT_TIMEOUT, &limit);
    /* No name that the reverse zone tells: Kerberos settles that by its own rules. */
    (void)ldap_set_option(ld, LDAP_OPT_X_SASL_NOCANON, library_on());
    if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &line) == LDAP_OPT_SUCCESS && line != NULL) {
        (void)ber_sockbuf_ctrl(line, LBER_SB_OPT_SET_MAX_INCOMING, &longest);
        /* Without it, libldap asks the system twice for every entry. */
        (void)ber_sockbuf_add_io(line, library_readahead(), LBER_SBIOD_LEVEL_PROVIDER, NULL);
        (void)ber_sockbuf_ctrl(line, LBER_SB_OPT_SET_READAHEAD, &ahead);
    }
}

static enum fault open_line(struct directory *directory, struct why *why)
{
    char *server = directory_url_server(&directory->url);
    bool local = directory->url.scheme == DIRECTORY_LDAPI;
    LDAP *ld = NULL;
    int fd = -1, code;
    enum fault fault;

    if (server == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault =
        directory_socket_open(&directory->url, (int)directory->options->timeout_s * 1000, &fd, why);
    if (fault == FAULT_NONE) {
        code = ldap_init_fd(fd, local ? LDAP_PROTO_IPC : LDAP_PROTO_TCP, server, &ld);
        if (code != LDAP_SUCCESS) {
            (void)close(fd);
            fault = directory_refused(directory, "connect", code, NULL, why);
        }
    }
    free(server);
    if (fault == FAULT_NONE) {
        directory->ld = ld;
        directory->protected = local;
        directory_set_line(directory, fd);
        set_options(directory);
        directory_note_answer(directory);
    }
    return fault;
}

/* What the thread that connects works with. */
struct opening {
    struct directory *directory;
    enum fault fault;
    struct why why;
};

static void open_all(void *context)
{
    struct opening *opening = context;
    struct directory *directory = opening->directory;

    opening->fault = open_line(directory, &opening->why);
    if (opening->fault == FAULT_NONE) {
        opening->fault = directory_secure(directory, &opening->why);
    }
    if (opening->fault == FAULT_NONE) {
        opening->fault = directory_bind(directory, &opening->why);
    }
}

enum fault directory_connect(struct directory *directory, struct why *why)
{
    struct opening *opening = calloc(1, sizeof(*opening));
    enum fault fault;

    if (opening == NULL || directory->stuck) {
        free(opening);
        return fault_at(FAULT_RESOURCE, 0, "out of memory, or of time", why);
    }
    opening->directory = directory;
    directory_hang_up(directory);
    switch (patience_run(directory, open_all, opening)) {
    case PATIENCE_DONE:
        break;
    case PATIENCE_LOST: /* the thread still has both; the room is left to it */
        directory->stuck = true;
        return fault_at(FAULT_RESOURCE, 0,
                        "no answer in time while connecting (is it the right port? does the server "
                        "speak TLS there? --timeout waits longer)",
                        why);
    case PATIENCE_NO_THREAD:
        opening->fault = fault_at(FAULT_RESOURCE, 0, "no thread is to be had", &opening->why);
        break;
    }
    fault = opening->fault;
    if (fault != FAULT_NONE) {
        *why = opening->why;
        if (atomic_load(&directory->aborted)) {
            fault = directory_say(directory, FAULT_RESOURCE, why,
                                  "no answer within %u seconds while connecting (is it the right "
                                  "port? does the server speak TLS there? --timeout waits longer)",
                                  directory->options->timeout_s);
        }
        directory_hang_up(directory);
    }
    free(opening);
    return fault;
}

bool directory_exposes_password(const struct directory *directory) { return directory->exposed; }

bool directory_lacks_tls(const struct directory *directory) { return directory->lacks_tls; }

void directory_free(struct directory *directory)
{
    if (directory == NULL || directory->stuck) {
        return;
    }
    directory_hang_up(directory);
    directory_url_clear(&directory->url);
    (void)pthread_mutex_destroy(&directory->line);
    free(directory);
}
