#include "cmd/ldap_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "directory/directory.h"

enum {
    USUAL_PAGE = 500, /* Active Directory refuses more than 1000, many a server less */
    PAGE_MAX = 100000,
    USUAL_TIMEOUT_S = 20,
    TIMEOUT_MAX_S = 86400,
    SENTENCE_MAX = 1024,
};

const char *ldap_options_help(void)
{
    return "LDAP, for a SOURCE that is a URL, as in ldapsearch:\n"
           "  -D DN                    bind as this user, with a password (-y, -W)\n"
           "  -y FILE                  read the password from FILE\n"
           "  -W                       ask for the password\n"
           "  -Y MECHANISM             bind by SASL: EXTERNAL or GSSAPI (Kerberos)\n"
           "  -Z                       StartTLS, if the server has it; -ZZ: or stop\n"
           "      --ca FILE            authorities that certify the server\n"
           "      --page-size N        entries a page (500)\n"
           "      --timeout SECONDS    wait so long for the connection, and for each answer\n"
           "                           (20)\n"
           "      --follow-referrals   also ask the servers that this one points to\n"
           "      --allow-incomplete   write -o FILE though the search ended early\n"
           "  -v, --verbose            tell of references and lost connections\n";
}

void ldap_options_init(struct ldap_options *options)
{
    *options = (struct ldap_options){
        .live.directory = {.page_size = USUAL_PAGE, .timeout_s = USUAL_TIMEOUT_S}};
}

bool ldap_option_is(int code)
{
    return (code >= OPTION_LDAP_FIRST && code < OPTION_LDAP_END) ||
           (code > 0 && code < OPTION_LDAP_FIRST && code < 128 && code != ':' &&
            strchr(LDAP_SHORT_OPTIONS, code) != NULL);
}

static bool parse_number(const char *text, unsigned long max, unsigned *out)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || n < 1 || n > max) {
        return false;
    }
    *out = (unsigned)n;
    return true;
}

const char *ldap_option_take(struct ldap_options *options, int code, const char *argument)
{
    struct directory_options *o = &options->live.directory;

    options->given |= code != 'v';
    switch (code) {
    case 'D':
        o->bind_dn = argument;
        return NULL;
    case 'y':
        options->password_file = argument;
        return NULL;
    case 'w':
        options->typed = true;
        return NULL;
    case 'W':
        options->ask = true;
        return NULL;
    case 'Y':
        o->mechanism = argument;
        return directory_knows_mechanism(argument) ? NULL : "-Y is EXTERNAL or GSSAPI, not";
    case 'Z':
        o->tls = o->tls == DIRECTORY_TLS_NONE ? DIRECTORY_TLS_TRY : DIRECTORY_TLS_DEMAND;
        return NULL;
    case OPTION_CA:
        o->ca_file = argument;
        return NULL;
    case OPTION_PAGE_SIZE:
        return parse_number(argument, PAGE_MAX, &o->page_size)
                   ? NULL
                   : "--page-size is a number from 1 to 100000, not";
    case OPTION_TIMEOUT:
        return parse_number(argument, TIMEOUT_MAX_S, &o->timeout_s)
                   ? NULL
                   : "--timeout is a number of seconds from 1 to 86400, not";
    case OPTION_FOLLOW_REFERRALS:
        o->follow_referrals = true;
        return NULL;
    case OPTION_ALLOW_INCOMPLETE:
        options->allow_incomplete = true;
        return NULL;
    default:
        options->verbose = true;
        return NULL;
    }
}

const char *ldap_options_check(const struct ldap_options *options)
{
    const struct directory_options *o = &options->live.directory;
    bool password = options->password_file != NULL || options->ask;

    if (options->typed) {
        return "no password in the arguments, where everybody sees it: use -y FILE or -W, not -w";
    }
    if (options->password_file != NULL && options->ask) {
        return "-y and -W are two ways to give one password";
    }
    if (o->mechanism != NULL && (o->bind_dn != NULL || password)) {
        return "-Y binds without a name and a password: leave out -D, -y and -W";
    }
    if (o->bind_dn != NULL && !password) {
        return "-D needs a password (-y FILE or -W)";
    }
    return o->bind_dn == NULL && password ? "a password needs a name (-D)" : NULL;
}

/* As ldapsearch does. */
static void warn_of_readers(const char *file)
{
    struct stat status;

    if (strcmp(file, "-") != 0 && stat(file, &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        complain(file, 0, "warning: everybody on this machine may read the password (chmod 600)");
    }
}

bool ldap_options_read_password(struct ldap_options *options)
{
    const char *file = options->password_file;
    struct why why = {0};
    enum fault fault = FAULT_NONE;

    if (options->password.at != NULL) {
        return true;
    }
    if (file != NULL) {
        warn_of_readers(file);
        fault = secret_read(file, &options->password, &why);
    } else if (options->ask) {
        fault = secret_ask("Enter LDAP Password: ", &options->password, &why);
    }
    if (fault != FAULT_NONE) {
        complain(file, 0, why.rule);
        return false;
    }
    if (file != NULL && options->password.len == 0) {
        /* RFC 4513, 5.1.2: that would be a bind as nobody that looks like one as somebody. */
        complain(file, 0, "an empty password");
        return false;
    }
    options->live.directory.password = span_of(options->password.at, options->password.len);
    return true;
}

bool ldap_options_open(const char *path, const char *name, const struct source_options *options,
                       struct source **out)
{
    struct source *source = NULL;
    struct why why = {0};
    enum fault fault = source_open(path, options, &source, &why);

    if (fault == FAULT_NONE) {
        fault = source_connect(source, &why);
    }
    if (fault != FAULT_NONE) {
        complain(name, 0, why.rule);
        source_free(source);
        return false;
    }
    if (source_live_facts(source).lacks_tls) {
        complain(name, 0,
                 "warning: the server refuses StartTLS, and is read unprotected (-ZZ stops there)");
    }
    if (source_live_facts(source).exposed) {
        complain(name, 0,
                 "warning: the password went over an unprotected connection (use ldaps:// or -ZZ)");
    }
    *out = source;
    return true;
}

/* `2 references to other servers followed, 1 not (--follow-referrals does): ldap://south`. */
static void tell_all(const struct ldap_options *options, const char *name,
                     const struct live_facts *facts)
{
    struct buffer sentence = buffer_with_max(SENTENCE_MAX);
    const struct span servers = span_text(facts->servers != NULL ? facts->servers : "");

    if (facts->reconnected && !facts->incomplete) {
        complain(name, 0, "the connection was lost once, and taken up again");
    }
    buffer_add_uint(&sentence, facts->followed);
    buffer_add_text(&sentence, " references to other servers followed, ");
    buffer_add_uint(&sentence, facts->references);
    buffer_add_text(&sentence, " not");
    if (facts->references > 0 && !options->live.directory.follow_referrals) {
        buffer_add_text(&sentence, " (--follow-referrals does)");
    }
    if (servers.len > 0) {
        buffer_add_byte(&sentence, ':');
        text_add_safe(&sentence, span_upto(servers, servers.len - 1));
    }
    complain_span(name, 0, buffer_span(&sentence));
    buffer_clear(&sentence);
}

void ldap_options_tell(const struct ldap_options *options, const char *name,
                       const struct source *source)
{
    const struct live_facts facts = source_live_facts(source);
    char sentence[SENTENCE_MAX];

    if (source_format(source) != SOURCE_LIVE) {
        return;
    }
    if (options->verbose) {
        tell_all(options, name, &facts);
    } else if (facts.missed > 0 && !options->live.directory.follow_referrals) {
        (void)snprintf(sentence, sizeof(sentence),
                       "%llu continuation reference%s not followed: what is there is not shown "
                       "(--follow-referrals asks there too, -v names the servers)",
                       (unsigned long long)facts.missed, facts.missed == 1 ? " was" : "s were");
        complain(name, 0, sentence);
    }
}

void ldap_options_add_files(const struct ldap_options *options, struct name_list *files)
{
    const char *const named[] = {options->password_file, options->live.directory.ca_file};

    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (named[i] != NULL) {
            name_list_add(files, named[i]);
        }
    }
}

void ldap_options_clear(struct ldap_options *options) { secret_clear(&options->password); }
