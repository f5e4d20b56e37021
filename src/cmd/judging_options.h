#ifndef CMD_JUDGING_OPTIONS_H
#define CMD_JUDGING_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "cert/digest.h"
#include "cert/trust.h"
#include "cmd/name_list.h"

/*
 * The options with which every verb that judges mailboxes says how: as of when, whose certificates
 * count, whom to trust. A verb puts the list behind its own for getopt_long(3), and hands on
 * whatever judging_option_is() knows.
 */
enum judging_option_code {
    OPTION_JUDGING_FIRST = 1024,
    OPTION_AT = OPTION_JUDGING_FIRST,
    OPTION_ISSUER,
    OPTION_TRUST,
    OPTION_CRL,
    OPTION_SITE,
    OPTION_OBJECTS,
    OPTION_JUDGING_END
};

#define JUDGING_LONG_OPTIONS                                                                       \
    {"at", required_argument, NULL, OPTION_AT},                                                    \
        {"issuer", required_argument, NULL, OPTION_ISSUER},                                        \
        {"trust", required_argument, NULL, OPTION_TRUST},                                          \
        {"crl", required_argument, NULL, OPTION_CRL},                                              \
        {"site", required_argument, NULL, OPTION_SITE},                                            \
    {                                                                                              \
        "objects", required_argument, NULL, OPTION_OBJECTS                                         \
    }

struct judging_options {
    bool at_said;
    int64_t at; /* the time of the start, where it was not said: judging_options_settle() */
    struct name_list issuers, anchors, crls;
    const char *site; /* NULL: not given */
    bool remotes;     /* custom recipients are mailboxes too */
    uint8_t loaded[3]
                  [SHA256_SIZE]; /* of --issuer, --trust, --crl: the sum of their files' digests */
};

/* The part of a --help that tells of them. */
const char *judging_options_help(void);

bool judging_option_is(int code);

/* Takes one option. NULL, or what is wrong with its argument. */
const char *judging_option_take(struct judging_options *options, int code, const char *argument);

/* Reads the clock where no time was said. */
void judging_options_settle(struct judging_options *options);

/*
 * Loads what --issuer, --trust and --crl name; without any of them there is nothing to ask, and
 * `*out` is NULL. False when something cannot be used, which has been told. The caller frees it.
 */
bool judging_options_load(struct judging_options *options, struct trust **out);

/* Adds the files and folders that it loads. */
void judging_options_add_files(const struct judging_options *options, struct name_list *files);

void judging_options_clear(struct judging_options *options);

#endif
