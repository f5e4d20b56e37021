#include <string.h>

#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "kms/store/backup.h"

static const struct option backup_options[] = {
    KMS_OUTPUT_OPTION,
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const struct option restore_options[] = {
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char backup_help[] =
    "usage: keyroster kms backup STORE -o FILE\n"
    "\n"
    "Copies the store as it is at one moment, while others work in it, into one file.\n"
    "Needs no passphrase: keys and shares are as encrypted there as in the store.\n"
    "\n"
    "  -o, --output FILE     where to, mode 0600; it appears whole or not at all\n";

static const char restore_help[] =
    "usage: keyroster kms restore FILE STORE\n"
    "\n"
    "Makes a store of a backup, where nothing is yet. Needs no passphrase.\n";

static int back_up(const struct kms_options *o)
{
    struct kms kms = {0};
    struct why why = {0};
    int status = EXIT_DONE;

    if (kms_open(&kms, o->store, KMS_READ, "backup", kms_clock(), &why) != FAULT_NONE) {
        status = kms_complain(o, &why);
    } else if (store_backup(kms.store, o->output, &why) != FAULT_NONE) {
        complain(o->output, 0, why.rule);
        status = EXIT_NOT_DONE;
    }
    kms_close(&kms);
    return status;
}

int kms_verb_backup(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "backup", .help = backup_help, .options = backup_options};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, NULL, &options, &status)) {
        status = options.output == NULL
                     ? complain_usage(options.verb, "where is the copy to go? (-o FILE)", NULL)
                 : strcmp(options.output, "-") == 0
                     ? complain_usage(options.verb,
                                      "the copy goes into a file, not to standard output", NULL)
                     : back_up(&options);
    }
    kms_options_clear(&options);
    return status;
}

int kms_verb_restore(int argc, char **argv)
{
    static const struct kms_verb verb = {.name = "restore",
                                         .help = restore_help,
                                         .options = restore_options,
                                         .rest_min = 1,
                                         .rest_max = 1,
                                         .rest_name = "STORE",
                                         .first_name = "FILE"};
    struct kms_options options;
    struct why why = {0};
    int status;

    if (kms_options_parse(argc, argv, &verb, NULL, &options, &status)) {
        status = EXIT_DONE;
        if (store_restore(options.store, options.rest[0], &why) != FAULT_NONE) {
            complain(options.store, 0, why.rule);
            status = EXIT_NOT_DONE;
        }
    }
    kms_options_clear(&options);
    return status;
}
