#ifndef CMD_KMS_KMS_SOURCE_H
#define CMD_KMS_KMS_SOURCE_H

#include "cmd/ldap_options.h"
#include "cmd/reading_options.h"
#include "kms/request/issue/mailboxes.h"

/*
 * `--from SOURCE` of the verbs of kms: mailboxes out of any source that the roster reads, with the
 * options with which the roster reads it. Since --from names the source here, `--from-format` is
 * what --from is there.
 */
enum { KMS_OPTION_SOURCE = 1024, KMS_AFTER_SOURCE };

#define KMS_SOURCE_LETTERS LDAP_SHORT_OPTIONS
#define KMS_SOURCE_LONG_OPTIONS                                                                    \
    {"from", required_argument, NULL, KMS_OPTION_SOURCE},                                          \
        {"from-format", required_argument, NULL, OPTION_FROM},                                     \
        {"encoding", required_argument, NULL, OPTION_ENCODING},                                    \
        {"delimiter", required_argument, NULL, OPTION_DELIMITER},                                  \
        {"quote", required_argument, NULL, OPTION_QUOTE},                                          \
        {"multi-value-separator", required_argument, NULL, OPTION_SEPARATOR},                      \
        {"ca", required_argument, NULL, OPTION_CA},                                                \
        {"page-size", required_argument, NULL, OPTION_PAGE_SIZE},                                  \
        {"timeout", required_argument, NULL, OPTION_TIMEOUT},                                      \
        {"follow-referrals", no_argument, NULL, OPTION_FOLLOW_REFERRALS},                          \
    {                                                                                              \
        "verbose", no_argument, NULL, 'v'                                                          \
    }

struct kms_source {
    const char *path; /* NULL: --from was not given */
    struct reading_options reading;
    struct ldap_options ldap;
    char *name; /* as it may be shown */
    struct source *source;
    struct mailboxes *mailboxes;
};

/* The part of a --help that tells of them, but for --from. */
const char *kms_source_help(void);

void kms_source_init(struct kms_source *source);

/* True for the options above. */
bool kms_source_option_is(int code);

/* Takes one. NULL, or what is wrong with its argument. */
const char *kms_source_take(struct kms_source *source, int code, const char *argument);

/* What is wrong with the options together; NULL: nothing. */
const char *kms_source_check(const struct kms_source *source);

/*
 * Opens it, connects, and reads the beginning; false, told, when nothing can be read. What cannot
 * be read later is told then.
 */
MUST_USE bool kms_source_open(struct kms_source *source);

/* When it has been read to its end: true when something of it could not be. Tells what is missing.
 */
MUST_USE bool kms_source_fell_short(struct kms_source *source);

void kms_source_clear(struct kms_source *source);

#endif
