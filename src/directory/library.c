#include "directory/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <ldap.h>
#include <openldap.h>

enum { SENTENCE_SIZE = 512 };

/*
 * Those that return a value, and those that do not. The compiler holds each to the declaration in
 * libldap's headers. The ones of liblber are found through libldap, which needs it.
 */
/* clang-format off */
#define EACH_FUNCTION(VALUE, NONE)                                                                 \
    NONE(ber_free, (BerElement *in, int with_buffer), (in, with_buffer))                           \
    VALUE(int, ber_get_option, (void *item, int option, void *out), (item, option, out))           \
    VALUE(ber_tag_t, ber_skip_element, (BerElement *in, struct berval *body), (in, body))          \
    VALUE(int, ber_sockbuf_add_io,                                                                 \
        (Sockbuf *line, Sockbuf_IO *io, int layer, void *with), (line, io, layer, with))           \
    VALUE(int, ber_sockbuf_ctrl, (Sockbuf *line, int option, void *with), (line, option, with))    \
    VALUE(LDAPControl *, ldap_control_find,                                                        \
        (const char *oid, LDAPControl **in, LDAPControl ***next), (oid, in, next))                 \
    NONE(ldap_control_free, (LDAPControl *control), (control))                                     \
    NONE(ldap_controls_free, (LDAPControl **controls), (controls))                                 \
    VALUE(int, ldap_count_values_len, (struct berval **values), (values))                          \
    VALUE(int, ldap_create_assertion_control,                                                      \
        (LDAP *ld, char *filter, int critical, LDAPControl **out), (ld, filter, critical, out))    \
    VALUE(int, ldap_create_page_control,                                                           \
        (LDAP *ld, ber_int_t size, struct berval *cookie, int critical, LDAPControl **out),        \
        (ld, size, cookie, critical, out))                                                         \
    VALUE(char *, ldap_err2string, (int code), (code))                                             \
    VALUE(char *, ldap_first_attribute,                                                            \
        (LDAP *ld, LDAPMessage *entry, BerElement **in), (ld, entry, in))                          \
    VALUE(LDAPMessage *, ldap_first_entry, (LDAP *ld, LDAPMessage *answer), (ld, answer))          \
    NONE(ldap_free_urldesc, (LDAPURLDesc *url), (url))                                             \
    VALUE(int, ldap_get_attribute_ber,                                                             \
        (LDAP *ld, LDAPMessage *entry, BerElement *in, struct berval *name,                        \
         struct berval **values), (ld, entry, in, name, values))                                   \
    VALUE(int, ldap_get_dn_ber,                                                                    \
        (LDAP *ld, LDAPMessage *entry, BerElement **in, struct berval *dn),                        \
        (ld, entry, in, dn))                                                                       \
    VALUE(int, ldap_get_entry_controls,                                                            \
        (LDAP *ld, LDAPMessage *entry, LDAPControl ***controls), (ld, entry, controls))            \
    VALUE(int, ldap_get_option, (LDAP *ld, int option, void *out), (ld, option, out))              \
    VALUE(struct berval **, ldap_get_values_len,                                                   \
        (LDAP *ld, LDAPMessage *entry, const char *name), (ld, entry, name))                       \
    VALUE(int, ldap_init_fd,                                                                       \
        (ber_socket_t fd, int protocol, const char *url, LDAP **out),                              \
        (fd, protocol, url, out))                                                                  \
    VALUE(int, ldap_install_tls, (LDAP *ld), (ld))                                                 \
    NONE(ldap_memfree, (void *memory), (memory))                                                   \
    NONE(ldap_memvfree, (void **memory), (memory))                                                 \
    VALUE(int, ldap_modify_ext_s,                                                                  \
        (LDAP *ld, const char *dn, LDAPMod **changes, LDAPControl **server, LDAPControl **client), \
        (ld, dn, changes, server, client))                                                         \
    VALUE(int, ldap_msgfree, (LDAPMessage *message), (message))                                    \
    VALUE(LDAPMessage *, ldap_next_entry, (LDAP *ld, LDAPMessage *entry), (ld, entry))             \
    VALUE(int, ldap_parse_intermediate,                                                            \
        (LDAP *ld, LDAPMessage *message, char **oid, struct berval **value,                        \
         LDAPControl ***controls, int free_it),                                                    \
        (ld, message, oid, value, controls, free_it))                                              \
    VALUE(int, ldap_parse_pageresponse_control,                                                    \
        (LDAP *ld, LDAPControl *page, ber_int_t *count, struct berval *cookie),                    \
        (ld, page, count, cookie))                                                                 \
    VALUE(int, ldap_parse_reference,                                                               \
        (LDAP *ld, LDAPMessage *message, char ***urls, LDAPControl ***controls,                    \
         int free_it), (ld, message, urls, controls, free_it))                                     \
    VALUE(int, ldap_parse_result,                                                                  \
        (LDAP *ld, LDAPMessage *message, int *code, char **matched, char **said,                   \
         char ***urls, LDAPControl ***controls, int free_it),                                      \
        (ld, message, code, matched, said, urls, controls, free_it))                               \
    VALUE(int, ldap_result,                                                                        \
        (LDAP *ld, int id, int all, struct timeval *limit, LDAPMessage **out),                     \
        (ld, id, all, limit, out))                                                                 \
    VALUE(int, ldap_sasl_bind_s,                                                                   \
        (LDAP *ld, const char *dn, const char *mechanism, struct berval *proof,                    \
         LDAPControl **server, LDAPControl **client, struct berval **answer),                      \
        (ld, dn, mechanism, proof, server, client, answer))                                        \
    VALUE(int, ldap_sasl_interactive_bind_s,                                                       \
        (LDAP *ld, const char *dn, const char *mechanism, LDAPControl **server,                    \
         LDAPControl **client, unsigned flags, LDAP_SASL_INTERACT_PROC *ask, void *defaults),      \
        (ld, dn, mechanism, server, client, flags, ask, defaults))                                 \
    VALUE(int, ldap_search_ext,                                                                    \
        (LDAP *ld, const char *base, int scope, const char *filter, char **names,                  \
         int names_only, LDAPControl **server, LDAPControl **client, struct timeval *limit,        \
         int count, int *id),                                                                      \
        (ld, base, scope, filter, names, names_only, server, client, limit, count, id))            \
    VALUE(int, ldap_search_ext_s,                                                                  \
        (LDAP *ld, const char *base, int scope, const char *filter, char **names,                  \
         int names_only, LDAPControl **server, LDAPControl **client, struct timeval *limit,        \
         int count, LDAPMessage **out),                                                            \
        (ld, base, scope, filter, names, names_only, server, client, limit, count, out))           \
    VALUE(int, ldap_set_option, (LDAP *ld, int option, const void *value), (ld, option, value))    \
    VALUE(int, ldap_start_tls_s,                                                                   \
        (LDAP *ld, LDAPControl **server, LDAPControl **client), (ld, server, client))              \
    VALUE(int, ldap_unbind_ext,                                                                    \
        (LDAP *ld, LDAPControl **server, LDAPControl **client), (ld, server, client))              \
    VALUE(int, ldap_url_parse, (const char *text, LDAPURLDesc **out), (text, out))                 \
    NONE(ldap_value_free_len, (struct berval **values), (values))
/* clang-format on */

#define POINTER(type, name, parameters, arguments) __typeof__(name) *(name);
#define POINTER_NONE(name, parameters, arguments)  __typeof__(name) *(name);

/* What was found in the library; written by load() alone. */
static struct {
    EACH_FUNCTION(POINTER, POINTER_NONE)
    void *on, *readahead; /* variables, by their addresses */
} found;

#define PLACE(type, name, parameters, arguments) {#name, &found.name},
#define PLACE_NONE(name, parameters, arguments)  {#name, &found.name},

static const struct place {
    const char *name;
    void *at; /* the pointer that its address goes into */
} places[] = {
    EACH_FUNCTION(PLACE, PLACE_NONE) /* and the variables */
    {"ber_pvt_opt_on", &found.on},
    {"ber_sockbuf_io_readahead", &found.readahead},
};

static char sentence[SENTENCE_SIZE]; /* why it was not loaded; empty: it was */

static void load(void)
{
    void *library = dlopen(LIBLDAP, RTLD_NOW | RTLD_LOCAL);
    bool complete = library != NULL;

    for (size_t i = 0; complete && i < sizeof(places) / sizeof(places[0]); i++) {
        void *address = dlsym(library, places[i].name);

        complete = address != NULL;
        memcpy(places[i].at, &address, sizeof(address)); /* C casts no address to a function */
    }
    if (!complete) {
        (void)snprintf(
            sentence, sizeof(sentence),
            "libldap cannot be loaded: %s (install libldap-2.5-0, on Debian 13 libldap2)",
            dlerror());
    }
}

enum fault library_load(struct why *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, load);
    return sentence[0] == '\0' ? FAULT_NONE : fault_at(FAULT_RESOURCE, 0, sentence, why);
}

void *library_on(void) { return found.on; }

void *library_readahead(void) { return found.readahead; }

/* ---- the functions themselves ---- */

#define CALL(type, name, parameters, arguments)                                                    \
    type name parameters { return found.name arguments; }
#define CALL_NONE(name, parameters, arguments)                                                     \
    void name parameters { found.name arguments; }

EACH_FUNCTION(CALL, CALL_NONE)
