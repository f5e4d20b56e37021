#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <ldap.h>
#include <openldap.h>

#include "base/readfile.h"
#include "directory/internal.h"
#include "directory/peer.h"
#include "directory/socket.h"

#define CA_FILE_MAX ((size_t)64 << 20)

/* Debian's own list of authorities, for where no ldap.conf names one. */
static const char usual_authorities[] = "/etc/ssl/certs/ca-certificates.crt";

/* What libldap says of the last fault; the caller frees it with ldap_memfree(). */
static char *diagnostic_of(LDAP *ld)
{
    char *text = NULL;

    (void)ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
    return text;
}

/*
 * Gives the handle what ldap.conf and the environment say, which a new one does not inherit. False
 * where they say nothing.
 */
static bool inherit(LDAP *ld, int option)
{
    char *text = NULL;
    bool told;

    (void)ldap_get_option(NULL, option, &text);
    told = text != NULL;
    if (told) {
        (void)ldap_set_option(ld, option, text);
    }
    ldap_memfree(text);
    return told;
}

static void set_ca_files(LDAP *ld, const char *ca_file)
{
    bool file, folder;

    if (ca_file != NULL) {
        (void)ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca_file);
        return;
    }
    file = inherit(ld, LDAP_OPT_X_TLS_CACERTFILE);
    folder = inherit(ld, LDAP_OPT_X_TLS_CACERTDIR);
    if (!file && !folder && access(usual_authorities, R_OK) == 0) {
        (void)ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, usual_authorities);
    }
}

/* Which certificates are accepted. `demand` false: any, to have a look at one. */
static int set_authorities(LDAP *ld, const char *ca_file, bool demand)
{
    static const int inherited[] = {LDAP_OPT_X_TLS_CERTFILE, LDAP_OPT_X_TLS_KEYFILE,
                                    LDAP_OPT_X_TLS_CRLFILE, LDAP_OPT_X_TLS_CIPHER_SUITE};
    const int wanted = demand ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
    static const int client = 0;

    set_ca_files(ld, ca_file);
    for (size_t i = 0; i < sizeof(inherited) / sizeof(inherited[0]); i++) {
        (void)inherit(ld, inherited[i]);
    }
    (void)ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &wanted);
    return ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
}

static int start(LDAP *ld, enum directory_scheme scheme)
{
    return scheme == DIRECTORY_LDAPS ? ldap_install_tls(ld) : ldap_start_tls_s(ld, NULL, NULL);
}

/*
 * libldap does not tell why it refused a certificate. So a second connection is made, over which
 * nothing is sent, to look at it.
 */
static enum peer_fault look_again(struct directory *directory, char *detail)
{
    char *server = directory_url_server(&directory->url);
    enum peer_fault fault = PEER_OTHER;
    struct berval bytes = {0};
    struct why ignored;
    LDAP *ld = NULL;
    int fd = -1;

    if (server != NULL &&
        directory_socket_open(&directory->url, (int)directory->options->timeout_s * 1000, &fd,
                              &ignored) == FAULT_NONE) {
        if (ldap_init_fd(fd, LDAP_PROTO_TCP, server, &ld) != LDAP_SUCCESS) {
            (void)close(fd);
            ld = NULL;
        }
    }
    free(server);
    if (ld == NULL) {
        return PEER_OTHER;
    }
    directory_set_line(directory, fd);
    (void)ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &(int){LDAP_VERSION3});
    if (set_authorities(ld, directory->options->ca_file, false) == LDAP_OPT_SUCCESS &&
        start(ld, directory->url.scheme) == LDAP_SUCCESS &&
        ldap_get_option(ld, LDAP_OPT_X_TLS_PEERCERT, &bytes) == LDAP_OPT_SUCCESS) {
        fault = peer_fault_of(span_of(bytes.bv_val, bytes.bv_len), directory->url.host, detail);
    }
    ldap_memfree(bytes.bv_val);
    directory_set_line(directory, -1);
    (void)ldap_unbind_ext(ld, NULL, NULL);
    return fault;
}

static enum fault refuse_certificate(struct directory *directory, struct why *why)
{
    const char *authorities =
        directory->options->ca_file != NULL ? directory->options->ca_file : "this system";
    char detail[PEER_DETAIL_SIZE] = "";

    directory_hang_up(directory);
    switch (look_again(directory, detail)) {
    case PEER_ENDED:
        return directory_say(directory, FAULT_DENIED, why,
                             "TLS: the server's certificate ended on %s (the server needs a new "
                             "one)",
                             detail);
    case PEER_NOT_BEGUN:
        return directory_say(
            directory, FAULT_DENIED, why,
            "TLS: the server's certificate begins on %s only (is the clock right?)", detail);
    case PEER_OTHER_NAME:
        return directory_say(directory, FAULT_DENIED, why,
                             "TLS: the server's certificate is for %s, not for %s (use the name "
                             "that it bears)",
                             detail[0] != '\0' ? detail : "another name", directory->url.host);
    case PEER_OTHER:
        break;
    }
    if (strcasecmp(directory->url.host, "localhost") == 0) {
        return directory_say(directory, FAULT_DENIED, why,
                             "TLS: the server's certificate does not come from an authority that "
                             "%s names (--ca FILE names the right one), or is not for this "
                             "machine's own name, for which libldap takes localhost (use 127.0.0.1 "
                             "or that name)",
                             authorities);
    }
    return directory_say(directory, FAULT_DENIED, why,
                         "TLS: the server's certificate does not come from an authority that %s "
                         "names (--ca FILE names the right one)",
                         authorities);
}

/* The handshake failed, or the name is another one. */
static enum fault refuse(struct directory *directory, int code, struct why *why)
{
    char *said = diagnostic_of(directory->ld);
    enum fault fault;

    if (said != NULL &&
        (strstr(said, "certificate") != NULL || strstr(said, "unknown error code") != NULL)) {
        /* The second is what libldap makes of GnuTLS's refusal; the first is OpenSSL's word. */
        fault = refuse_certificate(directory, why);
    } else {
        fault = directory_refused(directory,
                                  directory->url.scheme == DIRECTORY_LDAPS
                                      ? "TLS (does the server speak TLS on this port?)"
                                  : code == LDAP_SERVER_DOWN
                                      ? "StartTLS (does the server want ldaps:// on this port?)"
                                      : "StartTLS",
                                  code, said, why);
    }
    ldap_memfree(said);
    return fault;
}

/*
 * libldap takes a file without any certificate, or one in DER, for authorities that certify nobody,
 * and blames the server.
 */
static enum fault check_ca_file(struct directory *directory, struct why *why)
{
    static const char *const marks[] = {"-----BEGIN CERTIFICATE-----",
                                        "-----BEGIN X509 CERTIFICATE-----",
                                        "-----BEGIN TRUSTED CERTIFICATE-----"};
    const char *path = directory->options->ca_file;
    struct buffer bytes = buffer_with_max(CA_FILE_MAX);
    bool found = false;

    if (path == NULL) {
        return FAULT_NONE;
    }
    /* To libldap, `-` is a file like any other. */
    if (readfile(strcmp(path, "-") == 0 ? "./-" : path, &bytes, why) != FAULT_NONE) {
        buffer_clear(&bytes);
        return directory_say(directory, FAULT_ABSENT, why, "--ca: %s: %s", path, why->rule);
    }
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        found |= bytes.len > 0 && memmem(bytes.at, bytes.len, marks[i], strlen(marks[i])) != NULL;
    }
    buffer_clear(&bytes);
    return found ? FAULT_NONE
                 : directory_say(directory, FAULT_SYNTAX, why,
                                 "--ca: no certificate in %s (it takes PEM; openssl x509 -inform "
                                 "DER makes that of DER)",
                                 path);
}

enum fault directory_secure(struct directory *directory, struct why *why)
{
    const struct directory_options *options = directory->options;
    LDAP *ld = directory->ld;
    enum fault fault;
    int code;

    if (directory->url.scheme == DIRECTORY_LDAPI ||
        (directory->url.scheme == DIRECTORY_LDAP && options->tls == DIRECTORY_TLS_NONE)) {
        return FAULT_NONE;
    }
    fault = check_ca_file(directory, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (set_authorities(ld, options->ca_file, true) != LDAP_OPT_SUCCESS) {
        return directory_say(directory, FAULT_SYNTAX, why, "TLS: no certificate can be read in %s",
                             options->ca_file != NULL ? options->ca_file
                                                      : "the authorities of this system");
    }
    code = start(ld, directory->url.scheme);
    if (code == LDAP_SUCCESS) {
        directory->protected = true;
        directory->spoken |= directory->url.scheme == DIRECTORY_LDAP;
        directory_note_answer(directory);
        return FAULT_NONE;
    }
    /* What the server answers is a positive number; what breaks within TLS is libldap's. */
    if (code > 0 && options->tls == DIRECTORY_TLS_TRY && directory->url.scheme == DIRECTORY_LDAP) {
        directory->lacks_tls = true;
        directory->spoken = true;
        return FAULT_NONE;
    }
    return refuse(directory, code, why);
}
