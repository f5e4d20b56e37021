#ifndef CMD_KMS_KMS_OPTIONS_H
#define CMD_KMS_KMS_OPTIONS_H

#include <getopt.h>

#include "cmd/kms/kms_passphrases.h"

/*
 * The options that the verbs of kms share, and the frame in which each is parsed: a verb says what
 * it has of its own, and where its arguments are STORE and what follows.
 */
struct kms_options {
    char verb[KMS_ACT_SIZE + 4]; /* "kms enrol", for complaints */
    const char *store;           /* the first argument */
    char **rest;                 /* those behind it */
    size_t rest_count;
    bool jsonl;         /* -f jsonl; else a table */
    const char *output; /* -o, for the verbs that have KMS_OUTPUT_OPTION; NULL: not given */
    struct kms_passphrases passphrases;
};

/* Into each verb's struct option table, before the {NULL}; own codes begin at KMS_OWN_OPTION. */
enum { KMS_OPTION_PASSPHRASE = 256, KMS_OWN_OPTION = 512 };
#define KMS_LONG_OPTIONS                                                                           \
    {"passphrase", required_argument, NULL, KMS_OPTION_PASSPHRASE},                                \
        {"format", required_argument, NULL, 'f'},                                                  \
    {                                                                                              \
        "help", no_argument, NULL, 'h'                                                             \
    }
#define KMS_OUTPUT_OPTION                                                                          \
    {                                                                                              \
        "output", required_argument, NULL, 'o'                                                     \
    }

/*
 * One verb. Its help begins with "usage: keyroster kms VERB"; the lines about the shared options
 * are put behind it by the frame, -o is its own to explain.
 */
struct kms_verb {
    const char *name; /* "enrol" */
    const char *help;
    const struct option *options;
    /* Takes an option of its own: NULL, or what is wrong with `argument` (NULL: none). NULL: the
       verb has no option of its own. */
    const char *(*take)(void *own, int code, const char *argument);
    size_t rest_min, rest_max; /* how many arguments stand behind STORE */
    const char *rest_name;     /* what they are: "ADDRESS" */
    const char *first_name;    /* what stands first, where it is no STORE; else NULL */
    const char *letters;       /* short options without a long name, as of getopt(3); or NULL */
    bool takes_new;            /* --passphrase NAME=FILE twice: the old one, and the new one */
    const char *(*more_help)(void); /* a part of the help that other verbs have too; or NULL */
};

/*
 * Parses; false when the verb ends here, with `*status` (help was printed, or it is used wrongly
 * and told). To be cleared in either case.
 */
MUST_USE bool kms_options_parse(int argc, char **argv, const struct kms_verb *verb, void *own,
                                struct kms_options *out, int *status);

void kms_options_clear(struct kms_options *options);

/* The time of the clock, in seconds: every act's `now`. */
int64_t kms_clock(void);

/*
 * Opens the session of a verb that writes, and signs in who acts: kms_open(),
 * kms_passphrases_sign_in() and kms_require() (`task` TASK_COUNT: any one administrator).
 * False, told, with `*status`. The session is to be closed in either case.
 */
MUST_USE bool kms_options_enter(struct kms_options *options, const char *act, const char *subject,
                                enum kms_task task, struct kms *kms, int *status);

/* Tells why the store did not do it; returns EXIT_NOT_DONE. */
MUST_USE int kms_complain(const struct kms_options *options, const struct why *why);

#endif
