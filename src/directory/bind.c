#include <string.h>
#include <strings.h>

#include <ldap.h>
#include <sasl/sasl.h>

#include "directory/internal.h"

bool directory_knows_mechanism(const char *name)
{
    return strcasecmp(name, "EXTERNAL") == 0 || strcasecmp(name, "GSSAPI") == 0;
}

/* Kerberos asks for nothing but names, for which the ticket's own are right. */
static int answer_nothing(LDAP *ld, unsigned flags, void *defaults, void *asked)
{
    (void)ld;
    (void)flags;
    (void)defaults;
    for (sasl_interact_t *at = asked; at->id != SASL_CB_LIST_END; at++) {
        at->result = at->defresult != NULL ? at->defresult : "";
        at->len = (unsigned)strlen(at->result);
    }
    return LDAP_SUCCESS;
}

static int bind_by_sasl(struct directory *directory)
{
    static char nobody[] = "";
    struct berval as_known = {.bv_len = 0, .bv_val = nobody};
    bool by_tls = directory->protected;
    ber_len_t strength = 0;
    int code;

    if (strcasecmp(directory->options->mechanism, "EXTERNAL") == 0) {
        /* RFC 4422, appendix A: an empty message says "whom the connection shows". */
        return ldap_sasl_bind_s(directory->ld, NULL, "EXTERNAL", &as_known, NULL, NULL, NULL);
    }
    if (by_tls) { /* Active Directory refuses a second layer within TLS */
        (void)ldap_set_option(directory->ld, LDAP_OPT_X_SASL_SECPROPS, "maxssf=0");
    }
    code = ldap_sasl_interactive_bind_s(directory->ld, NULL, directory->options->mechanism, NULL,
                                        NULL, LDAP_SASL_QUIET, answer_nothing, NULL);
    if (code == LDAP_SUCCESS &&
        ldap_get_option(directory->ld, LDAP_OPT_X_SASL_SSF, &strength) == LDAP_OPT_SUCCESS) {
        directory->protected = by_tls || strength > 1;
    }
    return code;
}

static bool is_this_machine(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0;
}

static int bind_simply(struct directory *directory)
{
    const struct directory_options *options = directory->options;
    /* libldap reads it only; that it asks for a char * is its own affair. */
    struct berval password = {.bv_len = options->password.len,
                              .bv_val = (char *)(uintptr_t)options->password.at};

    directory->exposed |= !directory->protected && !is_this_machine(directory->url.host);
    return ldap_sasl_bind_s(directory->ld, options->bind_dn, LDAP_SASL_SIMPLE, &password, NULL,
                            NULL, NULL);
}

enum fault directory_bind(struct directory *directory, struct why *why)
{
    const struct directory_options *options = directory->options;
    char *said = NULL;
    enum fault fault;
    int code;

    if (options->mechanism == NULL && (options->bind_dn == NULL || options->bind_dn[0] == '\0')) {
        return FAULT_NONE; /* LDAPv3 needs no bind for nobody (RFC 4511, 4.2.1) */
    }
    code = options->mechanism != NULL ? bind_by_sasl(directory) : bind_simply(directory);
    if (code == LDAP_SUCCESS) {
        directory_note_answer(directory);
        directory->spoken = true;
        return FAULT_NONE;
    }
    (void)ldap_get_option(directory->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &said);
    if (code == LDAP_LOCAL_ERROR || code == LDAP_AUTH_UNKNOWN) {
        fault = directory_say(directory, FAULT_DENIED, why,
                              "bind: %s: %s (is there a ticket? see klist and kinit)",
                              options->mechanism, said != NULL ? said : ldap_err2string(code));
    } else if (code == LDAP_SERVER_DOWN && !directory->protected) {
        fault = directory_say(directory, FAULT_RESOURCE, why,
                              "bind: the server ended the connection (does it want ldaps:// on "
                              "this port?)");
    } else {
        fault = directory_refused(directory, "bind", code, said, why);
    }
    ldap_memfree(said);
    return fault;
}
