#ifndef CMD_KMS_KMS_USERS_OPTIONS_H
#define CMD_KMS_KMS_USERS_OPTIONS_H

#include "cmd/judging_options.h"
#include "cmd/kms/kms_passphrases.h"
#include "cmd/ldap_options.h"
#include "cmd/output_options.h"
#include "cmd/reading_options.h"
#include "cmd/row_options.h"
#include "report/report.h"

/* What the command line of `keyroster kms users` says. */
struct kms_users_options {
    const char *store;
    struct format format;
    struct output_options output;
    struct row_options rows;
    struct judging_options judging;
    struct reading_options reading;
    struct ldap_options ldap;
    struct name_list joined;            /* --join: what is laid beside the books */
    struct kms_passphrases passphrases; /* as every verb takes them; none is needed */
};

/*
 * Reads the arguments. True when there is work to do; otherwise `*status` is the exit status. To be
 * cleared in either case.
 */
MUST_USE bool kms_users_options_parse(int argc, char **argv, struct kms_users_options *out,
                                      int *status);

void kms_users_options_clear(struct kms_users_options *options);

#endif
