#ifndef CMD_LDAP_OPTIONS_H
#define CMD_LDAP_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "base/secret.h"
#include "cmd/name_list.h"
#include "source/source.h"

/*
 * The options with which every verb reads a live directory; they are called as ldapsearch(1)
 * calls them. A verb puts the two lists behind its own for getopt_long(3), and hands on whatever
 * ldap_option_is() knows.
 */
enum ldap_option_code {
    OPTION_LDAP_FIRST = 512,
    OPTION_CA = OPTION_LDAP_FIRST,
    OPTION_PAGE_SIZE,
    OPTION_TIMEOUT,
    OPTION_FOLLOW_REFERRALS,
    OPTION_ALLOW_INCOMPLETE,
    OPTION_LDAP_END
};

#define LDAP_SHORT_OPTIONS "D:w:y:WY:Zv"
#define LDAP_LONG_OPTIONS                                                                          \
    {"ca", required_argument, NULL, OPTION_CA},                                                    \
        {"page-size", required_argument, NULL, OPTION_PAGE_SIZE},                                  \
        {"timeout", required_argument, NULL, OPTION_TIMEOUT},                                      \
        {"follow-referrals", no_argument, NULL, OPTION_FOLLOW_REFERRALS},                          \
        {"allow-incomplete", no_argument, NULL, OPTION_ALLOW_INCOMPLETE},                          \
    {                                                                                              \
        "verbose", no_argument, NULL, 'v'                                                          \
    }

/* The part of a --help that tells of them. */
const char *ldap_options_help(void);

struct ldap_options {
    struct live_options live;
    const char *password_file; /* -y; NULL: not said */
    bool ask;                  /* -W */
    bool allow_incomplete, verbose;
    bool typed; /* -w, which is refused: everybody on the machine can read arguments */
    bool given; /* any that matters to live directories alone */
    struct secret password;
};

void ldap_options_init(struct ldap_options *options);

bool ldap_option_is(int code);

/* Takes one option. NULL, or what is wrong with its argument. */
const char *ldap_option_take(struct ldap_options *options, int code, const char *argument);

/* Whether the options go together: NULL, or what is wrong. To be asked when all have been taken. */
const char *ldap_options_check(const struct ldap_options *options);

/* Reads the password, or asks for it; false when there is none, which has been told. */
bool ldap_options_read_password(struct ldap_options *options);

/* Opens a source of any kind and connects to it; false when that failed, which has been told. */
bool ldap_options_open(const char *path, const char *name, const struct source_options *options,
                       struct source **out);

/* Tells what --verbose shows of a source that has been read. */
void ldap_options_tell(const struct ldap_options *options, const char *name,
                       const struct source *source);

/* Adds the files that the options name: -y, --ca. */
void ldap_options_add_files(const struct ldap_options *options, struct name_list *files);

void ldap_options_clear(struct ldap_options *options);

#endif
