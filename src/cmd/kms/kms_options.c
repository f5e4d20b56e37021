#include "cmd/kms/kms_options.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "cmd/options.h"

enum { SENTENCE_SIZE = 64, SHORT_SIZE = 64 };

static const char shared_help[] =
    "\n"
    "      --passphrase NAME=FILE\n"
    "                        the passphrase of one who acts, in a file (- is standard\n"
    "                        input); what is not given is asked on the terminal\n"
    "  -f, --format FORMAT   table (default) or jsonl: one JSON object a row\n"
    "  -h, --help            this help\n"
    "\n"
    "Exit status: 0 done; 1 done, but some row failed; 2 used wrongly; 3 not done.\n"
    "keyroster-kms(1) tells the whole.\n";

static bool wrong(const struct kms_options *o, const char *what, const char *argument, int *status)
{
    *status = complain_usage(o->verb, what, argument);
    return false;
}

/* What the options are taken into. */
struct taking {
    struct kms_options *options;
    const struct kms_verb *verb;
    void *own;
};

static const char *take_option(void *context, int code, const char *argument)
{
    const struct taking *taking = context;
    struct kms_options *o = taking->options;

    switch (code) {
    case KMS_OPTION_PASSPHRASE:
        return kms_passphrases_take(&o->passphrases, argument);
    case 'f':
        o->jsonl = strcmp(argument, "jsonl") == 0;
        return o->jsonl || strcmp(argument, "table") == 0 ? NULL
                                                          : "--format is table or jsonl, not";
    case 'o':
        o->output = argument;
        return *argument != '\0' ? NULL : "--output is the name of a file, not";
    default:
        assert(taking->verb->take != NULL);
        return taking->verb->take(taking->own, code, argument);
    }
}

static bool take_arguments(struct kms_options *o, const struct kms_verb *verb, int argc,
                           char **argv, int *status)
{
    char sentence[SENTENCE_SIZE];

    if (argc == 0) {
        (void)snprintf(sentence, sizeof(sentence), "no %s given",
                       verb->first_name != NULL ? verb->first_name : "STORE");
        return wrong(o, sentence, NULL, status);
    }
    o->store = argv[0];
    o->rest = argv + 1;
    o->rest_count = (size_t)argc - 1;
    if (*o->store == '\0') {
        return wrong(o, "STORE is a directory, not", o->store, status);
    }
    if (strncmp(o->store, "postgresql:", strlen("postgresql:")) == 0) {
        return wrong(o, "this keyroster has stores in directories only, not", o->store, status);
    }
    if (o->rest_count < verb->rest_min) {
        (void)snprintf(sentence, sizeof(sentence), "no %s given", verb->rest_name);
        return wrong(o, sentence, NULL, status);
    }
    if (o->rest_count > verb->rest_max) {
        return wrong(o, "one argument too many", o->rest[verb->rest_max], status);
    }
    return true;
}

/* ":" and the short options of the table. */
static void short_options(const struct kms_verb *verb, char out[SHORT_SIZE])
{
    size_t n = 0;

    out[n++] = ':';
    for (const struct option *o = verb->options; o->name != NULL && n < SHORT_SIZE - 3; o++) {
        if (o->val < KMS_OPTION_PASSPHRASE) {
            out[n++] = (char)o->val;
            if (o->has_arg == required_argument) {
                out[n++] = ':';
            }
        }
    }
    (void)snprintf(out + n, SHORT_SIZE - n, "%s", verb->letters != NULL ? verb->letters : "");
}

bool kms_options_parse(int argc, char **argv, const struct kms_verb *verb, void *own,
                       struct kms_options *out, int *status)
{
    struct taking taking = {out, verb, own};
    char letters[SHORT_SIZE];
    const bool more = verb->more_help != NULL;
    const struct options_frame frame = {
        .verb = out->verb,
        .letters = letters,
        .table = verb->options,
        .help = {verb->help, more ? "\n" : "", more ? verb->more_help() : "", shared_help},
        .take = take_option,
        .own = &taking};

    *out = (struct kms_options){.passphrases.takes_new = verb->takes_new};
    (void)snprintf(out->verb, sizeof(out->verb), "kms %s", verb->name);
    short_options(verb, letters);
    return options_parse(argc, argv, &frame, status) &&
           take_arguments(out, verb, argc - optind, argv + optind, status);
}

void kms_options_clear(struct kms_options *options)
{
    if (options != NULL) {
        kms_passphrases_clear(&options->passphrases);
    }
}

int64_t kms_clock(void) { return (int64_t)time(NULL); }

bool kms_options_enter(struct kms_options *options, const char *act, const char *subject,
                       enum kms_task task, struct kms *kms, int *status)
{
    struct why why = {0};

    *status = EXIT_NOT_DONE;
    if (kms_open(kms, options->store, KMS_WRITE, act, kms_clock(), &why) != FAULT_NONE) {
        *status = kms_complain(options, &why);
        return false;
    }
    kms_subject(kms, span_text(subject));
    if (!kms_passphrases_sign_in(&options->passphrases, kms, task)) {
        return false;
    }
    if (kms_require(kms, task, &why) != FAULT_NONE) {
        *status = kms_complain(options, &why);
        return false;
    }
    return true;
}

int kms_complain(const struct kms_options *options, const struct why *why)
{
    complain(options->store, 0, why->rule);
    return EXIT_NOT_DONE;
}
